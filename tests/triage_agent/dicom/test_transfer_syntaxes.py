import importlib.metadata

import pytest
from pydicom.pixels import get_decoder
from pydicom.uid import UID

from triage_agent.dicom.transfer_syntaxes import ACCEPTED, acceptable, name

MPEG4 = "1.2.840.10008.1.2.4.102"
JPEG_2000 = "1.2.840.10008.1.2.4.90"
EXPLICIT = "1.2.840.10008.1.2.1"


def test_the_requestors_order_is_kept_and_unknown_syntaxes_are_left_out() -> None:
    assert acceptable([MPEG4, JPEG_2000, EXPLICIT, JPEG_2000]) == (JPEG_2000, EXPLICIT)


@pytest.mark.parametrize("syntax", ACCEPTED)
def test_every_accepted_syntax_has_an_installed_decoder(syntax: str) -> None:
    assert importlib.metadata.version(ACCEPTED[syntax].decoder)
    assert get_decoder(UID(syntax)).is_available


@pytest.mark.parametrize("syntax", ACCEPTED)
def test_the_encoding_is_what_the_standard_says(syntax: str) -> None:
    uid, encoding = UID(syntax), ACCEPTED[syntax]
    assert encoding.implicit_vr == uid.is_implicit_VR
    assert encoding.big_endian == (not uid.is_little_endian)
    assert encoding.deflated == uid.is_deflated
    assert encoding.encapsulated == uid.is_encapsulated


def test_a_syntax_has_a_name_and_an_unknown_one_its_uid() -> None:
    assert name(EXPLICIT) == "Explicit VR Little Endian"
    assert name("1.2.3") == "1.2.3"
