"""Links that open a study in another program."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from triage_agent.domain.study import Study
from triage_agent.viewer_settings import ViewerSettings

_KEYWORDS = ("StudyInstanceUID", "AccessionNumber", "PatientID")


@dataclass(frozen=True, slots=True)
class ViewerLink:
    """A viewer's name and the address that opens the study in it."""

    name: str
    address: str


def viewer_links(viewers: Sequence[ViewerSettings], study: Study) -> tuple[ViewerLink, ...]:
    """Return a link for each viewer whose address the study can fill.

    Every character of a received value that could mean something in an address is encoded.
    """
    return tuple(
        ViewerLink(viewer.name, address)
        for viewer in viewers
        if (address := _filled(viewer.url, study))
    )


def _filled(template: str, study: Study) -> str:
    address = template
    for keyword in _KEYWORDS:
        placeholder = f"{{{keyword}}}"
        if placeholder not in address:
            continue
        value: str = getattr(study, keyword)
        if not value:
            return ""
        address = address.replace(placeholder, quote(value, safe=""))
    return address
