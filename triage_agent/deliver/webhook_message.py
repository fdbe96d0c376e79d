"""A webhook's message and its signature, as Standard Webhooks 1.0 wants them.

https://www.standardwebhooks.com: `webhook-id` stays the same in every try, so that a receiver can
tell that it has a message already; `webhook-timestamp` is of the try; `webhook-signature` covers
both and the body.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from triage_agent.domain.webhook import Announcement

SECRET_PREFIX = "whsec_"  # noqa: S105 (the part that is not secret)
# Of the key behind the prefix, in bytes; the specification's own limits.
SHORTEST_KEY, LONGEST_KEY = 24, 64
_ID_CHARACTERS = 32


def message_id(announcement: Announcement) -> str:
    """Return the message's id: the same for the same event, generation and revision of a study."""
    named = (
        announcement.event,
        announcement.StudyInstanceUID,
        announcement.generation,
        announcement.revision,
    )
    digest = hashlib.sha256(" ".join(map(str, named)).encode()).hexdigest()
    return f"msg_{digest[:_ID_CHARACTERS]}"


def message_body(announcement: Announcement, *, with_accession: bool) -> bytes:
    """Return the message: JSON without any attribute of the patient.

    The accession number is the order's; it is left out unless it is asked for.
    """
    data: dict[str, object] = {
        "study_uid": announcement.StudyInstanceUID,
        "assessment": announcement.assessment.value,
        "probability": announcement.probability,
        "priority_class": announcement.priority_class.value,
        "due_at": _iso(announcement.due_at),
        "generation": announcement.generation,
        "revision": announcement.revision,
        "provisional": announcement.provisional,
    }
    if with_accession:
        data["accession_number"] = announcement.AccessionNumber
    message = {"type": announcement.event.value, "timestamp": _iso(announcement.at), "data": data}
    return json.dumps(message, separators=(",", ":")).encode()


def signed_headers(
    identifier: str, body: bytes, keys: Sequence[bytes], now: datetime
) -> dict[str, str]:
    """Return the headers of one try, with a signature by each key: a secret can be changed."""
    timestamp = str(int(now.timestamp()))
    signed = b".".join((identifier.encode(), timestamp.encode(), body))
    signatures = (
        base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys
    )
    return {
        "Content-Type": "application/json",
        "webhook-id": identifier,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def signing_keys(secrets: str) -> tuple[bytes, ...]:
    """Return the keys of secrets in a text, separated by white space, the newest first.

    Raises ValueError, without the secret in its message, if there is none or one is not
    "whsec_" and base64 of 24 to 64 bytes.
    """
    keys = tuple(_key(secret) for secret in secrets.split())
    if not keys:
        raise ValueError("there is no secret")
    return keys


def _key(secret: str) -> bytes:
    fault = f"a secret is {SECRET_PREFIX} and base64 of {SHORTEST_KEY} to {LONGEST_KEY} bytes"
    if not secret.startswith(SECRET_PREFIX):
        raise ValueError(fault)
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:
        raise ValueError(fault) from None
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY:
        raise ValueError(fault)
    return key


def _iso(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
