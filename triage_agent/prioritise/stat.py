"""Whether an order asks for a study at once.

Priorities come as RequestedProcedurePriority (0040,1003), whose Defined Terms are STAT, HIGH,
ROUTINE, MEDIUM and LOW (PS3.3 C.4.11), as ScheduledProcedureStepPriority (0074,1200), HIGH, MEDIUM
or LOW (PS3.4 Table CC.2.5-3), and as what order systems copy into them: HL7 v2 table 0485 (S stat,
A as soon as possible) or the site's words. The policy knows one class above the network's, so
whatever is ordered above routine is in it: being read a little early harms nobody.
"""

from collections.abc import Iterable

_AT_ONCE = frozenset(
    {
        "STAT", "S", "HIGH", "ASAP", "A", "URGENT", "EMERGENCY", "EMERGENT", "IMMEDIATE", "CITO",
        "CRITICAL", "NOTFALL", "DRINGEND", "EILIG", "EILT", "SOFORT", "URGENCE", "URGENTE",
        "URGENTISSIMO", "URGENCIA", "EMERGENCIA", "EMERGENZA", "SPOED", "AKUT", "AKUTT", "PILNE",
        "PILNY", "HASTER",
    }
)  # fmt: skip


def is_stat(priorities: Iterable[str]) -> bool:
    """Say whether any of the priorities of a header places the study in the STAT class."""
    return any(priority.strip().upper() in _AT_ONCE for priority in priorities)
