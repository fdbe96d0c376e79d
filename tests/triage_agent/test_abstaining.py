"""From scoring to the list and the results: images that the model does not answer for."""

from functools import partial
from pathlib import Path

import pydicom
import pytest

from dicom_fixtures import synthetic_study
from tests.fakes.bundle import make_bundle
from tests.fakes.classifier import FakeClassifier
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import FakeOutbox
from tests.fakes.pixel_reader import FakePixelReader
from tests.fakes.study_register import FakeStudyRegister
from tests.fakes.worklist import FakeWorklist
from tests.received import receive_hand
from triage_agent.adapters.filesystem.instance_store import FilesystemInstanceStore
from triage_agent.destination_settings import DestinationSettings
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.delivery import ResultKind
from triage_agent.domain.instance import Instance, InstanceState
from triage_agent.domain.priority import PriorityClass
from triage_agent.domain.region import Region
from triage_agent.domain.study import StudyState
from triage_agent.infer.judging import NetworkJudge
from triage_agent.infer.scope_gate import BEYOND_SCOPE, ScopeGate
from triage_agent.infer.scoring import score_due
from triage_agent.model_in_use import algorithm_identity
from triage_agent.pipeline import Reporting, assess_due
from triage_agent.report.compose import compose
from triage_agent.settings import PrioritiseSettings

PACS = DestinationSettings(name="pacs", host="pacs", port=104, ae_title="PACS")

# Of the fake's features, which are the image's brightness: an image as bright as 5 is beyond.
BUNDLE = make_bundle(name="gated", scope_gate=ScopeGate((1.0, 0.0, 0.0, 0.0), -5.0))
STRANGE = 9.0


class Node:
    """A register with one study of two real objects, and the steps that follow its arrival."""

    def __init__(self, store: FilesystemInstanceStore) -> None:
        self.register = FakeStudyRegister()
        self.worklist = FakeWorklist(self.register.rows)
        self.store = store
        self.clock = FakeClock()
        self.reader = FakePixelReader(display_shape=(96, 80))
        self.instances = [self._received(each) for each in self._datasets()]

    def run(self, *brightnesses: float) -> None:
        for instance, brightness in zip(self.instances, brightnesses, strict=True):
            self.reader.answers[instance.stored.location] = brightness
        judge = NetworkJudge(FakeClassifier("gated 1"), BUNDLE)
        score_due(self.register, self.reader, judge, self.clock, limit=16, maximum_attempts=3)
        self.clock.advance(2)
        self.register.close_due(self.clock.now())
        assess_due(self.register, lambda _: 0.5, PrioritiseSettings(), self.clock)

    def report(self) -> list[pydicom.Dataset]:
        self.reader.answers.clear()  # a displayed image lies in 0..1
        step = Reporting(
            register=self.register,
            outbox=FakeOutbox(self.register.rows),
            store=self.store,
            reader=self.reader,
            compose=partial(compose, algorithm=algorithm_identity(BUNDLE)),
            destinations=[PACS],
            clock=self.clock,
        )
        assert step.report_due() == 1
        (entry,) = self.worklist.page(limit=10)
        results = self.register.results(entry.study.StudyInstanceUID)
        return [
            pydicom.dcmread(self.store.path(each.stored.location))
            for each in results
            if each.kind is ResultKind.STRUCTURED_REPORT
        ]

    def _datasets(self) -> list[pydicom.Dataset]:
        study = synthetic_study(5, region=Region.HAND, views=2, rows=96, columns=80)
        return list(study.datasets)

    def _received(self, dataset: pydicom.Dataset) -> Instance:
        return receive_hand(dataset, self.register, self.store, self.clock.now())

    def states(self) -> list[InstanceState]:
        rows = self.register.rows.instances
        return [rows[each.header.SOPInstanceUID].state for each in self.instances]


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(FilesystemInstanceStore(tmp_path))


def test_a_study_of_strange_images_is_not_assessed_and_says_why(node: Node) -> None:
    node.run(STRANGE, STRANGE)
    assert node.states() == [InstanceState.UNREADABLE] * 2
    (entry,) = node.worklist.page(limit=10)
    assert entry.study.assessment.kind is AssessmentKind.NOT_ASSESSED
    assert entry.study.assessment.reason == f"2 of 2 images could not be scored: {BEYOND_SCOPE}"
    assert entry.study.assessment.probability is None
    assert entry.study.placement.priority_class is PriorityClass.NOT_ASSESSED
    assert node.report() == []
    assert node.register.study_images(entry.study.StudyInstanceUID).study.state is (
        StudyState.REPORTED
    )


def test_a_study_with_one_strange_image_is_never_below_the_threshold(node: Node) -> None:
    node.run(-3.0, STRANGE)
    (entry,) = node.worklist.page(limit=10)
    assert entry.study.assessment.kind is AssessmentKind.NOT_ASSESSED
    assert entry.study.assessment.reason == f"image 2 of 2 could not be scored: {BEYOND_SCOPE}"
    assert node.report() == []


def test_what_its_other_image_shows_still_puts_a_study_forward(node: Node) -> None:
    node.run(3.0, STRANGE)
    assert node.states() == [InstanceState.SCORED, InstanceState.UNREADABLE]
    (entry,) = node.worklist.page(limit=10)
    assert entry.study.assessment.kind is AssessmentKind.ABNORMAL
    (report,) = node.report()
    texts = " ".join(str(each.value) for each in report.iterall() if each.keyword == "TextValue")
    assert "1 more in scope could not be scored." in texts


def test_images_like_its_own_are_assessed(node: Node) -> None:
    node.run(-3.0, -2.0)
    (entry,) = node.worklist.page(limit=10)
    assert entry.study.assessment.kind is AssessmentKind.BELOW_THRESHOLD
