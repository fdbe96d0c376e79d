import numpy as np
import pytest
from pydicom import Dataset

from tests.factories import Value
from tests.triage_agent.dicom.images import make_table
from triage_agent.dicom.voi import apply_voi


def voi(**elements: Value) -> Dataset:
    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def grey(dataset: Dataset, *values: float) -> list[float] | None:
    found = apply_voi(dataset, np.array(values), big_endian=False)
    return None if found is None else [round(float(value), 5) for value in found]


def test_nothing_is_asked_for() -> None:
    assert grey(voi(), 0.0, 1.0) is None


def test_linear_as_the_standard_works_it_out() -> None:
    # PS3.3 C.11.2.1.2.1 Note 2: c=2048, w=4096 maps 0..4095 on the whole range.
    dataset = voi(WindowCenter="2048", WindowWidth="4096")
    assert grey(dataset, -1, 0, 4095, 4096) == [0.0, 0.0, 1.0, 1.0]
    assert grey(dataset, 2047.5) == [0.5]


def test_the_narrowest_linear_window_is_a_threshold() -> None:
    # PS3.3 C.11.2.1.2.1 Note 2: c=0, w=1 is black below 0 and white from 0 on.
    dataset = voi(WindowCenter="0", WindowWidth="1", VOILUTFunction="LINEAR")
    assert grey(dataset, -1, 0, 1) == [0.0, 1.0, 1.0]


def test_an_unknown_function_is_linear() -> None:
    dataset = voi(WindowCenter="2048", WindowWidth="4096", VOILUTFunction="CURVED")
    assert grey(dataset, 0, 2047.5, 4095) == [0.0, 0.5, 1.0]


def test_linear_exact() -> None:
    dataset = voi(WindowCenter="10", WindowWidth="8", VOILUTFunction="LINEAR_EXACT")
    assert grey(dataset, 5, 6, 8, 10, 14, 15) == [0.0, 0.0, 0.25, 0.5, 1.0, 1.0]


def test_linear_exact_narrower_than_one() -> None:
    dataset = voi(WindowCenter="0.5", WindowWidth="0.5", VOILUTFunction="LINEAR_EXACT")
    assert grey(dataset, 0.25, 0.5, 0.75) == [0.0, 0.5, 1.0]


def test_sigmoid() -> None:
    dataset = voi(WindowCenter="100", WindowWidth="40", VOILUTFunction="SIGMOID")
    at_ten = 1 / (1 + np.exp(-1.0))
    assert grey(dataset, 100, 110, -1e9, 1e9) == [0.5, round(float(at_ten), 5), 0.0, 1.0]


@pytest.mark.parametrize(
    ("function", "width"),
    [("LINEAR", "0.5"), ("LINEAR", "-4"), ("LINEAR_EXACT", "0"), ("SIGMOID", "0")],
)
def test_a_window_of_no_width_is_no_window(function: str, width: str) -> None:
    dataset = voi(WindowCenter="1", WindowWidth=width, VOILUTFunction=function)
    assert grey(dataset, 0.0, 1.0) is None


def test_the_first_of_several_windows() -> None:
    dataset = voi(
        WindowCenter=["5", "100"], WindowWidth=["10", "10"], VOILUTFunction="LINEAR_EXACT"
    )
    assert grey(dataset, 0, 5, 10) == [0.0, 0.5, 1.0]


def test_a_window_without_width_gives_way_to_the_next() -> None:
    dataset = voi(WindowCenter=["1", "5"], WindowWidth=["0", "10"], VOILUTFunction="LINEAR_EXACT")
    assert grey(dataset, 0, 5, 10) == [0.0, 0.5, 1.0]


def test_a_center_without_a_width_is_no_window() -> None:
    assert grey(voi(WindowCenter="5"), 0.0, 1.0) is None


def test_a_width_without_a_center_is_no_window() -> None:
    assert grey(voi(WindowWidth="5"), 0.0, 1.0) is None


def test_a_window_that_is_not_finite_is_no_window() -> None:
    dataset = Dataset()
    dataset.add_new("WindowCenter", "FD", float("inf"))
    dataset.add_new("WindowWidth", "FD", 10.0)
    assert grey(dataset, 0.0, 1.0) is None


def test_a_table_goes_before_a_window() -> None:
    dataset = voi(
        WindowCenter="0", WindowWidth="2", VOILUTSequence=[make_table(10, [0, 51, 255], bits=8)]
    )
    assert grey(dataset, 9, 10.4, 11, 12, 13) == [0.0, 0.0, 0.2, 1.0, 1.0]


def test_the_first_of_several_tables() -> None:
    tables = [make_table(0, [0, 255], bits=8), make_table(0, [255, 0], bits=8)]
    assert grey(voi(VOILUTSequence=tables), 0, 1) == [0.0, 1.0]


def test_entries_beyond_the_declared_bits_are_white() -> None:
    assert grey(voi(VOILUTSequence=[make_table(0, [0, 300], bits=8)]), 0, 1) == [0.0, 1.0]


def test_a_table_over_negative_values() -> None:
    table = make_table(0, [0, 255], bits=8)
    table.LUTDescriptor = [2, 65535, 8]  # -1 in a VR that has no sign
    assert grey(voi(VOILUTSequence=[table]), -1, 0) == [0.0, 1.0]
