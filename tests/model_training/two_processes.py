"""What `torchrun` starts in a test: fits on images on which augmentation changes nothing."""

import sys
from pathlib import Path

import numpy as np
import torch

from model_training.augmentation import Augmentation
from model_training.fit_plan import Epoch, FitPlan
from model_training.fitting import fit
from model_training.images import ImageSet
from model_training.parallel import Processes, joined_processes
from model_training.watchers import Silence
from triage_agent.infer.network import TriageNetwork, build_network
from triage_agent.infer.preprocess import Preprocessing

PLAN = FitPlan(
    epochs=2,
    # Twenty-one images: the last batch of five is divided into three and two.
    batch=8,
    learning_rate=1e-3,
    averaging=0.5,
    reduced_precision=False,
    weight_by_region=True,
    augmentation=Augmentation(
        rotation_degrees=0, zoom=0, shift=0, brightness=0, contrast=0, gamma=1, blur_probability=0
    ),
)


def symmetric_images() -> ImageSet:
    """Images that are their own mirror images, of two types of study."""
    half = np.random.default_rng(1).random((21, 32, 16))
    labels = np.arange(21) % 3 == 0
    half[labels] *= 0.5
    return ImageSet(
        pixels=np.concatenate([half, half[:, :, ::-1]], axis=2).astype(np.float16),
        labels=labels,
        drawn=np.zeros(21, dtype=np.bool_),
        plain=np.ones(21, dtype=np.bool_),
        regions=("HAND", "KNEE", "KNEE") * 6 + ("HAND",) * 3,
    )


def fitted(processes: Processes) -> tuple[TriageNetwork, list[Epoch]]:
    """Fit a network that has neither batch norm nor dropout."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    network, images = build_network("vgg11"), symmetric_images()
    spec = Preprocessing(32, (0.5,) * 3, (0.5,) * 3)
    history = fit(network, images, images, spec, plan=PLAN, watcher=Silence(), processes=processes)
    return network, history


if __name__ == "__main__":
    with joined_processes("cpu") as joined:
        result, epochs = fitted(joined)
        losses = [[each.training_loss, each.validation_loss] for each in epochs]
        torch.save(
            {"weights": result.state_dict(), "losses": losses, "count": joined.count},
            Path(sys.argv[1]) / f"{joined.rank}.pt",
        )
