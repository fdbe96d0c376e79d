"""What `triage-agent check` tests before the node is put into service."""

import shutil
import uuid
from collections.abc import Callable
from functools import partial

from rich.console import Console
from rich.table import Table

from triage_agent.adapters.sql.revision import current_revision, newest_revision
from triage_agent.composition import build_destination, open_node
from triage_agent.errors import TriageError
from triage_agent.model_in_use import read_model
from triage_agent.settings import DestinationSettings, Settings

Check = Callable[[], str]


def run_checks(settings: Settings) -> bool:
    """Run every check, print a table of what was found, and say whether all passed."""
    checks: list[tuple[str, Check]] = [
        ("configuration", lambda: _configuration(settings)),
        ("disk", lambda: _disk(settings)),
        ("database", lambda: _database(settings)),
        ("model", lambda: _model(settings)),
    ]
    checks += [
        (f"destination {each.name}", partial(_echo, settings, each))
        for each in settings.destinations
    ]
    table = Table("", "check", "found", title="triage-agent check", title_justify="left")
    passed = True
    for name, check in checks:
        try:
            mark, found = "[green]✓ ok[/]", check()
        except (TriageError, OSError) as error:
            mark, found, passed = "[red]✗ failed[/]", str(error), False
        table.add_row(mark, name, found)
    Console().print(table)
    return passed


def _configuration(settings: Settings) -> str:
    dicom = settings.dicom
    callers = ", ".join(caller.ae_title for caller in dicom.callers) or "loopback only"
    source = settings.config or "defaults and environment"
    return f"{source}; {dicom.ae_title} on {dicom.host}:{dicom.port}; callers: {callers}"


def _disk(settings: Settings) -> str:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    probe = settings.data_dir / f".check-{uuid.uuid4().hex}"
    probe.write_bytes(b"writable")
    probe.unlink()
    free = shutil.disk_usage(settings.data_dir).free
    watermark = settings.storage.watermark_bytes
    if free < watermark:
        raise OSError(
            f"{free / 1e9:.1f} GB are free in {settings.data_dir}, below the watermark of "
            f"{watermark / 1e9:.1f} GB: images would be refused (0xA700). Free space, or lower "
            "storage.watermark_bytes"
        )
    return f"{free / 1e9:.1f} GB free in {settings.data_dir}"


def _database(settings: Settings) -> str:
    with open_node(settings) as node:
        revision, newest = current_revision(node.database), newest_revision()
        kind = node.database.engine.dialect.name
    if revision is None:
        return f"{kind}, empty: `serve` will make the tables"
    return f"{kind} at revision {revision}" + ("" if revision == newest else f", will be {newest}")


def _model(settings: Settings) -> str:
    from triage_agent.adapters.torch_inference.judges import load_judge

    loaded = read_model(settings)
    served = load_judge(settings.infer, loaded, settings.data_dir / "cache")
    return f"{loaded.bundle.model}: {served.description}"


def _echo(settings: Settings, destination: DestinationSettings) -> str:
    build_destination(settings, destination).echo()
    return "answers C-ECHO"
