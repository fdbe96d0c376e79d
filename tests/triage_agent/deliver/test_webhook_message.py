import base64
import json

import pytest

from tests.factories import T0, after, make_announcement, uid
from triage_agent.deliver.webhook_message import (
    message_body,
    message_id,
    signed_headers,
    signing_keys,
)
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.webhook import WebhookEvent

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 (of the specification)


def secret_of(length: int) -> str:
    return "whsec_" + base64.b64encode(bytes(length)).decode()


def test_the_signature_is_that_of_the_specifications_own_example():
    # https://github.com/standard-webhooks/standard-webhooks, the vector of its libraries' tests
    at = T0.fromtimestamp(1614265330, T0.tzinfo)
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', signing_keys(SECRET), at
    )
    assert headers == {
        "Content-Type": "application/json",
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_a_secret_is_changed_both_sign():
    keys = signing_keys(f"{SECRET}\n{secret_of(32)}\n")
    signatures = signed_headers("msg_1", b"{}", keys, T0)["webhook-signature"].split(" ")
    alone = [signed_headers("msg_1", b"{}", (key,), T0)["webhook-signature"] for key in keys]
    assert signatures == alone
    assert len(set(alone)) == 2


def test_the_message_says_nothing_of_the_patient():
    announcement = make_announcement()
    told = json.loads(message_body(announcement, with_accession=False))
    assert told == {
        "type": "study.placed",
        "timestamp": "2026-01-01T12:00:00.000Z",
        "data": {
            "study_uid": uid("study", 1),
            "assessment": "abnormal",
            "probability": 0.75,
            "priority_class": "abnormal",
            "due_at": "2026-01-01T12:40:00.000Z",
            "generation": 1,
            "revision": 3,
            "provisional": True,
        },
    }
    told["data"]["accession_number"] = "A1"
    assert json.loads(message_body(announcement, with_accession=True)) == told


def test_what_is_not_assessed_has_no_probability():
    announcement = make_announcement(assessment=AssessmentKind.NOT_ASSESSED, probability=None)
    assert (
        json.loads(message_body(announcement, with_accession=False))["data"]["probability"] is None
    )


def test_the_id_is_that_of_event_study_generation_and_revision():
    first = message_id(make_announcement())
    assert first == message_id(make_announcement(at=after(9), probability=0.1, provisional=False))
    others = [
        {"event": WebhookEvent.CLOSED},
        {"StudyInstanceUID": uid("study", 2)},
        {"generation": 2},
        {"revision": 4},
        {"generation": 13, "revision": 3},
    ]
    ids = {message_id(make_announcement(**each)) for each in others}
    assert len(ids | {first}) == 6
    assert all(each.startswith("msg_") and "." not in each for each in ids)


@pytest.mark.parametrize("length", [24, 32, 64])
def test_keys_of_the_lengths_that_the_specification_allows(length):
    assert signing_keys(secret_of(length)) == (bytes(length),)


@pytest.mark.parametrize(
    "secret",
    [
        "",
        " \n",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_!",
        "whsec_",
        f"{SECRET} x",
        secret_of(23),
        secret_of(65),
        "whsec_ä",
    ],
)
def test_a_secret_that_will_not_do_is_not_repeated(secret):
    with pytest.raises(ValueError, match="secret") as caught:
        signing_keys(secret)
    assert caught.value.__cause__ is None
    assert len(secret) < 7 or secret not in str(caught.value)
