"""DICOM audit messages (PS3.15 section A.5)."""

import xml.etree.ElementTree as ET

import pytest

from tests.contracts.audit_trail import STUDY, line
from triage_agent.dicom.audit_message import audit_message
from triage_agent.domain.audit import AuditEntry, Deed


def message(**overrides):
    text = audit_message(AuditEntry(number=1, line=line(**overrides)), "TRIAGE")
    assert text.endswith("\n")
    assert text.count("\n") == 1
    return ET.fromstring(text)  # noqa: S314 (our own)


def code(parent, path):
    found = parent.find(path)
    return None if found is None else (found.get("csd-code"), found.get("codeSystemName"))


def test_a_view_of_a_study():
    made = message(
        deed=Deed.STUDY_VIEWED, StudyInstanceUID=STUDY, address="10.0.0.1", detail="<a&b>"
    )
    event = made.find("EventIdentification")
    assert event.attrib == {
        "EventActionCode": "R",
        "EventDateTime": "2026-01-01T12:00:00.000000+00:00",
        "EventOutcomeIndicator": "0",
    }
    assert code(event, "EventID") == ("110103", "DCM")
    assert event.find("EventTypeCode") is None
    assert event.findtext("EventOutcomeDescription") == "study viewed: <a&b>"
    assert made.find("ActiveParticipant").attrib == {
        "UserID": "ada",
        "UserIsRequestor": "true",
        "NetworkAccessPointID": "10.0.0.1",
        "NetworkAccessPointTypeCode": "2",
    }
    assert made.find("AuditSourceIdentification").get("AuditSourceID") == "TRIAGE"
    study = made.find("ParticipantObjectIdentification")
    assert study.get("ParticipantObjectID") == STUDY
    assert code(study, "ParticipantObjectIDTypeCode") == ("110180", "DCM")
    assert [each.tag for each in made] == [
        "EventIdentification",
        "ActiveParticipant",
        "AuditSourceIdentification",
        "ParticipantObjectIdentification",
    ]


@pytest.mark.parametrize(
    ("deed", "event", "kind", "outcome"),
    [
        (Deed.SIGNED_IN, "110114", "110122", "0"),
        (Deed.SIGN_IN_REFUSED, "110114", "110122", "4"),
        (Deed.SIGNED_OUT, "110114", "110123", "0"),
        (Deed.LIST_VIEWED, "110112", None, "0"),
        (Deed.REFUSED, "110113", "110132", "4"),
        (Deed.USER_CHANGED, "110113", "110137", "0"),
        (Deed.AUDIT_EXPORTED, "110101", None, "0"),
        (Deed.CLAIMED, "110111", None, "0"),
        (Deed.VERDICT, "110111", None, "0"),
    ],
)
def test_each_deed_has_its_codes(deed, event, kind, outcome):
    made = message(deed=deed).find("EventIdentification")
    assert code(made, "EventID") == (event, "DCM")
    assert code(made, "EventTypeCode") == (None if kind is None else (kind, "DCM"))
    assert made.get("EventOutcomeIndicator") == outcome


def test_nobody_on_the_command_line_is_a_participant_too():
    made = message(who="", address="")
    assert made.find("ActiveParticipant").attrib == {
        "UserID": "unknown",
        "UserIsRequestor": "true",
    }
    assert made.find("ParticipantObjectIdentification") is None


def test_what_xml_cannot_hold_is_replaced():
    made = message(detail="a\0b\x1bc\nd\ud800e\uffff")
    told = made.findtext("EventIdentification/EventOutcomeDescription")
    assert told == "list viewed: a�b�c�d�e�"


@pytest.mark.parametrize("deed", list(Deed))
def test_every_deed_makes_a_message(deed):
    assert message(deed=deed).tag == "AuditMessage"
