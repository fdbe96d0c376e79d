"""The model in use: where its bundle lies, who takes it up when, and what goes by its name."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import structlog

from triage_agent.adapters.torch_inference.bundle_files import (
    CARD,
    CARD_TEXT,
    LoadedModel,
    read_card,
)
from triage_agent.adapters.torch_inference.bundle_files import read_model as read_bundle_in
from triage_agent.adapters.torch_inference.installed_bundles import InstalledBundles
from triage_agent.adapters.torch_inference.known_algorithms import KnownAlgorithms
from triage_agent.domain.algorithm import AlgorithmIdentity, answering_model
from triage_agent.domain.study import StudyImages
from triage_agent.errors import BundleInvalid
from triage_agent.infer.bundle import AnyBundle, judging_sha256
from triage_agent.settings import Settings

MANUFACTURER = "triage-agent"
# Many times what a card needs: a page shows all of it.
_CARD_CHARACTERS = 1_000_000

_FileState: TypeAlias = tuple[int, int, int]  # another one if the file is another one
_Files: TypeAlias = dict[Path, _FileState | None]

log = structlog.get_logger()


def read_model(settings: Settings) -> LoadedModel:
    """Read the bundle that is in use.

    Raises:
        BundleInvalid: it must not be served, or another one was in use under its name and version.
    """
    loaded = read_bundle_in(model_folder(settings))
    refuse_namesake(settings, loaded.bundle)
    return loaded


def take_up_model(settings: Settings) -> LoadedModel:
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
    counts, and that goes by a name and version of its own: scores of two models must not be
    recorded under one name. Until then a role stays with what it has, and what was refused is read
    again only when something has changed: four looks a second at many megabytes are too much.
    """

    def __init__(self, settings: Settings, taken_up: LoadedModel) -> None:
        self._settings = settings
        self._folder = taken_up.folder
        self._bundle = taken_up.bundle
        self._seen: _FileState | None = None
        self._refused = ""
        self._refused_files: _Files | None = None

    def __call__(self) -> bool:
        """Look at the choice and, if it is another one, at the bundle."""
        try:
            folder = model_folder(self._settings)
            if self._is_refused(folder):
                return False
            if folder == self._folder and not self._was_changed():
                return False
            chosen = self._read(folder)
        except BundleInvalid as error:
            if str(error) != self._refused:
                self._refused = str(error)
                log.error("model_not_taken_up", cause=self._refused)  # noqa: TRY400 (says it all)
            return False
        log.info("model_changes", model=chosen.bundle.model)
        return True

    def _is_refused(self, folder: Path) -> bool:
        return self._refused_files is not None and self._refused_files == self._files(folder)

    def _read(self, folder: Path) -> LoadedModel:
        files = self._files(folder)
        try:
            return read_model(self._settings)
        except BundleInvalid as error:
            # A file that cannot be read may be readable at the next look, just as it is.
            is_unreadable = isinstance(error.__cause__, OSError)
            self._refused_files = None if is_unreadable else files
            raise

    def _files(self, folder: Path) -> _Files:
        """Return what can be told of a bundle without reading it, and of the models known."""
        return {
            path: _state(path)
            for place in (folder, _known_folder(self._settings))
            for parent, _, names in os.walk(place)  # passes over what cannot be read
            for path in (Path(parent, name) for name in names)
        }

    def _was_changed(self) -> bool:
        seen = _state(self._folder / CARD)
        if seen is not None and seen == self._seen:
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


def _state(path: Path) -> _FileState | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_ino, state.st_size, state.st_mtime_ns


def model_card(taken_up: LoadedModel) -> str:
    """Return the card that came with a bundle, for people to read; "" if none can be read."""
    try:
        with (taken_up.folder / CARD_TEXT).open(encoding="utf-8") as card:
            return card.read(_CARD_CHARACTERS)
    except (OSError, UnicodeDecodeError):
        return ""


def model_folder(settings: Settings) -> Path:
    """Return the folder of the bundle in use: what the settings name, else what was chosen.

    Raises BundleInvalid where the choice cannot be read.
    """
    return settings.infer.bundle or installed_bundles(settings).chosen()


def installed_bundles(settings: Settings) -> InstalledBundles:
    """Return the bundles in the data folder."""
    return InstalledBundles(settings.data_dir / "models")


def known_algorithms(settings: Settings) -> KnownAlgorithms:
    """Return every algorithm that was ever in use here."""
    return KnownAlgorithms(_known_folder(settings))


def _known_folder(settings: Settings) -> Path:
    return settings.data_dir / "models" / "known"


def refuse_namesake(
    settings: Settings, bundle: AnyBundle, beside: Mapping[str, AlgorithmIdentity] | None = None
) -> None:
    """Raise BundleInvalid if another model of this name and version was in use or lies `beside`.

    Scores and reports name a model so, and nothing else tells whose they are. `beside` are models
    that can be chosen, each under the name of its place.
    """
    own = algorithm_identity(bundle)
    another = (
        f"{own.model}: another model of that name and version, or with other operating points, "
        "calibrations or scope,"
    )
    for path, other in known_algorithms(settings).files().items():
        if _is_namesake(own, other):
            raise BundleInvalid(
                f"{another} was in use here. Export this one with a version of its own, or use the "
                f"other one. If no score of that one matters any more, remove {path}."
            )
    for place, other in (beside or {}).items():
        if _is_namesake(own, other):
            kept = {folder.name for folder in installed_bundles(settings).folders()}
            removal = f", remove it (`triage-agent model remove {place}`)" if place in kept else ""
            raise BundleInvalid(
                f"{another} can be chosen here: {place}. Choose that one{removal}, or export this "
                "one with a version of its own."
            )


def _is_namesake(own: AlgorithmIdentity, other: AlgorithmIdentity) -> bool:
    return own.model == other.model and not own.may_be(other)


def algorithm_rule(
    settings: Settings, taken_up: LoadedModel
) -> Callable[[StudyImages], AlgorithmIdentity]:
    """Return the rule that says which algorithm answers for a study.

    That follows from the study's rows; `taken_up` stands in where no image is scored yet, or
    where the one that scored is not known here.
    """
    own = algorithm_identity(taken_up.bundle)
    known = known_algorithms(settings)

    def algorithm(images: StudyImages) -> AlgorithmIdentity:
        model = answering_model(images.instances)
        if model in {"", own.model}:
            return own
        return known.named(model) or own

    return algorithm


def operating_point_rule(
    algorithm: Callable[[StudyImages], AlgorithmIdentity],
) -> Callable[[StudyImages], float]:
    """Return the rule that says above which probability a study is abnormal."""
    return lambda images: algorithm(images).operating_point(images.instances)


def algorithm_identity(bundle: AnyBundle) -> AlgorithmIdentity:
    """Return how the reports name the model."""
    return AlgorithmIdentity(
        name=bundle.name,
        version=bundle.version,
        manufacturer=MANUFACTURER,
        device_uid=bundle.device_uid,
        weights_sha256=bundle.weights_sha256,
        architecture=bundle.architecture,
        operating_points=bundle.operating_points,
        judging_sha256=judging_sha256(bundle),
    )
