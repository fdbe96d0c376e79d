"""Every algorithm that was ever in use at a node, kept in its data folder.

An image keeps the name of the model that scored it. What that model was (its Device UID, its
operating points) has to be known as long as the row is, also when its bundle is gone.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import structlog

from triage_agent.adapters.torch_inference.durable_files import sync_folder, write_durably
from triage_agent.domain.algorithm import AlgorithmIdentity
from triage_agent.domain.region import Region

_NAME = re.compile(r"[0-9a-f]{16}\.json")

_log = structlog.get_logger(__name__)


class KnownAlgorithms:
    """One small file for each algorithm, named by its content; none is ever changed or removed.

    What another process adds is seen at the next call.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: frozenset[str] = frozenset()
        self._algorithms: dict[Path, AlgorithmIdentity] = {}

    def remember(self, algorithm: AlgorithmIdentity) -> None:
        """Add an algorithm; once more changes nothing. Raises OSError."""
        content = (json.dumps(asdict(algorithm), indent=2, sort_keys=True) + "\n").encode()
        path = self._folder / f"{hashlib.sha256(content).hexdigest()[:16]}.json"
        if path.exists():
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        sync_folder(self._folder.parent)
        write_durably(path, content)

    def all(self) -> tuple[AlgorithmIdentity, ...]:
        """Return all that are known, the one that was added last at the end."""
        return tuple(self.files().values())

    def files(self) -> Mapping[Path, AlgorithmIdentity]:
        """Return all that are known as `all` does, each with its file."""
        try:
            # Asked for every object that is received: a list of names is the least that will do.
            names = frozenset(name for name in os.listdir(self._folder) if _NAME.fullmatch(name))  # noqa: PTH208 (iterdir makes a path of each)
        except OSError:
            return self._algorithms
        # The names follow from the contents, so the same names are the same algorithms.
        if names != self._seen:
            paths = sorted(
                (self._folder / name for name in names),
                key=lambda path: (path.stat().st_mtime_ns, path.name),
            )
            read = ((path, _read(path)) for path in paths)
            self._algorithms = {path: each for path, each in read if each is not None}
            self._seen = names
        return self._algorithms

    def named(self, model: str) -> AlgorithmIdentity | None:
        """Return the algorithm whose scores are recorded under this name, if it is known."""
        return next((each for each in reversed(self.all()) if each.model == model), None)

    def device_uids(self) -> frozenset[str]:
        """Return the Device UIDs of all that are known."""
        return frozenset(each.device_uid for each in self.all())


def _read(path: Path) -> AlgorithmIdentity | None:
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        points = {Region(region): point for region, point in fields.pop("operating_points").items()}
        return AlgorithmIdentity(**fields, operating_points=points)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        _log.warning("algorithm_not_readable", file=path.name, cause=type(error).__name__)
        return None
