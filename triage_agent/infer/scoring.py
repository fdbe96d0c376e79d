"""The step that scores images: begin, decode, classify, record.

Whatever goes wrong concerns as few images as possible, and ends as a reason on the image: a study
with such an image is never said to be below the threshold.
"""

import math
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import numpy as np
import structlog

from triage_agent.domain.instance import ClassActivation, ImageScore, Instance
from triage_agent.errors import DecoderCrashed, DecodingUnavailable, PixelsUnreadable
from triage_agent.infer.judging import Judge, Judgement
from triage_agent.infer.scores import image_probability
from triage_agent.ports.inference import FloatImage, PixelReader
from triage_agent.ports.register import StudyRegister
from triage_agent.ports.surroundings import Clock

log = structlog.get_logger()

Decoded = tuple[Instance, tuple[FloatImage, ...]]


def score_due(
    register: StudyRegister,
    reader: PixelReader,
    judge: Judge,
    clock: Clock,
    *,
    limit: int,
    maximum_attempts: int,
) -> int:
    """Score up to `limit` images that are due; return how many were begun, 0 if none is due.

    Images are decoded in parallel and classified as they come, those that are ready together in
    one batch. An image whose decoder crashed, or on which the classifier failed, stays due until
    it was begun `maximum_attempts` times; one that cannot be read, or about which the network says
    nothing finite, is recorded as unreadable at once. One that could not be decoded through no
    fault of its own is due again after a while, as if it had not been begun.

    Raises:
        DecodingUnavailable: that happened to all that were to be decoded.
    """
    begun = register.begin_scoring(limit, now=clock.now())
    step = _Step(register, judge, clock, maximum_attempts)
    due = [each for each in begun if not step.refuse(each)]
    if not due:
        return len(begun)
    with ThreadPoolExecutor(max_workers=len(due)) as threads:
        under_way = {threads.submit(reader.read, each.stored.location): each for each in due}
        while under_way:
            ready = wait(under_way, return_when=FIRST_COMPLETED).done
            # The most urgent first, as they were begun: a set has no order.
            ended = [(each, future) for future, each in under_way.items() if future in ready]
            for _, future in ended:
                del under_way[future]
            step.score([pair for each in ended if (pair := step.take(*each)) is not None])
    if step.unavailable:
        # Where others can be decoded there is nothing to wait for.
        if len(step.unavailable) == len(due):
            raise step.unavailable[0]
        cause = str(step.unavailable[0])
        log.warning("scoring_postponed", images=len(step.unavailable), cause=cause)
    return len(begun)


@dataclass(frozen=True, slots=True)
class _Step:
    register: StudyRegister
    judge: Judge
    clock: Clock
    maximum_attempts: int
    unavailable: list[DecodingUnavailable] = field(default_factory=list)

    def refuse(self, instance: Instance) -> bool:
        """Record what is not to be scored, and say whether it was that."""
        earlier = instance.attempts - 1
        if earlier >= self.maximum_attempts:
            self._unreadable(instance, f"inference was begun {earlier} times and never ended")
        elif instance.region not in self.judge.regions:
            shown = instance.region or "an unknown region"
            self._unreadable(instance, f"{self.judge.model} was not made for {shown}")
        else:
            return False
        return True

    def take(self, instance: Instance, reading: Future[tuple[FloatImage, ...]]) -> Decoded | None:
        """Return the decoded image, or record why there is none."""
        try:
            return instance, reading.result()
        except PixelsUnreadable as error:
            self._unreadable(instance, str(error))
        except DecoderCrashed as error:
            self._failed(instance, str(error))
        except DecodingUnavailable as error:
            self.register.postpone_scoring(instance.header.SOPInstanceUID, now=self.clock.now())
            self.unavailable.append(error)
        return None

    def score(self, decoded: Sequence[Decoded]) -> None:
        """Judge the images in one batch, or one by one if the batch fails."""
        if not decoded:
            return
        regions = [instance.region for instance, _ in decoded if instance.region is not None]
        try:
            inputs = [np.stack(form) for form in zip(*(forms for _, forms in decoded), strict=True)]
            judgements = self.judge.judge(inputs, regions)
        except Exception as error:  # noqa: BLE001 (a runtime raises its own; none may end the step)
            if len(decoded) == 1:
                self._failed(decoded[0][0], f"the model failed ({type(error).__name__})")
                return
            for each in decoded:
                self.score([each])
            return
        for (instance, _), judgement in zip(decoded, judgements, strict=True):
            self._record(instance, judgement)

    def _record(self, instance: Instance, judgement: Judgement) -> None:
        activation = judgement.activation
        if not (math.isfinite(judgement.logit) and np.isfinite(activation).all()):
            self._unreadable(instance, "the model gives no finite number for this image")
            return
        if judgement.abstains:
            self._unreadable(instance, judgement.abstains)
            return
        rows, columns = activation.shape
        score = ImageScore(
            probability=image_probability(judgement.logit),
            activation=ClassActivation(
                rows=rows, columns=columns, values=tuple(activation.ravel().tolist())
            ),
        )
        self.register.record_score(
            instance.header.SOPInstanceUID,
            score,
            model=self.judge.model,
            now=self.clock.now(),
        )

    def _failed(self, instance: Instance, reason: str) -> None:
        """Leave the image due for another attempt, unless it was the last."""
        if instance.attempts >= self.maximum_attempts:
            self._unreadable(instance, f"{reason}, {instance.attempts} times")

    def _unreadable(self, instance: Instance, reason: str) -> None:
        self.register.record_unreadable(
            instance.header.SOPInstanceUID, reason, now=self.clock.now()
        )
