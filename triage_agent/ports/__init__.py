"""What the stages and the pipeline ask of the outside world.

Every write of a port is durable when it returns, keyed and idempotent: doing it again changes
nothing. Adapters translate their drivers' exceptions into the tree of `triage_agent.errors`.
"""

from triage_agent.ports.accounts import Accounts, Passwords
from triage_agent.ports.audit import AuditTrail
from triage_agent.ports.identity import IdentityProvider
from triage_agent.ports.inference import (
    Classification,
    Classifier,
    FloatImage,
    PixelReader,
    RadiographReader,
)
from triage_agent.ports.lists import Outbox, Worklist
from triage_agent.ports.patients import PatientStudies
from triage_agent.ports.preferences import PreferenceStore
from triage_agent.ports.reading import ReadingChange, ReadingDeed, ReadingDesk
from triage_agent.ports.register import RegistrationOutcome, StudyOpening, StudyRegister
from triage_agent.ports.storage import IncomingObject, InstanceStore
from triage_agent.ports.surroundings import Clock, Destination, Engine

__all__ = [
    "Accounts",
    "AuditTrail",
    "Classification",
    "Classifier",
    "Clock",
    "Destination",
    "Engine",
    "FloatImage",
    "IdentityProvider",
    "IncomingObject",
    "InstanceStore",
    "Outbox",
    "Passwords",
    "PatientStudies",
    "PixelReader",
    "PreferenceStore",
    "RadiographReader",
    "ReadingChange",
    "ReadingDeed",
    "ReadingDesk",
    "RegistrationOutcome",
    "StudyOpening",
    "StudyRegister",
    "Worklist",
]
