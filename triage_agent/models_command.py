"""What `triage-agent model` does: show, list, verify and choose what scores."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.markdown import Markdown

from triage_agent.adapters.torch_inference.bundle_files import (
    BUNDLED_FOLDER,
    CARD_TEXT,
    LoadedEnsemble,
    LoadedModel,
    model_name,
    read_model,
)
from triage_agent.command_line_audit import note
from triage_agent.command_node import prepared_node
from triage_agent.domain.algorithm import AlgorithmIdentity
from triage_agent.domain.audit import Deed
from triage_agent.errors import BundleInvalid, SettingsInvalid
from triage_agent.model_in_use import (
    algorithm_identity,
    installed_bundles,
    known_algorithms,
    model_folder,
    refuse_namesake,
)
from triage_agent.settings import Settings


@dataclass(frozen=True)
class _Available:
    """A bundle that can be used by name; `loaded` is None and `fault` says why if it is damaged."""

    folder: Path
    place: str
    loaded: LoadedModel | None
    fault: str = ""

    def is_called(self, name: str) -> bool:
        if name == self.folder.name and self.place != "settings":
            return True
        if self.loaded is None:
            return False
        return name in {self.loaded.bundle.name, model_name(self.loaded.bundle)}


def show_model(settings: Settings) -> None:
    """Print the card of the bundle in use after its files have been checked."""
    loaded = read_model(model_folder(settings))
    card = loaded.folder / CARD_TEXT
    console = Console()
    console.print(f"[bold]{loaded.bundle.name} {loaded.bundle.version}[/] in {card.parent}")
    console.print(f"Device UID {loaded.bundle.device_uid}; SHA-256 {loaded.bundle.weights_sha256}")
    if card.is_file():
        console.print(Markdown(card.read_text(encoding="utf-8")))


def list_models(settings: Settings) -> None:
    """Print the bundles that are here, and which of them is in use."""
    in_use = model_folder(settings)
    for each in _available(settings):
        mark = "  in use" if each.folder == in_use else ""
        if each.loaded is None:
            click.echo(f"(damaged)  {each.place}{mark}\n    {each.fault}")
            continue
        bundle = each.loaded.bundle
        # Lines, not a table: a Device UID is of no use when its end is cut off.
        click.echo(f"{model_name(bundle)}  {each.place}{mark}")
        click.echo(f"    {bundle.architecture}, Device UID {bundle.device_uid}")
        if isinstance(each.loaded, LoadedEnsemble):
            for member in each.loaded.networks:
                click.echo(f"    {member.folder.name}: {model_name(member.bundle)}")
    if settings.infer.bundle is not None:
        click.echo("infer.bundle is set and wins over what `triage-agent model use` chose.")


def verify_model(settings: Settings, folder: Path) -> None:
    """Check a bundle and print what was found right. Raises BundleInvalid at the first fault."""
    from triage_agent.adapters.torch_inference.verification import verify_bundle

    for finding in verify_bundle(folder, threads=settings.infer.threads).findings:
        click.echo(finding)


def use_model(settings: Settings, wanted: str | None) -> None:
    """Verify a bundle, install it if it is not, and make it the one in use.

    Args:
        settings: of the node.
        wanted: a bundle's folder, or the name of one that is here; None is the bundled model.

    Raises:
        BundleInvalid: it must not be served, or could be taken for another one.
        SettingsInvalid: the data folder cannot be written.
    """
    from triage_agent.adapters.torch_inference.verification import verify_bundle

    folder = BUNDLED_FOLDER if wanted is None else _find(settings, wanted)
    verified = verify_bundle(folder, threads=settings.infer.threads)
    for finding in verified.findings:
        click.echo(finding)
    beside = {
        each.place: algorithm_identity(each.loaded.bundle)
        for each in _available(settings)
        if each.loaded
    }
    refuse_namesake(settings, verified.loaded.bundle, beside)
    if folder != BUNDLED_FOLDER:
        _refuse_device_uid(settings, algorithm_identity(verified.loaded.bundle), beside.values())
    bundles = installed_bundles(settings)
    name = model_name(verified.loaded.bundle)
    with _taken_down(settings, f"{name} chosen", "put into"):
        # Known before it is in use: nothing it makes may come back as a stranger's.
        known_algorithms(settings).remember(algorithm_identity(verified.loaded.bundle))
        if folder != BUNDLED_FOLDER:
            folder = bundles.install(verified.loaded, verified.fresh_exports)
        bundles.choose(folder)
    if settings.infer.bundle is not None:
        click.echo(
            f"{name} is chosen, but infer.bundle is set to {settings.infer.bundle} and wins: "
            "remove it from the settings and start the node again"
        )
        return
    click.echo(
        f"{name} is in use in {settings.data_dir.absolute()}; a node that runs there takes it up "
        "within seconds. What is scored keeps its score."
    )


def remove_model(settings: Settings, wanted: str) -> None:
    """Remove the copy that the node keeps of a model. What it scored keeps score and report.

    Raises:
        BundleInvalid: no such copy is here, or it is the one in use.
        SettingsInvalid: the data folder cannot be written.
    """
    bundles = installed_bundles(settings)
    folder = _find(settings, wanted)
    if folder not in bundles.folders():
        raise BundleInvalid(f"{wanted}: is not kept in {settings.data_dir}, so it stays")
    if folder == model_folder(settings):
        raise BundleInvalid(f"{wanted}: is in use. Choose another model first.")
    with _taken_down(settings, f"{wanted} removed", "removed from"):
        bundles.remove(folder)
    click.echo(f"{wanted} is removed; what it scored keeps its score")


@contextmanager
def _taken_down(settings: Settings, deed: str, what: str) -> Iterator[None]:
    """Take a change of models down once it is made; without the trail nothing is changed."""
    with prepared_node(settings) as node:
        try:
            yield
        except OSError as error:
            raise SettingsInvalid(
                f"the model cannot be {what} {settings.data_dir}: {error.strerror or error}"
            ) from error
        note(node, Deed.MODEL_CHANGED, deed)


def _available(settings: Settings) -> Iterator[_Available]:
    yield _look(BUNDLED_FOLDER, "bundled")
    for folder in installed_bundles(settings).folders():
        yield _look(folder, folder.name)
    if settings.infer.bundle is not None:
        yield _look(settings.infer.bundle, "settings")


def _look(folder: Path, place: str) -> _Available:
    try:
        return _Available(folder, place, read_model(folder))
    except BundleInvalid as error:
        return _Available(folder, place, None, str(error))


def _find(settings: Settings, wanted: str) -> Path:
    # A name with a slash can only be meant as a path; another may be both, and then is a name.
    available = list(_available(settings))
    called = {each.folder for each in available if each.is_called(wanted)}
    if len(called) == 1:
        return called.pop()
    if called:
        places = ", ".join(each.place for each in available if each.folder in called)
        raise BundleInvalid(f"{wanted}: several models are called so: name one of {places}")
    if Path(wanted).is_dir():
        return Path(wanted)
    names = ", ".join(model_name(each.loaded.bundle) for each in available if each.loaded)
    raise BundleInvalid(f"{wanted}: is no folder and no model that is here ({names})")


def _refuse_device_uid(
    settings: Settings, own: AlgorithmIdentity, beside: Iterable[AlgorithmIdentity]
) -> None:
    """Reports name a model by its Device UID too: that of another one must not come back."""
    for other in (*known_algorithms(settings).all(), *beside):
        if other.device_uid == own.device_uid and other.model != own.model:
            raise BundleInvalid(
                f"{own.model}: has the Device UID of {other.model}. Export it with one of its own."
            )
