"""The overlay as a DICOM object."""

import numpy as np
import pytest
from pydicom.dataset import Dataset

from tests.report_sources import Sources, instance_uid, make_sources, poor_header, rich_header
from triage_agent.domain.region import Region
from triage_agent.report.secondary_capture import secondary_capture

PICTURE = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)


def captures(sources: Sources, picture: np.ndarray = PICTURE) -> list[Dataset]:
    material = sources.material()
    return [secondary_capture(material, image, picture) for image in material.images]


def capture(header: Dataset, picture: np.ndarray = PICTURE, **study: object) -> Dataset:
    (only,) = captures(make_sources(header, **study), picture)
    return only


@pytest.mark.parametrize("picture", [PICTURE, PICTURE[:4]])
def test_pixels_are_rgb_by_pixel_and_of_even_length(picture: np.ndarray):
    dataset = capture(rich_header(), picture)
    assert (dataset.Rows, dataset.Columns) == picture.shape[:2]
    assert dataset.PhotometricInterpretation == "RGB"
    assert (dataset.SamplesPerPixel, dataset.PlanarConfiguration) == (3, 0)
    assert (dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit) == (8, 8, 7)
    assert dataset.PixelRepresentation == 0
    assert len(dataset.PixelData) % 2 == 0
    assert dataset.PixelData[: picture.size] == picture.tobytes()


def test_it_is_derived_from_its_image_and_says_so():
    dataset = capture(rich_header())
    assert dataset.SOPClassUID == "1.2.840.10008.5.1.4.1.1.7"
    assert dataset.ImageType == ["DERIVED", "SECONDARY", "OTHER"]
    assert dataset.DerivationDescription
    (source,) = dataset.SourceImageSequence
    assert source.ReferencedSOPInstanceUID == instance_uid(1)
    assert source.ReferencedSOPClassUID == rich_header().SOPClassUID
    assert source.PurposeOfReferenceCodeSequence[0].CodeValue == "121322"
    assert source.SpatialLocationsPreserved == "NO"
    assert "RESEARCH USE ONLY" in dataset.ImageComments
    assert "RESEARCH USE ONLY" in dataset.SeriesDescription
    assert "PixelSpacing" not in dataset


def test_overlays_of_a_study_are_one_series_of_their_own():
    one, two = captures(make_sources(rich_header(1), rich_header(2, ImageLaterality="R")))
    assert one.SeriesInstanceUID == two.SeriesInstanceUID != rich_header().SeriesInstanceUID
    assert (one.InstanceNumber, two.InstanceNumber) == (1, 2)
    assert one.SOPInstanceUID != two.SOPInstanceUID
    assert (one.ImageLaterality, two.ImageLaterality) == ("L", "R")


@pytest.mark.parametrize("side", ["L", "R", "B", "U"])
def test_a_known_side_is_said_once(side: str):
    dataset = capture(rich_header(ImageLaterality=side))
    assert dataset.ImageLaterality == side
    assert "Laterality" not in dataset


def test_the_side_of_the_series_counts_too():
    assert capture(poor_header(Laterality="R")).ImageLaterality == "R"


def test_an_unknown_side_is_empty():
    dataset = capture(poor_header())
    assert "ImageLaterality" not in dataset
    assert "Laterality" in dataset
    assert not dataset.Laterality


def test_the_body_part_is_that_of_the_image_else_the_recognised_region():
    assert capture(rich_header(BodyPartExamined="EXTREMITY")).BodyPartExamined == "EXTREMITY"
    assert capture(poor_header(), region=Region.ELBOW).BodyPartExamined == "ELBOW"
    assert "BodyPartExamined" not in capture(poor_header(), region=None)


def test_the_orientation_is_copied_or_empty():
    assert capture(rich_header()).PatientOrientation == ["L", "F"]
    poor = capture(poor_header())
    assert "PatientOrientation" in poor
    assert not poor.PatientOrientation


@pytest.mark.parametrize("stated", ["YES", "NO", None])
def test_burned_in_annotation_is_what_the_image_states(stated: str | None):
    header = rich_header(BurnedInAnnotation=stated)
    assert capture(header).get("BurnedInAnnotation") == stated


def test_lossy_compression_of_the_source_stays_on_record():
    dataset = capture(rich_header())
    assert dataset.LossyImageCompression == "01"
    assert dataset.LossyImageCompressionRatio == 12.5
    assert dataset.LossyImageCompressionMethod == "ISO_10918_1"
    assert "LossyImageCompression" not in capture(poor_header())


def test_the_time_of_capture_follows_from_the_given_instant():
    dataset = capture(rich_header(TimezoneOffsetFromUTC="-0200"))
    assert (dataset.DateOfSecondaryCapture, dataset.TimeOfSecondaryCapture) == (
        "20260101",
        "100000.000000",
    )
