"""What is said before hours of work: that it could come to nothing, or undo what is there."""

from dataclasses import replace

import numpy as np
import pytest

from model_training.cohorts.mura import mura
from model_training.cohorts.sample import Part
from model_training.run_folder import RunFolder
from model_training.training import Means, run_training
from model_training.watchers import Silence
from tests.model_training.conftest import small_config


def test_a_folder_with_a_training_is_not_overwritten(drawn_mura, tiny_spec, tmp_path):
    samples = mura(drawn_mura, 1, validation_share=0.3)
    config, folder = small_config(tiny_spec), RunFolder(tmp_path)
    run_training(config, samples, "none", folder, watcher=Silence())
    with pytest.raises(ValueError, match="--resume"):
        run_training(config, samples, "none", folder, watcher=Silence())
    with pytest.raises(ValueError, match="other settings"):
        run_training(
            replace(config, split_seed=9),
            samples,
            "none",
            folder,
            watcher=Silence(),
            means=Means(resume=True),
        )
    validation = samples[Part.VALIDATION]
    fewer = [each for each in validation if each.patient != validation[0].patient]
    moved = {**samples, Part.VALIDATION: fewer}
    training = samples[Part.TRAINING]
    flipped = [replace(training[0], abnormal=not training[0].abnormal), *training[1:]]
    swapped = [*training[1:], training[0]]
    for changed in (moved, *({**samples, Part.TRAINING: each} for each in (flipped, swapped))):
        with pytest.raises(ValueError, match="begun with other images or labels"):
            run_training(
                config, changed, "none", folder, watcher=Silence(), means=Means(resume=True)
            )


def test_a_training_that_has_ended_keeps_what_it_says_of_itself(drawn_mura, tiny_spec, tmp_path):
    samples = mura(drawn_mura, 1, validation_share=0.3)
    config, folder = small_config(tiny_spec), RunFolder(tmp_path)
    run_training(config, samples, "none", folder, watcher=Silence())
    folder.write_environment({"python": "of long ago"})
    run_training(config, samples, "none", folder, watcher=Silence(), means=Means(resume=True))
    assert folder.read_environment() == {"python": "of long ago"}


@pytest.mark.parametrize("part", [Part.TRAINING, Part.VALIDATION])
def test_a_part_of_one_class_is_refused_before_an_image_is_read(
    drawn_mura, tiny_spec, tmp_path, part
):
    samples = mura(drawn_mura, 1, validation_share=0.3)
    samples[part] = [each for each in samples[part] if each.abnormal]
    read = []
    with pytest.raises(ValueError, match=f"the {part} part has [0-9]+ abnormal and 0 normal"):
        run_training(
            small_config(tiny_spec),
            samples,
            "none",
            RunFolder(tmp_path),
            watcher=Silence(),
            on_image=lambda: read.append(1),
        )
    assert read == []


def test_maps_are_not_silently_left_undrawn_where_images_are_streamed(
    drawn_mura, tiny_spec, tmp_path
):
    samples = mura(drawn_mura, 1, validation_share=0.3)
    marked = replace(samples[Part.TRAINING][0], mask=lambda: np.ones((2, 2), dtype=np.bool_))
    samples[Part.TRAINING][0] = marked
    config = small_config(tiny_spec)
    config = replace(config, plan=replace(config.plan, localisation=0.7))
    with pytest.raises(ValueError, match="no --workers"):
        run_training(
            config, samples, "none", RunFolder(tmp_path), watcher=Silence(), means=Means(workers=0)
        )
