"""The bundles in a node's data folder, and which one is in use."""

import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from triage_agent.adapters.torch_inference.bundle_files import (
    BUNDLED_FOLDER,
    CARD,
    CARD_TEXT,
    WEIGHTS,
    LoadedModel,
    read_model,
)
from triage_agent.adapters.torch_inference.durable_files import (
    sync_file,
    sync_folder,
    write_durably,
)
from triage_agent.adapters.torch_inference.onnx_cache import SHIPPED, ExportedNetwork, write_export
from triage_agent.errors import BundleInvalid

CHOICE: Final = "current.json"

_NAME: Final = re.compile(r"[0-9a-f]{16}")
_PARTS: Final = (CARD, WEIGHTS, CARD_TEXT, f"{SHIPPED}.json", f"{SHIPPED}.onnx")
_STAGING: Final = ".staging"
_LOCK: Final = ".lock"
_CURE: Final = "Choose again: `triage-agent model use NAME`, or `triage-agent model use --bundled`"


class InstalledBundles:
    """A folder with one folder for each bundle and a small file that names the one in use.

    A bundle's folder is named by the SHA-256 of its card, which states that of the weights, or
    those of its members' cards. It is there as a whole or not at all, and never changed; the choice
    is one rename.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def chosen(self) -> Path:
        """Return the folder of the bundle in use: the one in the package unless one was chosen.

        Raises:
            BundleInvalid: the file that says so cannot be read or names a bundle that is not there.
        """
        path = self._folder / CHOICE
        try:
            name = json.loads(path.read_text(encoding="utf-8"))["bundle"]
        except FileNotFoundError:
            return BUNDLED_FOLDER
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise BundleInvalid(f"{path}: does not name a bundle. {_CURE}.") from error
        if name is None:
            return BUNDLED_FOLDER
        if not isinstance(name, str) or _NAME.fullmatch(name) is None:
            raise BundleInvalid(f"{path}: does not name a bundle. {_CURE}.")
        if not (self._folder / name).is_dir():
            raise BundleInvalid(f"{path}: names {name}, which is not installed. {_CURE}.")
        return self._folder / name

    def folders(self) -> tuple[Path, ...]:
        """Return the folders of the installed bundles, in order of their names."""
        if not self._folder.is_dir():
            return ()
        return tuple(sorted(each for each in self._folder.iterdir() if _NAME.fullmatch(each.name)))

    def install(
        self, loaded: LoadedModel, exports: Sequence[ExportedNetwork | None] | None = None
    ) -> Path:
        """Copy a bundle that was verified, and return the copy's folder.

        Args:
            loaded: the bundle where it lies now.
            exports: for each of its networks the compiled form to be kept beside it, if it came
                without one.

        Raises:
            BundleInvalid: what was copied is not what was verified.
            OSError: the copy cannot be written.
        """
        with self._alone():
            staging = self._folder / _STAGING
            shutil.rmtree(staging, ignore_errors=True)  # of a process that died
            staging.mkdir()
            try:
                for folder in dict.fromkeys((loaded.folder, *(n.folder for n in loaded.networks))):
                    _copy(folder, staging / folder.relative_to(loaded.folder))
                copied = read_model(staging)
                if copied.bundle != loaded.bundle:
                    raise BundleInvalid(f"{loaded.folder}: has changed meanwhile. Try again.")
                for network, export in zip(copied.networks, exports or (), strict=False):
                    if export is not None:
                        write_export(network.folder, SHIPPED, network.bundle, export)
                return self._keep(staging)
            finally:
                shutil.rmtree(staging, ignore_errors=True)

    def choose(self, folder: Path) -> None:
        """Make an installed bundle, or the one in the package, the one in use. Raises OSError."""
        name = None if folder == BUNDLED_FOLDER else folder.name
        with self._alone():
            content = json.dumps({"bundle": name}) + "\n"
            write_durably(self._folder / CHOICE, content.encode())

    def remove(self, folder: Path) -> None:
        """Remove an installed bundle, as a whole.

        Raises:
            BundleInvalid: it is the one in use, or it is not certain which one is.
            OSError: the folder cannot be changed.
        """
        with self._alone():
            if folder == self.chosen():
                raise BundleInvalid(f"{folder.name}: is in use. Choose another model first.")
            staging = self._folder / _STAGING
            shutil.rmtree(staging, ignore_errors=True)
            folder.rename(staging)
            sync_folder(self._folder)
            shutil.rmtree(staging)

    def _keep(self, staging: Path) -> Path:
        for path in staging.rglob("*"):
            (sync_folder if path.is_dir() else sync_file)(path)
        sync_folder(staging)
        digest = hashlib.sha256((staging / CARD).read_bytes()).hexdigest()
        target = self._folder / digest[:16]
        if target.is_dir():
            try:
                read_model(target)
            except BundleInvalid:
                shutil.rmtree(target)
            else:
                return target
        staging.rename(target)
        sync_folder(self._folder)
        return target

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        sync_folder(self._folder.parent)
        descriptor = os.open(self._folder / _LOCK, os.O_RDONLY | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _copy(source: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for part in _PARTS:
        if (source / part).is_file():
            shutil.copyfile(source / part, target / part)
