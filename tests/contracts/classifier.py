"""What every Classifier keeps, whatever it runs on."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from triage_agent.ports.inference import Classifier


@dataclass(frozen=True)
class Subject:
    """A classifier under test, images [4, 3, S, S] for it, and its head's bias."""

    classifier: Classifier
    images: npt.NDArray[np.float32]
    bias: float


class ClassifierContract(ABC):
    """Subclasses give a fixture `subject`."""

    # Runtimes block their sums differently for different batches.
    tolerance = 2e-3

    @pytest.fixture
    @abstractmethod
    def subject(self) -> Subject: ...

    def test_shapes_and_types(self, subject: Subject) -> None:
        logits, maps, features = subject.classifier.classify(subject.images)
        assert logits.dtype == np.float32
        assert maps.dtype == np.float32
        assert logits.shape == (4,)
        assert maps.shape[0] == 4
        assert maps.ndim == 3
        assert maps[0].size > 1
        assert features.dtype == np.float32
        assert features.shape[0] == 4
        assert features.ndim == 2

    def test_images_have_different_logits(self, subject: Subject) -> None:
        said = subject.classifier.classify(subject.images)
        assert np.ptp(said.logits) > 0.1
        assert np.ptp(said.features, axis=0).max() > 0.1

    def test_the_mean_of_a_map_and_the_bias_are_the_logit(self, subject: Subject) -> None:
        logits, maps, _ = subject.classifier.classify(subject.images)
        np.testing.assert_allclose(
            maps.mean(axis=(1, 2)) + subject.bias, logits, atol=self.tolerance
        )

    @pytest.mark.parametrize("count", [1, 2, 3])
    def test_a_batch_says_what_its_images_say_alone(self, subject: Subject, count: int) -> None:
        together = subject.classifier.classify(subject.images)
        fewer = subject.classifier.classify(subject.images[:count])
        for found, expected in zip(fewer, together, strict=True):
            np.testing.assert_allclose(found, expected[:count], atol=self.tolerance)

    def test_the_same_images_give_the_same_numbers(self, subject: Subject) -> None:
        first, again = (subject.classifier.classify(subject.images) for _ in range(2))
        for found, expected in zip(again, first, strict=True):
            np.testing.assert_allclose(found, expected, atol=1e-6)

    def test_the_images_are_left_as_they_are(self, subject: Subject) -> None:
        before = subject.images.copy()
        subject.classifier.classify(subject.images)
        np.testing.assert_array_equal(subject.images, before)

    def test_images_that_may_not_be_written_to(self, subject: Subject) -> None:
        images = subject.images.copy()
        images.flags.writeable = False
        assert subject.classifier.classify(images).logits.shape == (4,)

    def test_the_model_has_a_name_and_a_version(self, subject: Subject) -> None:
        assert len(subject.classifier.model.split()) >= 2
