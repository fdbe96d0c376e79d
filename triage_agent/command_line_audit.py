"""What the audit trail says of commands: the system's user did it, whom the node does not know."""

import getpass

from triage_agent.composition import Node
from triage_agent.domain.audit import AuditLine, Deed


def note(node: Node, deed: Deed, detail: str) -> None:
    """Take a deed down, with the name of the system's user at the end of the detail."""
    node.audit.record(
        AuditLine(
            at=node.clock.now(),
            who="command line",
            deed=deed,
            detail=f"{detail}; by {_system_user()}",
        )
    )


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "a system user without a name"
