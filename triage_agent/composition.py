"""The one place that builds adapters and hands them to the stages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from triage_agent.adapters.filesystem.instance_store import FilesystemInstanceStore
from triage_agent.adapters.sql.accounts import SqlAccounts
from triage_agent.adapters.sql.audit_seals import SqlAuditSeals
from triage_agent.adapters.sql.audit_trail import SqlAuditTrail
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.feed import SqlEventFeed
from triage_agent.adapters.sql.health_record import SqlHealthRecord
from triage_agent.adapters.sql.outbox import SqlOutbox
from triage_agent.adapters.sql.patient_studies import SqlPatientStudies
from triage_agent.adapters.sql.preferences import SqlPreferenceStore
from triage_agent.adapters.sql.reading_desk import SqlReadingDesk
from triage_agent.adapters.sql.revision import current_revision
from triage_agent.adapters.sql.study_register import SqlStudyRegister
from triage_agent.adapters.sql.tokens import SqlClientTokens
from triage_agent.adapters.sql.webhook_outbox import SqlWebhookOutbox
from triage_agent.adapters.sql.worklist import SqlWorklist
from triage_agent.adapters.system_clock import SystemClock
from triage_agent.errors import BundleInvalid, SettingsInvalid
from triage_agent.ports import Clock, Destination

if TYPE_CHECKING:
    from triage_agent.adapters.oidc.provider import OidcProvider
    from triage_agent.adapters.torch_inference.bundle_files import LoadedModel
    from triage_agent.adapters.torch_inference.decoder import DecoderPool
    from triage_agent.adapters.torch_inference.installed_bundles import InstalledBundles
    from triage_agent.adapters.torch_inference.known_algorithms import KnownAlgorithms
    from triage_agent.assemble.scope import ScopeRule
    from triage_agent.deliver.announcing import Announcer
    from triage_agent.domain.algorithm import AlgorithmIdentity
    from triage_agent.domain.node_health import HealthLimits
    from triage_agent.domain.study import StudyImages
    from triage_agent.infer.bundle import AnyBundle
    from triage_agent.settings import DestinationSettings, Settings
    from triage_agent.webhook_settings import WebhookSettings

MANUFACTURER = "triage-agent"
# Many times what a card needs: a page shows all of it.
_CARD_CHARACTERS = 1_000_000

log = structlog.get_logger()


@dataclass(frozen=True)
class Node:
    """What every role shares: the rows, the store and the clock."""

    settings: "Settings"
    database: Database
    register: SqlStudyRegister
    worklist: SqlWorklist
    outbox: SqlOutbox
    desk: SqlReadingDesk
    audit: SqlAuditTrail
    audit_seals: SqlAuditSeals
    patients: SqlPatientStudies
    preferences: SqlPreferenceStore
    accounts: SqlAccounts
    feed: SqlEventFeed
    webhooks: SqlWebhookOutbox
    tokens: SqlClientTokens
    health: SqlHealthRecord
    store: FilesystemInstanceStore
    clock: SystemClock


def make_data_dir(settings: "Settings") -> None:
    """Make the data folder if it is not there. Raises SettingsInvalid where that cannot be."""
    try:
        # Patients' data lie there: nobody else has to look into it.
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsInvalid(
            f"data_dir {settings.data_dir} cannot be made ({error.strerror}): "
            "set TRIAGE_DATA_DIR to a folder that this user may write"
        ) from error


@contextmanager
def open_node(settings: "Settings") -> Iterator[Node]:
    """Open database and store. Raises SettingsInvalid where the data folder cannot be used."""
    make_data_dir(settings)
    database = Database(settings.database_url)
    try:
        yield Node(
            settings=settings,
            database=database,
            register=SqlStudyRegister(database),
            worklist=SqlWorklist(database),
            outbox=SqlOutbox(database),
            desk=SqlReadingDesk(database),
            audit=SqlAuditTrail(database),
            audit_seals=SqlAuditSeals(database),
            patients=SqlPatientStudies(database),
            preferences=SqlPreferenceStore(database),
            accounts=SqlAccounts(database),
            feed=SqlEventFeed(database),
            webhooks=SqlWebhookOutbox(database),
            tokens=SqlClientTokens(database),
            health=SqlHealthRecord(database),
            store=FilesystemInstanceStore(settings.data_dir),
            clock=SystemClock(),
        )
    finally:
        database.dispose()


def upgrade_database(settings: "Settings") -> str:
    """Bring the schema up to date; return its revision."""
    from triage_agent.adapters.sql.migrate import upgrade

    with open_node(settings) as node:
        upgrade(node.database)
        return current_revision(node.database) or ""


def read_model(settings: "Settings") -> "LoadedModel":
    """Read the bundle that is in use. Raises BundleInvalid."""
    from triage_agent.adapters.torch_inference import bundle_files

    return bundle_files.read_model(model_folder(settings))


def take_up_model(settings: "Settings") -> "LoadedModel":
    """Read the bundle that is in use, and make it known for good, before it scores anything.

    Raises BundleInvalid.
    """
    loaded = read_model(settings)
    try:
        known_algorithms(settings).remember(algorithm_identity(loaded.bundle))
    except OSError as error:  # a disk that takes no more must not end a role
        log.warning("algorithm_not_kept", cause=type(error).__name__)
    return loaded


class ModelWatch:
    """Says whether another bundle has come into use than the one that a role has `taken_up`.

    It may lie in another folder, or its card was changed in place. Only one that can be read
    counts, and that goes by another name or version: scores of two models must not be recorded
    under one name. Until then a role stays with what it has.
    """

    def __init__(self, settings: "Settings", taken_up: "LoadedModel") -> None:
        self._settings = settings
        self._folder = taken_up.folder
        self._bundle = taken_up.bundle
        self._seen: tuple[int, int, int] | None = None
        self._refused = ""

    def __call__(self) -> bool:
        """Look at the choice and, if it is another one, at the bundle."""
        from triage_agent.adapters.torch_inference import bundle_files

        try:
            folder = model_folder(self._settings)
            if folder == self._folder and not self._was_changed():
                return False
            chosen = bundle_files.read_model(folder)
        except BundleInvalid as error:
            if str(error) != self._refused:
                self._refused = str(error)
                log.error("model_not_taken_up", cause=self._refused)  # noqa: TRY400 (says it all)
            return False
        log.info("model_changes", model=chosen.bundle.model)
        return True

    def _was_changed(self) -> bool:
        from triage_agent.adapters.torch_inference.bundle_files import CARD, read_card

        try:
            state = (self._folder / CARD).stat()
        except OSError:
            return True  # reading it says what is wrong
        # Four looks a second: the card is read only when its file is another one.
        seen = (state.st_ino, state.st_size, state.st_mtime_ns)
        if seen == self._seen:
            return False
        found = read_card(self._folder)
        if found.model != self._bundle.model:
            return True
        self._seen = seen
        if found != self._bundle:
            raise BundleInvalid(
                f"{self._folder}: was changed in place and still goes by {found.model}. Give what "
                "it is now a version of its own."
            )
        return False


def health_limits(settings: "Settings") -> "HealthLimits":
    """Return from when on something of the node is late, long or little."""
    from triage_agent.domain.node_health import HealthLimits

    health = settings.health
    return HealthLimits(
        watermark_bytes=settings.storage.watermark_bytes,
        device_silence=timedelta(hours=health.silent_hours),
        silence_by_device={
            ae_title: timedelta(hours=hours) for ae_title, hours in health.silent_hours_of.items()
        },
        device_forgotten=timedelta(days=health.forgotten_days),
        placed_seconds=health.placed_seconds,
        disk_days=health.disk_days,
    )


def build_destination(settings: "Settings", destination: "DestinationSettings") -> Destination:
    """Build the Destination port for one peer of the settings."""
    from triage_agent.adapters.dimse.destination import DimseDestination

    return DimseDestination(destination, calling_ae_title=settings.dicom.ae_title)


def build_announcer(node: Node, webhook: "WebhookSettings") -> "Announcer":
    """Build what tells one webhook of the settings. Raises SettingsInvalid."""
    from triage_agent.adapters.webhooks.endpoint import HttpEndpoint
    from triage_agent.adapters.webhooks.secret import signing_keys_of
    from triage_agent.deliver.announcing import Announcer
    from triage_agent.deliver.retry import RetryPolicy

    try:
        endpoint = HttpEndpoint(webhook)
    except OSError as error:
        raise SettingsInvalid(
            f"webhook {webhook.name}: tls_ca {webhook.tls_ca} cannot be used ({error.strerror})"
        ) from error
    return Announcer(
        outbox=node.webhooks,
        rule=webhook.rule,
        endpoint=endpoint,
        keys=signing_keys_of(webhook),
        with_accession=webhook.accession_number,
        clock=node.clock,
        policy=RetryPolicy(),
    )


def build_identity_provider(settings: "Settings", clock: Clock) -> "OidcProvider | None":
    """Build the IdentityProvider port, None if the settings name none. Raises SettingsInvalid."""
    if settings.http.oidc is None:
        return None
    try:
        from triage_agent.adapters.oidc.provider import OidcProvider
    except ImportError as error:
        raise SettingsInvalid(
            f"http.oidc needs more packages ({error}): install triage-agent[oidc]"
        ) from error
    return OidcProvider(settings.http.oidc, clock)


def model_card(taken_up: "LoadedModel") -> str:
    """Return the card that came with a bundle, for people to read; "" if none can be read."""
    try:
        with (taken_up.folder / "MODEL_CARD.md").open(encoding="utf-8") as card:
            return card.read(_CARD_CHARACTERS)
    except (OSError, UnicodeDecodeError):
        return ""


def model_folder(settings: "Settings") -> Path:
    """Return the folder of the bundle in use: what the settings name, else what was chosen.

    Raises BundleInvalid where the choice cannot be read.
    """
    return settings.infer.bundle or installed_bundles(settings).chosen()


def installed_bundles(settings: "Settings") -> "InstalledBundles":
    """Return the bundles in the data folder."""
    from triage_agent.adapters.torch_inference.installed_bundles import InstalledBundles

    return InstalledBundles(settings.data_dir / "models")


def known_algorithms(settings: "Settings") -> "KnownAlgorithms":
    """Return every algorithm that was ever in use here."""
    from triage_agent.adapters.torch_inference.known_algorithms import KnownAlgorithms

    return KnownAlgorithms(settings.data_dir / "models" / "known")


def build_decoders(
    node: Node, loaded: "LoadedModel", *, processes: int | None = None, niceness: int = 0
) -> "DecoderPool":
    """Build the PixelReader port over the node's store; its processes start when first used."""
    from triage_agent.adapters.torch_inference.bundle_files import preprocessings
    from triage_agent.adapters.torch_inference.decoder import DecoderPool

    return DecoderPool(
        node.store.path,
        preprocessings(loaded),
        seconds=node.settings.infer.decode_seconds,
        memory_bytes=node.settings.infer.decode_bytes,
        processes=processes,
        niceness=niceness,
    )


def scope_rule(settings: "Settings") -> "ScopeRule":
    """Build the rule that says which instances are triaged."""
    from triage_agent.assemble.scope import ScopeRule
    from triage_agent.assemble.vocabulary import builtin_vocabulary

    return ScopeRule(builtin_vocabulary(), settings.assemble.regions)


def algorithm_rule(
    settings: "Settings", taken_up: "LoadedModel"
) -> "Callable[[StudyImages], AlgorithmIdentity]":
    """Return the rule that says which algorithm answers for a study.

    That follows from the study's rows; `taken_up` stands in where no image is scored yet, or
    where the one that scored is not known here.
    """
    from triage_agent.domain.algorithm import answering_model

    own = algorithm_identity(taken_up.bundle)
    known = known_algorithms(settings)

    def algorithm(images: "StudyImages") -> "AlgorithmIdentity":
        model = answering_model(images.instances)
        if model in {"", own.model}:
            return own
        return known.named(model) or own

    return algorithm


def operating_point_rule(
    algorithm: "Callable[[StudyImages], AlgorithmIdentity]",
) -> "Callable[[StudyImages], float]":
    """Return the rule that says above which probability a study is abnormal."""
    return lambda images: algorithm(images).operating_point(images.study.region)


def algorithm_identity(bundle: "AnyBundle") -> "AlgorithmIdentity":
    """Return how the reports name the model."""
    from triage_agent.domain.algorithm import AlgorithmIdentity

    return AlgorithmIdentity(
        name=bundle.name,
        version=bundle.version,
        manufacturer=MANUFACTURER,
        device_uid=bundle.device_uid,
        weights_sha256=bundle.weights_sha256,
        architecture=bundle.architecture,
        operating_points=bundle.operating_points,
    )
