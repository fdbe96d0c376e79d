"""Cells of tables: text that came from outside, instants, and score bands."""

import re
from datetime import datetime, tzinfo

from rich.text import Text

from triage_agent.prioritise.score_band import Band, ScoreBand

# A received text may hold escape sequences that would steer the terminal.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")

_BAND_STYLES = {
    Band.HIGH: "bold red",
    Band.ABNORMAL: "yellow",
    Band.NOT_ASSESSED: "cyan",
    Band.BELOW_THRESHOLD: "dim",
}


def plain(text: str, style: str = "") -> Text:
    """Return a text as it is, without markup and with control characters made visible."""
    return Text(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", text), style=style)


def clock_time(instant: datetime, now: datetime, zone: tzinfo | None) -> Text:
    """Return the time of day in `zone` (None: this machine's), with the date if it is not today."""
    local, today = instant.astimezone(zone), now.astimezone(zone).date()
    return Text(local.strftime("%H:%M" if local.date() == today else "%d %b %H:%M"))


def band_cell(shown: ScoreBand) -> Text:
    """Return icon, figure, bar and word; colour only repeats what they say."""
    said = " ".join(part for part in (shown.icon, shown.figure, shown.bar, shown.word) if part)
    return Text(said, style=_BAND_STYLES[shown.band])


def bar_cell(shown: ScoreBand) -> Text:
    """Return icon and bar alone, where the words stand beside them."""
    return Text(f"{shown.icon} {shown.bar}".strip(), style=_BAND_STYLES[shown.band])
