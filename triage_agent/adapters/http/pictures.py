"""Radiographs and heat maps as PNG, decoded outside this process and kept a while in memory."""

import io
import threading
from collections import OrderedDict

import numpy as np
import numpy.typing as npt
from PIL import Image

from triage_agent.domain.heat import overlay, upsample
from triage_agent.domain.instance import ClassActivation, Instance
from triage_agent.ports.inference import PixelReader

# Fills a reading screen's half; beyond it a person opens the study in a viewer.
LONGEST_SIDE = 1200
# At most 1.4 MB each; a study has a few, and a person goes back and forth between a few studies.
_KEPT_IMAGES = 24
# PNG at level 1 is three times as fast as the default and a tenth larger; the way is short.
_COMPRESSION = 1


class Pictures:
    """Makes the layers of the study page. Safe to use from several threads."""

    def __init__(self, reader: PixelReader) -> None:
        """Take the reader; one image at a time is decoded, however many pages ask."""
        self._reader = reader
        self._reading = threading.Lock()
        self._kept: OrderedDict[str, npt.NDArray[np.uint8]] = OrderedDict()

    def radiograph(self, instance: Instance) -> bytes:
        """Return the radiograph as an 8-bit grey PNG.

        Raises PixelsUnreadable or DecoderCrashed as the reader does.
        """
        return _png(self._display(instance))

    def heat(self, instance: Instance, activation: ClassActivation) -> bytes:
        """Return the radiograph with its heat map over it as an RGB PNG of the same size.

        Raises PixelsUnreadable or DecoderCrashed as the reader does.
        """
        return _png(under_heat(self._display(instance) / np.float32(255), activation))

    def _display(self, instance: Instance) -> npt.NDArray[np.uint8]:
        digest = instance.stored.digest
        with self._reading:
            kept = self._kept.get(digest)
            if kept is None:
                shown = self._reader.display(instance.stored.location, LONGEST_SIDE)
                kept = np.rint(np.clip(shown, 0, 1) * 255).astype(np.uint8)
                self._kept[digest] = kept
                if len(self._kept) > _KEPT_IMAGES:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(digest)
            return kept


def under_heat(
    grey: npt.NDArray[np.floating], activation: ClassActivation
) -> npt.NDArray[np.uint8]:
    """Lay an image's map over it: RGB, uint8 [rows, columns, 3], of grey values in 0..1."""
    values = np.array(activation.values, dtype=np.float32)
    cam = values.reshape(activation.rows, activation.columns)
    return overlay(grey, upsample(cam, *grey.shape))


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    written = io.BytesIO()
    Image.fromarray(pixels).save(written, "png", compress_level=_COMPRESSION)
    return written.getvalue()
