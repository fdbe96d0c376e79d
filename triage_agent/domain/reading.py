"""Who has a study, who has read it, and how that may change.

A reader claims a study for a time; a page that shows one holds it for a shorter time, and says so
again while it is open. A study that is claimed or held keeps its place on the list whatever is
found in it. Every change gives a new value; time is passed in.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from triage_agent.domain.worklist import ReadingState
from triage_agent.errors import AlreadyRead, ClaimedByAnother, GenerationStale


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The reading of one study.

    `read_...` tell of the latest reading; they stay when a later image puts the study back on the
    list. `read_generation` is 0 while nobody has read it. A claim without an end lasts until it is
    released.
    """

    state: ReadingState = ReadingState.UNREAD
    claimed_by: str = ""
    claimed_at: datetime | None = None
    claimed_until: datetime | None = None
    held_by: str = ""
    held_until: datetime | None = None
    read_by: str = ""
    read_at: datetime | None = None
    read_generation: int = 0
    read_images: int = 0  # in scope, when it was read

    def is_claimed(self, now: datetime) -> bool:
        """Whether somebody has a claim that still holds."""
        return self.state is ReadingState.CLAIMED and (
            self.claimed_until is None or now < self.claimed_until
        )

    def is_claimed_by(self, reader: str, now: datetime) -> bool:
        """Whether it is this reader's claim that holds."""
        return self.is_claimed(now) and self.claimed_by == reader

    def is_held(self, now: datetime) -> bool:
        """Whether somebody has it open."""
        return self.held_until is not None and now < self.held_until

    def keeps_its_place(self, now: datetime) -> bool:
        """Whether it must not be moved: somebody has it, or it has left the list."""
        return self.state is ReadingState.READ or self.is_claimed(now) or self.is_held(now)


def claimed(reading: Reading, reader: str, *, now: datetime, until: datetime) -> Reading:
    """Return it claimed by `reader`; their own claim lasts longer then, and never shorter.

    Raises ClaimedByAnother, AlreadyRead.
    """
    if reading.state is ReadingState.READ:
        raise AlreadyRead(read_by=reading.read_by, read_at=reading.read_at)
    if not reading.is_claimed(now):
        return replace(
            reading,
            state=ReadingState.CLAIMED,
            claimed_by=reader,
            claimed_at=now,
            claimed_until=until,
        )
    _refuse_another(reading, reader, now)
    return _extended(reading, until)


def held(
    reading: Reading,
    reader: str,
    *,
    now: datetime,
    until: datetime,
    claim_until: datetime,
    opens: bool,
) -> Reading:
    """Return it open on this reader's screen; their own claim, if they have one, lasts longer.

    `opens` says that they did not have it open before: of several, the latest to open it is named.
    """
    if reading.is_claimed_by(reader, now):
        reading = _extended(reading, claim_until)
    latest = until if reading.held_until is None else max(until, reading.held_until)
    is_named = opens or not reading.is_held(now)
    return replace(reading, held_by=reader if is_named else reading.held_by, held_until=latest)


def released(reading: Reading, reader: str, *, now: datetime, any_claim: bool) -> Reading:
    """Return it given back; as it is if nobody has claimed it. Raises ClaimedByAnother."""
    if not any_claim:
        _refuse_another(reading, reader, now)
    return _unclaimed(reading) if reading.state is ReadingState.CLAIMED else reading


def read(
    reading: Reading,
    reader: str,
    *,
    now: datetime,
    generation: int,
    images: int,
    shown_generation: int,
    shown_images: int | None,
) -> Reading:
    """Return it read, with its `generation` and number of `images` in scope.

    Raises ClaimedByAnother; AlreadyRead; GenerationStale if the reader was shown less.
    """
    if reading.state is ReadingState.READ:
        raise AlreadyRead(read_by=reading.read_by, read_at=reading.read_at)
    _refuse_another(reading, reader, now)
    refuse_stale(generation, images, shown_generation, shown_images)
    return replace(
        _unclaimed(reading),
        state=ReadingState.READ,
        held_by="",
        held_until=None,
        read_by=reader,
        read_at=now,
        read_generation=generation,
        read_images=images,
    )


def refuse_stale(
    generation: int, images: int, shown_generation: int, shown_images: int | None
) -> None:
    """Raise GenerationStale if somebody was shown another generation, or fewer images."""
    too_few = shown_images is not None and shown_images < images
    if shown_generation != generation or too_few:
        raise GenerationStale(generation=generation, images=images)


def put_back(reading: Reading) -> Reading:
    """Return it unread again because of a later image, if it was read; a claim stays."""
    if reading.state is not ReadingState.READ:
        return reading
    return replace(reading, state=ReadingState.UNREAD)


def expired(reading: Reading, now: datetime) -> Reading:
    """Return it without a claim and a hold whose time is over."""
    if reading.state is ReadingState.CLAIMED and not reading.is_claimed(now):
        reading = _unclaimed(reading)
    if reading.held_until is not None and not reading.is_held(now):
        reading = replace(reading, held_by="", held_until=None)
    return reading


def _extended(reading: Reading, until: datetime) -> Reading:
    if reading.claimed_until is None:
        return reading
    return replace(reading, claimed_until=max(until, reading.claimed_until))


def _unclaimed(reading: Reading) -> Reading:
    return replace(
        reading,
        state=ReadingState.UNREAD,
        claimed_by="",
        claimed_at=None,
        claimed_until=None,
    )


def _refuse_another(reading: Reading, reader: str, now: datetime) -> None:
    if reading.is_claimed(now) and reading.claimed_by != reader:
        raise ClaimedByAnother(claimed_by=reading.claimed_by, until=reading.claimed_until)
