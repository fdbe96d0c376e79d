"""A PixelReader that decodes nothing: images are what the test says."""

import threading
from collections.abc import Mapping

import numpy as np

from triage_agent.ports.inference import FloatImage

Answer = float | Exception


class FakePixelReader:
    """Gives images filled with one number, or raises, by location.

    Args:
        answers: the number or the exception for a location; 0.5 for any other.
        display_shape: rows and columns of a displayed image before it is reduced.
        sizes: rows and columns of each form in which images are read.
    """

    def __init__(
        self,
        answers: Mapping[str, Answer] | None = None,
        display_shape: tuple[int, int] = (64, 48),
        sizes: tuple[int, ...] = (64,),
    ) -> None:
        self.answers = dict(answers or {})
        self.display_shape = display_shape
        self.sizes = sizes
        self.read_locations: list[str] = []
        self._lock = threading.Lock()

    def read(self, location: str) -> tuple[FloatImage, ...]:
        with self._lock:
            self.read_locations.append(location)
        answer = self._answer(location)
        return tuple(np.full((3, size, size), answer, dtype=np.float32) for size in self.sizes)

    def display(self, location: str, longest_side: int) -> FloatImage:
        rows, columns = self.display_shape
        factor = min(1.0, longest_side / max(rows, columns))
        shape = (max(1, round(rows * factor)), max(1, round(columns * factor)))
        return np.full(shape, self._answer(location), dtype=np.float32)

    def _answer(self, location: str) -> float:
        answer = self.answers.get(location, 0.5)
        if isinstance(answer, Exception):
            raise answer
        return answer
