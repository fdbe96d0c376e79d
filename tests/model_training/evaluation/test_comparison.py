"""Predictions and readers from files, the gold standard, tables and plots."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from sklearn import metrics as reference

from model_training.evaluation.comparison import compare
from model_training.evaluation.comparison_report import write_report
from model_training.evaluation.comparison_tables import comparison_tables
from model_training.evaluation.estimate import Estimate
from model_training.evaluation.figures import OVERALL
from model_training.evaluation.predictions import (
    Prediction,
    by_study,
    read_predictions,
    write_predictions,
)
from model_training.evaluation.readers import gold_standard, labels_of, read_readers
from model_training.evaluation.tables import Table

GOLD = ("G1", "G2", "G3")


@pytest.fixture
def readings(scores):
    """Six readers who are wrong now and then; each on other studies."""
    random = np.random.default_rng(8)
    return {
        reader: {
            study: bool(label ^ (random.random() < 0.1))
            for study, label in zip(scores.studies, scores.labels, strict=True)
        }
        for reader in (*GOLD, "R1", "R2", "R3")
    }


def test_predictions_survive_writing_and_reading(tmp_path, draw):
    rows = draw(6, studies=20, images=2)
    write_predictions(tmp_path / "new" / "p.csv", rows)
    assert read_predictions(tmp_path / "new" / "p.csv") == rows


def test_a_study_is_the_mean_of_its_images():
    rows = [
        Prediction("a", "HAND", label=True, probability=0.2, image="1"),
        Prediction("b", "WRIST", label=False, probability=0.5, image="1"),
        Prediction("a", "HAND", label=True, probability=0.9, image="2"),
    ]
    found = by_study(rows)
    assert found.studies == ("a", "b")
    assert found.regions == ("HAND", "WRIST")
    assert found.probabilities.tolist() == pytest.approx([0.55, 0.5])
    assert found.image_probabilities.tolist() == [0.2, 0.9, 0.5]
    assert found.study_of_image.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("rows", "cause"),
    [
        ([], "no prediction"),
        ([("a", "HAND", 1, 0.5, ""), ("a", "HAND", 0, 0.5, "")], "different labels"),
        ([("a", "HAND", 1, 0.5, "x"), ("a", "HAND", 1, 0.6, "x")], "twice"),
    ],
)
def test_studies_that_contradict_themselves_are_refused(rows, cause):
    predictions = [Prediction(s, r, bool(label), p, i) for s, r, label, p, i in rows]
    with pytest.raises(ValueError, match=cause):
        by_study(predictions)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("study,region,label\n", "no column probability"),
        ("study,region,label,probability\na,HAND,1\n", "line 2: too few"),
        ("study,region,label,probability\na,HAND,2,0.5\n", "line 2: a label is 0 or 1"),
        ("study,region,label,probability\na,HAND,1,1.5\n", "line 2: a probability lies"),
        ("study,region,label,probability\na,HAND,1,nan\n", "line 2: a probability is"),
        ("study,region,label,probability\na,HAND,1,x\n", "line 2: could not convert"),
        ("study,region,label,probability\na,,1,0.5\n", "line 2: a study and its region"),
    ],
)
def test_a_wrong_predictions_file_is_explained(tmp_path, text, cause):
    (tmp_path / "p.csv").write_text("\ufeff" + text, encoding="utf-8")
    with pytest.raises(ValueError, match=cause):
        read_predictions(tmp_path / "p.csv")


def test_the_majority_of_three_is_the_gold_standard():
    readings = {"A": {"s": True}, "B": {"s": False}, "C": {"s": True}, "D": {}}
    assert gold_standard(("A", "B", "C"), readings, ["s"]).tolist() == [True]
    with pytest.raises(ValueError, match="3 different"):
        gold_standard(("A", "B", "B"), readings, ["s"])
    with pytest.raises(ValueError, match="has not read 1 of 1"):
        labels_of("D", readings, ["s"])
    with pytest.raises(ValueError, match="no reader E; there are: A, B, C, D"):
        labels_of("E", readings, ["s"])


def test_readers_come_from_several_files(tmp_path):
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text("study,reader,label\ns1,A,1\ns1,B,0\n")
    two.write_text("reader,label,study\nA,0,s2\n")
    assert read_readers([one, two]) == {"A": {"s1": True, "s2": False}, "B": {"s1": False}}
    with pytest.raises(ValueError, match="A reads s1 twice"):
        read_readers([one, one])
    two.write_text("study,reader,label\ns1,A,yes\n")
    with pytest.raises(ValueError, match="line 2: a label"):
        read_readers([two])


def test_everybody_is_measured_against_the_majority(scores, other_scores, readings):
    found = compare({"one": scores, "two": other_scores}, 0.5, readings, GOLD)
    measured = found.measure()
    assert list(measured) == ["R1", "R2", "R3", "one", "two"]
    votes = sum(np.array([readings[r][s] for s in scores.studies], dtype=int) for r in GOLD)
    gold = votes >= 2
    said = np.array([readings["R2"][s] for s in scores.studies])
    expected = reference.cohen_kappa_score(gold, said)
    assert measured["R2"][OVERALL].kappa.value == pytest.approx(expected)
    expected = reference.roc_auc_score(gold, scores.probabilities)
    assert measured["one"][OVERALL].auroc.value == pytest.approx(expected)
    assert [test[:3] for test in found.paired_tests()] == [
        ("one", "two", region) for region in ("ELBOW", "HAND", "WRIST", OVERALL)
    ]


def test_models_may_list_studies_in_another_order(scores, draw):
    backwards = by_study(reversed(draw(3)))
    found = compare({"one": scores, "two": backwards}, 0.5)
    assert found.models[0].probabilities == pytest.approx(found.models[1].probabilities)


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (lambda rows: rows[1:], "study0 is in one only"),
        (lambda rows: [replace(rows[0], region="KNEE"), *rows[1:]], "region of study0"),
    ],
)
def test_models_of_different_studies_are_not_compared(scores, draw, change, cause):
    other = by_study(change(draw(4)))
    with pytest.raises(ValueError, match=cause):
        compare({"one": scores, "two": other}, 0.5)


def test_impossible_comparisons_are_refused(scores, readings):
    with pytest.raises(ValueError, match="no model"):
        compare({}, 0.5)
    with pytest.raises(ValueError, match="no readings"):
        compare({"one": scores}, 0.5, None, GOLD)
    with pytest.raises(ValueError, match="R1 is the name"):
        compare({"R1": scores}, 0.5, readings, GOLD)


def test_tables_have_the_layout_of_the_papers(scores, other_scores, readings):
    tables = comparison_tables(compare({"one": scores, "two": other_scores}, 0.5, readings, GOLD))
    mura = tables["kappa-by-region"]
    assert mura.header == ("Region", "R1", "R2", "R3", "one", "two")
    assert [row[0] for row in mura.rows] == ["Elbow", "Hand", "Wrist", "Overall"]
    murad = tables["figures-by-model"]
    figures = ("Accuracy", "Precision", "Recall", "F1 score", "Cohen's kappa")
    assert murad.header == ("Model", *figures)
    assert [row[0] for row in murad.rows] == ["one", "two"]
    by_type = tables["figures-by-study-type-2-two"]
    assert by_type.header == ("Study type", *figures)
    assert by_type.rows[-1][1:] == murad.rows[1][1:]
    assert by_type.rows[-1][5] == mura.rows[-1][5]


def test_a_table_is_written_for_people_and_for_programs():
    table = Table(
        "Title",
        ("Name", "Kappa", "Studies"),
        (("a|b", Estimate(0.5, 0.25, 0.75, ""), 7), ("c", None, 8)),
        "Note.",
    )
    assert table.markdown().splitlines() == [
        "### Title",
        "",
        "| Name | Kappa | Studies |",
        "| :--- | ---: | ---: |",
        "| a\\|b | 0.500 (0.250, 0.750) | 7 |",
        "| c | n/a | 8 |",
        "",
        "Note.",
    ]
    assert list(csv.reader(io.StringIO(table.csv()))) == [
        ["Name", "Kappa", "Kappa low", "Kappa high", "Studies"],
        ["a|b", "0.5", "0.25", "0.75", "7"],
        ["c", "", "", "", "8"],
    ]
    with pytest.raises(ValueError, match="a row of 1 for 2"):
        Table("Title", ("a", "b"), (("c",),))


def test_a_report_holds_tables_and_plots(scores, other_scores, readings, tmp_path):
    models = {"DenseNet-169": scores, "../two": other_scores}
    written = write_report(compare(models, 0.5, readings, GOLD), tmp_path / "report", "Six readers")
    assert written[0].name == "report.md"
    assert all(path.parent == tmp_path / "report" for path in written)
    text = written[0].read_text(encoding="utf-8")
    for words in ("150 studies", "MURA, Table 2", "MuRAD, Table 3", "MuRAD, Table 4", "DeLong"):
        assert words in text
    pictures = [path for path in written if path.suffix == ".png"]
    assert {path.name for path in pictures} >= {
        "roc.png", "precision-recall.png", "reliability.png", "confusion-4-densenet-169.png",
        "confusion-5-two.png",
    }  # fmt: skip
    for path in pictures:
        with Image.open(path) as picture:
            drawn = np.asarray(picture.convert("L"))
        assert drawn.shape == (600, 600)
        assert drawn.std() > 10


def test_a_report_needs_both_classes(tmp_path):
    rows = [Prediction(str(n), "HAND", label=True, probability=0.1 * n) for n in range(5)]
    with pytest.raises(ValueError, match="normal and abnormal"):
        write_report(compare({"one": by_study(rows)}, 0.5), tmp_path, "")
