"""Model bundles on disk: a folder with `model.json`, and with weights or with members.

The bundle of a network is `model.json` and `model.safetensors`. That of an ensemble is `model.json`
and a folder `member-1`, `member-2`, ... for each member, which is the whole bundle of a network.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import triage_agent
from triage_agent.errors import BundleInvalid
from triage_agent.infer.bundle import AnyBundle, ModelBundle, parse_any_bundle
from triage_agent.infer.ensemble_bundle import EnsembleBundle, EnsembleKind, EnsembleMember
from triage_agent.infer.preprocess import Preprocessing

CARD = "model.json"
WEIGHTS = "model.safetensors"
CARD_TEXT = "MODEL_CARD.md"  # the card for people; the node does without

# The model that is served unless the settings name another.
BUNDLED_FOLDER = Path(triage_agent.__file__).parent / "models" / "mobilenet_v2"

_CURE = f"Point infer.bundle at a folder with {CARD} and {WEIGHTS}"


@dataclass(frozen=True, slots=True)
class LoadedBundle:
    """The bundle of a network, whose weights file is what its card says; `weights` is that file."""

    bundle: ModelBundle
    weights: Path

    @property
    def folder(self) -> Path:
        """Where the bundle lies."""
        return self.weights.parent

    @property
    def networks(self) -> "tuple[LoadedBundle, ...]":
        """The one network."""
        return (self,)


@dataclass(frozen=True, slots=True)
class LoadedEnsemble:
    """An ensemble whose members are what its card says, in its order."""

    bundle: EnsembleBundle
    folder: Path
    networks: tuple[LoadedBundle, ...]


LoadedModel: TypeAlias = LoadedBundle | LoadedEnsemble


def model_name(bundle: AnyBundle) -> str:
    """Return the name and version that scores are recorded under."""
    return bundle.model


def member_folder(ensemble: Path, index: int) -> Path:
    """Return the folder of a member, by its place in the ensemble's card."""
    return ensemble / f"member-{index + 1}"


def preprocessings(loaded: LoadedModel) -> tuple[Preprocessing, ...]:
    """Return the forms in which a model's networks want an image, each once."""
    return tuple(dict.fromkeys(each.bundle.preprocessing for each in loaded.networks))


def read_model(folder: Path) -> LoadedModel:
    """Read a bundle, of a network or of an ensemble, and check the SHA-256 of every part.

    Raises:
        BundleInvalid: naming the file, what is wrong with it and how to mend it.
    """
    bundle = read_card(folder)
    if isinstance(bundle, ModelBundle):
        return LoadedBundle(bundle, _checked_weights(folder, bundle))
    members = tuple(
        _read_member(member_folder(folder, index), bundle, member)
        for index, member in enumerate(bundle.members)
    )
    return LoadedEnsemble(bundle, folder, members)


def read_bundle(folder: Path) -> LoadedBundle:
    """Read the bundle of one network and check the SHA-256 of its weights.

    Raises:
        BundleInvalid: naming the file, what is wrong with it and how to mend it; or the bundle is
            an ensemble, which has no network of its own.
    """
    bundle = read_card(folder)
    if not isinstance(bundle, ModelBundle):
        raise BundleInvalid(
            f"{folder / CARD}: is that of an ensemble. Name the bundle of one network."
        )
    return LoadedBundle(bundle, _checked_weights(folder, bundle))


def read_card(folder: Path) -> AnyBundle:
    """Read what a bundle says of itself, and look at nothing else. Raises BundleInvalid."""
    try:
        return parse_any_bundle((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(folder / CARD, error) from error


def _read_member(folder: Path, ensemble: EnsembleBundle, member: EnsembleMember) -> LoadedBundle:
    found = _digest(folder / CARD)
    if found != member.card_sha256:
        raise BundleInvalid(
            f"{folder / CARD}: its SHA-256 is {found}, but the ensemble's card says "
            f"{member.card_sha256}. Copy the ensemble again, or make it again from its members."
        )
    loaded = read_bundle(folder)
    if ensemble.model == loaded.bundle.model or ensemble.device_uid == loaded.bundle.device_uid:
        raise BundleInvalid(
            f"{folder / CARD}: the ensemble goes by the name or the Device UID of this member. "
            "Make the ensemble again with its own."
        )
    answers_for = ensemble.regions if ensemble.kind is EnsembleKind.MEAN else member.regions
    strangers = set(answers_for) - set(loaded.bundle.regions)
    if strangers:
        raise BundleInvalid(
            f"{folder / CARD}: was not made for {', '.join(sorted(strangers))}, for which it would "
            "answer here. Make the ensemble again without that."
        )
    return loaded


def _checked_weights(folder: Path, bundle: ModelBundle) -> Path:
    weights = folder / WEIGHTS
    digest = _digest(weights)
    if digest != bundle.weights_sha256:
        raise BundleInvalid(
            f"{weights}: its SHA-256 is {digest}, but {CARD} says {bundle.weights_sha256}. "
            "Copy the bundle again; both files must come from one export."
        )
    return weights


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> BundleInvalid:
    cause = "it is not there" if isinstance(error, FileNotFoundError) else str(error)
    return BundleInvalid(f"{path}: cannot be read: {cause}. {_CURE}.")
