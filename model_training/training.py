"""One training from start to end: images, initial weights, fit, run folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from model_training.checkpoint import read_checkpoint
from model_training.cohorts.fracatlas import fracatlas
from model_training.cohorts.image_files import OnError, UnreadableImage
from model_training.cohorts.readable import readable
from model_training.cohorts.sample import Part, Sample
from model_training.cohorts.subjects import learnt_of
from model_training.cohorts.synthetic import hands, slipped, synthetic, validation_pairs
from model_training.environment import environment
from model_training.fit_plan import Epoch, FitPlan, Watcher
from model_training.fitting import fit
from model_training.folded_batch_norm import is_folded, unfold_batch_norm
from model_training.images import Images, ImageSet, load_images
from model_training.initial_weights import NONE, initialise
from model_training.machine import PROCESSOR, Machine
from model_training.parallel import ALONE, Processes
from model_training.run_folder import RunConfig, RunFolder
from model_training.streamed import StreamedImages
from model_training.watchers import Keeper, Silence
from triage_agent.infer.network import build_network
from triage_agent.infer.preprocess import Preprocessing, normalise

Labels = Sequence[bool] | npt.NDArray[np.bool_]

# Images from which batch norm layers take their first statistics.
_STATISTICS_IMAGES = 128


@dataclass(frozen=True, slots=True)
class Means:
    """With what a training is done; but for rounding and `processes` it decides nothing.

    Attributes:
        machine: where to compute.
        processes: among which batches are divided; each has chance of its own.
        workers: processes that read images from disk in every epoch; None keeps them in memory.
        on_error: what to do about images that cannot be read.
        resume: whether to go on from the run folder's checkpoint.
    """

    machine: Machine = PROCESSOR
    processes: Processes = ALONE
    workers: int | None = None
    on_error: OnError = OnError.STOP
    resume: bool = False


def training_samples(config: RunConfig, fracatlas_folder: Path) -> dict[Part, list[Sample]]:
    """What to fit on and what to choose the epoch by: real images, then synthetic ones.

    Raises:
        ValueError: the folder holds no usable image.
        OSError: the manifest cannot be read.
    """
    real = fracatlas(fracatlas_folder, config.split_seed)
    pairs = config.synthetic_pairs
    most = max(pairs, *(each.synthetic_pairs for each in config.earlier), 0)
    return {
        Part.TRAINING: real[Part.TRAINING] + synthetic(Part.TRAINING, most) + _sought(config),
        Part.VALIDATION: real[Part.VALIDATION]
        + synthetic(Part.VALIDATION, validation_pairs(pairs)),
    }


def run_training(
    config: RunConfig,
    samples: dict[Part, list[Sample]],
    weights: str,
    folder: RunFolder,
    *,
    watcher: Watcher,
    means: Means | None = None,
    on_image: Callable[[], None] = lambda: None,
    on_history: Callable[[list[Epoch]], None] = lambda _: None,
    report: Callable[[str], None] = lambda _: None,
) -> list[Epoch]:
    """Fit and leave configuration, history and best weights in the run folder.

    Args:
        config: what to do.
        samples: training and validation samples.
        weights: where the first weights come from; see `initialise`.
        folder: where the results go.
        watcher: told about every step and epoch.
        means: with what to do it.
        on_image: called for each image that was read.
        on_history: told all epochs after each.
        report: told which images are left out, and what is wrong with the lists.

    Raises:
        ValueError: images or initial weights are not usable, a part does not show both classes,
            or the folder holds another training.
        OSError: a file cannot be read or written.
    """
    means = means or Means()
    _check(config, samples, means)
    started = _claim(folder, config, samples, means)
    if started and _has_ended(folder, config.plan):
        return folder.read_history()
    means.processes.wait()  # until all have seen what was there
    if means.processes.is_first:
        if not started:
            _record(folder, config, samples, report)
        folder.write_environment(environment(means.machine, means.processes.count))
    spec = config.preprocessing
    torch.manual_seed(config.plan.seed)
    network = build_network(config.architecture)
    initialise(network, weights)
    training, validation = _images(samples, spec, folder, means, on_image=on_image, report=report)
    _see_both_classes(training.labels, validation.labels)  # of what can be read
    if is_folded(network) and weights != NONE:
        unfold_batch_norm(network, _varied_batch(training, config))
    history = list[Epoch]()

    def stage(
        training: Images, validation: Images, spec: Preprocessing, plan: FitPlan, path: Path
    ) -> list[Epoch]:
        kept = read_checkpoint(path) or {"history": []}
        earlier = [*history, *(Epoch(**epoch) for epoch in kept["history"])]
        first = means.processes.is_first
        watching = Keeper(folder, watcher, earlier, on_history) if first else Silence()
        return fit(
            network,
            training,
            validation,
            spec,
            plan=plan,
            watcher=watching,
            machine=means.machine,
            processes=means.processes,
            checkpoint=path,
        )

    for number, each in enumerate(config.earlier, 1):
        if not isinstance(training, ImageSet) or not isinstance(validation, ImageSet):
            raise ValueError(  # noqa: TRY004 (what was asked for is wrong, not its type)
                "images that are streamed cannot be fitted in several stages"
            )
        history += stage(
            _of_subjects(training, synthetic(Part.TRAINING, each.synthetic_pairs)).shrunk(
                replace(spec, size=each.size)
            ),
            validation.shrunk(replace(spec, size=each.size)),
            replace(spec, size=each.size),
            each.plan,
            folder.earlier_checkpoint_path(number),
        )
    if isinstance(training, ImageSet) and not config.cohorts:
        own = synthetic(Part.TRAINING, config.synthetic_pairs) + _sought(config)
        training = _of_subjects(training, own)
    return history + stage(training, validation, spec, config.plan, folder.checkpoint_path)


def _check(config: RunConfig, samples: dict[Part, list[Sample]], means: Means) -> None:
    """See, before hours of work, that these images can be fitted on as asked."""
    training, validation = samples[Part.TRAINING], samples[Part.VALIDATION]
    _see_both_classes([each.abnormal for each in training], [each.abnormal for each in validation])
    masks = any(each.mask is not None for each in training)
    if config.plan.localisation and masks and means.workers is not None:
        raise ValueError("maps are drawn to masks only while images stay in memory: no --workers")


def _see_both_classes(training: Labels, validation: Labels) -> None:
    for part, labels in ((Part.TRAINING, training), (Part.VALIDATION, validation)):
        abnormal = int(np.count_nonzero(labels))
        if abnormal in {0, len(labels)}:
            raise ValueError(
                f"the {part} part has {abnormal} abnormal and {len(labels) - abnormal} normal "
                "images: it needs both"
            )


def _sought(config: RunConfig) -> list[Sample]:
    return slipped(config.slipped_pairs) + hands(config.hand_pairs)


def _of_subjects(images: ImageSet, subjects: list[Sample]) -> ImageSet:
    """The images of one stage: all real ones, and synthetic ones of some subjects."""
    names = {each.name for each in subjects}
    drawn = np.array([name in names for name in images.names], dtype=np.bool_)
    return images.subset(~images.drawn | drawn)


def _claim(
    folder: RunFolder, config: RunConfig, samples: dict[Part, list[Sample]], means: Means
) -> bool:
    """See that the folder is free, or holds the beginning of this very training: return which."""
    started = any(
        path.exists() for path in (folder.checkpoint_path, folder.earlier_checkpoint_path(1))
    )
    if started and not means.resume:
        raise ValueError(f"{folder.path} holds a training: use --resume or another folder")
    if started and folder.read_config() != config:
        raise ValueError(f"{folder.path} holds a training with other settings: see its config.json")
    learnt = folder.read_learnt() if started else None
    if learnt is not None and learnt != learnt_of(samples):
        raise ValueError(
            f"{folder.path} was begun with other images or labels, or with the same ones in other "
            "parts or in another order: restore them, or begin in another folder"
        )
    return started


def _record(
    folder: RunFolder,
    config: RunConfig,
    samples: dict[Part, list[Sample]],
    report: Callable[[str], None],
) -> None:
    folder.write_config(config)
    folder.write_cohorts(samples)
    learnt = learnt_of(samples)
    folder.write_learnt(learnt)
    if learnt.doubles:
        report(
            f"{len(learnt.doubles)} images of the test part are in training or validation too, "
            "byte for byte: figures on it will be somewhat too good"
        )


def _has_ended(folder: RunFolder, plan: FitPlan) -> bool:
    kept = read_checkpoint(folder.checkpoint_path)
    return kept is not None and (
        len(kept["history"]) >= plan.epochs or kept["stale"] >= plan.give_up_epochs
    )


def _images(
    samples: dict[Part, list[Sample]],
    spec: Preprocessing,
    folder: RunFolder,
    means: Means,
    *,
    on_image: Callable[[], None],
    report: Callable[[str], None],
) -> tuple[Images, Images]:
    """Training and validation images, without those that cannot be read."""
    left_out: list[UnreadableImage] = []
    first = means.processes.is_first

    def leave_out(sample: Sample, error: UnreadableImage) -> None:
        # By what the list calls it: the cause names the file.
        left_out.append(UnreadableImage(_key(sample), f"{error.name} {error.cause}"))
        report(str(error))

    if means.workers is None:
        skipping = leave_out if means.on_error is OnError.SKIP else None
        sets = [
            load_images(samples[part], spec, on_image, skipping, torch.get_num_threads())
            for part in (Part.TRAINING, Part.VALIDATION)
        ]
        if first:
            folder.write_unreadable(left_out)
        return sets[0], sets[1]
    parts = {part: samples[part] for part in (Part.TRAINING, Part.VALIDATION)}
    known = folder.read_unreadable() if means.resume else None
    if first and known is None:
        for part in parts.values():
            readable(
                part,
                means.on_error,
                workers=means.workers,
                on_image=on_image,
                report=leave_out,
            )
        folder.write_unreadable(left_out)
    names = set(means.processes.told([each.name for each in known or left_out]))
    streams = [
        StreamedImages([s for s in part if _key(s) not in names], spec, means.workers)
        for part in parts.values()
    ]
    return streams[0], streams[1]


def _key(sample: Sample) -> str:
    return f"{sample.cohort} {sample.name}"


def _varied_batch(images: Images, config: RunConfig) -> torch.Tensor:
    order = np.random.default_rng(config.plan.seed).permutation(len(images))
    chosen = order[:_STATISTICS_IMAGES]
    raw = next(iter(images.batches([chosen])))
    return torch.from_numpy(normalise(raw, config.preprocessing))
