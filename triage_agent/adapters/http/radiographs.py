"""The values of radiographs as the browser gets them, kept a while in memory.

A body is a length (uint32), a head of that many bytes (JSON, padded with blanks so that what
follows begins at a multiple of eight), and then, all little-endian and without gaps:

    modality value of each code   float64 [values]         only where `rescale` is null
    codes                         uint16 [rows * columns]
    tone of each code             uint8 [values]

The head's keys are the fields of `domain.radiograph.Radiograph`. Nothing in it is about a patient.
"""

import gzip
import json
import struct
import threading
from collections import OrderedDict
from dataclasses import asdict

from triage_agent.domain.instance import Instance
from triage_agent.domain.radiograph import Radiograph
from triage_agent.ports.inference import RadiographReader

# More than any screen for radiographs shows at once; the whole image is fetched on demand.
SCREEN_SIDE = 2560
# No side of an image that is read at all (`dicom.pixel_layout`) is longer.
WHOLE_SIDE = 65_535
# An image of a large detector takes 4 to 8 MB compressed: some reading sessions back and forth.
KEPT_BYTES = 268_435_456
# Level 1 takes a fifth of the time of the default for a twentieth more bytes.
_COMPRESSION = 1
_LENGTH = struct.Struct("<I")
_ALIGNMENT = 8


class Radiographs:
    """Encodes each image once and keeps it, compressed. Safe to use from several threads."""

    def __init__(self, reader: RadiographReader, *, kept_bytes: int = KEPT_BYTES) -> None:
        """Take the reader; one image at a time is decoded, however many pages ask."""
        self._reader = reader
        self._kept_bytes = kept_bytes
        self._reading = threading.Lock()
        self._kept: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._bytes = 0

    def compressed(self, instance: Instance, longest_side: int) -> bytes:
        """Return the body, compressed with gzip.

        Raises PixelsUnreadable or DecoderCrashed as the reader does.
        """
        key = instance.stored.digest, longest_side
        with self._reading:
            body = self._kept.get(key)
            if body is None:
                read = self._reader.radiograph(instance.stored.location, longest_side)
                body = gzip.compress(encode(read), _COMPRESSION, mtime=0)
                self._keep(key, body)
            else:
                self._kept.move_to_end(key)
            return body

    def _keep(self, key: tuple[str, int], body: bytes) -> None:
        self._kept[key] = body
        self._bytes += len(body)
        while self._bytes > self._kept_bytes:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped)


def encode(radiograph: Radiograph) -> bytes:
    """Return the body, not compressed."""
    rows, columns = radiograph.codes.shape
    rescale = radiograph.rescale
    head = json.dumps(
        {
            "rows": rows,
            "columns": columns,
            "source_rows": radiograph.source_rows,
            "source_columns": radiograph.source_columns,
            "values": len(radiograph.modality),
            "rescale": rescale,
            "inverted": radiograph.inverted,
            "function": radiograph.function,
            "windows": [asdict(window) for window in radiograph.windows],
            "padding": radiograph.padding,
            "spacing": None if radiograph.spacing is None else asdict(radiograph.spacing),
        }
    ).encode()
    head += b" " * (-(_LENGTH.size + len(head)) % _ALIGNMENT)
    return b"".join(
        [
            _LENGTH.pack(len(head)),
            head,
            b"" if rescale is not None else radiograph.modality.astype("<f8").tobytes(),
            radiograph.codes.astype("<u2").tobytes(),
            radiograph.tones.tobytes(),
        ]
    )
