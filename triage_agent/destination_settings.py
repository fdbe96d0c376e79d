"""The settings of a destination of results."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from triage_agent.domain.region import Region

AETitle = Annotated[str, Field(min_length=1, max_length=16, pattern=r"^[\x20-\x5b\x5d-\x7e]+$")]


class DestinationSettings(BaseModel):
    """A peer that gets results, and which."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
    host: str
    port: Annotated[int, Field(ge=1, le=65535)]
    ae_title: AETitle
    calling_ae_title: AETitle | None = None  # None: the node's own
    objects: tuple[Literal["sr", "sc"], ...] = ("sr", "sc")
    when: Literal["all", "abnormal"] = "all"
    regions: tuple[Region, ...] = ()  # empty: all
    triage_only: bool = False  # nothing that goes there says where in the image
    tls_ca: Path | None = None
    tls_certificate: Path | None = None
    tls_key: Path | None = None

    @model_validator(mode="after")
    def _tls_is_whole(self) -> "DestinationSettings":
        if self.tls_ca is None and (self.tls_certificate or self.tls_key):
            raise ValueError(
                "tls_certificate and tls_key need tls_ca: results would go unencrypted"
            )
        if self.tls_key is not None and self.tls_certificate is None:
            raise ValueError("tls_key needs tls_certificate")
        return self
