"""Which entries of the worklist a person wants to see."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from triage_agent.domain.band import Band, band_of
from triage_agent.domain.instant import require_utc
from triage_agent.domain.region import Region
from triage_agent.domain.search import is_found, words_of_study, words_typed
from triage_agent.domain.worklist import ReadingState, WorklistEntry

NOT_READ = frozenset({ReadingState.UNREAD, ReadingState.CLAIMED})


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistFilter:
    """An entry is wanted if it meets every condition; an empty set or None asks for nothing.

    What depends on the time is kept in words ("overdue", "within 8 hours"), so that a saved filter
    stays true; whoever asks says what time it is.

    Attributes:
        reading_states: never empty; not read by default.
        regions: None among them stands for studies whose region is not known.
        bands: of the assessment.
        high_from: probability from which an abnormal study is in Band.HIGH; None: none is.
        claimed_by: who has claimed it.
        sources: AE titles that sent a study's first instance.
        modalities: a study is wanted if it has one of them.
        arrived_from: first instant of arrival.
        arrived_to: instant of arrival before which a study is wanted.
        arrived_within_hours: back from now.
        overdue: true: due before now; false: not.
        provisional: as of the entry.
        text: each of its words begins a word of the patient's name or ID, of the accession
            number or of the study's description, whatever the case and the accents.
    """

    reading_states: frozenset[ReadingState] = NOT_READ
    regions: frozenset[Region | None] = frozenset()
    bands: frozenset[Band] = frozenset()
    high_from: float | None = None
    claimed_by: str | None = None
    sources: frozenset[str] = frozenset()
    modalities: frozenset[str] = frozenset()
    arrived_from: datetime | None = None
    arrived_to: datetime | None = None
    arrived_within_hours: int | None = None
    overdue: bool | None = None
    provisional: bool | None = None
    text: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not self.reading_states:
            raise ValueError("a filter names at least one reading state")
        for instant in (self.arrived_from, self.arrived_to):
            if instant is not None:
                require_utc(instant, "an instant of arrival")
        if self.arrived_within_hours is not None and self.arrived_within_hours < 1:
            raise ValueError("arrived_within_hours is at least 1")

    @property
    def needs_now(self) -> bool:
        """Whether what is wanted depends on the time."""
        return self.overdue is not None or self.arrived_within_hours is not None

    def time(self, now: datetime | None) -> datetime | None:
        """Return `now`, None only where it does not matter. Raises ValueError without it."""
        if now is None and self.needs_now:
            raise ValueError("this filter depends on the time: say what time it is")
        return now

    def earliest_arrival(self, now: datetime | None) -> datetime | None:
        """Return the first instant of arrival that is wanted; None: any."""
        earliest = self.arrived_from
        now = self.time(now)
        if self.arrived_within_hours is not None and now is not None:
            since = now - timedelta(hours=self.arrived_within_hours)
            return since if earliest is None else max(earliest, since)
        return earliest

    def accepts(self, entry: WorklistEntry, *, now: datetime | None = None) -> bool:
        """Say whether an entry is wanted. Raises ValueError if it depends on a time not given."""
        return (
            entry.reading_state in self.reading_states
            and self._accepts_what_is_said_of(entry)
            and self._accepts_origin(entry)
            and self._accepts_times(entry, now)
            and self._accepts_words(entry)
        )

    def _accepts_what_is_said_of(self, entry: WorklistEntry) -> bool:
        study = entry.study
        return (
            (not self.regions or study.region in self.regions)
            and (not self.bands or band_of(study.assessment, self.high_from) in self.bands)
            and self.provisional in (None, entry.provisional)
            and self.claimed_by in (None, entry.claimed_by)
        )

    def _accepts_origin(self, entry: WorklistEntry) -> bool:
        return (not self.sources or entry.source_ae_title in self.sources) and (
            not self.modalities or not self.modalities.isdisjoint(entry.modalities)
        )

    def _accepts_times(self, entry: WorklistEntry, now: datetime | None) -> bool:
        now, earliest = self.time(now), self.earliest_arrival(now)
        arrived_at, due_at = entry.study.arrived_at, entry.study.placement.due_at
        return (
            (earliest is None or earliest <= arrived_at)
            and (self.arrived_to is None or arrived_at < self.arrived_to)
            and (self.overdue is None or now is None or self.overdue == (due_at < now))
        )

    def _accepts_words(self, entry: WorklistEntry) -> bool:
        return is_found(words_of_study(entry.study), words_typed(self.text))


EVERYTHING_NOT_READ = WorklistFilter()
