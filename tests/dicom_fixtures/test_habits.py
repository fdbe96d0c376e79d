"""Whatever a system writes, the node shows the same picture."""

from io import BytesIO

import numpy as np
import pytest
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
)

from dicom_fixtures import Habit, SyntheticStudy, Voi, encoded, synthetic_study
from dicom_fixtures.annotation import BAND
from dicom_fixtures.habits import CR_ONLY, IN_BREACH, check_habits
from dicom_fixtures.spellings import OF_NO_REGION, OF_REGION
from triage_agent.assemble.scope import ScopeRule
from triage_agent.assemble.vocabulary import builtin_vocabulary
from triage_agent.dicom.headers import parse_header
from triage_agent.dicom.pixels import displayed
from triage_agent.domain.region import Region

SIZE = 96
SCOPE = ScopeRule(builtin_vocabulary(), {})
VOIS = [voi for voi in Voi if voi is not Voi.NONE]
# A curve is no straight line: how far its middle strays from the window's.
STRAYS = {Voi.SIGMOID: 0.13, Voi.LUT: 0.06, Voi.LUTS: 0.06, Voi.BOTH: 0.06}


def study(*habits: Habit, **options: object) -> SyntheticStudy:
    given = {"modality": "CR", "views": 1, "rows": SIZE, "columns": SIZE, "voi": Voi.WINDOW}
    return synthetic_study(5, habits=habits, **{**given, **options})  # type: ignore[arg-type]


def sent(dataset: Dataset) -> Dataset:
    file = BytesIO()
    dcmwrite(file, dataset, enforce_file_format=True)
    return dcmread(BytesIO(file.getvalue()))


def picture(dataset: Dataset) -> np.ndarray:
    return displayed(sent(dataset))


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("voi", VOIS)
def test_every_form_of_the_values_of_interest_shows_the_drawn_picture(
    voi: Voi, bits: int, photometric: str
):
    plain = picture(study(bits_stored=16).datasets[0])

    shown = picture(study(voi=voi, bits_stored=bits, photometric=photometric).datasets[0])

    allowed = STRAYS.get(voi, 0.0) + 1.5 / 2**bits
    np.testing.assert_allclose(shown, plain, atol=allowed)


STORED = [
    (habit, bits)
    for habit in Habit
    for bits in (8, 10, 12, 14, 15, 16)
    if habit is not Habit.EMBEDDED_OVERLAY or bits not in {8, 16}
]


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(("habit", "bits"), STORED)
def test_a_habit_leaves_the_picture_as_it_is(habit: Habit, bits: int, photometric: str):
    plain = picture(study(bits_stored=bits, photometric=photometric).datasets[0])

    shown = picture(study(habit, bits_stored=bits, photometric=photometric).datasets[0])

    if habit is Habit.BURNED_IN:
        untouched = SIZE - SIZE // BAND
        assert (shown - plain)[untouched:].max() > 0.3
        shown, plain = shown[:untouched], plain[:untouched]
    # Square roots take two steps of the stored values for one where it is bright.
    steps = 2.0 if habit is Habit.MODALITY_LUT else 0.0
    np.testing.assert_allclose(shown, plain, atol=1e-6 + steps / 2**bits)


@pytest.mark.parametrize(
    "habits",
    [
        (Habit.SIGNED, Habit.RESCALE, Habit.PADDING_RANGE, Habit.EXTREMES),
        (Habit.SIGNED, Habit.MODALITY_LUT, Habit.PADDING),
        (Habit.RESCALE, Habit.PADDING, Habit.EMBEDDED_OVERLAY),
    ],
)
@pytest.mark.parametrize(
    "syntax",
    [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian],
    ids=lambda syntax: syntax.name,
)
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_habits_go_together(habits: tuple[Habit, ...], syntax: str, photometric: str):
    plain = picture(study(photometric=photometric).datasets[0])

    varied = study(*habits, photometric=photometric, transfer_syntax=syntax).datasets[0]

    np.testing.assert_allclose(picture(varied), plain, atol=3.0 / 2**12)


@pytest.mark.parametrize("voi", [Voi.WINDOWS, Voi.EXACT, Voi.SIGMOID, Voi.LUT, Voi.LUTS])
@pytest.mark.parametrize("bits", [8, 12, 16])
def test_signed_values_have_their_values_of_interest_below_zero(voi: Voi, bits: int):
    plain = picture(study(voi=voi, bits_stored=bits).datasets[0])

    signed = study(Habit.SIGNED, voi=voi, bits_stored=bits).datasets[0]

    assert sent(signed).pixel_array.min() < 0
    np.testing.assert_allclose(picture(signed), plain, atol=1e-6)


def test_compressed_signed_values_keep_their_sign():
    plain = picture(study().datasets[0])

    packed = study(Habit.SIGNED, transfer_syntax=JPEGLSLossless).datasets[0]

    np.testing.assert_allclose(picture(packed), plain, atol=1e-6)


def test_padding_is_beyond_the_values_of_interest():
    dataset = study(Habit.PADDING_RANGE, Habit.EXTREMES).datasets[0]

    values = dataset.pixel_array
    padded = (values >= dataset.PixelPaddingValue) & (values <= dataset.PixelPaddingRangeLimit)
    assert padded.any()
    assert set(np.unique(values[padded])) == {0, dataset.PixelPaddingRangeLimit}
    assert dataset.SmallestImagePixelValue == values.min() == 0
    assert dataset.LargestImagePixelValue == values.max()


def header(dataset: Dataset):
    return parse_header(encoded(dataset), str(dataset.file_meta.TransferSyntaxUID))


SEEN_IN = [("CR", habit) for habit in Habit] + [("DX", habit) for habit in set(Habit) - CR_ONLY]


@pytest.mark.parametrize(("modality", "habit"), sorted(SEEN_IN))
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_the_node_reads_the_header_of_every_habit(modality: str, habit: Habit, syntax: str):
    made = study(habit, modality=modality, transfer_syntax=syntax)

    read = header(made.datasets[0])

    assert read.SOPInstanceUID == made.truth.images[0].SOPInstanceUID
    assert read.AccessionNumber == made.truth.AccessionNumber
    assert SCOPE.decide(read).region is Region.WRIST


SPELLED = [(region, word) for region, words in OF_REGION.items() for word in words]


@pytest.mark.parametrize(("region", "word"), SPELLED)
def test_the_node_knows_every_spelling_of_a_body_part(region: Region, word: str):
    dataset = study(region=region, part_written=word, region_hints=False, body_part=None).datasets[
        0
    ]

    assert dataset.BodyPartExamined == word
    assert len(word) <= 16
    assert SCOPE.decide(header(dataset)).region is region


@pytest.mark.parametrize("modality", ["CR", "DX"])
@pytest.mark.parametrize("word", OF_NO_REGION)
def test_a_body_part_that_names_no_region_leaves_it_to_the_descriptions(word: str, modality: str):
    dataset = study(part_written=word, modality=modality).datasets[0]

    assert dataset.BodyPartExamined == word
    assert SCOPE.decide(header(dataset)).region is Region.WRIST


def test_a_body_part_in_lower_case_is_written_as_it_is():
    data = encoded(study(Habit.LOWER_CASE_PART).datasets[0])

    assert b"CS\x06\x00Wrist " in data


def test_private_sequences_are_nested():
    dataset = sent(study(Habit.PRIVATE_SEQUENCES).datasets[0])

    outer = dataset.private_block(0x0021, "FIXTURE IMAGING 1.0")
    inner = outer[0x10].value[1].private_block(0x0019, "FIXTURE IMAGING 1.0")
    assert inner[0x01].value[0].private_block(0x0011, "FIXTURE INNER")[0x01].value == 0.25
    assert dataset.BodyPartExamined == "WRIST"


def test_an_icon_is_small():
    (icon,) = sent(study(Habit.ICON).datasets[0]).IconImageSequence

    assert max(icon.Rows, icon.Columns) <= 64
    assert len(icon.PixelData) == icon.Rows * icon.Columns


def test_an_overlay_is_as_large_as_the_picture():
    dataset = sent(study(Habit.OVERLAY).datasets[0])

    assert dataset.overlay_array(0x6000).shape == (SIZE, SIZE)
    assert 0 < dataset.overlay_array(0x6000).sum() < SIZE * SIZE / 2


def test_sequences_may_have_no_length():
    plain, changed = (
        encoded(study(*habits, modality="DX").datasets[0])
        for habits in ((), (Habit.UNDEFINED_LENGTHS,))
    )

    assert b"SQ\0\0\xff\xff\xff\xff" in changed
    assert b"SQ\0\0\xff\xff\xff\xff" not in plain


def test_a_patient_may_be_unknown():
    dataset = study(Habit.UNIDENTIFIED).datasets[0]

    assert (dataset.PatientBirthDate, dataset.PatientSex) == ("", "")
    assert "PatientAge" not in dataset


@pytest.mark.parametrize(
    ("habits", "options"),
    [
        ((Habit.SIGNED,), {"modality": "DX"}),
        ((Habit.RESCALE, Habit.MODALITY_LUT), {}),
        ((Habit.PADDING, Habit.PADDING_RANGE), {}),
        ((Habit.EMBEDDED_OVERLAY,), {"bits_stored": 16}),
        ((Habit.EMBEDDED_OVERLAY, Habit.SIGNED), {}),
        ((Habit.RESCALE,), {"voi": Voi.LUT}),
    ],
)
def test_what_no_system_has_together_is_refused(habits, options):
    with pytest.raises(ValueError, match="habits"):
        study(*habits, **options)


def test_any_one_habit_is_possible_in_cr():
    for habit in Habit:
        check_habits([habit], modality="CR", bits_stored=12, voi=None)
    assert set(Habit) >= IN_BREACH


def test_habits_change_the_uids_and_their_absence_does_not():
    assert study().truth.StudyInstanceUID == study(part_written=None).truth.StudyInstanceUID
    assert study().truth.StudyInstanceUID != study(Habit.ICON).truth.StudyInstanceUID


def test_a_child_s_header_gives_its_age():
    ages = {}
    for seed in range(40):
        made = synthetic_study(seed, views=1, rows=64, columns=64, modality="CR")
        dataset = made.datasets[0]
        born, day = dataset.PatientBirthDate, dataset.StudyDate
        years = int(day[:4]) - int(born[:4]) - (day[4:] < born[4:])
        assert dataset.PatientAge == f"{made.truth.age_years:03d}Y" == f"{years:03d}Y"
        ages[made.truth.child] = years

    assert set(ages) == {False, True}
