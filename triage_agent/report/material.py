"""Everything that the results of one generation of a study are made from, gathered and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydicom.dataset import Dataset

from triage_agent.domain.algorithm import AlgorithmIdentity
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.delivery import Result
from triage_agent.domain.instance import ImageScore, Instance, InstanceState
from triage_agent.domain.study import Study, StudyImages
from triage_agent.errors import ReportInvalid
from triage_agent.report.reference import normalised

_LATERALITIES = ("R", "L", "U", "B")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredImage:
    """A scored image: its row, its score and what its header lends to results."""

    number: int  # from 1, in order of series and instance number
    instance: Instance
    score: ImageScore
    reference: Dataset

    @property
    def SOPInstanceUID(self) -> str:  # noqa: N802 - a DICOM keyword
        """SOP Instance UID of the image."""
        return self.instance.header.SOPInstanceUID

    @property
    def SOPClassUID(self) -> str:  # noqa: N802 - a DICOM keyword
        """SOP Class UID of the image."""
        return self.instance.header.SOPClassUID

    @property
    def laterality(self) -> str:
        """One of R, L, U, B (PS3.3 Annex C.8.11.1), or "" if the header states none of them."""
        stated = self.instance.header.ImageLaterality
        return stated if stated in _LATERALITIES else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What results are made from.

    Attributes:
        study: assessed, with a probability; or not assessed any more, with a predecessor.
        images: the scored images, at least one.
        unreadable: how many images in scope could not be scored.
        algorithm: who scored them.
        predecessor: the structured report of an earlier generation, if there is one.
        at: when this generation was closed, so that every time in the results is the same in
            every run.
    """

    study: Study
    images: tuple[ScoredImage, ...]
    unreadable: int
    algorithm: AlgorithmIdentity
    predecessor: Result | None
    at: datetime

    @property
    def assessed(self) -> bool:
        """Whether anything is said of the study; else its results only take back what was."""
        return self.study.assessment.kind is not AssessmentKind.NOT_ASSESSED

    @property
    def probability(self) -> float:
        """The study's probability, 0..1."""
        probability = self.study.assessment.probability
        if probability is None:
            raise ReportInvalid("a study that is not assessed has no probability")
        return probability

    @property
    def operating_point(self) -> float:
        """The probability above which the study is abnormal."""
        return self.algorithm.operating_point(image.instance for image in self.images)

    @property
    def abnormal(self) -> bool:
        """Whether the study was assessed as abnormal."""
        return self.study.assessment.kind is AssessmentKind.ABNORMAL

    def scored_elsewhere(self, image: ScoredImage) -> str:
        """The model that scored an image before `algorithm` took its place; "" if none did."""
        return image.instance.model if image.instance.model != self.algorithm.model else ""

    @property
    def local_time(self) -> datetime:
        """`at` by the clock that the study's own dates and times follow, if they name it.

        Dates and times in an object share one Timezone Offset From UTC (PS3.3 Annex C.12.1.1);
        where the images state none, UTC is written.
        """
        offset = self.images[0].reference.get("TimezoneOffsetFromUTC")
        return self.at.astimezone(datetime.strptime(offset, "%z").tzinfo) if offset else self.at


def gather(
    images: StudyImages,
    sources: Mapping[str, Dataset],
    predecessor: Result | None,
    algorithm: AlgorithmIdentity,
) -> Material:
    """Gather what the results of a study are made from.

    Args:
        images: the study and its instances.
        sources: the header of every scored image, by SOP Instance UID.
        predecessor: the last structured report of an earlier generation.
        algorithm: who scored them.

    Raises:
        ReportInvalid: the study is not closed, is not assessed and has no predecessor, or was
            assessed with another operating point; no image of it is scored; a header is missing
            or belongs to another object, or the predecessor to another study or generation.
    """
    study = images.study
    if study.closed_at is None:
        raise ReportInvalid("a study that is still open has no results")
    if study.assessment.kind is AssessmentKind.NOT_ASSESSED and predecessor is None:
        raise ReportInvalid("a study that is not assessed has no results")
    scored = [each for each in images.instances if each.state is InstanceState.SCORED]
    if not scored:
        raise ReportInvalid("a study with results has no scored image")
    if predecessor is not None and (
        predecessor.StudyInstanceUID != study.StudyInstanceUID
        or predecessor.generation >= study.generation
    ):
        raise ReportInvalid("the predecessor is not an earlier result of this study")
    material = Material(
        study=study,
        images=tuple(
            _scored_image(number, instance, sources, study)
            for number, instance in enumerate(scored, start=1)
        ),
        unreadable=sum(each.state is InstanceState.UNREADABLE for each in images.instances),
        algorithm=algorithm,
        predecessor=predecessor,
        at=study.closed_at,
    )
    if material.assessed and (
        material.abnormal != (material.probability > material.operating_point)
    ):
        raise ReportInvalid("the assessment was not made with the operating point of this model")
    return material


def _scored_image(
    number: int, instance: Instance, sources: Mapping[str, Dataset], study: Study
) -> ScoredImage:
    uid = instance.header.SOPInstanceUID
    if uid not in sources or instance.score is None:
        raise ReportInvalid(f"image {uid} lacks its score or its header")
    reference = normalised(sources[uid])
    found = (reference.get("SOPInstanceUID"), reference.get("StudyInstanceUID"))
    if found != (uid, study.StudyInstanceUID):
        raise ReportInvalid(f"the header given for image {uid} belongs to another object or study")
    return ScoredImage(number=number, instance=instance, score=instance.score, reference=reference)
