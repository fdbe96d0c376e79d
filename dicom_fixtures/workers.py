"""Writing studies with several processes, in an order that does not depend on how many."""

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from dicom_fixtures.truth_table import StudyRecord
from dicom_fixtures.written_studies import Task

STUDIES_PER_PROCESS = 8
"""For fewer a process is not worth its start."""


def processes_for(studies: int, cores: int) -> int:
    """How many processes to use if nobody says: all cores, one for a few studies."""
    return max(1, min(cores, studies // STUDIES_PER_PROCESS))


def written(tasks: Sequence[Task], out: Path, processes: int) -> Iterator[StudyRecord]:
    """Write the studies below `out`; yield their truth in the order of the tasks.

    Raises:
        OSError: A file cannot be written.
        ValueError: A study cannot be encoded.
    """
    if processes == 1:
        for task in tasks:
            yield task.write(out)
        return
    # Forked from a clean server: the caller may have threads, which do not survive a fork.
    context = get_context("forkserver")
    context.set_forkserver_preload(["dicom_fixtures.written_studies"])
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_leave_interrupts)
    try:
        yield from pool.map(partial(_write, out), tasks)
    finally:
        pool.shutdown(cancel_futures=True)


def _write(out: Path, task: Task) -> StudyRecord:
    return task.write(out)


def _leave_interrupts() -> None:
    """Let Ctrl-C reach the parent alone, which ends the pool in good order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
