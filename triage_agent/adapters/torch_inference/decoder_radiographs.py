"""A radiograph on the wire between the node and a decoder child, and its reduction in the child."""

from collections.abc import Mapping
from dataclasses import asdict, replace

import numpy as np
import numpy.typing as npt
from PIL import Image

from triage_agent.domain.radiograph import Radiograph, Spacing, Window

_MAXIMUM_VALUES = 65_536
_MAXIMUM_WINDOWS = 32
# Little-endian on the wire, as in the child's own memory wherever this runs.
_CODES, _MODALITY = "<u2", "<f8"

Codes = npt.NDArray[np.uint16]


def reduce(radiograph: Radiograph, longest_side: int) -> Radiograph:
    """Return the image with no side above `longest_side`; the very same one if it is not larger.

    Each value is a weighted mean of those that it stands for; padding takes no part in it.
    """
    rows, columns = radiograph.codes.shape
    factor = longest_side / max(rows, columns)
    if factor >= 1:
        return radiograph
    size = (max(1, round(columns * factor)), max(1, round(rows * factor)))
    codes = radiograph.codes
    if radiograph.padding is None:
        return replace(radiograph, codes=_rounded(_resized(codes.astype(np.float32), size)))
    low, high = radiograph.padding
    tissue = ((codes < low) | (codes > high)).astype(np.float32)
    weight = _resized(tissue, size)
    total = _resized(codes.astype(np.float32) * tissue, size)
    reduced = _rounded(total / np.maximum(weight, np.float32(1e-6)))
    # A mean of what lies on both sides of the padding's range must not look like padding.
    reduced[(reduced >= low) & (reduced <= high)] = low - 1 if low > 0 else high + 1
    reduced[weight < 0.5] = low  # noqa: PLR2004 (less tissue than padding)
    return replace(radiograph, codes=reduced)


def pack(radiograph: Radiograph) -> tuple[dict[str, object], bytes]:
    """Return what `unpack` takes."""
    head = {
        "shape": list(radiograph.codes.shape),
        "values": len(radiograph.modality),
        "inverted": radiograph.inverted,
        "function": radiograph.function,
        "windows": [asdict(each) for each in radiograph.windows[:_MAXIMUM_WINDOWS]],
        "padding": radiograph.padding,
        "spacing": None if radiograph.spacing is None else asdict(radiograph.spacing),
        "source": [radiograph.source_rows, radiograph.source_columns],
    }
    body = b"".join(
        [
            radiograph.modality.astype(_MODALITY).tobytes(),
            radiograph.tones.tobytes(),
            radiograph.codes.astype(_CODES).tobytes(),
        ]
    )
    return head, body


def unpack(head: Mapping[str, object], body: bytearray) -> Radiograph:
    """Return the radiograph that a child packed.

    Raises ValueError, TypeError, KeyError or OverflowError if it is none: a child that a hostile
    file has taken over says anything.
    """
    rows, columns = _integers(head["shape"])
    source_rows, source_columns = _integers(head["source"])
    (values,) = _integers([head["values"]])
    if min(rows, columns, source_rows, source_columns) < 1 or not 1 < values <= _MAXIMUM_VALUES:
        raise ValueError("an image has pixels, and pixels have values")
    if len(body) != 9 * values + 2 * rows * columns:
        raise ValueError("the answer is not as long as it says")
    modality = np.frombuffer(body, dtype=_MODALITY, count=values)
    tones = np.frombuffer(body, dtype=np.uint8, count=values, offset=8 * values)
    codes = np.frombuffer(body, dtype=_CODES, offset=9 * values).reshape(rows, columns)
    if not np.isfinite(modality).all() or int(codes.max()) >= values:
        raise ValueError("a value has no meaning")
    return Radiograph(
        codes=codes,
        modality=modality,
        tones=tones,
        inverted=bool(head["inverted"]),
        function=str(head["function"]),
        windows=tuple(_window(each) for each in _list(head["windows"])),
        padding=_padding(head["padding"]),
        spacing=_spacing(head["spacing"]),
        source_rows=source_rows,
        source_columns=source_columns,
    )


def _resized(values: npt.NDArray[np.float32], size: tuple[int, int]) -> npt.NDArray[np.float32]:
    return np.asarray(Image.fromarray(values).resize(size, Image.Resampling.BILINEAR))


def _rounded(values: npt.NDArray[np.floating]) -> Codes:
    rounded: Codes = np.rint(values).astype(np.uint16)
    return rounded


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("a list is expected")
    return value


def _integers(value: object) -> list[int]:
    return [int(str(each)) for each in _list(value)]


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError("an object is expected")
    return value


def _number(value: object) -> float:
    number = float(str(value))
    if not np.isfinite(number):
        raise ValueError("a finite number is expected")
    return number


def _window(value: object) -> Window:
    fields = _mapping(value)
    return Window(
        center=_number(fields["center"]),
        width=_number(fields["width"]),
        name=str(fields["name"]),
    )


def _padding(value: object) -> tuple[int, int] | None:
    if value is None:
        return None
    low, high = _integers(value)
    return low, high


def _spacing(value: object) -> Spacing | None:
    if value is None:
        return None
    fields = _mapping(value)
    return Spacing(
        row_mm=_number(fields["row_mm"]),
        column_mm=_number(fields["column_mm"]),
        at_detector=bool(fields["at_detector"]),
    )
