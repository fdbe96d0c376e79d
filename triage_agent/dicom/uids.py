"""UIDs that follow from what they name, so that a re-run makes the same object again."""

import json
import uuid

# Fixed for ever: another value would give every derived object a second identity.
NAMESPACE = uuid.UUID("e9fd3378-9705-47db-854a-c3b376645554")


def derive_uid(*parts: str) -> str:
    """Return the UID that belongs to `parts`: "2.25." and a UUID as a number (PS3.5 Annex B.2).

    The same parts in the same order always give the same UID; different parts give different
    ones, also where their concatenation would be equal. At most 44 characters.

    Raises:
        ValueError: there are no parts.
    """
    if not parts:
        raise ValueError("a UID is derived from at least one part")
    # A JSON list tells ("a", "bc") from ("ab", "c") whatever characters the parts hold.
    return f"2.25.{uuid.uuid5(NAMESPACE, json.dumps(parts)).int}"
