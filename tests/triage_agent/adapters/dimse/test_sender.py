from pathlib import Path

import pytest

from tests.encoded_objects import DX, EXPLICIT
from tests.fakes.receive_step import FakeReceiveStep
from tests.triage_agent.adapters.dimse.conftest import Serve
from triage_agent.adapters.dimse.sender import find_files, send_files
from triage_agent.dicom.part10 import file_head
from triage_agent.errors import DestinationBusy


def write(path: Path, number: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    head = file_head(SOPClassUID=DX, SOPInstanceUID=f"1.2.{number}", TransferSyntaxUID=EXPLICIT)
    path.write_bytes(head + b"data")
    return path


def test_folders_are_searched_for_dicom_files(tmp_path: Path) -> None:
    b, a, named = (write(tmp_path / name) for name in ("x/b", "x/deep/a.dcm", "named"))
    (tmp_path / "x" / "readme.txt").write_text("no DICOM")
    other = tmp_path / "other.txt"
    other.write_text("named, so it is sent")

    assert find_files([named, tmp_path / "x", named, other]) == (named, b, a, other)


def test_a_path_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no file or folder"):
        find_files([tmp_path / "nothing"])


def test_what_became_of_each_file_is_told_as_it_happens(serve: Serve, tmp_path: Path) -> None:
    _, port = serve(FakeReceiveStep(0, 0xA700))
    files = [write(tmp_path / str(number), number) for number in range(3)]
    seen: list[tuple[Path, type | None]] = []

    sent = send_files(
        files,
        host="127.0.0.1",
        port=port,
        called="TRIAGE",
        calling="SENDER",
        progress=lambda path, error: seen.append((path, type(error) if error else None)),
    )

    assert sent.taken == (files[0], files[2])
    assert [path for path, _ in sent.failed] == [files[1]]
    assert isinstance(sent.failed[0][1], DestinationBusy)
    assert seen == [(files[0], None), (files[1], DestinationBusy), (files[2], None)]


def test_progress_is_optional(serve: Serve, tmp_path: Path) -> None:
    step = FakeReceiveStep()
    _, port = serve(step)

    send_files(
        [write(tmp_path / "a")], host="127.0.0.1", port=port, called="TRIAGE", calling="SENDER"
    )

    assert step.taken[0].source_ae_title == "SENDER"
