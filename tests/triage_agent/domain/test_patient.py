import pytest

from triage_agent.domain.patient import PatientIdentity


def identity(PatientID: str, IssuerOfPatientID: str = "", PatientBirthDate: str = ""):
    return PatientIdentity(
        PatientID=PatientID,
        IssuerOfPatientID=IssuerOfPatientID,
        PatientBirthDate=PatientBirthDate,
    )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("1",), ("1",), True),
        (("1",), ("2",), False),
        (("",), ("",), False),
        (("1", "A"), ("1", "A"), True),
        (("1", "A"), ("1", "B"), False),
        (("1", "A"), ("1", ""), True),
        (("1", "", "19700101"), ("1", "A", "19700101"), True),
        (("1", "", "19700101"), ("1", "", "19800101"), False),
        (("1", "", ""), ("1", "", "19800101"), True),
    ],
)
def test_who_is_the_same(one, other, same):
    assert identity(*one).is_same_as(identity(*other)) is same
    assert identity(*other).is_same_as(identity(*one)) is same
