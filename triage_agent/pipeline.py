"""The flow, stage after stage.

    receive -> assemble -> infer -> prioritise -> report -> deliver

The rows say what is due; each step below is called again and again by an engine, does what is due
and returns how much it did. A step that is interrupted anywhere is simply due again. Receiving
(`receive.receiver`), scoring (`infer.scoring`) and sending (`deliver.sending`) each stand within
one stage; the steps here join two.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pydicom
import structlog

from triage_agent.deliver.routing import route
from triage_agent.destination_settings import DestinationSettings
from triage_agent.domain.assessment import AssessmentKind
from triage_agent.domain.delivery import Result, ResultKind
from triage_agent.domain.instance import InstanceState
from triage_agent.domain.pauses import Pauses
from triage_agent.domain.study import StudyImages
from triage_agent.errors import DecoderCrashed, PermanentError, PixelsUnreadable, will_pass
from triage_agent.infer.assess import assess
from triage_agent.ports.inference import FloatImage, PixelReader
from triage_agent.ports.lists import Outbox
from triage_agent.ports.register import StudyRegister
from triage_agent.ports.storage import InstanceStore
from triage_agent.ports.surroundings import Clock
from triage_agent.prioritise.placement import place
from triage_agent.report.compose import ComposedObject
from triage_agent.settings import PrioritiseSettings

ASSESS_STUDIES = 100  # a step looks again after so many, so that the most urgent come first
REPORT_STUDIES = 2  # composing takes its time
ALL_OF_A_STUDY = 1_000_000  # deliveries: more than any study has
# So long others go first after a disk or a server failed.
REPORT_PAUSES = Pauses(first_seconds=5.0, longest_seconds=600.0)
DISPLAY_PIXELS = 1024  # the longest side of an overlay: legible text, a few megabytes

log = structlog.get_logger()


def assess_due(
    register: StudyRegister,
    operating_point: Callable[[StudyImages], float],
    policy: PrioritiseSettings,
    clock: Clock,
) -> int:
    """Infer and prioritise: say of each study whose images changed what it is and where it goes.

    `operating_point` follows from a study's rows alone, and the reports use the same: whichever
    process assesses, and whichever model scores by then, a study is judged in one way.
    """
    done = 0
    for uid in register.unassessed(ASSESS_STUDIES):
        images = register.study_images(uid)
        study = images.study
        assessment = assess(images.instances, operating_point(images))
        placement = place(assessment, stat=study.stat, arrived_at=study.arrived_at, policy=policy)
        done += register.record_assessment(
            uid, assessment, placement, revision=study.revision, now=clock.now()
        )
    return done


Compose = Callable[
    [StudyImages, Mapping[str, pydicom.Dataset], Mapping[str, FloatImage], Result | None],
    Sequence[ComposedObject],
]


@dataclass
class Reporting:
    """Report and route: compose the results of closed studies and put them in the outbox.

    A study whose results cannot be composed keeps its assessment and its place; after
    `maximum_attempts` it is taken as reported with no results, and its story says why. What will
    pass, as a disk that fails does, is no such attempt: the study waits a while, behind the others,
    and the longer the more often it happens.
    """

    register: StudyRegister
    outbox: Outbox
    store: InstanceStore
    reader: PixelReader
    compose: Compose
    destinations: Sequence[DestinationSettings]
    clock: Clock
    maximum_attempts: int = 5
    _failures: dict[str, int] = field(default_factory=dict)
    _postponements: Counter[str] = field(default_factory=Counter)
    _postponed: dict[str, datetime] = field(default_factory=dict)

    def report_due(self) -> int:
        """Report the most urgent studies that are due; return how many were reported.

        One that fails does not hold up the next.
        """
        done = 0
        now = self.clock.now()
        self._postponed = {
            uid: until
            for uid, until in self._postponed.items()
            if not REPORT_PAUSES.is_over(until, now)
        }
        due = self.register.reportable(REPORT_STUDIES + len(self._postponed))
        for uid in [each for each in due if each not in self._postponed][:REPORT_STUDIES]:
            try:
                done += self._report(uid)
                self._forget_failures(uid)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next study is reported
                self._note_failure(uid, error)
        return done

    def _report(self, uid: str) -> bool:
        images = self.register.study_images(uid)
        composed = self._compose(images)
        results = [self._keep(images, each) for each in composed]
        return self._record(images, results, self._route(images, results))

    def _route(self, images: StudyImages, results: Sequence[Result]) -> list[tuple[str, ...]]:
        earlier: dict[ResultKind, set[str]] = {kind: set() for kind in ResultKind}
        for each in self.outbox.deliveries(
            StudyInstanceUID=images.study.StudyInstanceUID, limit=ALL_OF_A_STUDY
        ):
            earlier[each.result.kind].add(each.destination)
        return [
            route(images, each.kind, self.destinations, earlier=earlier[each.kind])
            for each in results
        ]

    def _compose(self, images: StudyImages) -> Sequence[ComposedObject]:
        study = images.study
        assessed = study.assessment.kind is not AssessmentKind.NOT_ASSESSED
        earlier = [
            result
            for result in self.register.results(study.StudyInstanceUID)
            if result.kind is ResultKind.STRUCTURED_REPORT and result.generation < study.generation
        ]
        if not assessed and not earlier:
            return ()
        scored = [each for each in images.instances if each.state is InstanceState.SCORED]
        sources = {
            each.header.SOPInstanceUID: self._source(each.stored.location) for each in scored
        }
        displays = {
            each.header.SOPInstanceUID: self.reader.display(each.stored.location, DISPLAY_PIXELS)
            for each in scored
            if assessed  # else no overlay is drawn
        }
        return self.compose(images, sources, displays, earlier[-1] if earlier else None)

    def _source(self, location: str) -> pydicom.Dataset:
        try:
            return pydicom.dcmread(self.store.path(location), stop_before_pixels=True)
        except FileNotFoundError as error:
            if self.store.will_pass(error, location):
                raise
            raise PixelsUnreadable("a stored object is not there any more") from error

    def _keep(self, images: StudyImages, composed: ComposedObject) -> Result:
        return Result(
            StudyInstanceUID=images.study.StudyInstanceUID,
            generation=images.study.generation,
            kind=composed.kind,
            SOPClassUID=composed.SOPClassUID,
            SOPInstanceUID=composed.SOPInstanceUID,
            stored=self.store.put([composed.encoded], composed.digest),
        )

    def _record(
        self,
        images: StudyImages,
        results: Sequence[Result],
        destinations: Sequence[Sequence[str]],
        note: str = "",
    ) -> bool:
        return self.register.record_report(
            images.study.StudyInstanceUID,
            results,
            destinations,
            generation=images.study.generation,
            revision=images.study.revision,
            now=self.clock.now(),
            note=note,
        )

    def _note_failure(self, uid: str, error: Exception) -> None:
        if will_pass(error) and not isinstance(error, DecoderCrashed):
            self._postponements[uid] += 1
            pause = REPORT_PAUSES.after(self._postponements[uid])
            self._postponed[uid] = self.clock.now() + pause
            seconds = pause.total_seconds()
            log.warning("report_postponed", study=uid, seconds=seconds, cause=str(error))
            return
        failures = self._failures[uid] = self._failures.get(uid, 0) + 1
        log.error("report_failed", study=uid, failures=failures, exc_info=error)
        if failures < self.maximum_attempts and not isinstance(error, PermanentError):
            return
        note = f"no results: composing them failed with {type(error).__name__}"
        if self._record(self.register.study_images(uid), (), (), note):
            self._forget_failures(uid)

    def _forget_failures(self, uid: str) -> None:
        self._failures.pop(uid, None)
        self._postponements.pop(uid, None)
