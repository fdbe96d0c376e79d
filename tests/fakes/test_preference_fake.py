"""The fake keeps the same contract as the real adapter."""

import pytest

from tests.contracts.preferences import PreferenceStoreContract
from tests.fakes.preferences import FakePreferenceStore


class TestFakePreferenceStore(PreferenceStoreContract):
    @pytest.fixture
    def store(self) -> FakePreferenceStore:
        return FakePreferenceStore()
