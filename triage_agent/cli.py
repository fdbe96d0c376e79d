"""The command line. Each command imports what it needs when it runs, so that `--help` is quick."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from triage_agent.audit_group import audit
from triage_agent.client_groups import token, webhook
from triage_agent.errors import TriageError
from triage_agent.user_group import user

if TYPE_CHECKING:
    from triage_agent.settings import Settings

ROLES = ("receive", "infer", "deliver", "web")


class _Commands(click.Group):
    """Shows the node's own errors as one line, without a trace."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except TriageError as error:
            click.echo(f"triage-agent: {error}", err=True)
            ctx.exit(1)


def _settings() -> Settings:
    from triage_agent.settings import load_settings

    return load_settings()


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="triage-agent")
def main() -> None:
    """A DICOM node that puts abnormal upper-extremity radiographs first. RESEARCH USE ONLY.

    Settings come from the TOML file that TRIAGE_CONFIG names, and from the environment over it:
    TRIAGE_DATA_DIR (everything the node keeps), TRIAGE_DICOM__PORT, TRIAGE_DICOM__AE_TITLE,
    TRIAGE_HTTP__PORT, TRIAGE_ASSEMBLE__QUIET_SECONDS and so on.

    \b
    Start here:
      triage-agent demo        see the whole thing on synthetic studies
      triage-agent check       test the configuration before you serve
      triage-agent serve       run the node
      triage-agent worklist    what should be read next, and why
    """


@main.command()
@click.option(
    "--roles",
    default=",".join(ROLES),
    show_default=True,
    help="Which roles to run here; the others run elsewhere on the same database and store.",
)
def serve(roles: str) -> None:
    """Run the node: processes for each role, restarted if they die, until SIGTERM.

    Prints what it listens on, the model and the destinations, and a line that begins with
    "ready" once it accepts associations. Logs go to standard error, one JSON object a line.
    """
    from triage_agent.serve import serve_roles

    wanted = [role.strip() for role in roles.split(",") if role.strip()]
    unknown = sorted(set(wanted) - set(ROLES))
    if unknown or not wanted:
        raise click.UsageError(
            f"--roles takes a list from {', '.join(ROLES)}; not {', '.join(unknown) or 'nothing'}"
        )
    sys.exit(serve_roles(_settings(), wanted, echo=click.echo))


@main.command(hidden=True)
@click.argument("name", type=click.Choice(ROLES))
def role(name: str) -> None:
    """Run one role in this process; `serve` starts these."""
    from triage_agent.serve import run_role

    run_role(_settings(), name)


@main.command()
@click.option("--exit", "exit_", is_flag=True, help="End once the worklist has been shown.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo-data"),
    show_default=True,
    help="Where the demo keeps everything; emptied at the start.",
)
def demo(*, exit_: bool, data_dir: Path) -> None:
    """Show the main job on synthetic studies: send, score, reorder, report, deliver."""
    from triage_agent.demo import run_demo

    run_demo(data_dir, exit_when_shown=exit_)


@main.command()
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH...",
)
@click.option("--to", "address", required=True, metavar="HOST:PORT", help="Where to send.")
@click.option("--aet", default="TRIAGE", show_default=True, help="AE title that is called.")
@click.option("--calling", default="TRIAGE_SEND", show_default=True, help="AE title that calls.")
def send(paths: tuple[Path, ...], address: str, aet: str, calling: str) -> None:
    """Push DICOM files, or all files below folders, by C-STORE.

    \b
    Example: triage-agent send studies/ --to localhost:11112 --aet TRIAGE
    """
    from triage_agent.commands import send_with_progress

    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise click.UsageError(f"--to takes HOST:PORT, not {address!r}")
    refused = send_with_progress(paths, host=host, port=int(port), called=aet, calling=calling)
    sys.exit(1 if refused else 0)


@main.command()
@click.option("--watch", is_flag=True, help="Follow the list until interrupted.")
@click.option("--json", "as_json", is_flag=True, help="An array in list order, for scripts.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help="At most so many studies; without it 100 are shown, and with --json all.",
)
def worklist(*, watch: bool, as_json: bool, limit: int | None) -> None:
    """Show what should be read next, most urgent first, and why."""
    if watch and as_json:
        raise click.UsageError("--watch is for people, --json for scripts: choose one")
    if not watch:
        gc.disable()  # one look is over before it pays, and modules load a sixth faster
    try:
        from triage_agent.commands import show_worklist

        show_worklist(_settings(), watch=watch, as_json=as_json, limit=limit)
    finally:
        gc.enable()


@main.command()
@click.argument("study_instance_uid", metavar="UID")
def study(study_instance_uid: str) -> None:
    """Tell one study's whole story from its events."""
    from triage_agent.commands import show_study

    show_study(_settings(), study_instance_uid)


@main.group()
def outbox() -> None:
    """Results on their way to the destinations."""


@outbox.command("list")
@click.option("--destination", help="Only this one.")
def outbox_list(destination: str | None) -> None:
    """List what waits, what failed and what was sent last."""
    from triage_agent.commands import show_outbox

    show_outbox(_settings(), destination)


@outbox.command("retry")
@click.option("--destination", help="Only this one.")
def outbox_retry(destination: str | None) -> None:
    """Try every waiting or parked object again at once."""
    from triage_agent.commands import retry_outbox

    click.echo(f"{retry_outbox(_settings(), destination)} objects are due now")


@outbox.command("park")
@click.option("--destination", help="Only this one.")
def outbox_park(destination: str | None) -> None:
    """Stop trying to send what waits, until `outbox retry`."""
    from triage_agent.commands import park_outbox

    click.echo(f"{park_outbox(_settings(), destination)} objects are parked")


main.add_command(user)
main.add_command(token)
main.add_command(webhook)
main.add_command(audit)


@main.group()
def db() -> None:
    """The database."""


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the schema up to date; `serve` does so by itself."""
    from triage_agent.composition import upgrade_database

    click.echo(f"schema at revision {upgrade_database(_settings())}")


@main.group()
def model() -> None:
    """The model bundle: what scores, and how to change it while the node runs."""


@model.command("show")
def model_show() -> None:
    """Say what the model is, what it was trained on and how well it does."""
    from triage_agent.models_command import show_model

    show_model(_settings())


@model.command("list")
def model_list() -> None:
    """List the models that are here, and which of them is in use."""
    from triage_agent.models_command import list_models

    list_models(_settings())


@model.command("verify")
@click.argument("folder", type=click.Path(exists=True, path_type=Path, file_okay=False))
def model_verify(folder: Path) -> None:
    """Check the files, hashes, weights and compiled form of a bundle."""
    from triage_agent.models_command import verify_model

    verify_model(_settings(), folder)


@model.command("use")
@click.argument("wanted", required=False, metavar="FOLDER|NAME")
@click.option("--bundled", is_flag=True, help="Go back to the model that is built in.")
def model_use(*, wanted: str | None, bundled: bool) -> None:
    """Verify a bundle, keep a copy of it, and score with it from now on.

    A running node takes it up within seconds and goes on receiving meanwhile. NAME is one that
    `model list` shows: its name, its name and version, or the word behind these.

    \b
    Example: triage-agent model use runs/densenet/bundle
    """
    from triage_agent.models_command import use_model

    if bundled == (wanted is not None):
        raise click.UsageError("give a FOLDER, the NAME of a model that is here, or --bundled")
    use_model(_settings(), wanted)


@model.command("remove")
@click.argument("wanted", metavar="NAME")
def model_remove(wanted: str) -> None:
    """Remove the copy that the node keeps of a model that is not in use."""
    from triage_agent.models_command import remove_model

    remove_model(_settings(), wanted)


@main.command()
def check() -> None:
    """Test settings, disk, database and model, and C-ECHO every destination.

    Of the settings also what they name: addresses of callers, certificates and keys, secrets of
    webhooks. A provider of sign-ins is asked for its keys; webhooks are sent nothing. The exit
    status is 1 if something fails.
    """
    from triage_agent.checks import run_checks

    sys.exit(0 if run_checks(_settings()) else 1)


if __name__ == "__main__":
    main()
