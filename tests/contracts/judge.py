"""What every Judge keeps, whether one network answers or several."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest

from triage_agent.domain.region import Region
from triage_agent.infer.judging import Judge, Judgement


@dataclass(frozen=True)
class Judged:
    """A judge under test, four images [4, 3, S, S] in each of its forms, and what they show."""

    judge: Judge
    inputs: Sequence[npt.NDArray[np.float32]]
    regions: Sequence[Region]

    def judgements(self, *places: int) -> list[Judgement]:
        chosen = list(places or range(4))
        inputs = [form[chosen] for form in self.inputs]
        return self.judge.judge(inputs, [self.regions[place] for place in chosen])


class JudgeContract(ABC):
    """Subclasses give a fixture `judged`."""

    # Runtimes block their sums differently for different batches.
    tolerance = 2e-3

    @pytest.fixture
    @abstractmethod
    def judged(self) -> Judged: ...

    def test_every_image_gets_a_number_and_a_map(self, judged: Judged) -> None:
        found = judged.judgements()
        assert len(found) == 4
        for each in found:
            assert np.isfinite(each.logit)
            assert each.activation.dtype == np.float32
            assert each.activation.ndim == 2
            assert np.isfinite(each.activation).all()
            assert each.abstains == ""
        assert np.ptp([each.logit for each in found]) > 0.1

    @pytest.mark.parametrize("places", [(0,), (3,), (2, 1), (3, 0, 2)])
    def test_an_image_is_judged_the_same_in_any_company(
        self, judged: Judged, places: tuple[int, ...]
    ) -> None:
        together = judged.judgements()
        for place, found in zip(places, judged.judgements(*places), strict=True):
            assert found.logit == pytest.approx(together[place].logit, abs=self.tolerance)
            np.testing.assert_allclose(
                found.activation, together[place].activation, atol=self.tolerance
            )

    def test_the_images_are_left_as_they_are(self, judged: Judged) -> None:
        before = [form.copy() for form in judged.inputs]
        judged.judgements()
        for form, expected in zip(judged.inputs, before, strict=True):
            np.testing.assert_array_equal(form, expected)

    def test_what_the_images_show_is_in_scope(self, judged: Judged) -> None:
        assert set(judged.regions) <= set(judged.judge.regions)

    def test_the_model_has_a_name_and_a_version(self, judged: Judged) -> None:
        assert len(judged.judge.model.split()) >= 2
