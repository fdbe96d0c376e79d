"""From an encoded data set to an `InstanceHeader`: tolerant of all but what makes it unusable."""

import re
from dataclasses import dataclass
from typing import Final

from triage_agent.dicom.attributes import Attributes
from triage_agent.dicom.deflate import inflate
from triage_agent.dicom.elements import Buffer, DataSetWalk, Malformed
from triage_agent.dicom.pixel_data import check_pixel_data
from triage_agent.dicom.status import StoreStatus
from triage_agent.dicom.transfer_syntaxes import ACCEPTED
from triage_agent.domain.instance import InstanceHeader
from triage_agent.errors import ObjectRefused

_UID: Final = re.compile(r"[0-9]+(\.[0-9]+)*")  # leading zeros are tolerated: devices send them
_MAXIMUM_UID_CHARACTERS: Final = 64  # PS3.5 section 9.1
_ORDER_DESCRIPTIONS: Final = ("RequestedProcedureDescription", "ScheduledProcedureStepDescription")
_ORDER_CODES: Final = ("RequestedProcedureCodeSequence", "ScheduledProtocolCodeSequence")
_PERFORMED_CODES: Final = ("ProcedureCodeSequence", "PerformedProtocolCodeSequence")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedObject:
    """A data set that can be kept: its header, and what is odd about it in words without PHI."""

    header: InstanceHeader
    remarks: tuple[str, ...]


def parse_header(encoded: Buffer, transfer_syntax_uid: str) -> InstanceHeader:
    """Return the header of an encoded data set; see `read_object`."""
    return read_object(encoded, transfer_syntax_uid).header


def read_object(encoded: Buffer, transfer_syntax_uid: str) -> ReceivedObject:
    """Read a data set as it came over the network, without its File Meta Information.

    The whole structure is held against the end of the bytes; only the header's values are decoded
    and nothing is copied but a deflated data set, which is inflated within bounds.

    Raises:
        ObjectRefused: with a status of the 0xCxxx range (dicom.status): the transfer syntax is
            unknown; the data set is cut off or is not one; one of the four UIDs is missing or
            breaks PS3.5 section 9.1; an image lacks pixels that its header declares.
    """
    encoding = ACCEPTED.get(transfer_syntax_uid)
    if encoding is None:
        raise ObjectRefused(
            f"no decoder for the transfer syntax {transfer_syntax_uid}",
            status=StoreStatus.CANNOT_UNDERSTAND,
        )
    try:
        data_set = inflate(encoded) if encoding.deflated else encoded
        walk = DataSetWalk(data_set, encoding)
        attributes = Attributes(data_set, encoding, walk, walk.elements())
        header = _header(attributes, transfer_syntax_uid)
        remarks = check_pixel_data(attributes, walk, encoding, header.SOPClassUID)
    except Malformed as error:
        raise ObjectRefused(str(error), status=StoreStatus.CANNOT_UNDERSTAND) from error
    return ReceivedObject(header=header, remarks=remarks)


def check_command(
    header: InstanceHeader, affected_sop_class_uid: str, affected_sop_instance_uid: str
) -> None:
    """Hold the C-STORE command against the data set (PS3.7 section 9.1.1.1).

    Raises ObjectRefused: 0xA900 if the SOP Class differs, 0xC003 if the SOP Instance UID does.
    """
    if affected_sop_class_uid != header.SOPClassUID:
        raise ObjectRefused(
            "the data set is of another SOP Class than the command says",
            status=StoreStatus.DATA_SET_DOES_NOT_MATCH_SOP_CLASS,
        )
    if affected_sop_instance_uid != header.SOPInstanceUID:
        raise ObjectRefused(
            "the data set has another SOP Instance UID than the command says",
            status=StoreStatus.SOP_INSTANCE_MISMATCH,
        )


def is_valid_uid(text: str) -> bool:
    """Say whether a text is a UID of digits and dots, at most 64 characters (PS3.5 section 9.1)."""
    return len(text) <= _MAXIMUM_UID_CHARACTERS and _UID.fullmatch(text) is not None


def _header(attributes: Attributes, transfer_syntax_uid: str) -> InstanceHeader:
    text = attributes.text
    declared = attributes.integer("NumberOfStudyRelatedInstances")
    return InstanceHeader(
        SOPClassUID=_uid(attributes, "SOPClassUID"),
        SOPInstanceUID=_uid(attributes, "SOPInstanceUID"),
        StudyInstanceUID=_uid(attributes, "StudyInstanceUID"),
        SeriesInstanceUID=_uid(attributes, "SeriesInstanceUID"),
        TransferSyntaxUID=transfer_syntax_uid,
        Modality=text("Modality"),
        PatientID=text("PatientID"),
        IssuerOfPatientID=text("IssuerOfPatientID"),
        PatientName=text("PatientName"),
        PatientBirthDate=text("PatientBirthDate"),
        PatientSex=text("PatientSex"),
        AccessionNumber=text("AccessionNumber"),
        StudyID=text("StudyID"),
        StudyDate=text("StudyDate"),
        StudyTime=text("StudyTime"),
        StudyDescription=text("StudyDescription"),
        SeriesDescription=text("SeriesDescription"),
        ProtocolName=text("ProtocolName"),
        BodyPartExamined=text("BodyPartExamined"),
        anatomic_regions=attributes.codes("AnatomicRegionSequence"),
        requested_procedures=_requested_procedures(attributes),
        priorities=_priorities(attributes),
        ImageLaterality=text("ImageLaterality") or text("Laterality"),
        ViewPosition=text("ViewPosition"),
        PresentationIntentType=text("PresentationIntentType"),
        PhotometricInterpretation=text("PhotometricInterpretation"),
        ImageType=attributes.texts("ImageType"),
        BurnedInAnnotation=text("BurnedInAnnotation"),
        Manufacturer=text("Manufacturer"),
        StationName=text("StationName"),
        InstanceNumber=attributes.integer("InstanceNumber"),
        NumberOfFrames=max(1, attributes.integer("NumberOfFrames") or 1),
        Rows=attributes.unsigned("Rows"),
        Columns=attributes.unsigned("Columns"),
        declared_instances=declared if declared is not None and declared > 0 else None,
        processing_device_uids=_processing_device_uids(attributes),
    )


def _uid(attributes: Attributes, keyword: str) -> str:
    uid = attributes.text(keyword)
    if not is_valid_uid(uid):
        fault = "is not a UID" if uid else "is missing"
        raise ObjectRefused(f"{keyword} {fault}", status=StoreStatus.INVALID_UID)
    return uid


def _requested_procedures(attributes: Attributes) -> tuple[str, ...]:
    """Return what was ordered, in words, each once; the order's own words before the device's."""
    words: list[str] = []
    for source in (attributes, *attributes.items("RequestAttributesSequence")):
        words.extend(source.text(keyword) for keyword in _ORDER_DESCRIPTIONS)
        for keyword in _ORDER_CODES:
            words.extend(code.CodeMeaning for code in source.codes(keyword))
    words.append(attributes.text("PerformedProcedureStepDescription"))
    for keyword in _PERFORMED_CODES:
        words.extend(code.CodeMeaning for code in attributes.codes(keyword))
    return _distinct(words)


def _priorities(attributes: Attributes) -> tuple[str, ...]:
    priorities = [
        attributes.text("RequestedProcedurePriority"),
        *(
            item.text("RequestedProcedurePriority")
            for item in attributes.items("RequestAttributesSequence")
        ),
        attributes.text("ScheduledProcedureStepPriority"),
        attributes.text("StudyPriorityID"),  # retired; still sent by older devices
    ]
    return _distinct(priorities)


def _processing_device_uids(attributes: Attributes) -> tuple[str, ...]:
    uids = [
        uid
        for item in attributes.items("ContributingEquipmentSequence")
        for uid in item.texts("DeviceUID")
    ]
    return _distinct(uids)


def _distinct(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))
