"""Many readers and many connections at once: of those who want the same, one is first."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, cycle

import pytest

from tests.contracts.register_ports import RegisterPorts
from tests.factories import after, make_assessment, make_instance, make_placement, uid
from triage_agent.domain.worklist import ReadingState
from triage_agent.errors import ClaimedByAnother, GenerationStale, NothingToUndo

READERS = 8
STUDIES = 24
WAIT_SECONDS = 60
END = after(1800)


class ReadersAtOnceContract:
    @pytest.fixture
    def several(self) -> Sequence[RegisterPorts]:
        """The ports on the same rows, through connections of their own."""
        raise NotImplementedError

    def fill(self, ports: RegisterPorts) -> list[str]:
        """Put studies on the list; return them in its order."""
        studies = [uid("study", number) for number in range(1, STUDIES + 1)]
        for due, study in enumerate(studies):
            ports.arrive(make_instance(StudyInstanceUID=study), due_in_seconds=due)
        return studies

    def test_the_next_study_is_given_to_one_reader(self, several: Sequence[RegisterPorts]) -> None:
        studies = self.fill(several[0])
        together = threading.Barrier(READERS)

        def work(reader: str, ports: RegisterPorts) -> list[str]:
            together.wait(WAIT_SECONDS)
            taken = []
            while change := ports.desk.claim_next(reader, now=after(1), until=END):
                taken.append(change.StudyInstanceUID)
            return taken

        readers = [f"reader {number}" for number in range(READERS)]
        with ThreadPoolExecutor(READERS) as threads:
            taken = dict(zip(readers, threads.map(work, readers, cycle(several)), strict=True))
        assert Counter(chain.from_iterable(taken.values())) == Counter(studies)
        for reader, theirs in taken.items():
            assert theirs == sorted(theirs, key=studies.index)
            for study in theirs:
                assert several[0].desk.reading(study).claimed_by == reader
        for study in studies:
            assert several[1].story(study).count("claimed") == 1

    def test_of_those_who_want_one_study_one_gets_it(
        self, several: Sequence[RegisterPorts]
    ) -> None:
        studies = self.fill(several[0])
        together = threading.Barrier(READERS)

        def work(reader: str, ports: RegisterPorts) -> list[str]:
            taken = []
            for study in studies:
                together.wait(WAIT_SECONDS)
                try:
                    ports.desk.claim(study, reader, now=after(1), until=END)
                except ClaimedByAnother:
                    continue
                taken.append(study)
            return taken

        readers = [f"reader {number}" for number in range(READERS)]
        with ThreadPoolExecutor(READERS) as threads:
            taken = list(threads.map(work, readers, cycle(several)))
        assert Counter(chain.from_iterable(taken)) == Counter(studies)

    def test_an_image_that_comes_while_its_study_is_read_is_not_missed(
        self, several: Sequence[RegisterPorts]
    ) -> None:
        studies = self.fill(several[0])
        several[0].register.close_due(after(100))

        def read(ports: RegisterPorts, study: str) -> None:
            try:
                ports.desk.mark_read(study, "ann", generation=1, images=None, now=after(200))
            except GenerationStale:
                return

        def bring(ports: RegisterPorts, study: str) -> None:
            ports.arrive(make_instance(StudyInstanceUID=study, received_at=after(200)))

        _in_step(several, studies, (read, bring))
        for study in studies:
            entry = several[0].worklist.entry(study)
            assert entry.images == 2
            assert entry.reading_state is ReadingState.UNREAD

    def test_a_study_that_is_given_back_while_it_is_assessed_goes_to_its_place(
        self, several: Sequence[RegisterPorts]
    ) -> None:
        studies = self.fill(several[0])
        for study in studies:
            several[0].desk.claim(study, "ann", now=after(1), until=END)

        def give_back(ports: RegisterPorts, study: str) -> None:
            ports.desk.release(study, "ann", now=after(2))

        def assess(ports: RegisterPorts, study: str) -> None:
            assert ports.register.record_assessment(
                study, make_assessment(), make_placement(7000), revision=1, now=after(2)
            )

        _in_step(several, studies, (give_back, assess))
        for study in studies:
            assert several[0].study(study).placement == make_placement(7000)

    def test_what_is_undone_and_expires_at_once_ends_once(
        self, several: Sequence[RegisterPorts]
    ) -> None:
        studies = self.fill(several[0])
        acts = {
            study: several[0].desk.claim(study, "ann", now=after(1), until=after(5)).act or 0
            for study in studies
        }

        def undo(ports: RegisterPorts, study: str) -> None:
            try:
                ports.desk.undo(study, acts[study], "ann", now=after(4), not_before=after(0))
            except NothingToUndo:
                return

        def expire(ports: RegisterPorts, study: str) -> None:
            del study
            ports.desk.expire_due(after(5))

        _in_step(several, studies, (undo, expire))
        for study in studies:
            told = Counter(several[0].story(study))
            assert told["undone"] + told["claim expired"] == 1
            assert several[0].desk.reading(study).state is ReadingState.UNREAD


def _in_step(
    several: Sequence[RegisterPorts],
    studies: Sequence[str],
    deeds: Sequence[Callable[[RegisterPorts, str], None]],
) -> None:
    """Do all deeds to a study at once, each through connections of its own; then to the next."""
    together = threading.Barrier(len(deeds))

    def work(ports: RegisterPorts, deed: Callable[[RegisterPorts, str], None]) -> None:
        for study in studies:
            together.wait(WAIT_SECONDS)
            deed(ports, study)

    with ThreadPoolExecutor(len(deeds)) as threads:
        list(threads.map(work, several, deeds))
