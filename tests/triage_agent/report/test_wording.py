"""What is said, and what is not claimed."""

from dataclasses import replace

import pytest

from tests.factories import make_instance
from tests.report_sources import ALGORITHM, make_sources, poor_header, rich_header
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.region import Region
from triage_agent.report.wording import WARNING, caption, coverage, decimal, verdict


def test_the_warning_is_the_one_that_was_agreed():
    assert "RESEARCH USE ONLY" in WARNING
    assert "NOT FOR DIAGNOSTIC USE" in WARNING


@pytest.mark.parametrize(("value", "text"), [(0.0, "0.000"), (0.49961, "0.500"), (1.0, "1.000")])
def test_probabilities_have_three_decimals(value: float, text: str):
    assert decimal(value) == text


def test_above_is_a_reason_to_read_earlier_and_no_diagnosis():
    text = verdict(make_sources(probability=0.8).material())
    assert "0.800 is above the operating point 0.500" in text
    assert "not a diagnosis" in text


def test_below_is_not_called_normal():
    text = verdict(make_sources(probability=0.2).material())
    assert "0.200 is not above the operating point 0.500" in text
    assert "not a diagnosis" in text
    assert "not a statement that the study is normal" in text


def test_the_operating_point_is_that_of_the_region():
    text = verdict(make_sources(probability=0.8, region=Region.HAND).material())
    assert "operating point 0.400" in text


def test_coverage_counts_images():
    unreadable = make_instance(state=InstanceState.UNREADABLE)
    assert coverage(make_sources().material()) == "Arithmetic mean of 1 image."
    two = make_sources(rich_header(1), rich_header(2), others=(unreadable,))
    assert coverage(two.material()) == (
        "Arithmetic mean of 2 images. 1 more in scope could not be scored."
    )


def test_a_caption_says_everything_that_a_reader_must_know():
    sources = make_sources(
        rich_header(1), rich_header(2), probability=0.75, probabilities=(0.9, 0.6)
    )
    material = sources.material()
    text = "\n".join(caption(material, material.images[1]))
    for part in (
        "study 0.750 (ABOVE operating point 0.500)",
        "this image 0.600",
        "WRIST, left, view PA",
        "image 2 of 2",
        "demo-model 1.2.3 (mobilenet_v2)",
        "2026-01-01 12:00 UTC",
    ):
        assert part in text


def test_a_caption_names_no_patient_and_holds_no_foreign_characters():
    header = rich_header(
        PatientName="Identity^Secret", PatientID="ID-4711", AccessionNumber="ACC-42"
    )
    material = make_sources(header).material()
    (image,) = material.images
    foreign = replace(image.instance.header, ViewPosition="\u65b9")
    image = replace(image, instance=replace(image.instance, header=foreign))
    text = "\n".join(caption(material, image))
    assert "view ?" in text
    assert text.isascii()
    for secret in ("Identity", "Secret", "ID-4711", "ACC-42", "19700101"):
        assert secret not in text


def test_a_caption_says_what_is_not_known():
    material = make_sources(poor_header(), probability=0.2, region=None).material()
    text = "\n".join(caption(material, material.images[0]))
    assert "NOT ABOVE operating point" in text
    assert "region not stated, side not stated, view not stated" in text


def test_an_image_that_an_earlier_model_scored_says_so():
    newer = replace(ALGORITHM, version="2.0")
    material = make_sources(rich_header(1), rich_header(2)).material(algorithm=newer)
    text = "\n".join(caption(material, material.images[0]))
    assert "demo-model 2.0 (mobilenet_v2), this image by demo-model 1.2.3" in text
    assert "Image 1 was scored by demo-model 1.2.3. Image 2 was" in coverage(material)
