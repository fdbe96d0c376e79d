"""The pointing game and overlap, by hand, on fixtures and on real outlines."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from model_training.cohorts.fracture_masks import MASKS_NAME, read_fracture_masks
from model_training.cohorts.sample import Part, Sample
from model_training.cohorts.synthetic import synthetic
from model_training.commands import main
from model_training.evaluation.evidence import read_evidence
from model_training.evaluation.figures import OVERALL
from model_training.evaluation.localisation import (
    Localised,
    localise,
    overlap,
    peak_of,
    points_at,
    summarise,
)
from model_training.evaluation.localising import (
    Marked,
    judge_maps,
    localisation_table,
    marked_images,
)
from model_training.evaluation.predictions import read_predictions
from model_training.evaluation.trained import TrainedModel, read_trained
from model_training.run_folder import RunConfig, RunFolder
from triage_agent.adapters.torch_inference.bundle_files import BUNDLED_FOLDER
from triage_agent.infer.network import build_network
from triage_agent.infer.preprocess import Preprocessing
from triage_agent.infer.scores import Calibration

SPEC = Preprocessing(64, (0.5,) * 3, (0.5,) * 3)


def cam_with_peak(row, column, shape=(4, 4)):
    cam = np.full(shape, -1.0, dtype=np.float32)
    cam[row, column] = 8.0
    return cam


def square(rows, columns, top, left, size):
    mask = np.zeros((rows, columns), dtype=np.bool_)
    mask[top : top + size, left : left + size] = True
    return mask


def test_the_peak_is_the_centre_of_the_hottest_cell():
    # Cells of 20 x 10 pixels: the cell (1, 2) covers rows 20-39 and columns 20-29.
    assert peak_of(cam_with_peak(1, 2), 80, 40) == (29.5, 24.5)
    assert peak_of(np.full((4, 4), -0.1, dtype=np.float32), 80, 40) is None


@pytest.mark.parametrize(
    ("left", "tolerance", "hit"),
    [(20, 0.0, True), (25, 0.0, True), (26, 0.0, False), (26, 0.0125, True), (30, 0.05, False)],
)
def test_a_hit_is_a_peak_on_the_mask_or_near_it(left, tolerance, hit):
    # The peak lies between the columns 24 and 25; the longer side has 80 pixels.
    mask = square(80, 40, 28, left, 5)
    assert points_at(cam_with_peak(1, 2), mask, tolerance) is hit


def test_a_map_without_evidence_points_nowhere():
    cold = np.full((4, 4), -1.0, dtype=np.float32)
    assert localise(cold, square(40, 40, 10, 10, 9)) == Localised(hit=False, iou=0.0)


def test_overlap_worked_out_by_hand():
    # Four cells of 10 pixels; heat 1 in the left two columns of cells: hot is 0..19 and, up to
    # one half between the centres 15 and 25 (pixels 14.5 and 24.5), nothing more.
    cam = np.zeros((4, 4), dtype=np.float32)
    cam[:, :2] = 8.0
    mask = square(40, 40, 0, 10, 20)
    # Together 10 x 20 pixels of 20 x 20 + 40 x 20 - 200.
    assert overlap(cam, mask) == pytest.approx(200 / 1000)


def test_the_summary_counts():
    found = [Localised(True, 0.3), Localised(True, 0.1), Localised(False, 0.05)]  # noqa: FBT003
    summary = summarise(found)
    assert summary["Pointing game"].value == pytest.approx(2 / 3)
    assert summary["IoU >= 0.1"].value == pytest.approx(2 / 3)
    assert summary["IoU >= 0.25"].value == pytest.approx(1 / 3)
    assert summary["Mean IoU"].value == pytest.approx(0.15)
    assert summary["Pointing game"].low == pytest.approx(0.2077, abs=1e-4)
    assert summarise(found[:1])["Mean IoU"].low == 0.0
    with pytest.raises(ValueError, match="no trials"):
        summarise([])


@pytest.mark.parametrize("function", [points_at, overlap])
def test_an_empty_mask_is_refused(function):
    with pytest.raises(ValueError, match="no abnormality"):
        function(cam_with_peak(0, 0), np.zeros((8, 8), dtype=np.bool_))


@pytest.fixture
def outlines_file(tmp_path):
    document = {
        "images": [
            {"id": 1, "width": 40, "height": 20, "file_name": "IMG0000001.jpg"},
            {"id": 2, "width": 40, "height": 20, "file_name": "IMG0000002.jpg"},
        ],
        "annotations": [
            {"image_id": 1, "segmentation": [[0, 0, 9, 0, 9, 4, 0, 4]]},
            {"image_id": 1, "segmentation": [[30, 10, 34, 10, 34, 14, 30, 14]]},
        ],
    }
    path = tmp_path / MASKS_NAME
    path.write_text(json.dumps(document))
    return path, document


def test_outlines_are_filled_at_any_size(outlines_file):
    outlines = read_fracture_masks(outlines_file[0])
    assert list(outlines) == ["IMG0000001.jpg"]
    mask = outlines["IMG0000001.jpg"].mask(20, 40)
    assert mask.sum() == 10 * 5 + 5 * 5
    assert mask[4, 9]
    assert not mask[5, 9]
    twice = outlines["IMG0000001.jpg"].mask(40, 80)
    assert twice[8, 18]
    assert twice.sum() == pytest.approx(4 * mask.sum(), rel=0.3)
    assert outlines["IMG0000001.jpg"].mask(2, 2).any()


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"segmentation": {"counts": "x"}, "image_id": 1}, "run-length"),
        ({"segmentation": [[1, 2, 3, 4]], "image_id": 1}, "4 numbers"),
        ({"image_id": 1}, "not a COCO document"),
    ],
)
def test_other_masks_are_refused(outlines_file, change, cause):
    path, document = outlines_file
    path.write_text(json.dumps({**document, "annotations": [change]}))
    with pytest.raises(ValueError, match=cause):
        read_fracture_masks(path)


def test_real_outlines_lie_within_their_images(shared_data):
    outlines = read_fracture_masks(shared_data / "fracatlas" / MASKS_NAME)
    assert len(outlines) > 300
    for name, outline in list(outlines.items())[:40]:
        share = outline.mask(224, 224).mean()
        assert 0 < share < 0.5, name


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(4)
    return TrainedModel(build_network("shufflenet_v2_x0_5").eval(), SPEC)


def test_maps_are_judged_with_their_own_masks(model):
    marked = list(marked_images(synthetic(Part.TEST, 2))) * 2
    assert len(marked) > 16
    judged = judge_maps(model, iter(marked))
    assert [each.region for each in judged] == [each.region for each in marked]
    half = len(marked) // 2
    assert [each.localised for each in judged[:half]] == [each.localised for each in judged[half:]]
    [(logit, cam)] = model.judge([marked[3].image])
    assert judged[3].localised == localise(cam, marked[3].mask)
    assert cam.mean() + model.network.classifier.bias.item() == pytest.approx(logit, abs=1e-4)
    table = localisation_table("fixtures", judged)
    assert table.rows[-1][:2] == (OVERALL, len(marked))
    assert len(table.rows) == 8


def sample(name, *, abnormal=True, **words):
    image = np.full((20, 40), 0.5, dtype=np.float32)
    return Sample(name, "some", abnormal, drawn=False, plain=True, read=lambda: image, **words)


def test_only_outlined_abnormalities_that_can_be_seen_are_marked():
    outlined = square(20, 40, 2, 3, 4)
    samples = [
        sample("seen", mask=lambda: outlined),
        sample("normal", abnormal=False, mask=lambda: outlined),
        sample("not outlined"),
        sample("not seen", mask=lambda: np.zeros((20, 40), dtype=np.bool_)),
    ]
    [marked] = marked_images(samples)
    assert marked == Marked("UNKNOWN", marked.image, outlined)
    assert marked.image.shape == (20, 40)


def test_studies_of_different_patients_stay_apart(model):
    samples = [
        sample("1", study="study1", patient="p1", region="HAND"),
        sample("2", study="study1", patient="p2", region="HAND"),
        sample("3", study="study2", patient="p1", region="WRIST"),
        sample("4"),
    ]
    predictions = list(model.predict(samples))
    assert [each.study for each in predictions] == ["p1/study1", "p2/study1", "study2", "4"]
    assert [each.region for each in predictions] == ["HAND", "HAND", "WRIST", "UNKNOWN"]


def test_commands_measure_a_run(tmp_path, small_fracatlas):
    folder = RunFolder(tmp_path / "run")
    folder.write_config(RunConfig("shufflenet_v2_x0_5", SPEC))
    torch.manual_seed(4)
    folder.write_weights(build_network("shufflenet_v2_x0_5"))
    arguments = ["localise", "--model", folder.path, "--synthetic", 1, "--threads", 1]
    outcome = CliRunner().invoke(main, [str(a) for a in [*arguments, "--out", tmp_path / "out"]])
    assert outcome.exit_code == 0, outcome.output
    assert "| Overall | " in outcome.output
    [pointed] = read_evidence(folder.path).pointed
    assert 0 < pointed.images <= 7
    assert set(pointed.figures) >= {"Pointing game", "Mean IoU"}
    assert (tmp_path / "out" / "localisation-synthetic-images-of-the-test-part.csv").exists()

    out = tmp_path / "test.csv"
    arguments = ["score", "--model", folder.path, "--fracatlas", small_fracatlas, "--out", out]
    outcome = CliRunner().invoke(main, [str(a) for a in [*arguments, "--threads", 1]])
    assert outcome.exit_code == 0, outcome.output
    predictions = read_predictions(out)
    assert len(predictions) > 90
    assert f"{len(predictions)} images" in outcome.output


def test_a_bundle_can_be_measured():
    model = read_trained(BUNDLED_FOLDER)
    regions = {"ELBOW", "FINGER", "FOREARM", "HAND", "HUMERUS", "SHOULDER", "WRIST"}
    # What is the same for all regions holds for others too.
    assert regions <= set(model.calibrations) <= regions | {OVERALL}
    assert regions <= set(model.operating_points) <= regions | {OVERALL}
    assert not model.network.training


def test_scores_are_calibrated_unless_they_are_wanted_raw(tmp_path, small_fracatlas, model):
    folder = RunFolder(tmp_path / "run")
    folder.write_config(RunConfig("shufflenet_v2_x0_5", SPEC))
    folder.write_weights(model.network)
    calibrated = replace(read_trained(folder.path), calibrations={"UNKNOWN": Calibration(1.0, 2.0)})
    [plain], [moved] = (list(each.predict([sample("1")])) for each in (model, calibrated))
    assert moved.probability > plain.probability
    arguments = ["score", "--model", folder.path, "--out", tmp_path / "p.csv"]
    outcome = CliRunner().invoke(main, [str(each) for each in arguments])
    assert outcome.exit_code == 2
    assert "Give one of" in outcome.output
    raw = [*arguments, "--raw", "--fracatlas", small_fracatlas, "--threads", 1]
    assert CliRunner().invoke(main, [str(each) for each in raw]).exit_code == 0
    assert len(read_predictions(tmp_path / "p.csv")) > 90
