"""What a process and all that it has started take: processor time and memory, from procfs."""

import os
import re
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Return the processor time so far, also of children that have ended and were waited for."""
    return sum(_ticks(each) for each in _tree(pid)) / _TICKS


def resident_megabytes(pid: int) -> float:
    """Return the memory in use; a page that several of the processes share counts once."""
    return sum(_proportional_kilobytes(each) for each in _tree(pid)) / 1024


def _tree(pid: int) -> list[int]:
    children = _read(pid, f"task/{pid}/children").split()
    return [pid, *(each for child in children for each in _tree(int(child)))]


def _ticks(pid: int) -> int:
    fields = _read(pid, "stat").rpartition(")")[2].split()
    return sum(map(int, fields[11:15]))  # user and system, its own and of children waited for


def _proportional_kilobytes(pid: int) -> int:
    found = re.search(r"^Pss:\s+(\d+) kB", _read(pid, "smaps_rollup"), re.MULTILINE)
    return int(found[1]) if found else 0


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        return ""
