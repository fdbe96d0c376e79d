"""The bundle that ships with the node is complete and triages demonstrations sensibly."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

import triage_agent
from model_training.cohorts.sample import Part
from model_training.cohorts.synthetic import synthetic
from model_training.evaluation.auc import auc
from model_training.evaluation.trained import read_trained
from triage_agent.domain.region import Region
from triage_agent.infer.bundle import parse_bundle

FOLDER = Path(triage_agent.__file__).parent / "models" / "mobilenet_v2"


@pytest.fixture(scope="module")
def bundle():
    return parse_bundle((FOLDER / "model.json").read_text(encoding="utf-8"))


def test_weights_are_those_that_were_measured(bundle):
    blob = (FOLDER / "model.safetensors").read_bytes()
    assert hashlib.sha256(blob).hexdigest() == bundle.weights_sha256
    assert len(blob) < 10e6


def test_bundle_and_card_say_what_it_is_not_for(bundle):
    card = (FOLDER / "MODEL_CARD.md").read_text(encoding="utf-8")
    for text in (card, bundle.intended_use):
        assert "RESEARCH USE ONLY" in text
        assert "NOT FOR DIAGNOSTIC USE" in text
    assert bundle.weights_sha256 in card
    assert "10.1038/s41597-023-02432-4" in card


def test_the_seven_regions_are_in_scope(bundle):
    assert set(bundle.regions) == set(Region)


def test_unseen_synthetic_images_are_told_apart_in_every_region():
    predictions = list(read_trained(FOLDER).predict(synthetic(Part.TEST, 3)))
    probabilities = np.array([each.probability for each in predictions])
    labels = np.array([each.label for each in predictions])
    decisions = probabilities > np.array([each.operating_point for each in predictions])
    assert auc(probabilities, labels) > 0.9
    assert np.mean(decisions == labels) > 0.8
