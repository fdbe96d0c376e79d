"""Ensembles of bundles: right in form, with the skill of their members."""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.factories import Value
from tests.fakes.bundle import make_bundle
from triage_agent.adapters.torch_inference.bundle_files import (
    CARD,
    LoadedEnsemble,
    member_folder,
    read_bundle,
    read_model,
)
from triage_agent.infer.bundle import render_bundle
from triage_agent.infer.ensemble_bundle import EnsembleBundle, EnsembleKind, EnsembleMember

_OF_NETWORKS = {"architecture", "preprocessing", "weights_sha256"}


def make_member(number: int = 1, **overrides: Value) -> EnsembleMember:
    """Return a member that differs from those of other numbers."""
    values: dict[str, Value] = {
        "model": f"member {number}",
        "architecture": "mobilenet_v2",
        "card_sha256": f"{number:064x}",
    }
    return EnsembleMember(**(values | overrides))


def make_ensemble(**overrides: Value) -> EnsembleBundle:
    """Return the card of a mean of two for all regions."""
    card = make_bundle()
    shared = {
        name: getattr(card, name)
        for name in card.__dataclass_fields__
        if name not in _OF_NETWORKS and hasattr(EnsembleBundle, name)
    }
    values: dict[str, Value] = shared | {
        "name": "together",
        "device_uid": "2.25.99",
        "kind": EnsembleKind.MEAN,
        "members": (make_member(1), make_member(2)),
    }
    return EnsembleBundle(**(values | overrides))


def write_ensemble(
    folder: Path, members: Sequence[Path], says: Sequence[dict[str, Value]] = (), **overrides: Value
) -> LoadedEnsemble:
    """Write an ensemble of copies of bundles and read it back.

    Args:
        folder: where to.
        members: the folders of the bundles.
        says: for each member its weight or its regions.
        overrides: fields of the card.
    """
    told = []
    for index, source in enumerate(members):
        shutil.copytree(source, member_folder(folder, index))
        bundle = read_bundle(source).bundle
        digest = hashlib.sha256((source / CARD).read_bytes()).hexdigest()
        own = says[index] if says else {}
        told.append(
            EnsembleMember(
                model=bundle.model, architecture=bundle.architecture, card_sha256=digest, **own
            )
        )
    card = make_ensemble(members=tuple(told), **overrides)
    (folder / CARD).write_text(render_bundle(card), encoding="utf-8")
    loaded = read_model(folder)
    assert isinstance(loaded, LoadedEnsemble)
    return loaded
