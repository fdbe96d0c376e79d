"""What the stages and the pipeline ask of the outside world.

Every write of a port is durable when it returns, keyed and idempotent: doing it again changes
nothing. Adapters translate their drivers' exceptions into the tree of `triage_agent.errors`.
"""

from triage_agent.ports.inference import Classification, Classifier, FloatImage, PixelReader
from triage_agent.ports.lists import Outbox, Worklist
from triage_agent.ports.register import RegistrationOutcome, StudyOpening, StudyRegister
from triage_agent.ports.storage import IncomingObject, InstanceStore
from triage_agent.ports.surroundings import Clock, Destination, Engine

__all__ = [
    "Classification",
    "Classifier",
    "Clock",
    "Destination",
    "Engine",
    "FloatImage",
    "IncomingObject",
    "InstanceStore",
    "Outbox",
    "PixelReader",
    "RegistrationOutcome",
    "StudyOpening",
    "StudyRegister",
    "Worklist",
]
