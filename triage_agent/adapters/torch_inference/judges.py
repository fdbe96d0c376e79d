"""From a bundle to what judges images: its network, or its members together."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from triage_agent.adapters.torch_inference.bundle_files import (
    LoadedBundle,
    LoadedModel,
    preprocessings,
)
from triage_agent.adapters.torch_inference.classifiers import DescribedClassifier, load_classifier
from triage_agent.infer.ensemble import EnsembleJudge
from triage_agent.infer.judging import Judge, NetworkJudge
from triage_agent.settings import InferSettings

LoadNetwork = Callable[[LoadedBundle], DescribedClassifier]


@dataclass(frozen=True, slots=True)
class LoadedJudge:
    """A judge, and what it runs on, for the log and for `triage-agent check`."""

    judge: Judge
    description: str


def load_judge(settings: InferSettings, loaded: LoadedModel, cache_folder: Path) -> LoadedJudge:
    """Load every network of the bundle as `load_classifier` does, and join them.

    Raises:
        BundleInvalid: the weights are not those of the architecture.
        SettingsInvalid: the settings ask for what this machine does not have.
    """
    return join_networks(loaded, lambda each: load_classifier(settings, each, cache_folder))


def join_networks(loaded: LoadedModel, load_network: LoadNetwork) -> LoadedJudge:
    """Make the judge that a bundle describes of its networks, each loaded by `load_network`."""
    forms = preprocessings(loaded)
    classifiers = [load_network(each) for each in loaded.networks]
    judges = [
        NetworkJudge(classifier, each.bundle, forms.index(each.bundle.preprocessing))
        for classifier, each in zip(classifiers, loaded.networks, strict=True)
    ]
    runtimes = " and ".join(dict.fromkeys(each.description for each in classifiers))
    if isinstance(loaded, LoadedBundle):
        return LoadedJudge(judges[0], runtimes)
    return LoadedJudge(
        EnsembleJudge(loaded.bundle, judges), f"{loaded.bundle.architecture}: {runtimes}"
    )
