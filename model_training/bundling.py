"""Making the bundled model from images and first weights to a bundle with its card."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console

from model_training.bundled_recipe import DESCRIPTION, Recipe
from model_training.cohorts.fracatlas import fracatlas
from model_training.cohorts.fracture_masks import MASKS_NAME
from model_training.cohorts.image_files import OnError
from model_training.cohorts.lower_limb import lower_limb
from model_training.cohorts.sample import Part, Sample
from model_training.cohorts.synthetic_studies import FRESH, findings, synthetic_studies
from model_training.display import Display, progress_bars
from model_training.evaluation.by_finding import sensitivity_by_finding
from model_training.evaluation.cohort_options import CohortChoice
from model_training.evaluation.delong import paired_test
from model_training.evaluation.evaluating import evaluated, scores_name
from model_training.evaluation.evidence import Paired, add_evidence, weights_sha256
from model_training.evaluation.linear_probe import NAME as PROBE
from model_training.evaluation.linear_probe import linear_probe
from model_training.evaluation.localising import (
    judge_maps,
    marked_cohorts,
    marked_images,
    pointed_of,
)
from model_training.evaluation.operating_point import points_by_region
from model_training.evaluation.operation import Operation, write_operation
from model_training.evaluation.predictions import (
    StudyScores,
    by_study,
    read_predictions,
    write_predictions,
)
from model_training.evaluation.scoring import scored
from model_training.evaluation.trained import read_trained
from model_training.evaluation.tuning import metrics_at
from model_training.export import export_run
from model_training.run_folder import RunConfig, RunFolder
from model_training.scope.kept import keep_scope
from model_training.scope.samples import scope_samples
from model_training.training import Means, run_training, training_samples
from triage_agent.adapters.torch_inference.ship_export import ship_export
from triage_agent.infer.bundle import ModelBundle
from triage_agent.infer.network import published_name
from triage_agent.infer.scores import IDENTITY

RUN, EVALUATION, BUNDLE = "run", "evaluation", "bundle"

# Folders of figures, and whether they are of plain images only.
_FRACATLAS_PARTS = {"fracatlas-test": False, "fracatlas-test-plain": True}

# That first weights of ImageNet were fitted at.
_PROBE_SIZE = 224

_RULE = (
    "Operating points: for each region the largest sensitivity + specificity on validation images; "
    "real ones, whose regions are not known, and synthetic studies of the region have the same "
    "say, so that demonstrations come out right too."
)

# Of the studies that operating points are chosen on; those that figures are measured on follow
# from another number.
_OPERATING_SEED = 31


def fit_demonstration(
    config: RunConfig,
    fracatlas_folder: Path,
    weights: Path,
    run: RunFolder,
    *,
    resume: bool,
    console: Console,
) -> None:
    """Fit on FracAtlas and synthetic radiographs, with progress bars.

    Raises:
        ValueError: images or weights are not usable, or the run folder holds another training.
        OSError: a file cannot be read or written.
    """
    samples = training_samples(config, fracatlas_folder)
    with progress_bars(console) as progress:
        reading = progress.add_task("reading images", total=sum(map(len, samples.values())))
        run_training(
            config,
            samples,
            str(weights),
            run,
            watcher=Display(progress),
            means=Means(resume=resume),
            on_image=lambda: progress.advance(reading),
        )


def make_bundled(
    recipe: Recipe,
    fracatlas_folder: Path,
    weights: Path,
    out: Path,
    *,
    commands: Sequence[str],
    console: Console,
) -> ModelBundle:
    """Fit, choose the operating point, measure, fit the scope gate, export with card, compile.

    Interrupted and begun again, it goes on from the last epoch. In `out` are then `run`,
    `evaluation` (tables, plots and scores of each cohort) and `bundle`.

    Args:
        recipe: what to do.
        fracatlas_folder: FracAtlas, with its masks.
        weights: first weights.
        out: folder to write.
        commands: that the card names to make it again.
        console: where progress is shown.

    Raises:
        ValueError: images or weights are not usable, or `out` holds another training.
        OSError: a file cannot be read or written.
        BundleInvalid: the result would not be served.
    """
    run = RunFolder(out / RUN)
    fit_demonstration(recipe.config, fracatlas_folder, weights, run, resume=True, console=console)
    operate(recipe, fracatlas_folder, run, out / EVALUATION, console)
    measure(recipe, fracatlas_folder, run, out / EVALUATION, console)
    console.print("fitting a linear probe", highlight=False)
    compare_with_probe(recipe, fracatlas_folder, weights, run, out / EVALUATION)
    console.print("fitting the scope gate", highlight=False)
    in_scope = scope_samples(recipe.config, fracatlas_folder, recipe.test_subjects)
    keep_scope(run, in_scope, lower_limb(fracatlas_folder))
    bundle = export_run(run, out / BUNDLE, recipe.version, DESCRIPTION, commands)
    ship_export(out / BUNDLE)
    return bundle


def operate(
    recipe: Recipe, fracatlas_folder: Path, run: RunFolder, out: Path, console: Console
) -> None:
    """Choose the operating points on validation images and studies; keep them in the run folder.

    Raises:
        ValueError: there are no images of one of the two classes.
        OSError: a file cannot be read or written.
    """
    real = fracatlas(fracatlas_folder, recipe.config.split_seed)[Part.VALIDATION]
    drawn = synthetic_studies(recipe.operating_studies, _OPERATING_SEED)
    found = {
        name: _raw_scores(run, samples, out / f"{name}.csv", console)
        for name, samples in (
            ("FracAtlas validation", real),
            ("synthetic studies of the validation part", drawn),
        )
    }
    points = points_by_region(*found.values())
    metrics = [
        metric for name, scores in found.items() for metric in metrics_at(name, scores, points)
    ]
    calibrations = dict.fromkeys(points, IDENTITY)
    operation = Operation(_RULE, calibrations, points, tuple(metrics), weights_sha256(run.path))
    write_operation(run.path, operation)


def measure(
    recipe: Recipe, fracatlas_folder: Path, run: RunFolder, out: Path, console: Console
) -> None:
    """Measure on images that were not used, and keep it for the card.

    Raises:
        ValueError: a cohort shows one class only.
        OSError: a file cannot be read or written.
    """
    places = {"fracatlas": fracatlas_folder}
    choices = {
        **{stem: CohortChoice(places, plain=plain) for stem, plain in _FRACATLAS_PARTS.items()},
        "synthetic-images": CohortChoice({}, subjects=recipe.test_subjects),
        "synthetic-studies": CohortChoice({}, studies=recipe.test_studies),
    }
    for stem, choice in choices.items():
        console.print(f"measuring on {stem}", highlight=False)
        evaluated({recipe.config.architecture: run.path}, choice, out / stem, console=console)
    drawn = by_study(read_predictions(out / "synthetic-studies" / scores_name(1)))
    by_finding = sensitivity_by_finding(drawn, findings(recipe.test_studies, FRESH))
    with_masks = (fracatlas_folder / MASKS_NAME).exists()
    marked = marked_cohorts(
        fracatlas_folder if with_masks else None,
        recipe.config.split_seed,
        recipe.localised_subjects,
    )
    model = read_trained(run.path)
    judged = {name: judge_maps(model, marked_images(each)) for name, each in marked.items()}
    pointed = tuple(pointed_of(name, found) for name, found in judged.items() if found)
    add_evidence(run.path, pointed=pointed, found=by_finding)


def compare_with_probe(
    recipe: Recipe, fracatlas_folder: Path, weights: Path, run: RunFolder, out: Path
) -> None:
    """Say how far the model is above a linear probe on the test images, and keep it for the card.

    Raises:
        ValueError: the weights do not fit, or `measure` did not score the test images.
        OSError: a file cannot be read or written.
    """
    samples = fracatlas(fracatlas_folder, recipe.config.split_seed)
    spec = replace(recipe.config.preprocessing, size=_PROBE_SIZE)
    probe = linear_probe(published_name(recipe.config.architecture), weights, spec, samples)
    probed = {each.name: score for each, score in zip(samples[Part.TEST], probe, strict=True)}
    pairs = []
    for stem, plain in _FRACATLAS_PARTS.items():
        found = by_study(read_predictions(out / stem / scores_name(1)))
        test = paired_test(
            found.probabilities, np.array([probed[name] for name in found.studies]), found.labels
        )
        name = CohortChoice({"fracatlas": fracatlas_folder}, plain=plain).read().name
        pairs.append(
            Paired(name, len(found), PROBE, test.first, test.second, test.difference, test.p_value)
        )
    add_evidence(run.path, paired=tuple(pairs))


def _raw_scores(run: RunFolder, samples: list[Sample], path: Path, console: Console) -> StudyScores:
    predictions = scored(read_trained(run.path).uncalibrated(), samples, OnError.STOP, console)
    write_predictions(path, predictions)
    return by_study(predictions)
