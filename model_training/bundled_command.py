"""The command `bundled`: the model that ships with the node, and its whole card, from a seed."""

from dataclasses import replace
from pathlib import Path

import click
import torch
from rich.console import Console

from model_training.bundled_recipe import RECIPE, Recipe, command_of
from model_training.bundling import BUNDLE, make_bundled
from model_training.evaluation.command_options import (
    explained,
    file,
    folder,
    new_folder,
    threads_option,
)
from model_training.fit_plan import FitPlan
from model_training.run_folder import Stage

_console = Console()

_CONFIG, _PLAN = RECIPE.config, RECIPE.config.plan


@click.command(
    epilog="\b\nThe options from --architecture on make it smaller, to try it out: what they make "
    "is not the bundled model."
)
@click.option(
    "--fracatlas",
    "fracatlas_folder",
    type=folder,
    required=True,
    help="Folder with manifest.csv, near_duplicates.json, the masks and images/.",
)
@click.option(
    "--weights",
    type=file,
    required=True,
    help="First weights of MobileNetV2: .npz with torchvision's names of keys, or .safetensors.",
)
@click.option("--out", type=new_folder, required=True, help="Folder for run, figures and bundle.")
@click.option("--version", default=RECIPE.version, show_default=True, help="Of the bundle.")
@threads_option
@click.option("--architecture", default=_CONFIG.architecture, show_default=True)
@click.option("--size", default=_CONFIG.preprocessing.size, show_default=True)
@click.option("--epochs", type=int, help="Of each stage, at most; by default the recipe's.")
@click.option("--synthetic-pairs", default=_CONFIG.synthetic_pairs, show_default=True)
@click.option("--slipped-pairs", default=_CONFIG.slipped_pairs, show_default=True)
@click.option("--hand-pairs", default=_CONFIG.hand_pairs, show_default=True)
@click.option("--operating-studies", default=RECIPE.operating_studies, show_default=True)
@click.option("--test-subjects", default=RECIPE.test_subjects, show_default=True)
@click.option("--test-studies", default=RECIPE.test_studies, show_default=True)
@click.option("--localised-subjects", default=RECIPE.localised_subjects, show_default=True)
def bundled(
    *,
    fracatlas_folder: Path,
    weights: Path,
    out: Path,
    version: str,
    threads: int,
    architecture: str,
    size: int,
    epochs: int | None,
    synthetic_pairs: int,
    slipped_pairs: int,
    hand_pairs: int,
    operating_studies: int,
    test_subjects: int,
    test_studies: int,
    localised_subjects: int,
) -> None:
    """Make the bundled model again, and its card, from images and first weights.

    Fits by the recipe, chooses the operating point on validation images, measures on FracAtlas and
    on synthetic images and studies that were not used, judges the heat maps, and writes the bundle
    with its card and its compiled form. Interrupted, the same command goes on.
    """
    torch.set_num_threads(threads)
    recipe = Recipe(
        replace(
            _CONFIG,
            architecture=architecture,
            preprocessing=replace(_CONFIG.preprocessing, size=size),
            plan=replace(
                _shorter(_PLAN, epochs),
                frozen=_PLAN.frozen if architecture == _CONFIG.architecture else 0,
            ),
            earlier=tuple(
                Stage(
                    min(each.size, size),
                    _shorter(each.plan, epochs),
                    # More than in the last stage only as the recipe says.
                    each.synthetic_pairs
                    if synthetic_pairs == _CONFIG.synthetic_pairs
                    else min(each.synthetic_pairs, synthetic_pairs),
                )
                for each in _CONFIG.earlier
            ),
            synthetic_pairs=synthetic_pairs,
            slipped_pairs=slipped_pairs,
            hand_pairs=hand_pairs,
        ),
        version,
        operating_studies,
        test_subjects,
        test_studies,
        localised_subjects,
    )
    with explained():
        bundle = make_bundled(
            recipe,
            fracatlas_folder,
            weights,
            out,
            commands=(command_of(recipe),),
            console=_console,
        )
    click.echo(f"{bundle.name} {bundle.version} is in {out / BUNDLE}")


def _shorter(plan: FitPlan, epochs: int | None) -> FitPlan:
    return plan if epochs is None else replace(plan, epochs=min(plan.epochs, epochs))
