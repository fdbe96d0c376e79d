"""Several networks that answer as one model.

Two ways (`EnsembleKind`). By region one member answers, as it would alone, with its own exact map.
The mean is that of the members' calibrated probabilities; its logit is log(p / (1 - p)).

By region, the gate of the member that answers decides whether it does. The mean abstains unless
members with more than half the say would answer, of those that have a gate: a tie is not assessed.

The map of a mean is the mean of the members' maps, by the members' weights, each map in calibrated
logits and spread evenly over the finest grid among them. So its own mean, with the members' biases
in the same proportions, is the weighted mean of the members' calibrated logits. That is not the
logit of the mean probability: the map of a mean shows where the members' evidence lies, and does
not add up to what is reported.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from triage_agent.domain.region import Region
from triage_agent.infer.ensemble_bundle import EnsembleBundle, EnsembleKind
from triage_agent.infer.judging import Batch, Judgement, NetworkJudge
from triage_agent.ports.inference import FloatImage


@dataclass(frozen=True, slots=True)
class EnsembleJudge:
    """The members of a bundle, in its order, under its name and with its calibrations."""

    bundle: EnsembleBundle
    members: Sequence[NetworkJudge]

    @property
    def model(self) -> str:
        """The name and version that scores are recorded under: the ensemble's own."""
        return self.bundle.model

    @property
    def regions(self) -> Sequence[Region]:
        """The regions in scope."""
        return self.bundle.regions

    def judge(self, inputs: Sequence[Batch], regions: Sequence[Region]) -> list[Judgement]:
        """Judge N images, in their order, as `Judge.judge`."""
        if self.bundle.kind is EnsembleKind.MEAN:
            judged = self._mean(inputs, regions)
        else:
            judged = self._by_region(inputs, regions)
        return [
            replace(each, logit=self.bundle.calibration(region).scale(each.logit))
            for each, region in zip(judged, regions, strict=True)
        ]

    def _mean(self, inputs: Sequence[Batch], regions: Sequence[Region]) -> list[Judgement]:
        weights = [each.weight for each in self.bundle.members]
        votes = [
            weight if judge.bundle.scope_gate is not None else 0.0
            for weight, judge in zip(weights, self.members, strict=True)
        ]
        said = [each.judge(inputs, regions) for each in self.members]
        slopes = [
            [each.bundle.calibration(region).slope for region in regions] for each in self.members
        ]
        return [
            _together(opinions, weights, votes, scales)
            for opinions, scales in zip(
                zip(*said, strict=True), zip(*slopes, strict=True), strict=True
            )
        ]

    def _by_region(self, inputs: Sequence[Batch], regions: Sequence[Region]) -> list[Judgement]:
        chosen = [self.bundle.member_for(region) for region in regions]
        judged: dict[int, Judgement] = {}
        for index in sorted(set(chosen)):
            places = [place for place, member in enumerate(chosen) if member == index]
            own = [each[places] for each in inputs]
            said = self.members[index].judge(own, [regions[place] for place in places])
            judged.update(zip(places, said, strict=True))
        return [judged[place] for place in range(len(regions))]


def mean_logit(logits: Sequence[float], weights: Sequence[float]) -> float:
    """Logit of the weighted mean of the probabilities that have these logits.

    Right also where a probability is so near to 0 or 1 that it would round to it. NaN if a logit
    is not a finite number: what a member cannot say, the ensemble cannot either.
    """
    if not all(map(math.isfinite, logits)):
        return math.nan
    z = np.array(logits, dtype=np.float64)
    shares = np.log(np.array(weights, dtype=np.float64))
    # log sigma(z) is -log(1 + exp(-z)); a common factor of the weights cancels out.
    abnormal = np.logaddexp.reduce(shares - np.logaddexp(0.0, -z))
    normal = np.logaddexp.reduce(shares - np.logaddexp(0.0, z))
    return float(abnormal - normal)


def mean_map(maps: Sequence[FloatImage], weights: Sequence[float]) -> FloatImage:
    """Weighted mean of maps [h, w] of any size, float32, on a grid as fine as the finest.

    A cell of the result is the mean of what a map has over the cell's area, so that every map
    keeps its own mean.
    """
    rows = max(each.shape[0] for each in maps)
    columns = max(each.shape[1] for each in maps)
    spread = [
        _overlap(rows, each.shape[0]) @ each @ _overlap(columns, each.shape[1]).T for each in maps
    ]
    together: FloatImage = np.average(spread, axis=0, weights=weights).astype(np.float32)
    return together


def _together(
    opinions: Sequence[Judgement],
    weights: Sequence[float],
    votes: Sequence[float],
    scales: Sequence[float],
) -> Judgement:
    maps = [
        each.activation * np.float32(scale) for each, scale in zip(opinions, scales, strict=True)
    ]
    return Judgement(
        logit=mean_logit([each.logit for each in opinions], weights),
        activation=mean_map(maps, weights),
        abstains=_abstention(opinions, votes),
    )


def _abstention(opinions: Sequence[Judgement], votes: Sequence[float]) -> str:
    """Why the mean abstains, in the words of the first member that does; "" if it answers."""
    reasons = [each.abstains for each in opinions if each.abstains]
    answer = math.fsum(
        vote for each, vote in zip(opinions, votes, strict=True) if not each.abstains
    )
    if reasons and answer <= math.fsum(votes) / 2:
        return reasons[0]
    return ""


def _overlap(fine: int, coarse: int) -> npt.NDArray[np.float64]:
    """Share [fine, coarse] of each fine cell that lies in each coarse one; rows add up to 1."""
    edges = np.arange(fine + 1) / fine
    bounds = np.arange(coarse + 1) / coarse
    upper = np.minimum(edges[1:, np.newaxis], bounds[np.newaxis, 1:])
    lower = np.maximum(edges[:-1, np.newaxis], bounds[np.newaxis, :-1])
    shares: npt.NDArray[np.float64] = np.maximum(upper - lower, 0.0) * fine
    return shares
