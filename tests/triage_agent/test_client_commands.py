"""`triage-agent token` and `triage-agent webhook`, on a database of their own."""

import json
import re
from datetime import timedelta

import pytest
from click.testing import CliRunner

from tests.contracts.register_on_sql import ports_on
from tests.factories import make_instance, uid
from triage_agent.adapters.sql.migrate import upgrade
from triage_agent.cli import main
from triage_agent.composition import open_node
from triage_agent.deliver.webhook_message import signing_keys
from triage_agent.domain.audit import AuditFilter, Deed
from triage_agent.domain.client_token import token_digest
from triage_agent.domain.visitor import Role
from triage_agent.domain.webhook import WebhookEvent, WebhookRule
from triage_agent.settings import Settings


@pytest.fixture
def node(tmp_path, monkeypatch):
    hook = {"name": "ris", "url": "https://ris.example/", "secret_variable": "RIS"}
    monkeypatch.setenv("TRIAGE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TRIAGE_WEBHOOKS", json.dumps([hook]))
    monkeypatch.setenv("COLUMNS", "200")
    with open_node(Settings()) as opened:
        upgrade(opened.database)
        yield opened


def run(*arguments, status=0):
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == status, done.output
    return done.output


def deeds(node):
    return [(each.line.deed, each.line.detail) for each in node.audit.export(AuditFilter())]


def test_a_token_is_shown_once_and_only_its_digest_is_kept(node):
    printed = run("token", "add", "ris", "--role", "reader", "--role", "auditor", "--days", "2")
    token = printed.strip()
    assert re.fullmatch(r"triage_[\w-]{43}", token)
    known = node.tokens.use(token_digest(token), now=node.clock.now())
    assert known.roles == {Role.READER, Role.AUDITOR}
    assert known.expires_at - known.created_at == timedelta(days=2)
    with node.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM client_token").all()
    assert token not in str(rows)
    assert token not in run("token", "list")
    assert deeds(node) == [(Deed.TOKEN_CHANGED, "ris added with auditor, reader")]


def test_two_tokens_differ_and_a_name_is_given_once(node):
    first, second = (run("token", "add", name, "--role", "reader") for name in ("a", "b"))
    assert first != second
    run("token", "revoke", "a")
    assert "was there before" in run("token", "add", "a", "--role", "reader", status=1)
    assert "to revoke" in run("token", "revoke", "a", status=1)
    assert len(node.tokens.listed()) == 2


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("name", ["", "Upper", "two words", "-x", "a" * 64, "api:x", "../x", "ä"])
def test_names_that_cannot_be(name):
    assert "cannot be a client's name" in run(
        "token", "add", "--role", "reader", "--", name, status=1
    )


def test_tokens_are_listed_with_their_state(node):
    for name in ("active", "revoked", "expired"):
        run("token", "add", name, "--role", "reader")
    run("token", "revoke", "revoked")
    with node.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE client_token SET expires_at = '2020-01-01 00:00:00.000000'"
            " WHERE name = 'expired'"
        )
    lines = {line.split()[1]: line for line in run("token", "list").splitlines() if "│" in line}
    assert "never" in lines["active"]
    assert "revoked 2" in lines["revoked"]
    assert "expired" in lines["expired"].rsplit("│", 2)[1]


@pytest.mark.usefixtures("node")
def test_a_secret_is_one_that_can_be_signed_with():
    first, second = run("webhook", "secret"), run("webhook", "secret")
    assert first != second
    assert len(signing_keys(first)[0]) == 32


def test_what_webhooks_were_told_is_listed_and_repeated(node):
    node.webhooks.enlist(["ris"])
    ports = ports_on(node.database)
    ports.arrive(make_instance())
    ports.assess()
    rule = WebhookRule(name="ris", events=frozenset(WebhookEvent), only_abnormal=False)
    node.webhooks.announce(rule, now=node.clock.now(), limit=100)
    (delivery,) = node.webhooks.deliveries()
    node.webhooks.record_failure(delivery.id, "refused 404", next_attempt_at=None)
    printed = run("webhook", "list")
    assert "study.placed" in printed
    assert uid("study", 1) in printed
    assert "refused 404" in printed
    assert "1 messages are due now" in run("webhook", "retry", "--webhook", "ris")
    assert len(node.webhooks.due("ris", now=node.clock.now(), limit=9)) == 1
    assert deeds(node) == [(Deed.DELIVERY_RETRIED, "webhook ris")]
    assert "no webhook is called pacs" in run("webhook", "list", "--webhook", "pacs", status=1)
