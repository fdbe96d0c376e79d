"""Plots as coordinates: templates draw them as SVG, whose shapes and words say what colour does."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from triage_agent.domain.finding import seconds_in_words
from triage_agent.domain.score_figures import HourFigures

WIDTH, HEIGHT = 720, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 712, 12, 160
# From a tenth of a second to half an hour: waits of both kinds of node can be read off one scale.
_TICKS = (0.1, 1.0, 10.0, 60.0, 600.0, 1800.0)
_LEAST, _MOST = _TICKS[0], _TICKS[-1]
_HISTOGRAM_WIDTH, _HISTOGRAM_HEIGHT = 120, 28

Value = Callable[[HourFigures], float | None]


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of a line."""

    x: float
    y: float
    said: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its marks. It has gaps where nothing was measured, so it is several paths."""

    marks: tuple[Mark, ...]
    path: str


@dataclass(frozen=True, slots=True)
class TimePlot:
    """Median and 95th percentile by hour, on a scale of tenfold steps."""

    usual: Line
    slow: Line
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    left: float = _LEFT
    right: float = _RIGHT
    bottom: float = _BOTTOM
    width: int = WIDTH
    height: int = HEIGHT


def time_plot(
    hours: Sequence[HourFigures], usual: Value, slow: Value, zone: tzinfo | None
) -> TimePlot:
    """Return the plot of two values by hour; `zone` is that of the times along the axis."""
    step = (_RIGHT - _LEFT) / max(1, len(hours) - 1)
    names = [each.hour.astimezone(zone).strftime("%H:%M") for each in hours]

    def line(value: Value) -> Line:
        marks: list[Mark] = []
        path = ""
        is_begun = False
        for number, each in enumerate(hours):
            seconds = value(each)
            if seconds is None:
                is_begun = False
                continue
            x, y = round(_LEFT + number * step, 1), _height(seconds)
            marks.append(Mark(x, y, f"{names[number]}: {seconds_in_words(seconds)}"))
            path += f"{'L' if is_begun else 'M'}{x} {y}"
            is_begun = True
        return Line(tuple(marks), path)

    return TimePlot(
        usual=line(usual),
        slow=line(slow),
        across=tuple(
            Tick(round(_LEFT + number * step, 1), names[number])
            for number in range(0, len(hours), 3)
        ),
        up=tuple(Tick(_height(seconds), seconds_in_words(seconds)) for seconds in _TICKS),
    )


def _height(seconds: float) -> float:
    share = math.log(min(max(seconds, _LEAST), _MOST) / _LEAST) / math.log(_MOST / _LEAST)
    return round(_BOTTOM - share * (_BOTTOM - _TOP), 1)


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a histogram."""

    x: float
    y: float
    width: float
    height: float
    said: str


@dataclass(frozen=True, slots=True)
class Histogram:
    """Bars that stand on one line; the highest is as high as the picture."""

    bars: tuple[Bar, ...]
    width: int = _HISTOGRAM_WIDTH
    height: int = _HISTOGRAM_HEIGHT


def histogram(counts: Sequence[int]) -> Histogram:
    """Return the bars of counts over 0..1, in steps of equal width."""
    highest = max(counts, default=0)
    width = _HISTOGRAM_WIDTH / max(1, len(counts))
    bars = []
    for number, count in enumerate(counts):
        if not count:
            continue
        # One study among thousands is still to be seen.
        height = max(1.5, (_HISTOGRAM_HEIGHT - 1) * count / highest)
        low, high = number / len(counts), (number + 1) / len(counts)
        bars.append(
            Bar(
                x=round(number * width + 0.5, 1),
                y=round(_HISTOGRAM_HEIGHT - 1 - height, 1),
                width=round(width - 1, 1),
                height=round(height, 1),
                said=f"{low:.2f}–{high:.2f}: {count}",  # noqa: RUF001 (a range)
            )
        )
    return Histogram(tuple(bars))
