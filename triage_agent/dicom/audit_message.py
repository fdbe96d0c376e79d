"""Lines of the audit trail as DICOM audit messages, for repositories that take IHE ATNA.

PS3.15 section A.5: the schema is A.5.1, the kinds of event A.5.3, their codes PS3.16 CID 400 to
403. Values of the codes are those of DCM.
"""

import xml.etree.ElementTree as ET
from dataclasses import dataclass

from triage_agent.domain.audit import AuditEntry, AuditLine, Deed

_SUCCESS, _MINOR_FAILURE = "0", "4"  # PS3.15 Table A.5.2-1, EventOutcomeIndicator
_MACHINE_ADDRESS = "2"  # NetworkAccessPointTypeCode
_SYSTEM_OBJECT, _REPORT_ROLE = "2", "3"  # ParticipantObjectTypeCode and ...Role
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class _Code:
    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class _Kind:
    event: _Code
    action: str  # Create, Read, Update, Delete, Execute
    kind: _Code | None = None
    outcome: str = _SUCCESS


_AUDIT_LOG_USED = _Code("110101", "Audit Log Used")
_TRANSFER = _Code("110102", "Begin Transferring DICOM Instances")
_ACCESSED = _Code("110103", "DICOM Instances Accessed")
_PROCEDURE = _Code("110111", "Procedure Record")
_QUERY = _Code("110112", "Query")
_ALERT = _Code("110113", "Security Alert")
_AUTHENTICATION = _Code("110114", "User Authentication")
_LOGIN, _LOGOUT = _Code("110122", "Login"), _Code("110123", "Logout")
_SOFTWARE = _Code("110131", "Software Configuration")
_RESTRICTED = _Code("110132", "Use of Restricted Function")
_USER_CHANGED = _Code("110137", "User Security Attributes Changed")
_STUDY_UID = _Code("110180", "Study Instance UID")

_KINDS = {
    Deed.SIGNED_IN: _Kind(_AUTHENTICATION, "E", _LOGIN),
    Deed.SIGN_IN_REFUSED: _Kind(_AUTHENTICATION, "E", _LOGIN, _MINOR_FAILURE),
    Deed.SIGNED_OUT: _Kind(_AUTHENTICATION, "E", _LOGOUT),
    Deed.LIST_VIEWED: _Kind(_QUERY, "E"),
    Deed.STUDY_VIEWED: _Kind(_ACCESSED, "R"),
    Deed.IMAGE_VIEWED: _Kind(_ACCESSED, "R"),
    Deed.DELIVERY_RETRIED: _Kind(_TRANSFER, "E"),
    Deed.DELIVERY_PARKED: _Kind(_TRANSFER, "E", None, _MINOR_FAILURE),
    Deed.AUDIT_VIEWED: _Kind(_AUDIT_LOG_USED, "R"),
    Deed.AUDIT_EXPORTED: _Kind(_AUDIT_LOG_USED, "R"),
    Deed.MODEL_CHANGED: _Kind(_ALERT, "E", _SOFTWARE),
    Deed.USER_CHANGED: _Kind(_ALERT, "E", _USER_CHANGED),
    Deed.TOKEN_CHANGED: _Kind(_ALERT, "E", _USER_CHANGED),
    Deed.REFUSED: _Kind(_ALERT, "E", _RESTRICTED, _MINOR_FAILURE),
}
# What is left are the steps of a reader's work on a study.
_WORK = _Kind(_PROCEDURE, "U")


def audit_message(entry: AuditEntry, source: str) -> str:
    """Return an entry as one line of XML; `source` names the node that kept it."""
    line = entry.line
    kind = _KINDS.get(line.deed, _WORK)
    message = ET.Element("AuditMessage")
    event = ET.SubElement(
        message,
        "EventIdentification",
        EventActionCode=kind.action,
        EventDateTime=line.at.isoformat(timespec="microseconds"),
        EventOutcomeIndicator=kind.outcome,
    )
    _add_code(event, "EventID", kind.event)
    if kind.kind is not None:
        _add_code(event, "EventTypeCode", kind.kind)
    told = f"{line.deed.value}: {line.detail}" if line.detail else line.deed.value
    ET.SubElement(event, "EventOutcomeDescription").text = _xml_text(told)
    _add_participant(message, line)
    ET.SubElement(message, "AuditSourceIdentification", AuditSourceID=_xml_text(source))
    if line.StudyInstanceUID:
        study = ET.SubElement(
            message,
            "ParticipantObjectIdentification",
            ParticipantObjectID=_xml_text(line.StudyInstanceUID),
            ParticipantObjectTypeCode=_SYSTEM_OBJECT,
            ParticipantObjectTypeCodeRole=_REPORT_ROLE,
        )
        _add_code(study, "ParticipantObjectIDTypeCode", _STUDY_UID)
    return ET.tostring(message, encoding="unicode") + "\n"


def _add_participant(message: ET.Element, line: AuditLine) -> None:
    # An identifier is asked for even of whom nobody knows.
    who = {"UserID": _xml_text(line.who or "unknown"), "UserIsRequestor": "true"}
    if line.address:
        who["NetworkAccessPointID"] = _xml_text(line.address)
        who["NetworkAccessPointTypeCode"] = _MACHINE_ADDRESS
    ET.SubElement(message, "ActiveParticipant", who)


def _add_code(parent: ET.Element, name: str, code: _Code) -> None:
    attributes = {"csd-code": code.value, "codeSystemName": "DCM", "originalText": code.meaning}
    ET.SubElement(parent, name, attributes)


def _xml_text(text: str) -> str:
    """Replace what XML cannot hold (XML 1.0 section 2.2), and line ends: a message is a line."""
    return "".join(each if each >= " " and _is_xml(each) else _REPLACEMENT for each in text)


def _is_xml(character: str) -> bool:
    return not ("\ud800" <= character <= "\udfff" or character in "\ufffe\uffff")
