"""A working day: exact shares, every habit, and nothing that the node cannot read."""

from collections import Counter
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from pydicom import Dataset, dcmread, dcmwrite
from pydicom.uid import JPEGBaseline8Bit, JPEGExtended12Bit, RLELossless

from dicom_fixtures import Habit, StudyPlan, build_study, encoded, mixed_plans, mixed_studies
from dicom_fixtures.annotation import BAND
from dicom_fixtures.encode import HIGH_THROUGHPUT, WRITABLE
from dicom_fixtures.habits import CR_ONLY
from dicom_fixtures.mixture import BITS_SHARES, VOI_SHARES, mixed_syntax
from dicom_fixtures.plan import TRAINING_SEEDS
from triage_agent.assemble.scope import ScopeRule
from triage_agent.assemble.vocabulary import builtin_vocabulary
from triage_agent.dicom.headers import parse_header
from triage_agent.dicom.pixels import displayed
from triage_agent.domain.region import Region

MANY = mixed_plans(2000, abnormal_share=0.4, seed=7)


def test_shares_are_exact():
    plans = mixed_plans(50, abnormal_share=0.4, seed=7, stat_share=0.1)

    assert sum(plan.abnormal for plan in plans) == 20
    assert sum(plan.stat for plan in plans) == 5
    assert len({plan.seed for plan in plans}) == 50


@pytest.mark.parametrize(
    ("count", "share", "expected"), [(10, 0.0, 0), (10, 1.0, 10), (3, 0.34, 1), (0, 0.5, 0)]
)
def test_shares_are_rounded_to_whole_studies(count: int, share: float, expected: int):
    assert sum(plan.abnormal for plan in mixed_plans(count, abnormal_share=share, seed=1)) == (
        expected
    )


def test_everything_occurs():
    assert {plan.region for plan in MANY} == set(Region)
    assert {plan.modality for plan in MANY} == {"DX", "CR"}
    assert {plan.photometric for plan in MANY} == {"MONOCHROME1", "MONOCHROME2"}
    assert {plan.views for plan in MANY} == {1, 2, 3, 4}
    assert {plan.bits_stored for plan in MANY} == set(BITS_SHARES)
    assert {plan.voi for plan in MANY} == set(VOI_SHARES)
    assert {habit for plan in MANY for habit in plan.habits} == set(Habit)
    written = Counter(plan.part_written for plan in MANY)
    assert 0.6 < written[None] / len(MANY) < 0.8
    assert written[""] > 0
    assert written["EXTREMITY"] > 0


def test_dx_has_no_habit_of_cr():
    for plan in MANY:
        assert plan.modality == "CR" or not CR_ONLY.intersection(plan.habits)


def test_the_same_seed_gives_the_same_day():
    assert mixed_plans(30, abnormal_share=0.4, seed=3) == mixed_plans(
        30, abnormal_share=0.4, seed=3
    )
    assert mixed_plans(30, abnormal_share=0.4, seed=3) != mixed_plans(
        30, abnormal_share=0.4, seed=4
    )


def test_the_abnormal_studies_do_not_decide_what_else_is_drawn():
    some, other = (mixed_plans(40, abnormal_share=share, seed=3) for share in (0.1, 0.9))

    assert [replace(plan, abnormal=False) for plan in some] == [
        replace(plan, abnormal=False) for plan in other
    ]


def test_a_habit_can_be_left_out():
    plans = mixed_plans(200, abnormal_share=0.4, seed=3, leave_out={Habit.BURNED_IN})

    assert not any(Habit.BURNED_IN in plan.habits for plan in plans)
    some = mixed_plans(200, abnormal_share=0.4, seed=3)
    assert [plan.seed for plan in plans] == [plan.seed for plan in some]
    assert sum(one != other for one, other in zip(plans, some, strict=True)) == sum(
        Habit.BURNED_IN in plan.habits for plan in some
    )


def test_regions_and_views_can_be_asked_for():
    plans = mixed_plans(30, abnormal_share=0.4, seed=3, views=4, regions=(Region.HAND,))

    assert {(plan.region, plan.views) for plan in plans} == {(Region.HAND, 4)}


@pytest.mark.parametrize("seed", [0, 1, 99, 100, 12345])
def test_no_subject_was_seen_by_training(seed: int):
    plans = mixed_plans(100, abnormal_share=0.5, seed=seed)

    assert all(plan.seed < TRAINING_SEEDS for plan in plans)


@pytest.mark.parametrize(
    ("count", "abnormal", "stat"), [(-1, 0.5, 0.0), (1, 1.5, 0.0), (1, 0.5, -0.1)]
)
def test_what_is_out_of_range_is_refused(count: int, abnormal: float, stat: float):
    with pytest.raises(ValueError, match="must"):
        mixed_plans(count, abnormal_share=abnormal, seed=1, stat_share=stat)


def test_no_region_is_refused():
    with pytest.raises(ValueError, match="regions"):
        mixed_plans(1, abnormal_share=0.5, seed=1, regions=())


def sent(dataset: Dataset) -> Dataset:
    file = BytesIO()
    dcmwrite(file, dataset, enforce_file_format=True)
    return dcmread(BytesIO(file.getvalue()))


SCOPE = ScopeRule(builtin_vocabulary(), {})


@pytest.mark.parametrize("number", range(60))
def test_the_node_reads_every_study(number: int):
    plan = replace(mixed_plans(60, abnormal_share=0.5, seed=11)[number], rows=64, columns=72)
    syntax = mixed_syntax(11, number)
    plan = plan.fitting(syntax)

    built = build_study(plan, transfer_syntax=syntax)

    for dataset, drawn in zip(built.datasets, plan.radiographs(), strict=True):
        header = parse_header(encoded(dataset), str(syntax))
        decision = SCOPE.decide(header)
        burned_in = Habit.BURNED_IN in plan.habits
        assert decision.region is plan.region
        assert bool(decision.reason) == burned_in, decision.reason
        # Text is burned in below.
        rows = len(drawn.image) - len(drawn.image) // BAND * burned_in
        shown, expected = displayed(sent(dataset))[:rows], drawn.image[:rows]
        assert np.corrcoef(shown.ravel(), expected.ravel())[0, 1] > 0.95


def test_a_plan_is_fitted_to_a_transfer_syntax():
    plan = StudyPlan(
        seed=1, modality="CR", bits_stored=14, habits=(Habit.SIGNED, Habit.ICON, Habit.RESCALE)
    )
    embedded = StudyPlan(seed=1, bits_stored=12, habits=(Habit.EMBEDDED_OVERLAY,))

    assert plan.fitting(RLELossless) == plan
    assert plan.fitting(JPEGBaseline8Bit).bits_stored == 8
    assert plan.fitting(JPEGExtended12Bit).bits_stored == 12
    assert plan.fitting(JPEGBaseline8Bit).habits == (Habit.ICON, Habit.RESCALE)
    assert embedded.fitting(RLELossless).habits == ()
    assert embedded.fitting("1.2.840.10008.1.2") == embedded


def test_mixed_syntaxes_need_no_other_program():
    drawn = {mixed_syntax(1, number) for number in range(300)}

    assert drawn == set(WRITABLE) - set(HIGH_THROUGHPUT)


def test_mixed_studies_are_the_plans_built():
    studies = list(mixed_studies(3, 0.34, 5, rows=64, columns=64))
    plans = mixed_plans(3, abnormal_share=0.34, seed=5)

    assert [study.truth.abnormal for study in studies] == [plan.abnormal for plan in plans]
    assert [study.truth.region for study in studies] == [plan.region for plan in plans]
    assert sum(study.truth.abnormal for study in studies) == 1
