import threading

import numpy as np
import pytest
from structlog.testing import capture_logs

from tests.factories import MODEL, T0, make_instance, make_opening, make_scored
from tests.fakes.bundle import make_bundle
from tests.fakes.classifier import BIAS, FakeClassifier, Images
from tests.fakes.clock import FakeClock
from tests.fakes.pixel_reader import Answer, FakePixelReader
from tests.fakes.study_register import FakeStudyRegister
from triage_agent.domain.instance import ClassActivation, Instance, InstanceState
from triage_agent.domain.region import Region
from triage_agent.errors import DecoderCrashed, DecodingUnavailable, PixelsUnreadable
from triage_agent.infer.bundle import ModelBundle
from triage_agent.infer.judging import NetworkJudge
from triage_agent.infer.scope_gate import BEYOND_SCOPE, ScopeGate
from triage_agent.infer.scores import Calibration, image_probability
from triage_agent.infer.scoring import _Step, score_due
from triage_agent.ports.inference import Classification


class Node:
    """A register with instances, and the step that scores them."""

    def __init__(
        self,
        *instances: Instance,
        answers: dict[str, Answer] | None = None,
        classifier: FakeClassifier | None = None,
        bundle: ModelBundle | None = None,
    ) -> None:
        self.register = FakeStudyRegister()
        self.clock = FakeClock()
        self.reader = FakePixelReader(answers)
        self.classifier = classifier or FakeClassifier()
        self.bundle = bundle or make_bundle()
        for each in instances:
            self.register.register(each, make_opening(), stat=False, quiet_seconds=10)

    def score(self, limit: int = 16) -> int:
        return score_due(
            self.register,
            self.reader,
            NetworkJudge(self.classifier, self.bundle),
            self.clock,
            limit=limit,
            maximum_attempts=3,
        )

    def now(self, instance: Instance) -> Instance:
        return self.register.rows.instances[instance.header.SOPInstanceUID]


def refuses(poison: float) -> FakeClassifier:
    def refuse(images: Images) -> None:
        if (images == poison).any():
            raise RuntimeError

    return FakeClassifier(refuse=refuse)


def test_nothing_is_due() -> None:
    node = Node(make_scored())
    assert node.score() == 0
    assert node.reader.read_locations == []


def test_images_are_scored_and_recorded() -> None:
    low, high = make_instance(), make_instance()
    node = Node(low, high, answers={low.stored.location: -2.0, high.stored.location: 3.0})
    assert node.score() == 2
    for instance, logit in ((low, -2.0), (high, 3.0)):
        found = node.now(instance)
        assert found.state is InstanceState.SCORED
        assert found.model == "fake 1"
        assert found.score is not None
        assert found.score.probability == image_probability(logit)
        cells = (logit - BIAS,) * 4
        assert found.score.activation == ClassActivation(rows=2, columns=2, values=cells)
    assert node.score() == 0


def test_no_more_than_the_limit_is_begun() -> None:
    node = Node(*(make_instance() for _ in range(5)))
    assert [node.score(limit=2) for _ in range(4)] == [2, 2, 1, 0]


def test_every_image_is_classified_once() -> None:
    node = Node(*(make_instance() for _ in range(7)))
    node.score()
    assert sum(node.classifier.batches) == 7


def test_the_probability_is_calibrated_for_the_region() -> None:
    wrist, hand = make_instance(region=Region.WRIST), make_instance(region=Region.HAND)
    calibration = Calibration(slope=2.0, intercept=-1.0)
    node = Node(wrist, hand, bundle=make_bundle(calibrations={Region.WRIST: calibration}))
    node.score()
    probabilities = [score.probability for each in (wrist, hand) if (score := node.now(each).score)]
    assert probabilities == [image_probability(0.5, calibration), image_probability(0.5)]


def test_an_image_that_cannot_be_read_stops_no_other() -> None:
    bad, good = make_instance(), make_instance()
    node = Node(bad, good, answers={bad.stored.location: PixelsUnreadable("it is blank")})
    assert node.score() == 2
    assert node.now(bad).state is InstanceState.UNREADABLE
    assert node.now(bad).reason == "it is blank"
    assert node.now(good).state is InstanceState.SCORED


def test_a_crash_leaves_the_image_due_until_its_attempts_are_used_up() -> None:
    bad, good = make_instance(), make_instance()
    node = Node(bad, good, answers={bad.stored.location: DecoderCrashed("the decoder died")})
    node.score()
    assert node.now(good).state is InstanceState.SCORED
    assert node.now(bad).state is InstanceState.RECEIVED
    node.score()
    assert node.now(bad).state is InstanceState.RECEIVED
    node.score()
    assert node.now(bad).state is InstanceState.UNREADABLE
    assert node.now(bad).reason == "the decoder died, 3 times"
    assert node.score() == 0


def test_a_crash_that_passes_leaves_no_trace() -> None:
    instance = make_instance()
    node = Node(instance, answers={instance.stored.location: DecoderCrashed("the decoder died")})
    node.score()
    node.reader.answers.clear()
    assert node.score() == 1
    assert node.now(instance).state is InstanceState.SCORED


def test_what_is_no_fault_of_an_image_costs_none_an_attempt() -> None:
    """However often the step is called: a queue outlives a disk that is gone for a while."""
    instances = [make_instance() for _ in range(3)]
    gone = DecodingUnavailable("the disk failed: Input/output error")
    node = Node(*instances, answers={each.stored.location: gone for each in instances})
    for _ in range(10):
        with pytest.raises(DecodingUnavailable, match="the disk failed"):
            node.score()
        assert node.score() == 0  # it is left alone for a while
        node.clock.advance(300)
    assert [node.now(each).state for each in instances] == [InstanceState.RECEIVED] * 3
    node.reader.answers.clear()
    assert node.score() == 3  # in one batch, as images that were never tried
    assert all(node.now(each).state is InstanceState.SCORED for each in instances)


def test_an_image_that_is_put_off_holds_up_no_other() -> None:
    """Nor does the step fail, for after that its engine would leave it alone for a while."""
    first, good, crashed = (make_instance() for _ in range(3))
    answers: dict[str, Answer] = {
        first.stored.location: DecodingUnavailable("no decoder could be started"),
        crashed.stored.location: DecoderCrashed("the decoder died"),
    }
    node = Node(first, good, crashed, answers=answers)
    with capture_logs() as lines:
        assert node.score() == 3
    assert [(line["event"], line["images"]) for line in lines] == [("scoring_postponed", 1)]
    assert node.now(good).state is InstanceState.SCORED
    assert (node.now(first).attempts, node.now(crashed).attempts) == (0, 1)


def test_an_image_that_takes_the_process_down_is_given_up() -> None:
    instance = make_instance()
    node = Node(instance)
    for _ in range(3):
        node.register.begin_scoring(1, now=T0)  # and the process is gone
    assert node.score() == 1
    assert node.now(instance).state is InstanceState.UNREADABLE
    assert node.now(instance).reason == "inference was begun 3 times and never ended"
    assert node.reader.read_locations == []


@pytest.mark.parametrize(
    ("region", "shown"), [(Region.SHOULDER, "SHOULDER"), (None, "an unknown region")]
)
def test_a_region_the_model_was_not_made_for(region: Region | None, shown: str) -> None:
    instance = make_instance(region=region)
    node = Node(instance, bundle=make_bundle(regions=(Region.WRIST,)))
    node.score()
    assert node.now(instance).state is InstanceState.UNREADABLE
    assert node.now(instance).reason == f"fake 1 was not made for {shown}"


def test_a_batch_that_fails_is_tried_image_by_image() -> None:
    bad, good, better = make_instance(), make_instance(), make_instance()
    node = Node(bad, good, better, classifier=refuses(9.0))
    begun = node.register.begin_scoring(3, now=T0)
    judge = NetworkJudge(node.classifier, node.bundle)
    step = _Step(node.register, judge, FakeClock(), maximum_attempts=3)
    inputs = [(np.full((3, 64, 64), value, dtype=np.float32),) for value in (9.0, 0.5, 0.25)]
    step.score(list(zip(begun, inputs, strict=True)))
    assert node.classifier.batches == [3, 1, 1, 1]
    states = [node.now(each).state for each in begun]
    assert states == [InstanceState.RECEIVED, InstanceState.SCORED, InstanceState.SCORED]


def test_an_image_that_the_model_fails_on_is_given_up() -> None:
    bad, good = make_instance(), make_instance()
    node = Node(bad, good, answers={bad.stored.location: 9.0}, classifier=refuses(9.0))
    node.score()
    assert node.now(good).state is InstanceState.SCORED
    assert node.now(bad).state is InstanceState.RECEIVED
    node.score()
    node.score()
    assert node.now(bad).state is InstanceState.UNREADABLE
    assert node.now(bad).reason == "the model failed (RuntimeError), 3 times"


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_a_logit_that_is_no_number_is_not_called_normal(number: float) -> None:
    bad, good = make_instance(), make_instance()
    node = Node(bad, good, answers={bad.stored.location: number})
    node.score()
    assert node.now(bad).state is InstanceState.UNREADABLE
    assert node.now(bad).reason == "the model gives no finite number for this image"
    assert node.now(good).state is InstanceState.SCORED


def test_a_map_that_is_no_number_is_not_shown() -> None:
    class HalfBroken(FakeClassifier):
        def classify(self, images: Images) -> Classification:
            said = super().classify(images)
            said.maps[0, 0, 0] = np.nan
            return said

    instance = make_instance()
    node = Node(instance, classifier=HalfBroken(MODEL))
    node.score()
    assert node.now(instance).state is InstanceState.UNREADABLE


def test_an_image_beyond_the_scope_of_the_model_is_not_assessed() -> None:
    strange, known = make_instance(), make_instance()
    # The fake's features are the image in four cells: their sum tells a bright one.
    gate = ScopeGate((1.0, 1.0, 1.0, 1.0), -8.0)
    answers = {strange.stored.location: 3.0, known.stored.location: 1.0}
    node = Node(strange, known, answers=answers, bundle=make_bundle(scope_gate=gate))
    node.score()
    assert node.now(strange).state is InstanceState.UNREADABLE
    assert node.now(strange).reason == BEYOND_SCOPE
    assert node.now(known).state is InstanceState.SCORED


def test_an_image_that_is_not_of_the_others_shape_spoils_nothing() -> None:
    class Odd(FakePixelReader):
        def read(self, location: str) -> tuple[Images, ...]:
            forms = super().read(location)
            return forms if location != odd.stored.location else (forms[0][:, :8, :8],)

    odd, even = make_instance(), make_instance()
    node = Node(odd, even)
    node.reader = Odd()
    node.score()
    assert node.now(even).state is InstanceState.SCORED


def test_images_are_decoded_at_the_same_time() -> None:
    """Each waits until both are being decoded, which ends only if they are decoded in parallel."""
    both = threading.Barrier(2)

    class Meeting(FakePixelReader):
        def read(self, location: str) -> tuple[Images, ...]:
            both.wait(timeout=30)
            return super().read(location)

    instances = make_instance(), make_instance()
    node = Node(*instances)
    node.reader = Meeting()
    assert node.score() == 2
    assert all(node.now(each).state is InstanceState.SCORED for each in instances)
