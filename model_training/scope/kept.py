"""The gate of a training: kept in its run folder, from where `export` takes it into the bundle."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from model_training.cohorts import fracatlas, lower_limb
from model_training.cohorts.sample import Part, Sample
from model_training.cohorts.subjects import marks_of
from model_training.evaluation.evidence import ScopeShare, add_evidence, weights_sha256
from model_training.evaluation.unseen import refuse_leaks
from model_training.known_sources import KNOWN_SOURCES
from model_training.run_folder import RunFolder
from model_training.scope.images import DRAWN_PER_KIND
from model_training.scope.measuring import FittedScope, fit_scope
from triage_agent.infer.bundle import ModelBundle
from triage_agent.infer.provenance import DataSource
from triage_agent.infer.scope_gate import ScopeGate

GATE_NAME = "scope_gate.json"

_ROLE = "scope gate (out of scope)"


@dataclass(frozen=True, slots=True)
class KeptGate:
    """A gate, the weights it was fitted for, and the real images that it was fitted on."""

    gate: ScopeGate
    weights_sha256: str
    fitted_on: Mapping[str, int]


def keep_scope(
    run: RunFolder,
    in_scope: Mapping[Part, Sequence[Sample]],
    foreign: Sequence[Sample] = (),
    *,
    on_image: Callable[[], None] = lambda: None,
    drawn_per_kind: int = DRAWN_PER_KIND,
) -> tuple[ScopeShare, ...]:
    """Fit the gate of a finished training, keep it for `export` and its figures for the card.

    Args:
        run: with the weights.
        in_scope: see `fit_scope`.
        foreign: the lower limbs of FracAtlas, or nothing.
        on_image: called for each image that went through the network.
        drawn_per_kind: how many images of each drawn kind.

    Raises:
        UnreadableImage: an image is missing or damaged.
        ValueError: there is no training or no validation image in scope, or the run learnt from
            what is in the test part now.
        OSError: the run folder holds no weights or cannot be written.
    """
    refuse_leaks(marks_of(in_scope[Part.TEST]), Part.TEST, [run.path])
    spec = run.read_config().preprocessing
    fitted = fit_scope(
        run.read_network(),
        spec,
        in_scope,
        foreign,
        on_image=on_image,
        drawn_per_kind=drawn_per_kind,
    )
    write_gate(run.path, fitted)
    add_evidence(run.path, scope=fitted.shares)
    return fitted.shares


def write_gate(folder: Path, fitted: FittedScope) -> None:
    """Keep the gate for the weights that the run folder has now. Raises OSError."""
    kept = KeptGate(fitted.gate, weights_sha256(folder), fitted.fitted_on)
    (folder / GATE_NAME).write_text(json.dumps(asdict(kept)) + "\n", encoding="utf-8")


def read_gate(folder: Path) -> KeptGate | None:
    """What `write_gate` kept; None if the training has no gate.

    Raises:
        ValueError: the file is damaged.
        OSError: it cannot be read.
    """
    path = folder / GATE_NAME
    if not path.exists():
        return None
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        fields = stored["gate"]
        rooted = fields.get("rooted", False)
        gate = ScopeGate(tuple(fields["weights"]), fields["bias"], rooted)
        return KeptGate(gate, stored["weights_sha256"], stored["fitted_on"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name} is damaged ({error}); fit the gate again") from error


def gated(bundle: ModelBundle, kept: KeptGate) -> ModelBundle:
    """The bundle with the gate, naming the images that it was fitted on.

    Raises:
        ValueError: the gate was fitted for other weights.
    """
    if kept.weights_sha256 != bundle.weights_sha256:
        raise ValueError("the scope gate was fitted for other weights; fit it again")
    sources = {**KNOWN_SOURCES, lower_limb.NAME: KNOWN_SOURCES[fracatlas.NAME]}
    used = tuple(
        DataSource(name, _ROLE, count, sources[name].licence, sources[name].citation)
        for name, count in kept.fitted_on.items()
    )
    return replace(bundle, scope_gate=kept.gate, training_data=(*bundle.training_data, *used))
