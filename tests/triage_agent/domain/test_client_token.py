import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from tests.contracts.client_tokens import make_token
from tests.factories import T0, after
from triage_agent.domain.client_token import token_digest
from triage_agent.domain.visitor import Role


def test_a_token_lets_in_until_it_expires_or_is_revoked():
    assert make_token().lets_in(T0)
    assert not make_token(expires_at=after(5)).lets_in(after(5))
    assert not make_token(revoked_at=T0).lets_in(T0)


def test_the_visitor_is_no_person_and_needs_no_csrf_token():
    visitor = make_token(name="ris").visitor
    assert (visitor.name, visitor.roles, visitor.csrf_token) == (
        "api:ris",
        frozenset({Role.READER}),
        "",
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"roles": frozenset()},
        {"created_at": datetime(2026, 1, 1)},  # noqa: DTZ001 (that is what is wrong)
        {"expires_at": T0.astimezone(UTC).replace(tzinfo=None) + timedelta(days=1)},
    ],
)
def test_what_cannot_be_a_token(wrong):
    with pytest.raises(ValueError):
        make_token(**wrong)


def test_the_digest_is_of_whatever_was_sent():
    assert token_digest("triage_x") == hashlib.sha256(b"triage_x").hexdigest()
    assert len({token_digest(each) for each in ("", "\ud800", "\udcff", "ä", "a")}) == 5
