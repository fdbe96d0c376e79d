"""The record of a node's health, and what comes into it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.contracts.register_ports import STUDY, RegisterPorts
from tests.factories import MODEL, T0, make_assessment, make_placement, make_score
from triage_agent.domain.node_health import (
    Arrivals,
    RoleBeat,
)
from triage_agent.ports.health import HealthRecord

TODAY = T0.date()


@dataclass(frozen=True, kw_only=True)
class HealthPorts:
    """The record under test, and the register whose work it tells of."""

    health: HealthRecord
    of_register: RegisterPorts

    def score(self, instance: Any, now: datetime) -> None:
        """Score an image and assess its study."""
        register = self.of_register
        found = register.register.record_score(
            instance.header.SOPInstanceUID, make_score(), model=MODEL, now=now
        )
        assert found

    def assess(
        self,
        now: datetime,
        probability: float | None = 0.75,
        study: str = STUDY,
    ) -> None:
        """Assess a study."""
        register = self.of_register
        assert register.register.record_assessment(
            study,
            make_assessment(probability),
            make_placement(),
            revision=register.study(study).revision,
            now=now,
        )


def make_beat(role: str = "infer", **overrides: Any) -> RoleBeat:
    """Return a beat of a process that began at `T0`."""
    values: dict[str, Any] = {
        "role": role,
        "host": "node-1",
        "pid": 4711,
        "started_at": T0,
        "beat_at": T0,
        "facts": {"model": MODEL},
    }
    return RoleBeat(**(values | overrides))


def make_arrivals(ae_title: str = "CR1", **overrides: Any) -> Arrivals:
    """Return two images that came at `T0`."""
    values: dict[str, Any] = {"day": TODAY, "images": 2, "size_bytes": 20, "last_at": T0}
    return Arrivals(ae_title=ae_title, **(values | overrides))
