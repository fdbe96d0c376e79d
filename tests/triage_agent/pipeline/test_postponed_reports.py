"""Reports of studies whose images a disk does not give back."""

import errno

from tests.factories import make_instance, make_opening, make_score, uid
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import FakeOutbox
from tests.fakes.pixel_reader import FakePixelReader
from tests.fakes.study_register import FakeStudyRegister
from triage_agent.adapters.filesystem.instance_store import FilesystemInstanceStore
from triage_agent.domain.region import Region
from triage_agent.pipeline import Reporting, assess_due
from triage_agent.settings import PrioritiseSettings


def test_studies_that_are_postponed_hold_up_no_other(tmp_path):
    """Else a few images that a disk does not give back would hold up all reports for good."""
    register, clock = FakeStudyRegister(), FakeClock()
    for number in range(1, 6):
        instance = make_instance(StudyInstanceUID=uid("study", number), region=Region.HAND)
        register.register(instance, make_opening(), stat=False, quiet_seconds=1)
        register.record_score(
            instance.header.SOPInstanceUID, make_score(), model="test-model 1", now=clock.now()
        )
    register.close_due(clock.advance(2))
    assess_due(register, lambda _: 0.5, PrioritiseSettings(), clock)
    asked = []

    class Asked(FakeStudyRegister):
        def study_images(self, StudyInstanceUID):
            asked.append(StudyInstanceUID)
            return super().study_images(StudyInstanceUID)

    class Failing(FilesystemInstanceStore):
        def path(self, location):
            raise OSError(errno.EIO, f"Input/output error: {location}")

    reporting = Reporting(
        register=Asked(register.rows),
        outbox=FakeOutbox(register.rows),
        store=Failing(tmp_path),
        reader=FakePixelReader(),
        compose=lambda *_: (),
        destinations=[],
        clock=clock,
    )
    for _ in range(4):
        reporting.report_due()
    assert len(asked) == len(set(asked)) == 5
    reporting.report_due()
    assert len(asked) == 5
    clock.advance(60)
    reporting.report_due()
    assert asked[5:] == asked[:2]
