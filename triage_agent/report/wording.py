"""The words of the results: what is said of a study and of an image, and what is not claimed.

All of it is plain ASCII, which every viewer and every font can show.
"""

from datetime import UTC
from typing import Final

from triage_agent.domain.finding import translatable
from triage_agent.report.material import Material, ScoredImage

WARNING: Final = translatable("RESEARCH USE ONLY - NOT FOR DIAGNOSTIC USE")

_LEGEND: Final = (
    "Colour: where the model found evidence, not the outline of a lesion. "
    "Absence of colour does not mean normal."
)
_SIDES: Final = {"L": "left", "R": "right", "B": "both sides", "U": "unpaired"}


def decimal(probability: float) -> str:
    """Write a probability with three decimals; never as a percentage, which reads as certainty."""
    return f"{probability:.3f}"


def verdict(material: Material) -> str:
    """Say where the study's probability lies, and what that does not mean.

    Of a study that is not assessed any more, say why, and that the earlier report does not hold.
    """
    if not material.assessed:
        return (
            f"The study is not assessed any more: {_ascii(material.study.assessment.reason)}. "
            "What the earlier report says of it does not hold."
        )
    point = decimal(material.operating_point)
    probability = decimal(material.probability)
    if material.abnormal:
        return (
            f"Model output {probability} is above the operating point {point}: the study is put "
            "forward to be read earlier. It is not a diagnosis."
        )
    return (
        f"Model output {probability} is not above the operating point {point}. This is a model "
        "output, not a diagnosis, and not a statement that the study is normal."
    )


def coverage(material: Material) -> str:
    """Say on how many images the study's probability rests, and who scored them if not all one."""
    count = len(material.images)
    text = f"Arithmetic mean of {count} image{'s' if count > 1 else ''}."
    if material.unreadable:
        text += f" {material.unreadable} more in scope could not be scored."
    for image in material.images:
        if material.scored_elsewhere(image):
            text += f" Image {image.number} was scored by {material.scored_elsewhere(image)}."
    return text


def caption(material: Material, image: ScoredImage) -> tuple[str, ...]:
    """Return the paragraphs burnt in below an image; no patient identity is in them."""
    algorithm = material.algorithm
    other = material.scored_elsewhere(image)
    other = f", this image by {_ascii(other)}" if other else ""
    relation = "ABOVE" if material.abnormal else "NOT ABOVE"
    generated = material.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    study = (
        f"study {decimal(material.probability)} ({relation} operating point "
        f"{decimal(material.operating_point)})"
    )
    return (
        f"Probability: {study}   |   this image {decimal(image.score.probability)}",
        f"{_anatomy(image)}   |   image {image.number} of {len(material.images)}",
        f"{algorithm.name} {algorithm.version} ({algorithm.architecture}){other}   |   {generated}",
        _LEGEND,
    )


def _anatomy(image: ScoredImage) -> str:
    side = _SIDES.get(image.laterality, "side not stated")
    view = _ascii(image.instance.header.ViewPosition) or "not stated"
    return f"{image.instance.region or 'region not stated'}, {side}, view {view}"


def _ascii(text: str) -> str:
    return text.encode("ascii", errors="replace").decode("ascii")
