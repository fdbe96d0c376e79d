import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from tests.triage_agent.adapters.torch_inference.conftest import SPEC, save_image
from triage_agent.adapters.torch_inference.decoder import DecoderPool, _images
from triage_agent.dicom.pixels import displayed
from triage_agent.errors import DecoderCrashed, DecodingUnavailable, PixelsUnreadable
from triage_agent.infer.preprocess import Preprocessing, Resampling, preprocess

Eventually = Callable[[Callable[[], bool]], None]

PARENT = """
import sys
from pathlib import Path
from triage_agent.adapters.torch_inference.decoder import DecoderPool
from triage_agent.infer.preprocess import Preprocessing
forms = [Preprocessing(32, (0, 0, 0), (1, 1, 1))]
pool = DecoderPool(Path, forms, will_pass=bool, seconds=600, memory_bytes=2**31)
pool.read(sys.argv[1])
print(*(child._process.pid for child in pool._children), flush=True)
pool.read(sys.argv[2])
"""


@pytest.fixture
def endless(tmp_path: Path) -> str:
    """A file whose reading never ends: a pipe into which nobody writes."""
    path = tmp_path / "endless"
    os.mkfifo(path)
    return str(path)


def is_being_read(pipe: str) -> bool:
    """Say whether somebody has opened it; from then on it has a writer, who stays silent."""
    try:
        os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:  # nobody reads
        return False
    return True


def pids(pool: DecoderPool) -> list[int]:
    return sorted(child._process.pid for child in pool._children)


def is_running(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def test_read_gives_the_input_of_the_model(
    make_pool: Callable[..., DecoderPool], radiograph: Path
) -> None:
    (image,) = make_pool().read(str(radiograph))
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image, preprocess(displayed(dcmread(radiograph)), SPEC))


def test_read_gives_every_form_that_a_model_asks_for(
    make_pool: Callable[..., DecoderPool], radiograph: Path
) -> None:
    forms = (SPEC, Preprocessing(48, (0.5,) * 3, (0.25,) * 3, Resampling.BICUBIC))
    images = make_pool(preprocessings=forms).read(str(radiograph))
    assert [image.shape for image in images] == [(3, 32, 32), (3, 48, 48)]
    for image, form in zip(images, forms, strict=True):
        np.testing.assert_array_equal(image, preprocess(displayed(dcmread(radiograph)), form))


@pytest.mark.parametrize(
    "shapes", [None, 7, [], [[2, 2], [2, 2]], [[2, 3]], [[2]], [[-2, -2]], [["a", 2]], [3]]
)
def test_an_answer_that_is_no_image_is_refused(shapes: object) -> None:
    head = {"status": "done", "shapes": shapes}
    with pytest.raises(DecoderCrashed, match="not an image"):
        _images(head, bytearray(16), 1)


def test_display_is_never_enlarged(make_pool: Callable[..., DecoderPool], radiograph: Path) -> None:
    image = make_pool().display(str(radiograph), 1000)
    np.testing.assert_array_equal(image, displayed(dcmread(radiograph)))


def test_display_is_reduced_and_keeps_its_proportions(
    make_pool: Callable[..., DecoderPool], radiograph: Path
) -> None:
    image = make_pool().display(str(radiograph), 30)
    assert image.shape == (30, 20)
    assert image.min() >= 0
    assert image.max() <= 1
    assert (np.diff(image.mean(axis=1)) > 0).all()


def test_no_child_is_started_before_it_is_needed(
    make_pool: Callable[..., DecoderPool], radiograph: Path
) -> None:
    pool = make_pool(processes=4)
    assert pids(pool) == []
    for _ in range(3):
        pool.read(str(radiograph))
    assert len(pids(pool)) == 1


@pytest.mark.parametrize("niceness", [0, 5])
def test_children_stand_back_as_far_as_they_are_told(
    make_pool: Callable[..., DecoderPool], radiograph: Path, niceness: int
) -> None:
    pool = make_pool(niceness=niceness)
    pool.read(str(radiograph))
    (pid,) = pids(pool)
    here = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, pid) == min(here + niceness, 19)


def test_a_child_does_not_hold_torch_nor_the_settings(
    make_pool: Callable[..., DecoderPool], radiograph: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_DATABASE__URL", "postgresql://secret")
    pool = make_pool()
    pool.read(str(radiograph))
    (pid,) = pids(pool)
    assert "libtorch" not in Path(f"/proc/{pid}/maps").read_text()
    assert b"secret" not in Path(f"/proc/{pid}/environ").read_bytes()


@pytest.mark.parametrize("content", [b"no DICOM at all", b""])
def test_a_file_at_fault_is_unreadable(
    make_pool: Callable[..., DecoderPool], tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(PixelsUnreadable, match="cannot be read"):
        make_pool().read(str(path))


def test_an_image_at_fault_is_unreadable_and_costs_no_child(
    make_pool: Callable[..., DecoderPool], tmp_path: Path, radiograph: Path
) -> None:
    blank = save_image(tmp_path / "blank.dcm", np.full((4, 4), 7, dtype=np.uint16))
    pool = make_pool()
    pool.read(str(radiograph))
    before = pids(pool)
    with pytest.raises(PixelsUnreadable, match="blank"):
        pool.read(str(blank))
    pool.read(str(radiograph))
    assert pids(pool) == before


def test_an_image_beyond_the_memory_limit(
    make_pool: Callable[..., DecoderPool], tmp_path: Path, radiograph: Path
) -> None:
    ramp = np.arange(6000, dtype=np.uint16)[np.newaxis].repeat(6000, axis=0)
    large = save_image(tmp_path / "large.dcm", ramp)
    pool = make_pool(memory_bytes=2**28)
    with pytest.raises(DecoderCrashed, match="memory"):
        pool.read(str(large))
    assert pool.read(str(radiograph))[0].shape == (3, 32, 32)


def test_a_decode_beyond_the_time_limit(
    make_pool: Callable[..., DecoderPool], endless: str, radiograph: Path
) -> None:
    pool = make_pool(seconds=0.5)
    with pytest.raises(DecoderCrashed, match="time limit"):
        pool.read(endless)
    assert pids(pool) == []
    assert pool.read(str(radiograph))[0].shape == (3, 32, 32)


def test_a_crash_concerns_its_own_job_and_the_child_is_replaced(
    make_pool: Callable[..., DecoderPool], endless: str, radiograph: Path, eventually: Eventually
) -> None:
    pool = make_pool(processes=2)
    with ThreadPoolExecutor(2) as threads:
        doomed = threads.submit(pool.read, endless)
        eventually(lambda: is_being_read(endless))  # a child that still starts has no job
        (victim,) = pids(pool)
        assert threads.submit(pool.read, str(radiograph)).result()[0].shape == (3, 32, 32)
        assert len(pids(pool)) == 2
        os.kill(victim, signal.SIGABRT)
        with pytest.raises(DecoderCrashed, match="SIGABRT"):
            doomed.result()
    assert victim not in pids(pool)
    assert pool.read(str(radiograph))[0].shape == (3, 32, 32)


def test_a_child_that_died_while_idle_is_replaced_unseen(
    make_pool: Callable[..., DecoderPool], radiograph: Path, eventually: Eventually
) -> None:
    pool = make_pool()
    pool.read(str(radiograph))
    (pid,) = pids(pool)
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not is_running(pid))
    assert pool.read(str(radiograph))[0].shape == (3, 32, 32)
    assert pids(pool) != [pid]


def test_many_threads_get_their_own_images(
    make_pool: Callable[..., DecoderPool], tmp_path: Path
) -> None:
    ramp = np.arange(2400, dtype=np.uint16).reshape(60, 40)
    paths = [save_image(tmp_path / f"{n}.dcm", np.roll(ramp, 7 * n)) for n in range(12)]
    pool = make_pool(processes=2)
    with ThreadPoolExecutor(6) as threads:
        images = list(threads.map(lambda path: pool.display(str(path), 100), paths))
    for path, image in zip(paths, images, strict=True):
        np.testing.assert_array_equal(image, displayed(dcmread(path)))
    assert len(pids(pool)) == 2


def test_a_child_outlives_the_thread_that_first_needed_it(
    make_pool: Callable[..., DecoderPool], radiograph: Path
) -> None:
    pool = make_pool()
    thread = threading.Thread(target=pool.read, args=(str(radiograph),))
    thread.start()
    thread.join()
    before = pids(pool)
    pool.read(str(radiograph))
    assert pids(pool) == before


def test_close_ends_the_children_and_the_jobs_under_way(
    make_pool: Callable[..., DecoderPool], endless: str, radiograph: Path, eventually: Eventually
) -> None:
    pool = make_pool(processes=2)
    with ThreadPoolExecutor(1) as threads:
        doomed = threads.submit(pool.read, endless)
        eventually(lambda: len(pids(pool)) == 1)
        (pid,) = pids(pool)
        pool.close()
        with pytest.raises(DecodingUnavailable):
            doomed.result()
    assert not is_running(pid)
    with pytest.raises(DecodingUnavailable):
        pool.read(str(radiograph))
    pool.close()


def test_a_busy_child_dies_with_its_parent(
    endless: str, radiograph: Path, eventually: Eventually
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, radiograph, endless], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.kill()
    eventually(lambda: not is_running(pid))
