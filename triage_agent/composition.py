"""The one place that builds adapters and hands them to the stages."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from triage_agent.adapters.filesystem.instance_store import FilesystemInstanceStore
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.migrate import current_revision, upgrade
from triage_agent.adapters.sql.outbox import SqlOutbox
from triage_agent.adapters.sql.study_register import SqlStudyRegister
from triage_agent.adapters.sql.worklist import SqlWorklist
from triage_agent.adapters.system_clock import SystemClock
from triage_agent.errors import SettingsInvalid
from triage_agent.ports import Destination

if TYPE_CHECKING:
    from triage_agent.adapters.torch_inference.bundle_files import LoadedBundle
    from triage_agent.adapters.torch_inference.decoder import DecoderPool
    from triage_agent.assemble.scope import ScopeRule
    from triage_agent.domain.algorithm import AlgorithmIdentity
    from triage_agent.domain.region import Region
    from triage_agent.settings import DestinationSettings, Settings

MANUFACTURER = "triage-agent"


@dataclass(frozen=True)
class Node:
    """What every role shares: the rows, the store and the clock."""

    settings: "Settings"
    database: Database
    register: SqlStudyRegister
    worklist: SqlWorklist
    outbox: SqlOutbox
    store: FilesystemInstanceStore
    clock: SystemClock


@contextmanager
def open_node(settings: "Settings") -> Iterator[Node]:
    """Open database and store. Raises SettingsInvalid where the data folder cannot be used."""
    try:
        # Patients' data lie there: nobody else has to look into it.
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsInvalid(
            f"data_dir {settings.data_dir} cannot be made ({error.strerror}): "
            "set TRIAGE_DATA_DIR to a folder that this user may write"
        ) from error
    database = Database(settings.database_url)
    try:
        yield Node(
            settings=settings,
            database=database,
            register=SqlStudyRegister(database),
            worklist=SqlWorklist(database),
            outbox=SqlOutbox(database),
            store=FilesystemInstanceStore(settings.data_dir),
            clock=SystemClock(),
        )
    finally:
        database.dispose()


def upgrade_database(settings: "Settings") -> str:
    """Bring the schema up to date; return its revision."""
    with open_node(settings) as node:
        upgrade(node.database)
        return current_revision(node.database) or ""


def read_model(settings: "Settings") -> "LoadedBundle":
    """Read the bundle that the settings name. Raises BundleInvalid."""
    from triage_agent.adapters.torch_inference.bundle_files import read_bundle

    return read_bundle(model_folder(settings))


def build_destination(settings: "Settings", destination: "DestinationSettings") -> Destination:
    """Build the Destination port for one peer of the settings."""
    from triage_agent.adapters.dimse.destination import DimseDestination

    return DimseDestination(destination, calling_ae_title=settings.dicom.ae_title)


def model_folder(settings: "Settings") -> Path:
    """Return the folder of the bundle that the settings name."""
    from triage_agent.adapters.torch_inference.bundle_files import BUNDLED_FOLDER

    return settings.infer.bundle or BUNDLED_FOLDER


def build_decoders(
    node: Node, loaded: "LoadedBundle", *, processes: int | None = None
) -> "DecoderPool":
    """Build the PixelReader port over the node's store."""
    from triage_agent.adapters.torch_inference.decoder import DecoderPool

    return DecoderPool(
        node.store.path,
        loaded.bundle.preprocessing,
        seconds=node.settings.infer.decode_seconds,
        memory_bytes=node.settings.infer.decode_bytes,
        processes=processes,
    )


def scope_rule(settings: "Settings") -> "ScopeRule":
    """Build the rule that says which instances are triaged."""
    from triage_agent.assemble.scope import ScopeRule
    from triage_agent.assemble.vocabulary import builtin_vocabulary

    return ScopeRule(builtin_vocabulary(), settings.assemble.regions)


def operating_points(loaded: "LoadedBundle") -> "Callable[[Region | None], float]":
    """Return the rule from a region to the probability above which it is abnormal."""
    return algorithm_identity(loaded).operating_point


def algorithm_identity(loaded: "LoadedBundle") -> "AlgorithmIdentity":
    """Return how the reports name the model."""
    from triage_agent.domain.algorithm import AlgorithmIdentity

    bundle = loaded.bundle
    return AlgorithmIdentity(
        name=bundle.name,
        version=bundle.version,
        manufacturer=MANUFACTURER,
        device_uid=bundle.device_uid,
        weights_sha256=bundle.weights_sha256,
        architecture=bundle.architecture,
        operating_points=bundle.operating_points,
    )
