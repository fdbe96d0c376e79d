"""A node behind the web page: all its ports are fakes, filled by the register's own rules."""

import threading
from typing import Any

import numpy as np
from fastapi import FastAPI

from tests.factories import (
    after,
    make_assessment,
    make_instance,
    make_opening,
    make_placement,
    make_score,
    make_stored,
)
from tests.fakes.clock import FakeClock
from tests.fakes.instance_store import FakeInstanceStore
from tests.fakes.outbox import FakeOutbox
from tests.fakes.register_rows import RegisterRows
from tests.fakes.study_register import FakeStudyRegister
from tests.fakes.worklist import FakeWorklist
from triage_agent.adapters.http.app import create_app
from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.domain.instance import Instance
from triage_agent.ports import FloatImage


class GradientReader:
    """A PixelReader for the eye: black on the left to white on the right, 60 rows by 40 columns.

    `errors` says which locations fail, and how; `asked` is what was displayed.
    """

    def __init__(self) -> None:
        self.errors: dict[str, Exception] = {}
        self.asked: list[str] = []
        self._held: threading.Event | None = None

    def wait_for(self, event: threading.Event) -> None:
        """Show nothing before the event."""
        self._held = event

    def read(self, location: str) -> tuple[FloatImage, ...]:
        raise AssertionError(f"{location} asked for: the page does not score")

    def display(self, location: str, longest_side: int) -> FloatImage:
        self.asked.append(location)
        if self._held:
            assert self._held.wait(60)
        if location in self.errors:
            raise self.errors[location]
        assert longest_side >= 60
        return np.tile(np.linspace(0, 1, 40, dtype=np.float32), (60, 1))


class WebNode:
    """Ports and clock of a node; `app()` is the page over them."""

    def __init__(self, facts: NodeFacts) -> None:
        self.rows = RegisterRows()
        self.register = FakeStudyRegister(self.rows)
        self.worklist = FakeWorklist(self.rows)
        self.outbox = FakeOutbox(self.rows)
        self.store = FakeInstanceStore()
        self.reader = GradientReader()
        self.list_reader = GradientReader()
        self.clock = FakeClock()
        self.facts = facts

    def app(self) -> FastAPI:
        """Return the application."""
        return create_app(
            worklist=self.worklist,
            register=self.register,
            store=self.store,
            reader=self.reader,
            list_reader=self.list_reader,
            outbox=self.outbox,
            clock=self.clock,
            facts=self.facts,
        )

    def receive(self, **overrides: Any) -> Instance:
        """Register an instance; overrides are the header's or the instance's."""
        instance = make_instance(**overrides)
        self.register.register(instance, make_opening(), stat=False, quiet_seconds=10)
        return instance

    def score(self, instance: Instance, probability: float) -> None:
        """Score an instance and assess its study by that alone, due by the probability."""
        uid = instance.header.StudyInstanceUID
        self.register.record_score(
            instance.header.SOPInstanceUID,
            make_score(probability),
            model="test-model 1",
            now=self.clock.now(),
        )
        self.register.record_assessment(
            uid,
            make_assessment(probability),
            make_placement((1.1 - probability) * 6000),
            revision=self.register.study_images(uid).study.revision,
            now=self.clock.now(),
        )

    def close(self) -> None:
        """Close every study."""
        self.register.close_due(after(3600))


def stored_apart(name: str) -> Any:
    """Return where an image is kept, apart from all others."""
    return make_stored(name, location=name)
