"""Memory of whole pages, used again and again: what a write past the page cache needs."""

import mmap
from collections import deque
from typing import Final

BLOCK_BYTES: Final = 1_048_576
_SPARE: Final = 8  # as many as four objects have that arrive at once


class BlockPool:
    """Lends blocks of `BLOCK_BYTES`, aligned to pages; safe to use from several threads.

    A page that was never touched costs more than all that is done with it, so blocks are kept.
    """

    def __init__(self) -> None:
        self._spare: deque[memoryview] = deque(maxlen=_SPARE)

    def take(self) -> memoryview:
        """Return a block, with whatever stands in it."""
        try:
            return self._spare.pop()
        except IndexError:
            return memoryview(mmap.mmap(-1, BLOCK_BYTES))

    def give_back(self, block: memoryview) -> None:
        """Take a block that nobody looks at any more."""
        self._spare.append(block)
