"""Sends files and folders of files, as storescu does: each exactly as it is on disk."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from triage_agent.adapters.dimse.destination import DimseDestination
from triage_agent.destination_settings import DestinationSettings

Progress = Callable[[Path, Exception | None], None]

_PREFIX_OFFSET = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of the files: taken by the peer, or not, with its reason."""

    taken: tuple[Path, ...]
    failed: tuple[tuple[Path, Exception], ...]


def find_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the given files, and the DICOM files in the given folders, each once, sorted.

    In a folder a file counts as DICOM if it has the prefix of PS3.10 section 7.1; a file that is
    named itself is always returned. Raises FileNotFoundError.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            files = sorted(each for each in path.rglob("*") if each.is_file())
            found.update(dict.fromkeys(filter(_has_prefix, files)))
        elif path.exists():
            found[path] = None
        else:
            raise FileNotFoundError(f"there is no file or folder {path}")
    return tuple(found)


def send_files(
    files: Iterable[Path],
    *,
    host: str,
    port: int,
    called: str,
    calling: str,
    progress: Progress = lambda _path, _error: None,
) -> Sent:
    """C-STORE files over as few associations as their contexts need; call `progress` after each.

    Raises DestinationUnreachable when the association cannot be made or breaks.
    """
    paths = tuple(files)
    taken: list[Path] = []
    failed: list[tuple[Path, Exception]] = []

    def report(index: int, error: Exception | None) -> None:
        if error is None:
            taken.append(paths[index])
        else:
            failed.append((paths[index], error))
        progress(paths[index], error)

    peer = DestinationSettings(name="peer", host=host, port=port, ae_title=called)
    DimseDestination(peer, calling_ae_title=calling).send(paths, report)
    return Sent(taken=tuple(taken), failed=tuple(failed))


def _has_prefix(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(_PREFIX_OFFSET)
        return file.read(4) == b"DICM"
