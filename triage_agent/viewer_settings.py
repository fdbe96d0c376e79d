"""The settings of image viewers that the study page links to."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

# What a browser hands to a web page or to a viewer that is installed beside it. Never a scheme
# that runs what stands in the address.
_SCHEMES = frozenset({"http", "https", "weasis", "osirix", "horos", "radiant", "microdicom"})
_KEYWORDS = frozenset({"StudyInstanceUID", "AccessionNumber", "PatientID"})
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class ViewerSettings(BaseModel):
    """A viewer: its name on the page and the template of its address.

    In the template `{StudyInstanceUID}`, `{AccessionNumber}` and `{PatientID}` stand for those of
    the study, percent-encoded. OHIF: https://viewer.example/viewer?StudyInstanceUIDs={StudyInstanceUID}
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=40)]
    url: str

    @field_validator("url")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        scheme = urlsplit(url).scheme
        if scheme not in _SCHEMES:
            raise ValueError(f"the address of a viewer begins with one of {sorted(_SCHEMES)}")
        if not url.isprintable() or " " in url:
            raise ValueError("the address of a viewer has no blanks and no control characters")
        host, _, _ = url.partition("://")[2].partition("/")
        if _PLACEHOLDER.search(host.partition("?")[0]):
            raise ValueError("what is received must not say where the address leads")
        keywords = set(_PLACEHOLDER.findall(url))
        if not keywords or keywords - _KEYWORDS:
            raise ValueError(f"the address of a viewer names one or more of {sorted(_KEYWORDS)}")
        return url
