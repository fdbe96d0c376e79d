"""Stages of a training: each has subjects of its own, and the last one keeps leading blocks."""

from dataclasses import replace

import pytest
import torch

from dicom_fixtures.pathology import Kind
from dicom_fixtures.radiograph import disorders_of, render
from model_training.cohorts.sample import Part
from model_training.cohorts.synthetic import hands, slipped, synthetic
from model_training.fit_plan import FitPlan
from model_training.fitting import fit
from model_training.initial_weights import NONE
from model_training.run_folder import RunConfig, RunFolder, Stage
from model_training.training import run_training, training_samples
from model_training.watchers import Silence
from triage_agent.domain.region import Region
from triage_agent.infer.network import build_network

SMALL = "shufflenet_v2_x0_5"
PLAN = FitPlan(epochs=1, batch=8, reduced_precision=False, averaging=0.0, drawn_share=1.0)


def test_what_is_wrong_is_known_without_drawing():
    for seed in range(3):
        drawn = render(seed, Region.HAND, "PA", abnormal=True, rows=64, columns=64)
        known = {(each.kind, each.place) for each in disorders_of(seed, Region.HAND)}
        assert {(each.kind, each.place) for each in drawn.findings} <= known
        assert known


def test_slipped_subjects_have_a_subluxation_and_nothing_else():
    samples = slipped(1)
    assert [sample.abnormal for sample in samples] == [False, True] * len(Region)
    seeds = [(int(each.name.split("-")[1]), Region(each.region)) for each in samples]
    kinds = [{ill.kind for ill in disorders_of(*each)} for each in seeds]
    assert kinds == [{Kind.SUBLUXATION}] * len(samples)


def test_subjects_that_are_looked_for_are_in_no_other_part():
    looked_for = {sample.name for sample in slipped(1) + hands(2)}
    assert len(looked_for) == 2 * len(Region) + 4
    others = {sample.name for part in Part for sample in synthetic(part, 30)}
    assert not looked_for & others


def test_leading_blocks_stay_as_they_are(tiny_images, tiny_spec):
    torch.manual_seed(0)
    network = build_network("mobilenet_v2")
    before = {name: value.clone() for name, value in network.state_dict().items()}
    fit(
        network, tiny_images, tiny_images, tiny_spec,
        plan=replace(PLAN, frozen=2), watcher=Silence(),
    )  # fmt: skip
    same = {
        name: torch.equal(value, before[name])
        for name, value in network.state_dict().items()
        if value.is_floating_point()
    }
    leading = tuple(f"model.features.{number}." for number in range(2))
    assert all(kept for name, kept in same.items() if name.startswith(leading))
    assert not any(kept for name, kept in same.items() if name.startswith("model.features.2."))


def test_a_network_without_a_row_of_blocks_cannot_keep_the_first(tiny_images, tiny_spec):
    with pytest.raises(ValueError, match="no row of blocks"):
        fit(
            build_network(SMALL), tiny_images, tiny_images, tiny_spec,
            plan=replace(PLAN, frozen=1), watcher=Silence(),
        )  # fmt: skip


def test_every_stage_is_fitted_on_subjects_of_its_own(
    small_fracatlas, tiny_spec, tmp_path, monkeypatch
):
    config = RunConfig(
        SMALL, tiny_spec, PLAN, earlier=(Stage(32, PLAN, 2),),
        synthetic_pairs=1, slipped_pairs=1, hand_pairs=1,
    )  # fmt: skip
    samples = training_samples(config, small_fracatlas)
    parts = []

    def watched(network, training, *arguments, **options):
        parts.append(training)
        return fit(network, training, *arguments, **options)

    monkeypatch.setattr("model_training.training.fit", watched)
    run_training(config, samples, NONE, RunFolder(tmp_path / "run"), watcher=Silence())
    real = sum(not each.drawn for each in samples[Part.TRAINING])
    assert [len(part) for part in parts] == [
        real + 2 * (2 * len(Region)),
        real + 2 * (len(Region) + len(Region) + 1),
    ]
    sought = {each.name for each in slipped(1) + hands(1)}
    assert not sought & set(parts[0].names)
    assert sought <= set(parts[1].names)
