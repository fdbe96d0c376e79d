"""What one training leaves behind: enough to repeat, evaluate and export it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from model_training.augmentation import Augmentation
from model_training.cohorts.image_files import UnreadableImage
from model_training.cohorts.sample import Part, Sample
from model_training.cohorts.subjects import LEARNT, Learnt
from model_training.fit_plan import Epoch, FitPlan
from triage_agent.infer.network import TriageNetwork, build_network
from triage_agent.infer.preprocess import Preprocessing, Resampling


@dataclass(frozen=True, slots=True)
class Stage:
    """A fit before the last one, on smaller or fewer images, which costs less time for each.

    Attributes:
        size: rows and columns of its images.
        plan: how it is fitted.
        synthetic_pairs: synthetic subjects for each region; fewer are the first of more.
    """

    size: int
    plan: FitPlan
    synthetic_pairs: int = 0


@dataclass(frozen=True, slots=True)
class RunConfig:
    """Everything that decides the outcome of a training, apart from the images.

    Attributes:
        architecture: a name that `build_network` takes.
        preprocessing: of the network.
        plan: how it is fitted, in the last stage.
        earlier: stages before it, each from the best weights of the one before.
        split_seed: divides real images into training, validation and test.
        synthetic_pairs: synthetic subjects for each region in training; a quarter of it is used
            in validation. 0: real images only.
        slipped_pairs: more synthetic subjects for each region, in the last stage, with a subluxed
            joint and nothing else.
        hand_pairs: more synthetic hands in the last stage.
        weights: where the first weights came from: a file, `torchvision` or `none`.
        cohorts: what the images were, each as `kind=path`; empty for FracAtlas.
    """

    architecture: str
    preprocessing: Preprocessing
    plan: FitPlan = field(default_factory=FitPlan)
    earlier: tuple[Stage, ...] = ()
    split_seed: int = 1
    synthetic_pairs: int = 24
    slipped_pairs: int = 0
    hand_pairs: int = 0
    weights: str = ""
    cohorts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CohortUse:
    """How much of one cohort a training used, as its lists say; damaged images are named apart.

    Attributes:
        training: images that the weights were fitted on.
        validation: images that the epoch was chosen by.
        regions: types of study among them; empty where the cohort does not say.
    """

    training: int
    validation: int
    regions: tuple[str, ...] = ()


class RunFolder:
    """Reads and writes the files of one training; the folder is made when first written."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def weights_path(self) -> Path:
        """The weights of the best epoch, as they will be shipped."""
        return self.path / "best.safetensors"

    @property
    def checkpoint_path(self) -> Path:
        """What a fit goes on from."""
        return self.path / "checkpoint.pt"

    def earlier_checkpoint_path(self, number: int) -> Path:
        """What the fit of an earlier stage, counted from 1, goes on from."""
        return self.path / f"checkpoint-{number}.pt"

    def read_environment(self) -> dict[str, object]:
        """What the training ran on; empty if it was not recorded."""
        path = self.path / "environment.json"
        stored: dict[str, object] = (
            json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        )
        return stored

    def write_environment(self, environment: dict[str, object]) -> None:
        """Keep what the training ran on."""
        self._write("environment.json", environment)

    def write_unreadable(self, images: list[UnreadableImage]) -> None:
        """Keep which images were left out, and why."""
        self._write("unreadable.json", {each.name: each.cause for each in images})

    def read_unreadable(self) -> list[UnreadableImage] | None:
        """The images that were left out, or None if they have not been looked for."""
        path = self.path / "unreadable.json"
        if not path.exists():
            return None
        stored = json.loads(path.read_text(encoding="utf-8"))
        return [UnreadableImage(name, cause) for name, cause in stored.items()]

    def write_config(self, config: RunConfig) -> None:
        """Keep the configuration, before anything else is done."""
        self._write("config.json", asdict(config))

    def read_config(self) -> RunConfig:
        """The configuration of this training.

        Raises:
            OSError: the folder holds no training.
        """
        stored = json.loads((self.path / "config.json").read_text(encoding="utf-8"))
        spec = stored["preprocessing"]
        return RunConfig(
            architecture=stored["architecture"],
            preprocessing=Preprocessing(
                spec["size"],
                tuple(spec["mean"]),
                tuple(spec["std"]),
                Resampling(spec["resampling"]),
            ),
            plan=_plan(stored["plan"]),
            earlier=tuple(
                Stage(each["size"], _plan(each["plan"]), each["synthetic_pairs"])
                for each in stored["earlier"]
            ),
            split_seed=stored["split_seed"],
            synthetic_pairs=stored["synthetic_pairs"],
            slipped_pairs=stored.get("slipped_pairs", 0),
            hand_pairs=stored.get("hand_pairs", 0),
            weights=stored.get("weights", ""),
            cohorts=tuple(stored.get("cohorts", ())),
        )

    def write_history(self, history: list[Epoch]) -> None:
        """Keep what every epoch brought."""
        self._write("history.json", [asdict(epoch) for epoch in history])

    def read_history(self) -> list[Epoch]:
        """What every epoch brought.

        Raises:
            OSError: no epoch is done.
        """
        stored = json.loads((self.path / "history.json").read_text(encoding="utf-8"))
        return [Epoch(**epoch) for epoch in stored]

    def write_cohorts(self, samples: Mapping[Part, Sequence[Sample]]) -> None:
        """Keep how many images of which cohorts are fitted on and validated with."""
        training, validation = samples[Part.TRAINING], samples[Part.VALIDATION]
        used: dict[str, CohortUse] = {}
        for name in dict.fromkeys(each.cohort for each in (*training, *validation)):
            own = [each for each in (*training, *validation) if each.cohort == name]
            used[name] = CohortUse(
                sum(each.cohort == name for each in training),
                sum(each.cohort == name for each in validation),
                tuple(sorted({each.region for each in own if each.region})),
            )
        self._write("cohorts.json", {name: asdict(use) for name, use in used.items()})

    def write_learnt(self, learnt: Learnt) -> None:
        """Keep by which digests the images that a training learns from are known again."""
        marks = {part.value: sorted(learnt.marks[part]) for part in LEARNT}
        doubles = sorted(learnt.doubles)
        self._write("learnt.json", {"order": learnt.order, **marks, "doubles": doubles})

    def read_learnt(self) -> Learnt | None:
        """What a training learnt from; None if it was not recorded."""
        path = self.path / "learnt.json"
        if not path.exists():
            return None
        stored = json.loads(path.read_text(encoding="utf-8"))
        marks = {part: frozenset(stored[part]) for part in LEARNT}
        return Learnt(stored["order"], marks, frozenset(stored["doubles"]))

    def read_cohorts(self) -> dict[str, CohortUse]:
        """What a training used, by the names of the cohorts; empty if it was not recorded."""
        path = self.path / "cohorts.json"
        if not path.exists():
            return {}
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: CohortUse(use["training"], use["validation"], tuple(use["regions"]))
            for name, use in stored.items()
        }

    def write_weights(self, network: TriageNetwork) -> None:
        """Keep weights in half precision: what is evaluated later is exactly what is shipped.

        Raises:
            ValueError: a weight does not fit into half precision.
        """
        halved = {
            name: (value.half() if value.is_floating_point() else value).contiguous().clone()
            for name, value in network.state_dict().items()
        }
        for name, value in halved.items():
            if not bool(torch.isfinite(value).all()):
                raise ValueError(f"{name} does not fit into half precision")
        self.path.mkdir(parents=True, exist_ok=True)
        draft = self.weights_path.with_suffix(".draft")
        save_file(halved, draft)
        draft.replace(self.weights_path)

    def read_network(self) -> TriageNetwork:
        """The network with the weights of the best epoch, in single precision and evaluation mode.

        Raises:
            OSError: the folder holds no weights.
        """
        network = build_network(self.read_config().architecture)
        network.load_state_dict(load_file(self.weights_path))
        return network.eval()

    def _write(self, name: str, document: object) -> None:
        self.path.mkdir(parents=True, exist_ok=True)
        draft = (self.path / name).with_suffix(".draft")
        draft.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        draft.replace(self.path / name)


def _plan(stored: dict[str, Any]) -> FitPlan:
    return FitPlan(**{**stored, "augmentation": Augmentation(**stored["augmentation"])})
