"""A study of real objects, over fakes of the ports, and the step that reports it."""

from functools import partial

import pytest

from dicom_fixtures import synthetic_study
from tests.factories import (
    make_score,
)
from tests.fakes.clock import FakeClock
from tests.fakes.outbox import FakeOutbox
from tests.fakes.pixel_reader import FakePixelReader
from tests.fakes.study_register import FakeStudyRegister
from tests.received import receive_hand
from triage_agent.adapters.filesystem.instance_store import FilesystemInstanceStore
from triage_agent.destination_settings import DestinationSettings
from triage_agent.domain.algorithm import AlgorithmIdentity
from triage_agent.domain.region import Region
from triage_agent.pipeline import Reporting, assess_due
from triage_agent.report.compose import compose
from triage_agent.settings import PrioritiseSettings

POLICY = PrioritiseSettings()
ALGORITHM = AlgorithmIdentity(
    name="test-model",
    version="1",
    manufacturer="tests",
    device_uid="2.25.1",
    weights_sha256="0" * 64,
    architecture="mobilenet_v2",
)
PACS = DestinationSettings(name="pacs", host="pacs", port=104, ae_title="PACS")


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def register():
    return FakeStudyRegister()


@pytest.fixture
def store(tmp_path):
    return FilesystemInstanceStore(tmp_path)


@pytest.fixture
def receive(register, store, clock):
    """Return a function that takes in real objects."""
    return lambda dataset: receive_hand(dataset, register, store, clock.now())


@pytest.fixture
def close(register, receive, clock):
    """Return a function that lets these views come, be scored and close their study.

    A view without a probability cannot be scored. Returns the study's UID.
    """

    def bring(views) -> str:
        for dataset, probability in views:
            receive(dataset)
            image, now = str(dataset.SOPInstanceUID), clock.now()
            if probability is None:
                register.record_unreadable(image, "the pixels do not decode", now=now)
            else:
                score = make_score(probability)
                register.record_score(image, score, model="test-model 1", now=now)
        clock.advance(2)
        (closed,) = register.close_due(clock.now())
        assess_due(register, lambda _: 0.5, POLICY, clock)
        return closed

    return bring


def views_of_a_hand(*probabilities):
    study = synthetic_study(5, region=Region.HAND, views=len(probabilities), rows=96, columns=80)
    return list(zip(study.datasets, probabilities, strict=True))


@pytest.fixture
def closed_study(close):
    """A study of real objects that was scored, closed and assessed; returns its UID."""
    return close(views_of_a_hand(0.75, 0.75))


@pytest.fixture
def make_reporting(register, store, clock):
    """Return a function that makes the step, with parts replaced."""

    def make(**parts) -> Reporting:
        usual = {
            "register": register,
            "outbox": FakeOutbox(register.rows),
            "store": store,
            "reader": FakePixelReader(display_shape=(96, 80)),
            "compose": partial(compose, algorithm=ALGORITHM),
            "destinations": [PACS],
            "clock": clock,
        }
        return Reporting(**(usual | parts))

    return make
