"""What every implementation of a port must do: classes to inherit from, one per port."""

import pytest

pytest.register_assert_rewrite(
    "tests.contracts.client_tokens",
    "tests.contracts.list_queries",
    "tests.contracts.outbox",
    "tests.contracts.readers_at_once",
    "tests.contracts.reading_claims",
    "tests.contracts.reading_marks",
    "tests.contracts.reading_undone",
    "tests.contracts.registering",
    "tests.contracts.reporting",
    "tests.contracts.scoring",
    "tests.contracts.webhook_outbox",
    "tests.contracts.worklist",
)
