"""What every implementation of a port must do: classes to inherit from, one per port."""

import pytest

pytest.register_assert_rewrite(
    "tests.contracts.outbox",
    "tests.contracts.registering",
    "tests.contracts.reporting",
    "tests.contracts.scoring",
    "tests.contracts.worklist",
)
