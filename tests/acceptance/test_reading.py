"""A study in the hands of a reader, at a whole node."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from dicom_fixtures import SyntheticStudy, synthetic_study
from tests.acceptance.node import Node, eventually
from triage_agent.domain.region import Region

pytestmark = pytest.mark.acceptance


@pytest.fixture
def page() -> Iterator[Callable[[Node], httpx.Client]]:
    """Return a function that opens the list of a node; its token goes with every request."""
    clients: list[httpx.Client] = []

    def open_list(node: Node) -> httpx.Client:
        client = httpx.Client(base_url=node.url, timeout=60)
        clients.append(client)
        token = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/").text)
        assert token
        client.headers["X-CSRF-Token"] = token[1]
        return client

    yield open_list
    for client in clients:
        client.close()


def test_a_claim_ends_by_itself_and_a_late_image_brings_a_read_study_back(
    make_node: Callable[..., Node],
    write_study: Callable[[SyntheticStudy], list[Path]],
    page: Callable[[Node], httpx.Client],
) -> None:
    node = make_node(reading__claim_minutes=0.02, reading__undo_seconds=0)
    node.start()
    first, late = write_study(synthetic_study(81, region=Region.HAND, views=2))

    def send(path: Path) -> None:
        done = node.run("send", str(path), "--to", f"127.0.0.1:{node.port}", "--aet", "TRIAGE")
        assert done.returncode == 0, done.stderr

    def told(study: str) -> list[str]:
        lines = 'SELECT what FROM event WHERE "StudyInstanceUID" = ? ORDER BY id'
        return [what for (what,) in node.query(lines, (study,))]

    send(first)
    (entry,) = node.settled(1)
    uid = entry["study_uid"]
    reader = page(node)
    taken = reader.post("/worklist/next")
    assert taken.status_code == 200, taken.text
    assert (taken.json()["study_uid"], taken.json()["mine"]) == (uid, True)
    eventually(lambda: "claim expired" in told(uid))
    assert [each["state"] for each in node.worklist()] == ["unread"]

    shown = {"generation": taken.json()["generation"], "images": taken.json()["images"]}
    read = reader.post(f"/studies/{uid}/read", json=shown)
    assert read.json()["state"] == "read", read.text
    assert node.worklist() == []
    send(late)
    back = node.settled(1)
    assert [(each["study_uid"], each["state"], each["generation"]) for each in back] == [
        (uid, "unread", 2)
    ]
    assert reader.post(f"/studies/{uid}/read", json=shown).json()["kind"] == "stale"
    story = node.run("study", uid).stdout
    for line in ("claimed", "claim expired", "generation 1 (1 image)", "unread again"):
        assert line in story
