"""The content of a structured report: Measurement Report (PS3.16 TID 1500)."""

from typing import Final

from highdicom.sr import (
    AlgorithmIdentification,
    CodedConcept,
    DeviceObserverIdentifyingAttributes,
    FindingSite,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    QualitativeEvaluation,
    RelationshipTypeValues,
    SourceImageForMeasurementGroup,
    TextContentItem,
    TrackingIdentifier,
)
from pydicom.dataset import Dataset

from triage_agent.dicom.codes import (
    LATERALITY_CODES,
    REGION_CODES,
    AlgorithmFamily,
    Concept,
    Derivation,
    DocumentTitle,
    Normality,
    ObserverType,
    ProcedureReported,
    Unit,
)
from triage_agent.domain.region import Region
from triage_agent.report.identity import tracking_uid
from triage_agent.report.image_library import image_library
from triage_agent.report.material import Material, ScoredImage
from triage_agent.report.wording import WARNING, coverage, decimal, verdict

# A probability has no more digits than mean anything, and a DS has room for sixteen characters.
_DIGITS: Final = 6


def measurement_report(material: Material, SOPInstanceUID: str) -> Dataset:
    """Return the root container: one group for the study and, if assessed, one for each image.

    The study's group holds the probability, the Normality that the operating point makes of it,
    and in words that this is no diagnosis. An image's group holds its probability and names the
    image. Each group has its own tracking UID, because viewers merge groups that share one.
    Of a study that is not assessed any more there are the words only.
    """
    scores = material.images if material.assessed else ()
    report = MeasurementReport(
        title=DocumentTitle.IMAGING_MEASUREMENT_REPORT.value,
        observation_context=ObservationContext(observer_device_context=_observer(material)),
        procedure_reported=ProcedureReported.IMAGING.value,
        imaging_measurements=[
            _study_group(material, SOPInstanceUID),
            *(_image_group(material, image, SOPInstanceUID) for image in scores),
        ],
    )
    root: Dataset = report[0]
    # TID 1500 puts the library between the procedure and the measurements, which come last.
    root.ContentSequence.insert(len(root.ContentSequence) - 1, image_library(material))
    return root


def _observer(material: Material) -> ObserverContext:
    algorithm = material.algorithm
    return ObserverContext(
        observer_type=CodedConcept.from_code(ObserverType.DEVICE.value),
        observer_identifying_attributes=DeviceObserverIdentifyingAttributes(
            uid=algorithm.device_uid,
            manufacturer_name=algorithm.manufacturer,
            model_name=algorithm.name,
        ),
    )


def _algorithm(material: Material) -> AlgorithmIdentification:
    algorithm = material.algorithm
    return AlgorithmIdentification(
        name=algorithm.name,
        version=algorithm.version,
        manufacturer=algorithm.manufacturer,
        family=AlgorithmFamily.ARTIFICIAL_INTELLIGENCE.value,
        parameters=[
            f"architecture {algorithm.architecture}",
            f"weights SHA-256 {algorithm.weights_sha256}",
            f"operating point {decimal(material.operating_point)}",
        ],
    )


def _study_group(material: Material, SOPInstanceUID: str) -> MeasurementsAndQualitativeEvaluations:
    regions = {image.instance.region for image in material.images}
    sides = {image.laterality for image in material.images}
    assessed = material.assessed
    group = MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(
            uid=tracking_uid(SOPInstanceUID, "study"), identifier="Study"
        ),
        algorithm_id=_algorithm(material),
        finding_sites=_sites(
            regions.pop() if len(regions) == 1 else None, sides.pop() if len(sides) == 1 else ""
        ),
        measurements=[_probability(material.probability, Derivation.MEAN)] if assessed else None,
        qualitative_evaluations=[_normality(material)] if assessed else None,
        source_images=[_source(image) for image in material.images],
    )
    covered = [coverage(material)] if assessed else []
    for text in (verdict(material), *covered, WARNING):
        group[0].ContentSequence.append(
            TextContentItem(
                name=Concept.COMMENT.value,
                value=text,
                relationship_type=RelationshipTypeValues.CONTAINS,
            )
        )
    return group


def _image_group(
    material: Material, image: ScoredImage, SOPInstanceUID: str
) -> MeasurementsAndQualitativeEvaluations:
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(
            uid=tracking_uid(SOPInstanceUID, image.SOPInstanceUID),
            identifier=f"Image {image.number}",
        ),
        algorithm_id=_algorithm(material),
        finding_sites=_sites(image.instance.region, image.laterality),
        measurements=[_probability(image.score.probability)],
        source_images=[_source(image)],
    )


def _normality(material: Material) -> QualitativeEvaluation:
    normality = Normality.ABNORMAL if material.abnormal else Normality.NORMAL
    return QualitativeEvaluation(name=Concept.NORMALITY.value, value=normality.value)


def _probability(probability: float, derivation: Derivation | None = None) -> Measurement:
    return Measurement(
        name=Concept.PROBABILITY.value,
        value=round(probability, _DIGITS),
        unit=Unit.NO_UNITS.value,
        derivation=derivation.value if derivation else None,
    )


def _sites(region: Region | None, laterality: str) -> list[FindingSite] | None:
    if region is None:
        return None
    return [FindingSite(REGION_CODES[region], laterality=LATERALITY_CODES.get(laterality))]


def _source(image: ScoredImage) -> SourceImageForMeasurementGroup:
    return SourceImageForMeasurementGroup(
        referenced_sop_class_uid=image.SOPClassUID,
        referenced_sop_instance_uid=image.SOPInstanceUID,
    )
