"""Whether images can be received, and whether every role runs."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from triage_agent.domain.finding import Finding, Level, Part, Phrase, in_words, translatable
from triage_agent.domain.node_health import HealthLimits, NodeNow, RoleBeat

ROLES = ("receive", "infer", "deliver", "web")
_t = translatable


def newest_beat(beats: Sequence[RoleBeat], role: str) -> RoleBeat | None:
    """Return a role's last sign of life, on whichever host; None if there never was one."""
    return max(
        (each for each in beats if each.role == role), key=lambda each: each.beat_at, default=None
    )


def is_late(beat: RoleBeat, now: datetime, limits: HealthLimits) -> bool:
    """Say whether a process has not been heard of for longer than it takes between two beats."""
    return (now - beat.beat_at).total_seconds() > limits.beat_seconds


def listener(node: NodeNow, limits: HealthLimits) -> Iterator[Finding]:
    """Say whether images can be received."""
    beat = newest_beat(node.recorded.beats, "receive")
    advice = Phrase(_t("Images wait at their senders. Look at the log of the role receive."))
    if beat is None or is_late(beat, node.at, limits):
        found = Phrase(_t("Nothing shows that images can be received."))
        yield Finding(part=Part.LISTENER, level=Level.FAILED, found=found, advice=advice)
        return
    values = {"port": beat.facts.get("port", "?"), "why": beat.facts.get("listener_error", "")}
    if values["why"]:
        found = Phrase(_t("Port %(port)s does not take associations: %(why)s"), values)
        yield Finding(part=Part.LISTENER, level=Level.FAILED, found=found, advice=advice)
    elif "listener_seconds" in beat.facts:
        found = Phrase(_t("Port %(port)s takes associations and answers C-ECHO."), values)
        yield Finding(part=Part.LISTENER, level=Level.OK, found=found)
    else:
        found = Phrase(_t("Port %(port)s has not been tried yet."), values)
        yield Finding(part=Part.LISTENER, level=Level.UNKNOWN, found=found)


def roles(node: NodeNow, limits: HealthLimits) -> Iterator[Finding]:
    """Say of each role whether a process runs it, and of each of the processes that receive."""
    for role in (*ROLES, *_further_receivers(node.recorded.beats)):
        beat = newest_beat(node.recorded.beats, role)
        values: dict[str, object] = {"role": role}
        if beat is None:
            yield Finding(
                part=Part.ROLES,
                subject=role,
                level=Level.FAILED,
                found=Phrase(_t("No process runs the role %(role)s."), values),
                advice=Phrase(_t("Start it: triage-agent serve --roles %(role)s"), values),
            )
            continue
        values |= {"host": beat.host, "ago": in_words((node.at - beat.beat_at).total_seconds())}
        if is_late(beat, node.at, limits):
            yield Finding(
                part=Part.ROLES,
                subject=role,
                level=Level.FAILED,
                found=Phrase(_t("%(role)s on %(host)s was last heard of %(ago)s ago."), values),
                advice=Phrase(
                    _t("Look whether triage-agent serve runs on %(host)s, and at its log."), values
                ),
            )
            continue
        values["since"] = in_words((node.at - beat.started_at).total_seconds())
        yield Finding(
            part=Part.ROLES,
            subject=role,
            level=Level.OK,
            found=Phrase(_t("%(role)s runs on %(host)s since %(since)s."), values),
        )


def _further_receivers(beats: Sequence[RoleBeat]) -> Iterator[str]:
    """Yield the names of the processes that receive beside the first, once each was heard of."""
    first = newest_beat(beats, "receive")
    number = first.facts.get("processes") if first is not None else None
    for each in range(2, number + 1 if isinstance(number, int) else 0):
        if newest_beat(beats, f"receive {each}") is not None:
            yield f"receive {each}"


def model(node: NodeNow, limits: HealthLimits) -> Iterator[Finding]:
    """Say which model scores."""
    beat = newest_beat(node.recorded.beats, "infer")
    if beat is None or is_late(beat, node.at, limits):
        found = Phrase(_t("No process scores, so which model does is not known."))
        yield Finding(part=Part.MODEL, level=Level.UNKNOWN, found=found)
        return
    values = {
        "model": beat.facts.get("model", "?"),
        "runtime": beat.facts.get("runtime", "?"),
        "chosen": node.model,
    }
    if values["model"] != node.model:
        yield Finding(
            part=Part.MODEL,
            level=Level.WARNING,
            found=Phrase(_t("%(model)s still scores, though %(chosen)s is chosen."), values),
            advice=Phrase(_t("It changes within seconds. Otherwise see the log of infer.")),
        )
    else:
        found = Phrase(_t("%(model)s scores: %(runtime)s"), values)
        yield Finding(part=Part.MODEL, level=Level.OK, found=found)
