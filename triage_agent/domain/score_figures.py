"""How often studies are flagged, with which scores, and whether that has changed."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.finding import Finding, Level, Part, Phrase, translatable
from triage_agent.domain.node_health import SCORE_STEPS, ScoreCount, Wait, Waits
from triage_agent.domain.proportion import Proportion, percentile

# Below these, chance alone moves a share by more than anyone would act upon.
FEWEST_TODAY = 20
FEWEST_BEFORE = 100
HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreGroup:
    """The studies of one device or region, or all.

    Attributes:
        name: AE title or region; "" is what has none.
        flagged: those above the operating point, of those that were assessed.
        not_assessed: of all with an image in scope.
        steps: how many studies have a score of each step, lowest first.
    """

    name: str
    flagged: Proportion
    not_assessed: Proportion
    steps: tuple[int, ...]


def group_of(name: str, counts: Sequence[ScoreCount]) -> ScoreGroup:
    """Put counts into one group."""
    steps = [0] * SCORE_STEPS
    kinds = dict.fromkeys(AssessmentKind, 0)
    for each in counts:
        kinds[each.kind] += each.studies
        if each.step is not None:
            steps[each.step] += each.studies
    assessed = kinds[AssessmentKind.ABNORMAL] + kinds[AssessmentKind.BELOW_THRESHOLD]
    missed = kinds[AssessmentKind.NOT_ASSESSED]
    return ScoreGroup(
        name=name,
        flagged=Proportion(count=kinds[AssessmentKind.ABNORMAL], total=assessed),
        not_assessed=Proportion(count=missed, total=assessed + missed),
        steps=tuple(steps),
    )


def grouped(
    counts: Sequence[ScoreCount], name_of: Callable[[ScoreCount], str]
) -> tuple[ScoreGroup, ...]:
    """Return a group for each name, the one with the most studies first."""
    by_name: defaultdict[str, list[ScoreCount]] = defaultdict(list)
    for each in counts:
        by_name[name_of(each)].append(each)
    groups = [group_of(name, own) for name, own in by_name.items()]
    return tuple(sorted(groups, key=lambda each: (-each.not_assessed.total, each.name)))


def drifts(today: Sequence[ScoreCount], before: Sequence[ScoreCount]) -> tuple[Finding, ...]:
    """Compare the last day's share of flagged studies with that of the days before it.

    One finding for all, and one for each device and region whose share lies outside the usual.
    """
    overall = _drift("", group_of("", today).flagged, group_of("", before).flagged)
    findings = [] if overall is None else [overall]
    namings: tuple[Callable[[ScoreCount], str], ...] = (
        lambda count: count.ae_title,
        lambda count: count.region,
    )
    for name_of in namings:
        usual = {each.name: each.flagged for each in grouped(before, name_of)}
        for group in grouped(today, name_of):
            if group.name in usual:
                finding = _drift(group.name or "(none)", group.flagged, usual[group.name])
                if finding is not None:
                    findings.append(finding)
    if not findings:
        found = Phrase(translatable("The share of flagged studies is as usual, or not yet known."))
        findings.append(Finding(part=Part.SCORES, level=Level.OK, found=found))
    return tuple(findings)


def _drift(name: str, today: Proportion, usual: Proportion) -> Finding | None:
    if today.total < FEWEST_TODAY or usual.total < FEWEST_BEFORE or not today.differs_from(usual):
        return None
    low, high = usual.interval
    values = {
        "name": name,
        "today": f"{100 * today.count / today.total:.0f}",
        "count": today.count,
        "total": today.total,
        "low": f"{100 * low:.0f}",
        "high": f"{100 * high:.0f}",
    }
    text = (
        translatable(
            "%(name)s: %(today)s %% of the studies of the last 24 hours are flagged (%(count)s of "
            "%(total)s), usually %(low)s to %(high)s %%."
        )
        if name
        else translatable(
            "%(today)s %% of the studies of the last 24 hours are flagged (%(count)s of "
            "%(total)s), usually %(low)s to %(high)s %%."
        )
    )
    return Finding(
        part=Part.SCORES,
        subject=name,
        level=Level.WARNING,
        found=Phrase(text, values),
        advice=Phrase(
            translatable(
                "Other patients, another device or processing, or a model that no longer fits: "
                "look at some of these studies."
            )
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HourFigures:
    """What ended within one hour; seconds are None where nothing did."""

    hour: datetime
    studies: int
    placed_p50: float | None
    placed_p95: float | None
    images: int
    scored_p50: float | None
    scored_p95: float | None


def first_hour(now: datetime) -> datetime:
    """Return the begin of the first of the 24 hours that end with the present one."""
    return now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)


def by_hour(waits: Waits, now: datetime) -> tuple[HourFigures, ...]:
    """Return the figures of the 24 hours that end with the present one, oldest first."""
    studies, images = _seconds(waits.studies), _seconds(waits.images)
    first = first_hour(now)
    hours = (first + timedelta(hours=number) for number in range(HOURS))
    return tuple(
        HourFigures(
            hour=hour,
            studies=len(studies[hour]),
            placed_p50=percentile(studies[hour], 50),
            placed_p95=percentile(studies[hour], 95),
            images=len(images[hour]),
            scored_p50=percentile(images[hour], 50),
            scored_p95=percentile(images[hour], 95),
        )
        for hour in hours
    )


def _seconds(waits: Sequence[Wait]) -> defaultdict[datetime, list[float]]:
    found: defaultdict[datetime, list[float]] = defaultdict(list)
    for each in waits:
        found[each.hour].append(each.seconds)
    return found
