"""What waits for delivery, in the terminal."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from rich.table import Table

from triage_agent.adapters.terminal.cells import clock_time, plain
from triage_agent.domain.delivery import Delivery, DeliveryState, DestinationHealth

_STYLES = {DeliveryState.PENDING: "yellow", DeliveryState.SENT: "dim", DeliveryState.PARKED: "red"}


def outbox_table(
    deliveries: Sequence[Delivery],
    now: datetime,
    *,
    health: Sequence[DestinationHealth] = (),
    zone: tzinfo | None = None,
) -> Table:
    """Return deliveries as a table; destinations that do not answer are told in its caption."""
    waiting = sum(delivery.state is DeliveryState.PENDING for delivery in deliveries)
    parked = sum(delivery.state is DeliveryState.PARKED for delivery in deliveries)
    silent = [
        f"{one.destination} does not answer ({one.failures} times in a row): {one.last_error}"
        for one in health
        if one.failures
    ]
    table = Table(
        title=f"Outbox: {waiting} waiting, {parked} parked",
        caption=plain("; ".join(silent)) if silent else None,
    )
    table.add_column("Destination")
    table.add_column("Object")
    table.add_column("Study Instance UID", overflow="fold")
    table.add_column("Generation", justify="right")
    table.add_column("State")
    table.add_column("Attempts", justify="right")
    table.add_column("Sent or next attempt", no_wrap=True)
    table.add_column("Last status", overflow="fold")
    for delivery in deliveries:
        table.add_row(
            plain(delivery.destination),
            delivery.result.kind.value.upper(),
            plain(delivery.result.StudyInstanceUID),
            str(delivery.result.generation),
            plain(delivery.state.value, _STYLES[delivery.state]),
            str(delivery.attempts),
            _when(delivery, now, zone),
            plain(delivery.last_status),
        )
    return table


def _when(delivery: Delivery, now: datetime, zone: tzinfo | None) -> str:
    if delivery.sent_at is not None:
        return f"sent {clock_time(delivery.sent_at, now, zone)}"
    if delivery.state is DeliveryState.PARKED:
        return "not again by itself"
    if delivery.next_attempt_at <= now:
        return "now"
    return f"at {clock_time(delivery.next_attempt_at, now, zone)}"
