"""Reports of studies whose images a disk does not give back."""

import errno

import pytest

from tests.factories import after, make_instance, make_opening, make_score, uid
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import FakeOutbox
from tests.fakes.pixel_reader import FakePixelReader
from tests.fakes.study_register import FakeStudyRegister
from triage_agent.adapters.filesystem.instance_store import FilesystemInstanceStore
from triage_agent.domain.region import Region
from triage_agent.domain.study import StudyState
from triage_agent.pipeline import Reporting, assess_due
from triage_agent.settings import PrioritiseSettings

STUDIES = [uid("study", number) for number in range(1, 6)]  # most urgent first


class Asked(FakeStudyRegister):
    """A register that notes which studies were tried."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = []

    def study_images(self, StudyInstanceUID):
        self.asked.append(StudyInstanceUID)
        return super().study_images(StudyInstanceUID)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def register(clock):
    """Closed studies, each with one scored image."""
    register = Asked()
    for study in STUDIES:
        instance = make_instance(StudyInstanceUID=study, region=Region.HAND)
        register.register(instance, make_opening(), stat=False, quiet_seconds=1)
        register.record_score(
            instance.header.SOPInstanceUID, make_score(), model="test-model 1", now=clock.now()
        )
    register.close_due(clock.advance(2))
    assess_due(register, lambda _: 0.5, PrioritiseSettings(), clock)
    register.asked.clear()
    return register


@pytest.fixture
def make_reporting(register, clock, tmp_path):
    """Return a function that makes the step, over a disk that takes its time and then fails."""

    def make(*, failing_seconds: float) -> Reporting:
        class Failing(FilesystemInstanceStore):
            def path(self, location):
                clock.advance(failing_seconds)
                raise OSError(errno.EIO, f"Input/output error: {location}")

        return Reporting(
            register=register,
            outbox=FakeOutbox(register.rows),
            store=Failing(tmp_path),
            reader=FakePixelReader(),
            compose=lambda *_: (),
            destinations=[],
            clock=clock,
        )

    return make


def test_studies_that_are_postponed_hold_up_no_other(register, make_reporting, clock):
    """Else a few images that a disk does not give back would hold up all reports for good."""
    reporting = make_reporting(failing_seconds=0)
    for _ in range(4):
        reporting.report_due()
    assert len(register.asked) == len(set(register.asked)) == 5
    reporting.report_due()
    assert len(register.asked) == 5
    clock.advance(60)
    reporting.report_due()
    assert register.asked[5:] == register.asked[:2]


def test_studies_whose_failing_takes_its_time_hold_up_no_other(register, make_reporting):
    """The first ones may be due again before the others had their turn."""
    for study in STUDIES[3:]:  # no image of theirs is to be read
        for instance in register.rows.instances_of(study):
            del register.rows.instances[instance.header.SOPInstanceUID]
    reporting = make_reporting(failing_seconds=10)
    for _ in range(10):
        reporting.report_due()
    states = [register.rows.studies[study].state for study in STUDIES]
    assert states == [StudyState.CLOSED] * 3 + [StudyState.REPORTED] * 2


def test_the_pause_of_a_study_doubles_up_to_ten_minutes(register, make_reporting, clock):
    reporting = make_reporting(failing_seconds=0)
    for pause in (5, 10, 20, 40, 80, 160, 320, 600, 600):
        for _ in range(3):  # two studies each
            reporting.report_due()
        assert sorted(register.asked) == sorted(STUDIES)
        clock.advance(pause - 1)
        reporting.report_due()
        assert sorted(register.asked) == sorted(STUDIES)
        register.asked.clear()
        clock.advance(1)


def test_a_clock_that_was_set_back_makes_no_pause_longer(register, make_reporting, clock):
    reporting = make_reporting(failing_seconds=0)
    reporting.report_due()
    tried = list(register.asked)
    clock.set(after(-3600))
    reporting.report_due()
    assert register.asked == tried * 2
