"""What `triage-agent check` tests before the node is put into service."""

import shutil
import uuid
from collections.abc import Callable
from functools import partial

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from triage_agent.adapters.sql.revision import current_revision, newest_revision
from triage_agent.composition import (
    build_destination,
    build_endpoint,
    build_identity_provider,
    open_node,
)
from triage_agent.destination_settings import DestinationSettings
from triage_agent.errors import SettingsInvalid, TriageError
from triage_agent.model_in_use import read_model
from triage_agent.settings import Settings
from triage_agent.webhook_settings import WebhookSettings

Check = Callable[[], str]


def run_checks(settings: Settings) -> bool:
    """Run every check, print a table of what was found, and say whether all passed."""
    checks: list[tuple[str, Check]] = [
        ("configuration", lambda: _configuration(settings)),
        ("callers", lambda: _callers(settings)),
        ("TLS of images", lambda: _receiver_tls(settings)),
        ("web page", lambda: _page(settings)),
        ("disk", lambda: _disk(settings)),
        ("database", lambda: _database(settings)),
        ("model", lambda: _model(settings)),
    ]
    if settings.http.oidc is not None:
        checks.append(("sign-in provider", lambda: _provider(settings)))
    checks += [(f"webhook {each.name}", partial(_webhook, each)) for each in settings.webhooks]
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
        table.add_row(mark, name, escape(found))
    Console().print(table)
    return passed


def _configuration(settings: Settings) -> str:
    dicom = settings.dicom
    source = settings.config or "defaults and environment"
    return f"{source}; {dicom.ae_title} on {dicom.host}:{dicom.port}"


def _callers(settings: Settings) -> str:
    from triage_agent.adapters.dimse.callers import CallerRule

    callers = settings.dicom.callers
    CallerRule.of(callers)
    named = (f"{each.ae_title} from {', '.join(each.addresses) or 'anywhere'}" for each in callers)
    return "; ".join(named) or "loopback only"


def _receiver_tls(settings: Settings) -> str:
    from triage_agent.adapters.dimse.tls import receiver_context

    if receiver_context(settings.dicom) is None:
        return "none: images come in the clear"
    return f"{settings.dicom.tls_certificate}; callers show a certificate"


def _page(settings: Settings) -> str:
    http = settings.http
    if http.tls_certificate is None or http.tls_key is None:
        return "TLS by a proxy" if http.behind_proxy else "loopback only, without TLS"
    from triage_agent.adapters.http.server import check_certificate

    check_certificate(http.tls_certificate, http.tls_key)
    return f"TLS with {http.tls_certificate}"


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


def _provider(settings: Settings) -> str:
    from triage_agent.adapters.system_clock import SystemClock

    provider = build_identity_provider(settings, SystemClock())
    if provider is None:
        return "none"
    try:
        provider.reach()
    finally:
        provider.close()
    return "answers; whether it takes the client's secret shows when somebody signs in"


def _webhook(webhook: WebhookSettings) -> str:
    from triage_agent.adapters.webhooks.secret import signing_keys_of

    build_endpoint(webhook)
    try:
        signing_keys_of(webhook)()
    except ValueError as error:
        raise SettingsInvalid(f"there is nothing to sign with: {error}") from error
    return f"has a secret; {webhook.url} is not asked"


def _echo(settings: Settings, destination: DestinationSettings) -> str:
    build_destination(settings, destination).echo()
    return f"answers C-ECHO {'in the clear' if destination.tls_ca is None else 'over TLS'}"
