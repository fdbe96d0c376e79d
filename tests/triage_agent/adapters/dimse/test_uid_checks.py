"""What is looked at in the UIDs of an association request."""

import warnings
from collections.abc import Iterator

import pydicom.config
import pytest
from pynetdicom import _config
from pynetdicom.utils import set_uid

from triage_agent.adapters.dimse.uid_checks import check_length_of_uids_only


@pytest.fixture(autouse=True)
def light() -> Iterator[None]:
    mode, validator = pydicom.config.settings.reading_validation_mode, _config.VALIDATORS["UI"]
    check_length_of_uids_only()
    yield
    pydicom.config.settings.reading_validation_mode = mode
    _config.VALIDATORS["UI"] = validator


@pytest.mark.parametrize("uid", ["1.2.840.10008.1.2", "1", "1.02.3", "1" * 64])
def test_uids_that_devices_send_are_taken_without_a_warning(uid: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert set_uid(uid, "Abstract Syntax Name") == uid


def test_one_that_is_too_long_is_still_refused() -> None:
    with pytest.raises(ValueError, match="64 characters"):
        set_uid("1" * 65, "Abstract Syntax Name")
