"""Which results go where."""

from collections.abc import Collection, Sequence
from typing import Final

from triage_agent.destination_settings import DestinationSettings
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.delivery import ResultKind
from triage_agent.domain.study import StudyImages

# Kinds that say where in the image something was seen; a triage-only destination gets none.
LOCALISING: Final = frozenset({ResultKind.SECONDARY_CAPTURE})


def route(
    images: StudyImages,
    kind: ResultKind,
    destinations: Sequence[DestinationSettings],
    *,
    earlier: Collection[str] = (),
) -> tuple[str, ...]:
    """Return the names of the destinations that shall have a result of this kind, in their order.

    A destination gets the kinds it lists, of studies with a scored image of a region it lists (of
    all if it lists none), always or only when the study is abnormal; nothing that localises if it
    is triage-only. Those named in `earlier`, which an earlier generation's result of this kind
    went to, get it whatever the regions and the assessment are now: what they have does not hold
    any more.
    """
    return tuple(
        each.name
        for each in destinations
        if _takes(each, kind) and (each.name in earlier or _wants(each, images))
    )


def _takes(destination: DestinationSettings, kind: ResultKind) -> bool:
    if destination.triage_only and kind in LOCALISING:
        return False
    return kind in destination.objects


def _wants(destination: DestinationSettings, images: StudyImages) -> bool:
    is_abnormal = images.study.assessment.kind is AssessmentKind.ABNORMAL
    if destination.when == "abnormal" and not is_abnormal:
        return False
    return not destination.regions or not images.scored_regions.isdisjoint(destination.regions)
