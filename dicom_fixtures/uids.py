"""UIDs that follow from what they name."""

from uuid import UUID, uuid5

NAMESPACE = UUID("6d1e6b9e-2c1b-5e53-9f57-3b7d0a51c4e2")


def fixture_uid(*parts: object) -> str:
    """The same UID for the same parts, under 2.25 (PS3.5 Annex B.2)."""
    return f"2.25.{uuid5(NAMESPACE, '|'.join(str(part) for part in parts)).int}"
