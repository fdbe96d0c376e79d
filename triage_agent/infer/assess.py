"""What is said of a study, given what became of its images.

Only a study whose every image was scored can be below the threshold. An image that failed, or is
still to come, can hide what the others do not show.
"""

from collections import Counter
from collections.abc import Sequence

from triage_agent.domain.assessment import Assessment, AssessmentKind
from triage_agent.domain.instance import Instance, InstanceState
from triage_agent.infer.scores import is_abnormal, study_probability

# What a radiograph is sent as; among excluded objects it says best why a study is not assessed.
_RADIOGRAPHS = frozenset({"CR", "DR", "DX", "RF"})


def assess(instances: Sequence[Instance], operating_point: float) -> Assessment:
    """Assess a study by the mean over its scored images (MURA, arXiv 1712.06957, section 3.1).

    A study is abnormal as soon as the mean over the images scored so far lies above
    `operating_point` (a probability in 0..1); otherwise it is below the threshold when all images
    in scope are scored, and not assessed until then or if one never can be.
    """
    in_scope = [each for each in instances if each.state is not InstanceState.EXCLUDED]
    if not in_scope:
        return _not_assessed(_why_out_of_scope(instances))
    probabilities = [each.score.probability for each in in_scope if each.score is not None]
    if probabilities:
        mean = study_probability(probabilities)
        if is_abnormal(mean, operating_point):
            return _scored(AssessmentKind.ABNORMAL, mean, len(probabilities), len(in_scope))
        if len(probabilities) == len(in_scope):
            return _scored(AssessmentKind.BELOW_THRESHOLD, mean, len(probabilities), len(in_scope))
    failed = [
        (number, each.reason)
        for number, each in enumerate(in_scope, start=1)
        if each.state is InstanceState.UNREADABLE
    ]
    if failed:
        return _not_assessed(_why_failed(failed, len(in_scope)))
    return _not_assessed(f"{len(probabilities)} of {_images(len(in_scope))} scored so far")


def _scored(kind: AssessmentKind, mean: float, scored: int, in_scope: int) -> Assessment:
    over = _images(in_scope) if scored == in_scope else f"{scored} of {_images(in_scope)}"
    return Assessment(kind=kind, reason=f"mean {mean:.2f} over {over}", probability=mean)


def _not_assessed(reason: str) -> Assessment:
    return Assessment(kind=AssessmentKind.NOT_ASSESSED, reason=reason)


def _why_failed(failed: Sequence[tuple[int, str]], in_scope: int) -> str:
    number, reason = failed[0]
    if len(failed) == 1:
        return f"image {number} of {in_scope} could not be scored: {reason}"
    return f"{len(failed)} of {in_scope} images could not be scored: {reason}"


def _why_out_of_scope(excluded: Sequence[Instance]) -> str:
    """The commonest reason, that of radiographs before that of reports and other company."""
    radiographs = [each for each in excluded if each.header.Modality in _RADIOGRAPHS]
    reasons = Counter(each.reason for each in radiographs or excluded)
    return reasons.most_common(1)[0][0] if reasons else "no image has arrived"


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count} images"
