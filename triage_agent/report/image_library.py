"""The image library of a report (PS3.16 TID 1600 to 1603).

It is built item by item because highdicom's own refuses radiographs without orientation or
spacing, which computed radiography often leaves out.
"""

from collections.abc import Iterator

from highdicom.sr import (
    CodeContentItem,
    ContainerContentItem,
    ContentItem,
    ContentSequence,
    ImageContentItem,
    NumContentItem,
    RelationshipTypeValues,
    TextContentItem,
)

from triage_agent.dicom.codes import (
    LATERALITY_CODES,
    MODALITY_CODES,
    REGION_CODES,
    Concept,
    Unit,
)
from triage_agent.report.material import Material, ScoredImage

_CONTAINS = RelationshipTypeValues.CONTAINS
_ACQUIRED = RelationshipTypeValues.HAS_ACQ_CONTEXT


def image_library(material: Material) -> ContainerContentItem:
    """Return the library of the scored images, each with what its header says of it."""
    group = ContainerContentItem(
        name=Concept.IMAGE_LIBRARY_GROUP.value, relationship_type=_CONTAINS
    )
    group.ContentSequence = ContentSequence([_entry(image) for image in material.images])
    library = ContainerContentItem(name=Concept.IMAGE_LIBRARY.value, relationship_type=_CONTAINS)
    library.ContentSequence = ContentSequence([group])
    return library


def _entry(image: ScoredImage) -> ImageContentItem:
    entry = ImageContentItem(
        name=Concept.SOURCE.value,
        referenced_sop_class_uid=image.SOPClassUID,
        referenced_sop_instance_uid=image.SOPInstanceUID,
        relationship_type=_CONTAINS,
    )
    entry.ContentSequence = ContentSequence(list(_descriptors(image)))
    return entry


def _descriptors(image: ScoredImage) -> Iterator[ContentItem]:
    reference = image.reference
    if reference.get("Modality") in MODALITY_CODES:
        yield _code(Concept.MODALITY, MODALITY_CODES[reference.Modality])
    if image.instance.region is not None:
        yield _code(Concept.TARGET_REGION, REGION_CODES[image.instance.region])
    if image.laterality in LATERALITY_CODES:
        yield _code(Concept.IMAGE_LATERALITY, LATERALITY_CODES[image.laterality])
    if reference.get("Rows") and reference.get("Columns"):
        yield _number(Concept.PIXEL_DATA_ROWS, reference.Rows, Unit.PIXELS)
        yield _number(Concept.PIXEL_DATA_COLUMNS, reference.Columns, Unit.PIXELS)
    if "PatientOrientation" in reference:
        row, column = reference.PatientOrientation
        yield _text(Concept.PATIENT_ORIENTATION_ROW, row)
        yield _text(Concept.PATIENT_ORIENTATION_COLUMN, column)
    if "ImagerPixelSpacing" in reference:
        vertical, horizontal = reference.ImagerPixelSpacing
        yield _number(Concept.HORIZONTAL_PIXEL_SPACING, float(horizontal), Unit.MILLIMETRE)
        yield _number(Concept.VERTICAL_PIXEL_SPACING, float(vertical), Unit.MILLIMETRE)


def _code(name: Concept, value: object) -> CodeContentItem:
    return CodeContentItem(name=name.value, value=value, relationship_type=_ACQUIRED)


def _number(name: Concept, value: float, unit: Unit) -> NumContentItem:
    return NumContentItem(
        name=name.value, value=value, unit=unit.value, relationship_type=_ACQUIRED
    )


def _text(name: Concept, value: str) -> TextContentItem:
    return TextContentItem(name=name.value, value=value, relationship_type=_ACQUIRED)
