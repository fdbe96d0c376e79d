"""How the model that ships with the node is made: all its numbers and all that its card says."""

from dataclasses import dataclass, replace

from model_training.augmentation import Augmentation
from model_training.bundled_words import CAVEATS, INTENDED_USE, LIMITATIONS, SHORTCUTS
from model_training.description import Description
from model_training.fit_plan import FitPlan
from model_training.known_sources import INITIAL_WEIGHTS, Source
from model_training.presets import HALF
from model_training.run_folder import RunConfig, Stage
from triage_agent.infer.network import FINER
from triage_agent.infer.preprocess import Preprocessing


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that the bundled model and its card follow from, beside the images and first weights.

    Attributes:
        config: of the fit. Its first weights expect x / 127.5 - 1, which is mean and standard
            deviation 0.5 on 0..1.
        version: of the bundle.
        operating_studies: synthetic ones on which the operating points are chosen.
        test_subjects: synthetic ones for each region, a normal and an abnormal image each.
        test_studies: synthetic ones of one to four views, half of them abnormal.
        localised_subjects: abnormal synthetic ones for each region whose maps are judged.
    """

    config: RunConfig
    version: str
    operating_studies: int = 420
    test_subjects: int = 20
    test_studies: int = 400
    localised_subjects: int = 20


_FIRST = FitPlan(
    epochs=10,
    learning_rate=7e-4,
    weight_decay=0.01,
    give_up_epochs=10,
    annealed=True,
    localisation=0.7,
    drawn_share=0.4,
    seed=1,
    augmentation=Augmentation(zoom=0.2, shift=0.08),
)
_SECOND = replace(_FIRST, epochs=9, give_up_epochs=9, learning_rate=2.8e-4)
_THIRD = replace(_SECOND, epochs=10, give_up_epochs=10, learning_rate=3e-4, drawn_share=0.27)
# These three alone made version 0.5.0, which saw no subluxation and called many normal hands
# abnormal: the last stage has more of both. Keeping the leading blocks saves a third of its work.
_LAST = replace(
    _THIRD,
    epochs=16,
    give_up_epochs=16,
    learning_rate=2.5e-4,
    drawn_share=0.3,
    averaging=0.995,
    frozen=4,
    weight_decay=0.02,
    augmentation=Augmentation(
        rotation_degrees=25.0, zoom=0.22, shift=0.08, contrast=0.25, blur_probability=0.2
    ),
)

RECIPE = Recipe(
    RunConfig(
        architecture="mobilenet_v2" + FINER,
        preprocessing=Preprocessing(384, HALF, HALF),
        plan=_LAST,
        earlier=(Stage(208, _FIRST, 260), Stage(320, _SECOND, 260), Stage(384, _THIRD, 600)),
        split_seed=1,
        synthetic_pairs=300,
        slipped_pairs=90,
        hand_pairs=350,
    ),
    version="0.7.0",
)

DESCRIPTION = Description(
    name="triage-agent demonstration mobilenet_v2",
    intended_use=INTENDED_USE,
    limitations=LIMITATIONS,
    sources=(
        Source(
            "ImageNet",
            "Apache-2.0 (weights)",
            "MobileNetV2: Sandler M, et al., CVPR 2018; ImageNet: Russakovsky O, et al., IJCV 2015",
            role=INITIAL_WEIGHTS,
        ),
    ),
    shortcuts=SHORTCUTS,
    caveats=CAVEATS,
)


def command_of(recipe: Recipe) -> str:
    """The command that makes a recipe again; what is as in `RECIPE` need not be said."""
    config, usual = recipe.config, RECIPE.config
    options = {
        "version": (recipe.version, RECIPE.version),
        "architecture": (config.architecture, usual.architecture),
        "size": (config.preprocessing.size, usual.preprocessing.size),
        "epochs": (config.plan.epochs, usual.plan.epochs),
        "synthetic-pairs": (config.synthetic_pairs, usual.synthetic_pairs),
        "slipped-pairs": (config.slipped_pairs, usual.slipped_pairs),
        "hand-pairs": (config.hand_pairs, usual.hand_pairs),
        "operating-studies": (recipe.operating_studies, RECIPE.operating_studies),
        "test-subjects": (recipe.test_subjects, RECIPE.test_subjects),
        "test-studies": (recipe.test_studies, RECIPE.test_studies),
        "localised-subjects": (recipe.localised_subjects, RECIPE.localised_subjects),
    }
    changed = [
        f" --{name} {value}" for name, (value, default) in options.items() if value != default
    ]
    return (
        "python -m model_training bundled --fracatlas FRACATLAS --weights WEIGHTS --out OUT"
        + "".join(changed)
    )
