"""A model bundle on disk: `model.json` and `model.safetensors` in one folder."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import triage_agent
from triage_agent.errors import BundleInvalid
from triage_agent.infer.bundle import ModelBundle, parse_bundle

CARD = "model.json"
WEIGHTS = "model.safetensors"
CARD_TEXT = "MODEL_CARD.md"  # the card for people; the node does without

# The model that is served unless the settings name another.
BUNDLED_FOLDER = Path(triage_agent.__file__).parent / "models" / "mobilenet_v2"

_CURE = f"Point infer.bundle at a folder with {CARD} and {WEIGHTS}"


@dataclass(frozen=True, slots=True)
class LoadedBundle:
    """A bundle whose weights file is what its card says; `weights` is that file."""

    bundle: ModelBundle
    weights: Path


def model_name(bundle: ModelBundle) -> str:
    """Return the name and version that scores are recorded under."""
    return f"{bundle.name} {bundle.version}"


def read_bundle(folder: Path) -> LoadedBundle:
    """Read a bundle and check the SHA-256 of its weights.

    Raises:
        BundleInvalid: naming the file, what is wrong with it and how to mend it.
    """
    try:
        bundle = parse_bundle((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(folder / CARD, error) from error
    weights = folder / WEIGHTS
    try:
        with weights.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(weights, error) from error
    if digest != bundle.weights_sha256:
        raise BundleInvalid(
            f"{weights}: its SHA-256 is {digest}, but {CARD} says {bundle.weights_sha256}. "
            "Copy the bundle again; both files must come from one export."
        )
    return LoadedBundle(bundle, weights)


def _unreadable(path: Path, error: Exception) -> BundleInvalid:
    cause = "it is not there" if isinstance(error, FileNotFoundError) else str(error)
    return BundleInvalid(f"{path}: cannot be read: {cause}. {_CURE}.")
