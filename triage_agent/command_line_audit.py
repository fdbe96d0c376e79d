"""What the audit trail says of commands: the system's user did it, whom the node does not know."""

import os
import pwd

from triage_agent.composition import Node
from triage_agent.domain.audit import AuditLine, Deed


def note(node: Node, deed: Deed, detail: str) -> None:
    """Take a deed down, with the name of the system's user at the end of the detail."""
    node.audit.record(
        AuditLine(
            at=node.clock.now(),
            who="command line",
            deed=deed,
            detail=f"{detail}; by {system_user() or 'a system user without a name'}",
        )
    )


def system_user() -> str:
    """Return the name of the user whose process this is, "" if they have none.

    The system's own word for it: variables of the environment are what the user says.
    """
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user need not have a name
        return ""
