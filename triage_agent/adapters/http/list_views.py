"""The small pictures of the list: the most suspicious image of a study."""

import asyncio
import io
from collections import OrderedDict

import numpy as np
import numpy.typing as npt
from PIL import Image
from starlette.concurrency import run_in_threadpool

from triage_agent.adapters.http.pictures import under_heat
from triage_agent.domain.instance import ClassActivation, Instance
from triage_agent.ports.inference import PixelReader

# Twice the box on the page, for screens with fine pixels.
LONGEST_SIDE = 144
# About 6 kB each: a few days' open studies of a busy department in 16 MB.
KEPT_VIEWS = 2500
# At a higher one the noise of radiographs fills the file; nobody measures in a picture this small.
_QUALITY = 85


class ListViews:
    """Makes each view once and keeps it in memory, the latest that were asked for.

    One at a time is made, however many pages ask: the rest of the node goes on, and those who wait
    hold no thread. To be used from one event loop.
    """

    def __init__(self, reader: PixelReader, *, kept_views: int = KEPT_VIEWS) -> None:
        self._reader = reader
        self._kept_views = kept_views
        self._turn = asyncio.Lock()
        self._kept: OrderedDict[tuple[str, bool], bytes] = OrderedDict()

    async def view(self, instance: Instance, heat: ClassActivation | None) -> bytes:
        """Return a JPEG of at most `LONGEST_SIDE` pixels a side, with or without the heat map.

        Raises PixelsUnreadable or DecoderCrashed as the reader does.
        """
        # An image gets one score, so its digest stands for the map also.
        key = instance.stored.digest, heat is not None
        if key not in self._kept:
            async with self._turn:
                if key not in self._kept:
                    made = await run_in_threadpool(self._made, instance.stored.location, heat)
                    self._keep(key, made)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _made(self, location: str, heat: ClassActivation | None) -> bytes:
        grey = self._reader.display(location, LONGEST_SIDE)
        if heat is not None:
            return _jpeg(under_heat(grey, heat))
        return _jpeg(np.rint(np.clip(grey, 0, 1) * 255).astype(np.uint8))

    def _keep(self, key: tuple[str, bool], made: bytes) -> None:
        self._kept[key] = made
        if len(self._kept) > self._kept_views:
            self._kept.popitem(last=False)


def _jpeg(pixels: npt.NDArray[np.uint8]) -> bytes:
    written = io.BytesIO()
    # Colour in full: at half the pixels the edge of the heat would blur.
    Image.fromarray(pixels).save(written, "jpeg", quality=_QUALITY, subsampling=0)
    return written.getvalue()
