import pytest
from pydicom import Dataset

from tests.factories import Value
from triage_agent.dicom.element_numbers import numbers, whole_number
from triage_agent.errors import PixelsUnreadable


def with_element(vr: str, value: Value) -> Dataset:
    dataset = Dataset()
    dataset.add_new("WindowCenter", vr, value)
    return dataset


@pytest.mark.parametrize(
    ("vr", "value", "expected"),
    [
        ("DS", "12.5", (12.5,)),
        ("DS", ["1", "2"], (1.0, 2.0)),
        ("US", 7, (7.0,)),
        ("DS", "", ()),
        ("DS", None, ()),
        ("UN", b"", ()),
        ("UN", b"42", (42.0,)),
    ],
)
def test_values(vr: str, value: Value, expected: tuple[float, ...]) -> None:
    assert numbers(with_element(vr, value), "WindowCenter") == expected


def test_an_absent_element_has_no_values() -> None:
    assert numbers(Dataset(), "WindowCenter") == ()


@pytest.mark.parametrize(("vr", "value"), [("LO", "wide"), ("OB", b"\xff\xfe")])
def test_what_is_no_number_is_named(vr: str, value: Value) -> None:
    with pytest.raises(PixelsUnreadable, match="WindowCenter is not a number"):
        numbers(with_element(vr, value), "WindowCenter")


def test_whole_numbers() -> None:
    assert whole_number(with_element("DS", "3"), "WindowCenter") == 3
    assert whole_number(Dataset(), "WindowCenter") is None
    with pytest.raises(PixelsUnreadable, match="not a whole number"):
        whole_number(with_element("DS", "3.5"), "WindowCenter")
