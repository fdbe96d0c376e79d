"""The small pictures of the list: the most suspicious image of a study under its heat map."""

import asyncio
import io
from collections import OrderedDict

import numpy as np
import numpy.typing as npt
from PIL import Image
from starlette.concurrency import run_in_threadpool

from triage_agent.adapters.http.pictures import under_heat
from triage_agent.domain.instance import ClassActivation, Instance
from triage_agent.ports import PixelReader

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
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    async def view(self, instance: Instance, activation: ClassActivation) -> bytes:
        """Return a JPEG of at most `LONGEST_SIDE` pixels a side.

        Raises PixelsUnreadable or DecoderCrashed as the reader does.
        """
        # An image gets one score, so the digest of the image stands for both.
        digest = instance.stored.digest
        if digest not in self._kept:
            async with self._turn:
                if digest not in self._kept:
                    await self._make(digest, instance.stored.location, activation)
        self._kept.move_to_end(digest)
        return self._kept[digest]

    async def _make(self, digest: str, location: str, activation: ClassActivation) -> None:
        def made() -> bytes:
            grey = self._reader.display(location, LONGEST_SIDE)
            return _jpeg(under_heat(grey, activation))

        self._kept[digest] = await run_in_threadpool(made)
        if len(self._kept) > self._kept_views:
            self._kept.popitem(last=False)


def _jpeg(pixels: npt.NDArray[np.uint8]) -> bytes:
    written = io.BytesIO()
    # Colour in full: at half the pixels the edge of the heat would blur.
    Image.fromarray(pixels).save(written, "jpeg", quality=_QUALITY, subsampling=0)
    return written.getvalue()
