"""One frozen settings object: a TOML file named by TRIAGE_CONFIG, then the environment over it.

Any setting can be given in the environment: `TRIAGE_` + its path in capitals, levels joined by
two underscores, for example `TRIAGE_ASSEMBLE__QUIET_SECONDS=30`; lists and tables as JSON.
"""

import os
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from triage_agent.destination_settings import AETitle, DestinationSettings
from triage_agent.domain.region import Region
from triage_agent.errors import SettingsInvalid
from triage_agent.identity_settings import OidcSettings, ProxySignInSettings
from triage_agent.setting_variables import refuse_unknown_variables
from triage_agent.viewer_settings import ViewerSettings
from triage_agent.webhook_settings import WebhookSettings

Port = Annotated[int, Field(ge=0, le=65535)]

_PREFIX: Final = "TRIAGE_"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CallerSettings(_Section):
    """A peer that may call: its AE title and the addresses or networks (CIDR) it calls from."""

    ae_title: AETitle
    addresses: tuple[str, ...] = ()


class DicomSettings(_Section):
    """The Storage SCP. Off loopback only the listed callers are served."""

    host: str = "127.0.0.1"
    port: Port = 11112
    ae_title: AETitle = "TRIAGE"
    callers: tuple[CallerSettings, ...] = ()
    maximum_pdu_bytes: int = Field(default=131_072, ge=4_096, le=1_048_576)
    maximum_object_bytes: int = Field(default=536_870_912, ge=1_048_576)
    maximum_associations: int = Field(default=50, ge=1)
    maximum_connections_per_address: int = Field(default=20, ge=1)
    idle_seconds: float = Field(default=30.0, gt=0)  # an association that says nothing ends
    pdu_seconds: float = Field(default=30.0, gt=0)  # a PDU that was begun must be whole by then
    processes: int = Field(default=0, ge=0, le=64)  # that receive; 0: as many as cores, at most 4
    receive_path: Literal["fast", "library"] = "fast"  # or objects go through pynetdicom's own way
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    tls_ca: Path | None = None  # callers must show a certificate signed by it

    @model_validator(mode="after")
    def _tls_is_whole(self) -> "DicomSettings":
        given = [self.tls_certificate, self.tls_key, self.tls_ca]
        if any(given) and not all(given):
            raise ValueError("tls_certificate, tls_key and tls_ca go together")
        return self


class HttpSettings(_Section):
    """The web page. Off loopback people sign in, over TLS of the node's own or of a proxy's."""

    host: str = "127.0.0.1"
    port: Port = 8080
    # By which names browsers reach the page off loopback; under any other it does not answer.
    names: tuple[Annotated[str, Field(pattern=r"^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])$")], ...] = ()
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    behind_proxy: tuple[str, ...] = ()  # addresses (CIDR) of proxies that do TLS; no others call
    sign_in: Literal["required", "none"] = "required"
    idle_minutes: float = Field(default=60, gt=0)  # a sign-in ends so long after the last action
    session_hours: float = Field(default=12, gt=0)  # and so long after it, whatever happens
    proxy_sign_in: ProxySignInSettings | None = None  # the proxies say who asks
    oidc: OidcSettings | None = None

    viewers: tuple[ViewerSettings, ...] = ()  # programs that the study page opens a study in

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches the page."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach the page over TLS."""
        return self.tls_certificate is not None or bool(self.behind_proxy)

    @model_validator(mode="after")
    def _is_safe(self) -> "HttpSettings":
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together")
        for network in self.behind_proxy:
            ip_network(network)
        if self.proxy_sign_in is not None and not self.behind_proxy:
            raise ValueError("proxy_sign_in needs the addresses of the proxies in behind_proxy")
        if self.sign_in == "none" and not (self.is_loopback and not self.behind_proxy):
            raise ValueError('sign_in = "none" is for loopback only, and not behind a proxy')
        if self.is_loopback and not self.behind_proxy:
            return self
        if not self.is_secure:
            raise ValueError(
                f"{self.host} is not loopback: give tls_certificate and tls_key, or in "
                "behind_proxy the address of a proxy that has them"
            )
        if not self.names:
            raise ValueError("names has to say under which names browsers reach the page")
        return self


class StorageSettings(_Section):
    """The disk."""

    watermark_bytes: int = Field(default=1_073_741_824, ge=0)  # refuse (0xA700) below this


class DatabaseSettings(_Section):
    """SQL. An empty URL means SQLite in the data folder."""

    url: str = Field(default="", repr=False)


class AssembleSettings(_Section):
    """Which studies are in scope, and when a study is complete."""

    quiet_seconds: float = Field(default=10.0, gt=0)
    regions: dict[str, Region] = {}  # the site's own words for body parts, over the built-in ones


class InferSettings(_Section):
    """The model and where it runs."""

    bundle: Path | None = None  # a bundle's folder; None is the bundled model
    device: Literal["auto", "cpu", "cuda"] = "auto"
    runtime: Literal["auto", "onnxruntime", "torch"] = "auto"
    precision: Literal["auto", "fp32", "reduced"] = "fp32"  # others only if found harmless
    batch_images: int = Field(default=16, ge=1)
    threads: int = Field(default=0, ge=0)  # 0: as many as cores
    decode_seconds: float = Field(default=30.0, gt=0)
    decode_bytes: int = Field(default=4_294_967_296, ge=268_435_456)
    maximum_attempts: int = Field(default=5, ge=1)


class AbnormalTarget(_Section):
    """Studies with at least this probability are due after so many minutes."""

    minimum_probability: float = Field(ge=0, le=1)
    minutes: float = Field(gt=0)


class PrioritiseSettings(_Section):
    """The policy table: minutes from arrival until a study of the class is due."""

    stat_minutes: float = Field(default=10, gt=0)
    abnormal: tuple[AbnormalTarget, ...] = (
        AbnormalTarget(minimum_probability=0.9, minutes=20),
        AbnormalTarget(minimum_probability=0.0, minutes=40),
    )
    not_assessed_minutes: float = Field(default=90, gt=0)
    normal_minutes: float = Field(default=240, gt=0)

    @model_validator(mode="after")
    def _abnormal_covers_all(self) -> "PrioritiseSettings":
        if not any(target.minimum_probability == 0 for target in self.abnormal):
            raise ValueError("prioritise.abnormal needs a row with minimum_probability = 0")
        return self


class ReadingSettings(_Section):
    """For how long a reader has a study, and for how long what they did can be undone."""

    claim_minutes: float = Field(default=30, gt=0)  # renewed while the study is open on a screen
    hold_seconds: float = Field(default=60, ge=10)  # an open page says so three times in these
    undo_seconds: float = Field(default=8, ge=0)


class HealthSettings(_Section):
    """From when on the administrator's page warns."""

    silent_hours: float = Field(default=3.0, gt=0)  # without an image from a device
    silent_hours_of: dict[AETitle, Annotated[float, Field(gt=0)]] = {}  # of single devices
    forgotten_days: float = Field(default=14.0, gt=0)  # after so long it is no longer expected
    placed_seconds: float = Field(default=60.0, gt=0)  # from the last image to the place, p95
    disk_days: float = Field(default=14.0, gt=0)  # until images would be refused


class LogSettings(_Section):
    """Structured lines on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"


class Settings(BaseSettings):
    """Everything that can be set, validated once, never changed."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=_PREFIX, env_nested_delimiter="__"
    )

    config: Path | None = None
    data_dir: Path = Path("triage-data")
    dicom: DicomSettings = DicomSettings()
    http: HttpSettings = HttpSettings()
    storage: StorageSettings = StorageSettings()
    database: DatabaseSettings = DatabaseSettings()
    assemble: AssembleSettings = AssembleSettings()
    infer: InferSettings = InferSettings()
    prioritise: PrioritiseSettings = PrioritiseSettings()
    reading: ReadingSettings = ReadingSettings()
    destinations: tuple[DestinationSettings, ...] = ()
    webhooks: tuple[WebhookSettings, ...] = ()
    health: HealthSettings = HealthSettings()
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _destination_names_differ(self) -> "Settings":
        names = [destination.name for destination in self.destinations]
        if len(set(names)) != len(names):
            raise ValueError("two destinations have the same name")
        hooks = [webhook.name for webhook in self.webhooks]
        if len(set(hooks)) != len(hooks):
            raise ValueError("two webhooks have the same name")
        return self

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL of the database."""
        return self.database.url or f"sqlite:///{self.data_dir.absolute() / 'triage.sqlite3'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over TOML; arguments (in tests) over both."""
        del dotenv_settings, file_secret_settings
        toml = os.environ.get("TRIAGE_CONFIG")
        if toml is None:
            return init_settings, env_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, Path(toml))


def load_settings() -> Settings:
    """Read the settings. Raises SettingsInvalid with every fault, its place and its cause."""
    toml = os.environ.get("TRIAGE_CONFIG")
    if toml is not None and not Path(toml).is_file():
        raise SettingsInvalid(
            f"TRIAGE_CONFIG names {toml}, which is not a file: correct the path or unset it"
        )
    try:
        settings = Settings()
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc']) or 'settings'}: {fault['msg']}"
            for fault in error.errors()
        )
        raise SettingsInvalid(f"the settings do not hold: {faults}") from error
    except ValueError as error:
        raise SettingsInvalid(f"the settings cannot be read: {error}") from error
    secrets = {each.secret_variable for each in settings.webhooks}
    if settings.http.oidc is not None:
        secrets.add(settings.http.oidc.client_secret_variable)
    refuse_unknown_variables(Settings, _PREFIX, secrets)
    return settings
