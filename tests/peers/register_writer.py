"""Processes that write to a register beside each other, and may be killed while they do."""

import multiprocessing
import os
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path

from tests.contracts.register_on_sql import ports_on
from tests.factories import MODEL, ROOT, T0, make_instance, make_result, make_score, uid
from triage_agent.adapters.sql.engine import Database
from triage_agent.adapters.sql.migrate import upgrade
from triage_agent.adapters.sql.revision import current_revision
from triage_agent.domain.instance import Instance

STUDIES = 20
IMAGES_PER_STUDY = 3


def processes() -> ForkServerContext:
    """Return a way to start processes that have imported everything already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


@dataclass(frozen=True)
class Writer:
    """A process that writes; `has_written` is set after its first write."""

    process: BaseProcess
    has_written: Event

    def kill(self, seconds: float) -> None:
        """End it with SIGKILL, wherever it is, and wait until it is gone."""
        self.process.kill()
        self.process.join(seconds)
        self.process.close()


def start_writer(number: int, url: str, log: Path) -> Writer:
    """Start a process that takes studies through all stages until it is killed.

    It appends `registered UID`, `scored UID`, `reported UID` or `sent ID` to `log` after each
    write has returned.
    """
    has_written = processes().Event()
    process = processes().Process(target=_write, args=(number, url, log, has_written))
    process.start()
    return Writer(process, has_written)


def start_registering(url: str, instances: Sequence[Instance], answer: Connection) -> BaseProcess:
    """Start a process that registers instances and sends back what became of each."""
    process = processes().Process(target=_register, args=(url, instances, answer))
    process.start()
    return process


def start_upgrading(url: str, answer: Connection) -> BaseProcess:
    """Start a process that brings a database up to date and sends back its revision."""
    process = processes().Process(target=_upgrade, args=(url, answer))
    process.start()
    return process


def _upgrade(url: str, answer: Connection) -> None:
    answer.recv()  # the word to begin
    database = Database(url)
    upgrade(database)
    answer.send(current_revision(database))


def _register(url: str, instances: Sequence[Instance], answer: Connection) -> None:
    ports = ports_on(Database(url))
    answer.recv()  # the word to begin
    outcomes = [ports.arrive(instance) for instance in instances]
    answer.send(outcomes)


def _write(number: int, url: str, log: Path, has_written: Event) -> None:
    ports = ports_on(Database(url))
    told = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    register = ports.register

    def tell(line: str) -> None:
        os.write(told, f"{line}\n".encode())

    for image in range(STUDIES * IMAGES_PER_STUDY * 100):
        SOPInstanceUID = f"{ROOT}.7.{number}.{image}"
        study = uid("study", image % STUDIES)
        ports.arrive(make_instance(StudyInstanceUID=study, SOPInstanceUID=SOPInstanceUID))
        tell(f"registered {SOPInstanceUID}")
        has_written.set()
        for instance in register.begin_scoring(4, now=T0):
            SOPInstanceUID = instance.header.SOPInstanceUID
            if register.record_score(SOPInstanceUID, make_score(), model=MODEL, now=T0):
                tell(f"scored {SOPInstanceUID}")
        for study in register.unassessed(4):
            now = register.study_images(study).study
            register.record_assessment(
                study, now.assessment, now.placement, revision=now.revision, now=T0
            )
        register.close_due(T0.replace(year=T0.year + 1))
        for study in register.reportable(4):
            now = register.study_images(study).study
            result = make_result(
                StudyInstanceUID=study,
                SOPInstanceUID=f"{study}.{now.generation}",
                generation=now.generation,
            )
            if register.record_report(
                study,
                [result],
                [["pacs"]],
                generation=now.generation,
                revision=now.revision,
                now=T0,
            ):
                tell(f"reported {result.SOPInstanceUID}")
        for delivery in ports.outbox.due("pacs", now=T0, limit=4):
            ports.outbox.record_sent(delivery.id, "0x0000", now=T0)
            tell(f"sent {delivery.id}")
