"""What was published reaches a program although the sender is killed again and again."""

import base64
import hashlib
import hmac
import json
from pathlib import Path

import pytest

from tests.contracts.register_on_sql import ports_on
from tests.contracts.register_ports import RegisterPorts
from tests.factories import make_assessment, make_instance, make_placement, uid
from tests.peers.webhook_receiver import webhook_receiver
from tests.peers.webhook_sender import SECRET, start_sender
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.migrate import upgrade
from triage_agent.adapters.sql.webhook_outbox import SqlWebhookOutbox
from triage_agent.adapters.system_clock import SystemClock
from triage_agent.domain.delivery import DeliveryState

pytestmark = pytest.mark.integration

STUDIES = 6
END_SECONDS = 60.0


def _place(ports: RegisterPorts, number: int) -> None:
    instance = make_instance(StudyInstanceUID=uid("study", number))
    ports.arrive(instance)
    study = ports.study(uid("study", number))
    assert ports.register.record_assessment(
        study.StudyInstanceUID,
        make_assessment(0.9),
        make_placement(),
        revision=study.revision,
        now=SystemClock().now(),
    )


def _is_signed(headers: dict[str, str], body: bytes) -> bool:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return headers["webhook-signature"] == f"v1,{expected}"


def test_every_placement_arrives_under_one_id_whenever_the_sender_is_killed(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'triage.sqlite3'}"
    database = Database(url)
    upgrade(database)
    webhooks, ports = SqlWebhookOutbox(database), ports_on(database)
    webhooks.enlist(["ris"])
    for number in range(1, STUDIES + 1):
        _place(ports, number)
    with webhook_receiver() as receiver:
        for killed in range(1, 4):
            # Between the sending and the answer: nobody can know whether it was taken.
            receiver.hold()
            sender = start_sender(url, receiver.port)
            receiver.wait_for(killed)
            sender.kill()
            sender.join(END_SECONDS)
            receiver.release()
            _place(ports, STUDIES + killed)
        assert len({headers["webhook-id"] for headers, _, _ in receiver.taken}) == 1
        last = start_sender(url, receiver.port)
        last.join(END_SECONDS)
        assert last.exitcode == 0
        requests = receiver.taken
    by_id: dict[str, set[bytes]] = {}
    for headers, target, body in requests:
        assert target == "/hook"
        assert _is_signed(headers, body)
        by_id.setdefault(headers["webhook-id"], set()).add(body)
    assert all(len(bodies) == 1 for bodies in by_id.values())
    told = [json.loads(bodies.pop())["data"]["study_uid"] for bodies in by_id.values()]
    assert sorted(told) == sorted(uid("study", n) for n in range(1, STUDIES + 4))
    assert webhooks.counts() == {("ris", DeliveryState.SENT): STUDIES + 3}
    database.dispose()
