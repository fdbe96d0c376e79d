"""The settings of the papers.

mura: Rajpurkar et al., arXiv 1712.06957, section 3: DenseNet-169, ImageNet weights and
normalisation, lateral inversion and rotation to 30 degrees, class weights by study type, Adam with
default betas at 1e-4 in batches of 8, the rate divided by 10 when the validation loss no longer
falls. murad: the benchmark of many networks on MURA: 320 pixels, batches of 16 to 64, 100 epochs.

The input of `mura` is that of the first versions of its paper, 224 pixels; the fourth, which has
the published figures, says 320 pixels and the mean of the five models with the lowest validation
losses.

What the papers leave open is decided here: the rate falls after one epoch without a lower loss in
`mura` and after ten (the default of PyTorch) in `murad`, and `mura` ends after ten such epochs.
"""

from dataclasses import dataclass

from model_training.augmentation import Augmentation
from model_training.fit_plan import FitPlan

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

HALF = (0.5, 0.5, 0.5)

_ALWAYS = 1.0

_TURNED = Augmentation(
    rotation_degrees=30.0,
    zoom=0.0,
    shift=0.0,
    brightness=0.0,
    contrast=0.0,
    gamma=1.0,
    blur_probability=0.0,
)


@dataclass(frozen=True, slots=True)
class Preset:
    """What a paper did.

    Attributes:
        architecture: a name that `build_network` takes.
        size: rows and columns of the input.
        plan: how it is fitted.
    """

    architecture: str
    size: int
    plan: FitPlan


def _plan(*, epochs: int, batch: int, plateau_epochs: int, give_up_epochs: int) -> FitPlan:
    return FitPlan(
        epochs=epochs,
        batch=batch,
        learning_rate=1e-4,
        weight_decay=0.0,
        plateau_epochs=plateau_epochs,
        plateau_factor=0.1,
        give_up_epochs=give_up_epochs,
        averaging=0.0,
        weight_by_region=True,
        reduced_precision=False,
        drawn_share=_ALWAYS,
        augmentation=_TURNED,
    )


PRESETS = {
    "mura": Preset(
        "densenet169",
        224,
        _plan(epochs=50, batch=8, plateau_epochs=0, give_up_epochs=10),
    ),
    "murad": Preset(
        "densenet169",
        320,
        _plan(epochs=100, batch=32, plateau_epochs=10, give_up_epochs=100),
    ),
}
