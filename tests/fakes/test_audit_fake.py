"""The fake keeps the same contract as the real adapter."""

import pytest

from tests.contracts.audit_trail import AuditTrailContract
from tests.fakes.audit_trail import FakeAuditTrail


class TestFakeAuditTrail(AuditTrailContract):
    @pytest.fixture
    def trail(self) -> FakeAuditTrail:
        return FakeAuditTrail()
