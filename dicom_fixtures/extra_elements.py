"""Elements that systems add beside the standard ones, or leave out: one function for a habit."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from pydicom import DataElement, Dataset, config
from pydicom.sr.coding import Code

from dicom_fixtures.habits import Habit
from dicom_fixtures.terms import REGION_CODES, coded
from triage_agent.domain.region import Region

ICON_SIDE = 64
"""Most rows and columns that older readers take (PS3.3 C.7.6.1.1.6)."""
OVERLAY_GROUP = 0x6000
CREATOR = "FIXTURE IMAGING 1.0"
PRIVATE_GROUPS = (0x0009, 0x0019, 0x0029, 0x2001)

_OLD_CODES = {
    Region.ELBOW: "T-15430",
    Region.FINGER: "T-D8800",
    Region.FOREARM: "T-D8500",
    Region.HAND: "T-D8700",
    Region.HUMERUS: "T-12410",
    Region.SHOULDER: "T-D2220",
    Region.WRIST: "T-15460",
}
"""SNOMED-RT, as PS3.16 CID 4009 had them before 2017."""

_OPTIONAL = (
    "IssuerOfPatientID", "PatientAge", "InstitutionName", "StationName", "DeviceSerialNumber",
    "SoftwareVersions", "SeriesDescription", "AcquisitionDate", "AcquisitionTime",
    "RequestAttributesSequence", "PerformedProcedureStepID", "PerformedProcedureStepStartDate",
    "PerformedProcedureStepStartTime", "KVP", "Exposure", "PlateType", "Sensitivity",
    "ExposureIndex", "TargetExposureIndex", "DeviationIndex",
)  # fmt: skip
_OPTIONAL_IN_CR = ("ImagerPixelSpacing", "LossyImageCompression", "BurnedInAnnotation")
_OFTEN_EMPTY = (
    "StudyID", "StudyTime", "SeriesTime", "AcquisitionTime", "ReferringPhysicianName",
    "PatientSex", "PatientAge", "SeriesDescription", "StationName", "InstitutionName",
    "ManufacturerModelName", "SoftwareVersions", "DeviceSerialNumber", "ViewPosition", "KVP",
    "Exposure",
)  # fmt: skip

Bits = npt.NDArray[np.bool_]


def _private(dataset: Dataset) -> None:
    """Blocks with every common value representation, as services of vendors read them."""
    for group in PRIVATE_GROUPS:
        block = dataset.private_block(group, CREATOR, create=True)
        block.add_new(0x01, "LO", "Processing Fixture")
        block.add_new(0x02, "DS", ["0.5", "1.25"])
        block.add_new(0x03, "IS", "7")
        block.add_new(0x04, "UN", bytes(range(16)))
        block.add_new(0x05, "FD", 3.5)
        block.add_new(0x06, "UT", "curve=soft;" * 40)
        block.add_new(0x07, "OW", bytes(range(64)))
        block.add_new(0x08, "OB", bytes(range(256)) * 8)
        block.add_new(0x09, "UI", "1.2.840.10008.1.1")
        block.add_new(0x0A, "SL", -70000)
        block.add_new(0x0B, "AT", 0x00100010)
        block.add_new(0x0C, "ST", "A note\r\nof two lines")
        block.add_new(0x0D, "DT", "20240101120000.000000")
        block.add_new(0x0E, "LO", "")


def _private_sequences(dataset: Dataset) -> None:
    """Private sequences in private sequences, with creators of their own, and standard elements."""
    innermost = Dataset()
    innermost.private_block(0x0011, "FIXTURE INNER", create=True).add_new(0x01, "FL", 0.25)
    innermost.BodyPartExamined = "CHEST"
    middle = Dataset()
    block = middle.private_block(0x0019, CREATOR, create=True)
    block.add_new(0x01, "SQ", [innermost, Dataset()])
    middle.SOPInstanceUID = "1.2.840.10008.1.1"
    outer = dataset.private_block(0x0021, CREATOR, create=True)
    outer.add_new(0x10, "SQ", [middle, middle])
    outer.add_new(0x11, "SQ", [])


def _orphans(dataset: Dataset) -> None:
    dataset.add_new(0x00E11001, "UN", b"left over ")
    dataset.add_new(0x00E11042, "LO", "by a gateway")


def _trailing_padding(dataset: Dataset) -> None:
    dataset.add_new("DataSetTrailingPadding", "OB", bytes(126))


def _sparse(dataset: Dataset) -> None:
    for keyword in _OPTIONAL + (_OPTIONAL_IN_CR if dataset.Modality == "CR" else ()):
        dataset.pop(keyword, None)


def _empty(dataset: Dataset) -> None:
    for keyword in _OFTEN_EMPTY:
        if keyword in dataset:
            dataset[keyword].value = dataset[keyword].empty_value


def _unidentified(dataset: Dataset) -> None:
    dataset.PatientName = "Unknown^Trauma"
    dataset.PatientBirthDate = dataset.PatientSex = ""
    dataset.pop("PatientAge", None)


def _precise_times(dataset: Dataset) -> None:
    dataset.TimezoneOffsetFromUTC = "+0100"
    for keyword in ("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime"):
        if dataset.get(keyword):
            dataset[keyword].value = f"{dataset[keyword].value}.250000"


def _old_codes(dataset: Dataset) -> None:
    for number, item in enumerate(dataset.get("AnatomicRegionSequence") or ()):
        for region, code in REGION_CODES.items():
            if item.CodeValue == code.value:
                old = Code(_OLD_CODES[region], "SRT", code.meaning)
                dataset.AnatomicRegionSequence[number] = coded(old)


def _lower_case_part(dataset: Dataset) -> None:
    element = dataset.get_item("BodyPartExamined") if "BodyPartExamined" in dataset else None
    if element is not None and element.value:
        # Nothing of this is valid, so that it has to be written past the library's check.
        dataset["BodyPartExamined"] = DataElement(
            element.tag, "CS", str(element.value).title(), validation_mode=config.IGNORE
        )


def _undefined_lengths(dataset: Dataset) -> None:
    for element in dataset:
        if element.VR == "SQ":
            element.is_undefined_length = True
            for item in element.value:
                item.is_undefined_length_sequence_item = True
                _undefined_lengths(item)


ADDITIONS: Mapping[Habit, Callable[[Dataset], None]] = {
    Habit.UNIDENTIFIED: _unidentified,
    Habit.PRECISE_TIMES: _precise_times,
    Habit.OLD_CODES: _old_codes,
    Habit.LOWER_CASE_PART: _lower_case_part,
    Habit.SPARSE: _sparse,
    Habit.EMPTY: _empty,
    Habit.PRIVATE: _private,
    Habit.PRIVATE_SEQUENCES: _private_sequences,
    Habit.ORPHANS: _orphans,
    Habit.TRAILING_PADDING: _trailing_padding,
    Habit.UNDEFINED_LENGTHS: _undefined_lengths,
}
"""In the order in which they are applied: the last looks at what the others have added."""


def icon_of(plain: npt.NDArray[np.integer], photometric: str) -> Dataset:
    """An item of Icon Image Sequence: the picture, small, in 8 bits."""
    step = -(-max(plain.shape) // ICON_SIDE)
    small = plain[::step, ::step].astype(np.float64)
    grey = (small - small.min()) / max(float(np.ptp(small)), 1.0) * 255.0
    data = np.rint(grey).astype(np.uint8).tobytes()
    item = Dataset()
    item.SamplesPerPixel = 1
    item.PhotometricInterpretation = photometric
    item.Rows, item.Columns = small.shape
    item.BitsAllocated = item.BitsStored = 8
    item.HighBit, item.PixelRepresentation = 7, 0
    item.add_new("PixelData", "OB", data + b"\0" * (len(data) % 2))
    return item


def drawing(rows: int, columns: int) -> Bits:
    """What overlays show: a frame a tenth inside the picture."""
    plane = np.zeros((rows, columns), dtype=np.bool_)
    down, right = rows // 10, columns // 10
    plane[down : rows - down, right : columns - right] = True
    plane[down + 1 : rows - down - 1, right + 1 : columns - right - 1] = False
    return plane


def describe_overlay(dataset: Dataset, plane: Bits, *, embedded_at: int | None = None) -> None:
    """Add the Overlay Plane module (PS3.3 C.9.2), with its data or the bit in which they lie."""
    for element, vr, value in (
        (0x0010, "US", plane.shape[0]),
        (0x0011, "US", plane.shape[1]),
        (0x0022, "LO", "Exposure field"),
        (0x0040, "CS", "G"),
        (0x0050, "SS", [1, 1]),
        (0x0100, "US", 1 if embedded_at is None else 16),
        (0x0102, "US", embedded_at or 0),
    ):
        dataset.add_new(OVERLAY_GROUP << 16 | element, vr, value)
    if embedded_at is None:
        # PS3.5 8.1.2: packed from the lowest bit of each word on.
        data = np.packbits(plane.ravel(), bitorder="little").tobytes()
        dataset.add_new(OVERLAY_GROUP << 16 | 0x3000, "OW", data + b"\0" * (len(data) % 2))
