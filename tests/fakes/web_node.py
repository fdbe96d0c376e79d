"""A node behind the web page: all its ports are fakes, filled by the register's own rules."""

import threading
from typing import TYPE_CHECKING, Any

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
from tests.fakes.accounts import FakeAccounts, FakePasswords
from tests.fakes.audit_trail import FakeAuditTrail
from tests.fakes.client_tokens import FakeClientTokens
from tests.fakes.clock import FakeClock
from tests.fakes.event_feed import FakeEventFeed
from tests.fakes.health_record import FakeHealthRecord
from tests.fakes.instance_store import FakeInstanceStore
from tests.fakes.outbox import FakeOutbox
from tests.fakes.patient_studies import FakePatientStudies
from tests.fakes.preferences import FakePreferenceStore
from tests.fakes.reading_desk import FakeReadingDesk
from tests.fakes.register_rows import RegisterRows
from tests.fakes.study_register import FakeStudyRegister
from tests.fakes.webhook_outbox import FakeWebhookOutbox
from tests.fakes.worklist import FakeWorklist
from triage_agent.adapters.http.access import Access
from triage_agent.adapters.http.app import create_app
from triage_agent.adapters.http.facts import NodeFacts
from triage_agent.domain.instance import Instance
from triage_agent.domain.radiograph import Radiograph, Window
from triage_agent.domain.visitor import Role, Visitor
from triage_agent.ports.inference import FloatImage

if TYPE_CHECKING:
    from triage_agent.ports.identity import IdentityProvider

# Every change has to carry its token: `headers={"X-CSRF-Token": CSRF_TOKEN}`.
CSRF_TOKEN = "the-token-of-the-tests"  # noqa: S105 (lets nobody in)


def make_radiograph(**overrides: Any) -> Radiograph:
    """Return 12-bit values that rise by 100 a column, from 0, in 60 rows of 40 columns."""
    values: dict[str, Any] = {
        "codes": np.tile(np.arange(0, 4000, 100, dtype=np.uint16), (60, 1)),
        "modality": np.arange(4096, dtype=np.float64),
        "tones": np.rint(np.linspace(0, 255, 4096)).astype(np.uint8),
        "inverted": False,
        "function": "LINEAR",
        "windows": (Window(center=2048, width=4096),),
        "padding": None,
        "spacing": None,
        "source_rows": 60,
        "source_columns": 40,
    }
    return Radiograph(**(values | overrides))


class GradientReader:
    """A PixelReader and RadiographReader for the eye.

    Black on the left to white on the right, 60 rows by 40 columns.

    `errors` says which locations fail, and how; `asked` is what was displayed. `radiographs` are
    the values of locations that are not `make_radiograph()`.
    """

    def __init__(self) -> None:
        self.errors: dict[str, Exception] = {}
        self.asked: list[str] = []
        self.radiographs: dict[str, Radiograph] = {}
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

    def radiograph(self, location: str, longest_side: int) -> Radiograph:
        self.asked.append(location)
        if location in self.errors:
            raise self.errors[location]
        assert longest_side >= 60
        return self.radiographs.get(location) or make_radiograph()


class WebNode:
    """Ports and clock of a node; `app()` is the page over them.

    Nobody has to sign in unless `access` says so: every request comes from the visitor "local",
    who has all roles; `visited_by` says otherwise.
    """

    def __init__(self, facts: NodeFacts) -> None:
        self.rows = RegisterRows()
        self.register = FakeStudyRegister(self.rows)
        self.worklist = FakeWorklist(self.rows)
        self.outbox = FakeOutbox(self.rows)
        self.health = FakeHealthRecord(self.rows)
        self.desk = FakeReadingDesk(self.rows)
        self.audit = FakeAuditTrail()
        self.preferences = FakePreferenceStore()
        self.feed = FakeEventFeed(self.rows)
        self.webhooks = FakeWebhookOutbox(self.rows)
        self.tokens = FakeClientTokens()
        self.accounts = FakeAccounts()
        self.passwords = FakePasswords()
        self.provider: IdentityProvider | None = None
        self.visited_by("local", *Role)
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
            radiographs=self.reader,
            patients=FakePatientStudies(self.rows),
            outbox=self.outbox,
            health=self.health,
            desk=self.desk,
            audit=self.audit,
            preferences=self.preferences,
            feed=self.feed,
            webhooks=self.webhooks,
            tokens=self.tokens,
            accounts=self.accounts,
            passwords=self.passwords,
            access=self.access,
            provider=self.provider,
            clock=self.clock,
            facts=self.facts,
        )

    def visited_by(self, name: str, *roles: Role) -> None:
        """Have every request come from one visitor, without a sign-in; call it before `app()`."""
        everybody = Visitor(name=name, roles=frozenset(roles), csrf_token=CSRF_TOKEN)
        self.access = Access(sign_in=False, everybody=everybody)

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
