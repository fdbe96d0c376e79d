"""Images from memory and from the disk, and those that cannot be read."""

from dataclasses import replace

import numpy as np
import pytest

from model_training.cohorts.image_files import OnError, UnreadableImage
from model_training.cohorts.mura import mura
from model_training.cohorts.sample import Part
from model_training.images import load_images
from model_training.run_folder import RunFolder
from model_training.streamed import StreamedImages
from model_training.training import Means, run_training
from model_training.watchers import Silence
from tests.model_training.conftest import small_config


@pytest.mark.parametrize("workers", [0, 2])
def test_streamed_images_are_those_in_memory(drawn_mura, tiny_spec, workers):
    samples = mura(drawn_mura, 1)[Part.TEST]
    streamed = StreamedImages(samples, tiny_spec, workers)
    stored = load_images(samples, tiny_spec)
    order = [np.array([3, 0, 2]), np.array([1])]
    pairs = list(zip(streamed.batches(order), stored.batches(order), strict=True))
    assert len(pairs) == 2
    assert all(np.array_equal(one, other) for one, other in pairs)
    assert np.array_equal(streamed.labels, stored.labels)
    assert streamed.regions == stored.regions
    assert len(streamed) == len(stored)


def test_streaming_does_not_change_the_weights(drawn_mura, tiny_spec, tmp_path):
    samples = mura(drawn_mura, 1, validation_share=0.3)
    for name, workers in (("memory", None), ("streamed", 1)):
        run_training(
            small_config(tiny_spec),
            samples,
            "none",
            RunFolder(tmp_path / name),
            watcher=Silence(),
            means=Means(workers=workers),
        )
    one, other = (tmp_path / name / "best.safetensors" for name in ("memory", "streamed"))
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("workers", [None, 1])
def test_unreadable_images_are_left_out_by_name(mura_folder, tiny_spec, tmp_path, workers):
    samples = mura(mura_folder, 1, validation_share=0.3)
    gone = samples[Part.TRAINING][0].name
    (mura_folder.parent / gone).unlink()
    told = []

    def go(on_error, *, resume=False):
        run_training(
            small_config(tiny_spec),
            samples,
            "none",
            RunFolder(tmp_path / "run"),
            watcher=Silence(),
            means=Means(workers=workers, on_error=on_error, resume=resume),
            report=told.append,
        )

    with pytest.raises(UnreadableImage, match="is not there"):
        go(OnError.STOP)
    go(OnError.SKIP)
    assert len(told) == 1
    assert gone in told[0]
    (unreadable,) = RunFolder(tmp_path / "run").read_unreadable()
    assert unreadable.name == f"MURA-v1.1 {gone}"
    go(OnError.SKIP, resume=True)


def test_images_that_were_left_out_in_memory_stay_out_where_it_goes_on_streaming(
    mura_folder, tiny_spec, tmp_path
):
    samples = mura(mura_folder, 1, validation_share=0.3)
    (mura_folder.parent / samples[Part.TRAINING][0].name).write_bytes(b"no picture")
    folder = RunFolder(tmp_path / "run")
    counts = []

    def go(config, *, workers=None, resume=False):
        means = Means(workers=workers, on_error=OnError.SKIP, resume=resume)
        run_training(config, samples, "none", folder, watcher=Silence(), means=means)
        counts.append(len(folder.read_history()))

    shorter = small_config(tiny_spec)
    go(shorter)
    longer = replace(shorter, plan=replace(shorter.plan, epochs=shorter.plan.epochs + 1))
    folder.write_config(longer)
    go(longer, workers=1, resume=True)
    assert counts == [shorter.plan.epochs, longer.plan.epochs]
