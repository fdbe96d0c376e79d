"""The one place that builds adapters and hands them to the stages."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.revision import current_revision, newest_revision
from triage_agent.errors import SettingsInvalid

if TYPE_CHECKING:
    from triage_agent.adapters.filesystem.instance_store import FilesystemInstanceStore
    from triage_agent.adapters.oidc.provider import OidcProvider
    from triage_agent.adapters.sql.accounts import SqlAccounts
    from triage_agent.adapters.sql.audit_seals import SqlAuditSeals
    from triage_agent.adapters.sql.audit_trail import SqlAuditTrail
    from triage_agent.adapters.sql.feed import SqlEventFeed
    from triage_agent.adapters.sql.health_record import SqlHealthRecord
    from triage_agent.adapters.sql.outbox import SqlOutbox
    from triage_agent.adapters.sql.patient_studies import SqlPatientStudies
    from triage_agent.adapters.sql.preferences import SqlPreferenceStore
    from triage_agent.adapters.sql.reading_desk import SqlReadingDesk
    from triage_agent.adapters.sql.study_register import SqlStudyRegister
    from triage_agent.adapters.sql.tokens import SqlClientTokens
    from triage_agent.adapters.sql.webhook_outbox import SqlWebhookOutbox
    from triage_agent.adapters.sql.worklist import SqlWorklist
    from triage_agent.adapters.system_clock import SystemClock
    from triage_agent.adapters.torch_inference.bundle_files import LoadedModel
    from triage_agent.adapters.torch_inference.decoder import DecoderPool
    from triage_agent.adapters.webhooks.endpoint import HttpEndpoint
    from triage_agent.assemble.scope import ScopeRule
    from triage_agent.deliver.announcing import Announcer
    from triage_agent.destination_settings import DestinationSettings
    from triage_agent.domain.node_health import HealthLimits
    from triage_agent.ports.surroundings import Clock, Destination
    from triage_agent.settings import Settings
    from triage_agent.webhook_settings import WebhookSettings


@dataclass(frozen=True)
class Node:
    """What every role shares: the rows, the store and the clock.

    Each adapter is loaded when it is first asked for: a command that shows the list does not wait
    for those that only the node needs.
    """

    settings: "Settings"
    database: Database

    @cached_property
    def register(self) -> "SqlStudyRegister":
        """Studies and their instances."""
        from triage_agent.adapters.sql.study_register import SqlStudyRegister

        return SqlStudyRegister(self.database)

    @cached_property
    def worklist(self) -> "SqlWorklist":
        """The list."""
        from triage_agent.adapters.sql.worklist import SqlWorklist

        return SqlWorklist(self.database)

    @cached_property
    def outbox(self) -> "SqlOutbox":
        """Results on their way."""
        from triage_agent.adapters.sql.outbox import SqlOutbox

        return SqlOutbox(self.database)

    @cached_property
    def desk(self) -> "SqlReadingDesk":
        """Who reads what."""
        from triage_agent.adapters.sql.reading_desk import SqlReadingDesk

        return SqlReadingDesk(self.database)

    @cached_property
    def audit(self) -> "SqlAuditTrail":
        """Who did what."""
        from triage_agent.adapters.sql.audit_trail import SqlAuditTrail

        return SqlAuditTrail(self.database)

    @cached_property
    def audit_seals(self) -> "SqlAuditSeals":
        """What keeps the audit trail from being changed."""
        from triage_agent.adapters.sql.audit_seals import SqlAuditSeals

        return SqlAuditSeals(self.database)

    @cached_property
    def patients(self) -> "SqlPatientStudies":
        """Which studies are of one patient."""
        from triage_agent.adapters.sql.patient_studies import SqlPatientStudies

        return SqlPatientStudies(self.database)

    @cached_property
    def preferences(self) -> "SqlPreferenceStore":
        """How people want to see the list."""
        from triage_agent.adapters.sql.preferences import SqlPreferenceStore

        return SqlPreferenceStore(self.database)

    @cached_property
    def accounts(self) -> "SqlAccounts":
        """People and their passwords."""
        from triage_agent.adapters.sql.accounts import SqlAccounts

        return SqlAccounts(self.database)

    @cached_property
    def feed(self) -> "SqlEventFeed":
        """What happened, for those who follow it."""
        from triage_agent.adapters.sql.feed import SqlEventFeed

        return SqlEventFeed(self.database)

    @cached_property
    def webhooks(self) -> "SqlWebhookOutbox":
        """Notices on their way."""
        from triage_agent.adapters.sql.webhook_outbox import SqlWebhookOutbox

        return SqlWebhookOutbox(self.database)

    @cached_property
    def tokens(self) -> "SqlClientTokens":
        """Programs that may ask."""
        from triage_agent.adapters.sql.tokens import SqlClientTokens

        return SqlClientTokens(self.database)

    @cached_property
    def health(self) -> "SqlHealthRecord":
        """How the node has been."""
        from triage_agent.adapters.sql.health_record import SqlHealthRecord

        return SqlHealthRecord(self.database)

    @cached_property
    def store(self) -> "FilesystemInstanceStore":
        """The objects."""
        from triage_agent.adapters.filesystem.instance_store import FilesystemInstanceStore

        return FilesystemInstanceStore(self.settings.data_dir)

    @cached_property
    def clock(self) -> "SystemClock":
        """The time."""
        from triage_agent.adapters.system_clock import SystemClock

        return SystemClock()


def _make_data_dir(settings: "Settings") -> None:
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
    _make_data_dir(settings)
    database = Database(settings.database_url)
    try:
        yield Node(settings, database)
    finally:
        database.dispose()


def upgrade_database(settings: "Settings") -> str:
    """Bring the schema up to date; return its revision."""
    with open_node(settings) as node:
        found = current_revision(node.database)
        if found == newest_revision():
            return found
        from triage_agent.adapters.sql.migrate import upgrade  # a start need not wait for Alembic

        upgrade(node.database)
        return current_revision(node.database) or ""


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


def build_destination(settings: "Settings", destination: "DestinationSettings") -> "Destination":
    """Build the Destination port for one peer of the settings."""
    from triage_agent.adapters.dimse.destination import DimseDestination

    return DimseDestination(destination, calling_ae_title=settings.dicom.ae_title)


def build_endpoint(webhook: "WebhookSettings") -> "HttpEndpoint":
    """Build the way to one webhook of the settings. Raises SettingsInvalid."""
    from triage_agent.adapters.webhooks.endpoint import HttpEndpoint

    try:
        return HttpEndpoint(webhook)
    except OSError as error:
        raise SettingsInvalid(
            f"webhook {webhook.name}: tls_ca {webhook.tls_ca} cannot be used ({error.strerror})"
        ) from error


def build_announcer(node: Node, webhook: "WebhookSettings") -> "Announcer":
    """Build what tells one webhook of the settings. Raises SettingsInvalid."""
    from triage_agent.adapters.webhooks.secret import signing_keys_of
    from triage_agent.deliver.announcing import Announcer
    from triage_agent.deliver.retry import RetryPolicy

    return Announcer(
        outbox=node.webhooks,
        rule=webhook.rule,
        endpoint=build_endpoint(webhook),
        keys=signing_keys_of(webhook),
        with_accession=webhook.accession_number,
        clock=node.clock,
        policy=RetryPolicy(),
    )


def build_identity_provider(settings: "Settings", clock: "Clock") -> "OidcProvider | None":
    """Build the IdentityProvider port, None if the settings name none. Raises SettingsInvalid."""
    if settings.http.oidc is None:
        return None
    try:
        from triage_agent.adapters.oidc.provider import OidcProvider
    except ImportError as error:
        raise SettingsInvalid(
            f"http.oidc needs more packages ({error}): install triage-agent[oidc]"
        ) from error
    try:
        return OidcProvider(settings.http.oidc, clock)
    except OSError as error:
        raise SettingsInvalid(
            f"http.oidc.tls_ca {settings.http.oidc.tls_ca} cannot be used ({error.strerror})"
        ) from error


def build_decoders(
    node: Node, loaded: "LoadedModel", *, processes: int | None = None, niceness: int = 0
) -> "DecoderPool":
    """Build the PixelReader port over the node's store; its processes start when first used."""
    from triage_agent.adapters.torch_inference.bundle_files import preprocessings
    from triage_agent.adapters.torch_inference.decoder import DecoderPool

    return DecoderPool(
        node.store.path,
        preprocessings(loaded),
        will_pass=node.store.will_pass,
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
