import pytest
from pynetdicom.service_class import StorageServiceClass
from pynetdicom.sop_class import uid_to_service_class

from triage_agent.dicom import sop_classes

COMPUTED_RADIOGRAPHY = "1.2.840.10008.5.1.4.1.1.1"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
KEY_OBJECT_SELECTION = "1.2.840.10008.5.1.4.1.1.88.59"


@pytest.mark.parametrize("uid", sorted(sop_classes.ACCEPTED))
def test_every_accepted_class_is_served_as_storage(uid: str) -> None:
    assert uid_to_service_class(uid) is StorageServiceClass


def test_the_lists_do_not_overlap_and_hold_what_comes_along_with_a_radiograph() -> None:
    assert not sop_classes.CANDIDATES & sop_classes.OTHER_IMAGES
    assert not sop_classes.CANDIDATES & sop_classes.OTHER_OBJECTS
    assert not sop_classes.OTHER_IMAGES & sop_classes.OTHER_OBJECTS
    assert COMPUTED_RADIOGRAPHY in sop_classes.CANDIDATES
    assert SECONDARY_CAPTURE in sop_classes.OTHER_IMAGES
    assert KEY_OBJECT_SELECTION in sop_classes.OTHER_OBJECTS


def test_images_require_pixel_data_and_reports_do_not() -> None:
    assert sop_classes.requires_pixel_data(COMPUTED_RADIOGRAPHY)
    assert sop_classes.requires_pixel_data(SECONDARY_CAPTURE)
    assert not sop_classes.requires_pixel_data(KEY_OBJECT_SELECTION)


def test_a_class_has_a_name_and_an_unknown_one_its_uid() -> None:
    assert sop_classes.name(COMPUTED_RADIOGRAPHY) == "Computed Radiography Image Storage"
    assert sop_classes.name("1.2.3") == "1.2.3"
