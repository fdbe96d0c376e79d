"""The commands that make a training again, for its model card. No folder of a machine is named."""

from dataclasses import replace
from pathlib import PurePath

from model_training.bundled_recipe import RECIPE, command_of
from model_training.evaluation.evidence import Evidence
from model_training.presets import PRESETS
from model_training.run_folder import RunConfig

_HERE = "python -m model_training"


def training_commands(config: RunConfig, evidence: Evidence, version: str) -> tuple[str, ...]:
    """`train` with the settings of a run, then what was measured, then `export`.

    A run that names no cohorts is that of `bundled`, which does all of it.
    """
    if not config.cohorts:
        return (command_of(replace(RECIPE, config=config, version=version)),)
    measured = ", ".join(each.cohort for each in evidence.measured)
    return (
        _train(config),
        f"{_HERE} evaluate --model RUN ... --out EVALUATION  # {measured}",
        f"{_HERE} export --run RUN --about ABOUT --to BUNDLE --version {version}",
    )


def _train(config: RunConfig) -> str:
    plan = config.plan
    data = " ".join(f"--data {_nameless(each)}" for each in config.cohorts)
    return (
        f"{_HERE} train --preset {_preset(config)} {data} --out RUN"
        f" --weights {_weights(config.weights)} --architecture {config.architecture}"
        f" --size {config.preprocessing.size} --epochs {plan.epochs} --batch {plan.batch}"
        f" --learning-rate {plan.learning_rate:g} --seed {plan.seed}"
        f" --split-seed {config.split_seed}"
        f"{f' --localisation {plan.localisation:g}' if plan.localisation else ''}"
        f"{' --mixed-precision' if plan.reduced_precision else ''}"
    )


def _preset(config: RunConfig) -> str:
    """The preset whose plan this is, but for what options of `train` change."""
    for name, preset in PRESETS.items():
        same = replace(
            preset.plan,
            epochs=config.plan.epochs,
            batch=config.plan.batch,
            learning_rate=config.plan.learning_rate,
            seed=config.plan.seed,
            localisation=config.plan.localisation,
            reduced_precision=config.plan.reduced_precision,
        )
        if same == config.plan:
            return name
    return "PRESET"


def _nameless(cohort: str) -> str:
    kind, _, place = cohort.partition("=")
    return f"{kind}={PurePath(place).name}"


def _weights(choice: str) -> str:
    return PurePath(choice).name if PurePath(choice).suffix else choice
