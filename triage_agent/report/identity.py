"""UIDs of results: the same inputs give the same objects, other inputs give other ones."""

from collections.abc import Iterable

from triage_agent.dicom.uids import derive_uid
from triage_agent.domain.delivery import ResultKind
from triage_agent.report.material import Material

# Rises whenever results come to look or read differently, since an archive may already hold the
# old content under the old UID.
OUTPUT_VERSION = "1"


def result_uid(material: Material, kind: ResultKind, sources: Iterable[str]) -> str:
    """Return the SOP Instance UID of a result that is made from `sources` (SOP Instance UIDs)."""
    return derive_uid(
        "result",
        material.study.StudyInstanceUID,
        str(material.study.generation),
        kind,
        material.algorithm.weights_sha256,
        material.algorithm.device_uid,
        OUTPUT_VERSION,
        *sorted(sources),
    )


def report_series_uid(SOPInstanceUID: str) -> str:
    """Return the series of a structured report: each has its own.

    It follows from the report alone, so that a successor can name the series of a report that an
    earlier model or version made.
    """
    return derive_uid("series", SOPInstanceUID)


def overlay_series_uid(material: Material) -> str:
    """Return the series that holds the overlays of one generation."""
    uids = [image.SOPInstanceUID for image in material.images]
    return derive_uid("series", result_uid(material, ResultKind.SECONDARY_CAPTURE, uids))


def tracking_uid(SOPInstanceUID: str, subject: str) -> str:
    """Return the Tracking UID of one measurement group of a report (PS3.16 TID 4108)."""
    return derive_uid("tracking", SOPInstanceUID, subject)
