import asyncio
import io
import re
import threading
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tests.factories import make_assessment, make_instance, make_score, uid
from tests.fakes.pixel_reader import FakePixelReader
from tests.fakes.web_node import stored_apart
from triage_agent.adapters.http.list_views import ListViews
from triage_agent.domain.instance import InstanceState
from triage_agent.errors import DecoderCrashed, PixelsUnreadable

STUDY = uid("study", 1)
VIEW = f"/studies/{STUDY}/view.jpg"
ACTIVATION = make_score().activation


def image_of(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def address_in(page):
    [address] = re.findall(r'<img[^>]* src="([^"]+)"', page)
    return address.replace("&amp;", "&")


def asked_by(node):
    return [location for location in node.list_reader.asked if location]


def test_the_list_shows_the_most_suspicious_image_under_its_heat(node, client):
    for name, probability in (("low", 0.2), ("high", 0.9), ("middle", 0.6)):
        node.score(node.receive(stored=stored_apart(name)), probability)
    page = client.get("/").text
    assert "highest score, under its heat map:" in page
    answer = client.get(address_in(page))
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "no-store"  # pictures of patients, as all others
    assert asked_by(node) == ["high"]
    assert node.reader.asked == []
    shown = image_of(answer.content)
    assert shown.shape == (60, 40, 3)
    warmth = shown[..., 0] - shown[..., 2]  # of colour: red over blue
    assert warmth[45:, 25:].mean() > 10
    assert warmth[:20, :15].mean() < 1


def test_a_study_below_the_threshold_is_shown_without_heat(node, client):
    node.score(node.receive(), 0.3)
    page = client.get("/").text
    assert "heat map" not in page
    shown = image_of(client.get(address_in(page)).content)
    assert np.ptp(shown, axis=2).max() == 0
    assert shown[:, -1].min() > 250
    assert shown[:, 0].max() < 5


def test_the_heat_comes_with_the_assessment_and_not_with_the_images(node, client):
    node.score(node.receive(), 0.9)
    study = node.rows.studies[STUDY]
    before = address_in(client.get("/").text)
    node.rows.studies[STUDY] = replace(study, assessment=make_assessment(0.3))
    assert address_in(client.get("/").text) != before


def test_an_address_changes_with_the_images_of_the_study(node, client):
    node.score(node.receive(), 0.6)
    before = address_in(client.get("/list").text)
    assert address_in(client.get("/list").text) == before
    node.score(node.receive(), 0.9)
    assert address_in(client.get("/list").text) != before


def test_a_view_is_made_once(node, client):
    node.score(node.receive(), 0.9)
    first, again = client.get(f"{VIEW}?layer=cam"), client.get(f"{VIEW}?layer=cam&revision=7")
    assert first.content == again.content
    assert len(asked_by(node)) == 1


def test_a_study_without_a_score_has_a_place_for_its_view_and_no_view(node, client):
    node.receive(state=InstanceState.EXCLUDED, reason="body part KNEE is out of scope", region=None)
    page = client.get("/").text
    assert "<img" not in page
    assert 'class="view"' in page
    assert client.get(VIEW).status_code == 404


@pytest.mark.parametrize(
    "address",
    [f"{VIEW}?revision=-1", f"{VIEW}?revision=x", f"{VIEW}?layer=x", "/studies/9/view.jpg"],
)
def test_an_address_without_a_view(node, client, address):
    node.score(node.receive(), 0.9)
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    ("error", "status"), [(PixelsUnreadable("odd"), 422), (DecoderCrashed("gone"), 503)]
)
def test_a_failure_is_told_and_not_remembered(node, client, error, status):
    node.score(node.receive(stored=stored_apart("bad")), 0.9)
    node.list_reader.errors["bad"] = error
    answer = client.get(VIEW)
    assert answer.status_code == status
    assert str(error) not in answer.text
    node.list_reader.errors.clear()
    assert client.get(VIEW).status_code == 200


class OneAtATime(FakePixelReader):
    """Fails the test where two images are decoded at once."""

    def __init__(self) -> None:
        super().__init__(display_shape=(300, 200))
        self.displayed: list[str] = []
        self._busy = threading.Lock()

    def display(self, location, longest_side):
        assert self._busy.acquire(blocking=False)
        try:
            self.displayed.append(location)
            return super().display(location, longest_side)
        finally:
            self._busy.release()


def views_of(reader, instances):
    views = ListViews(reader)

    async def ask():
        return await asyncio.gather(*(views.view(each, ACTIVATION) for each in instances))

    return asyncio.run(ask())


def test_many_pages_at_once_make_a_view_once_and_one_at_a_time():
    reader = OneAtATime()
    instances = [make_instance() for _ in range(3)]
    pictures = views_of(reader, instances * 4)
    assert len(reader.displayed) == len(instances)
    assert pictures[0] == pictures[3]
    assert image_of(pictures[0]).shape == (144, 96, 3)


def test_only_so_many_views_are_kept():
    reader = OneAtATime()
    one, two, three = (make_instance() for _ in range(3))
    views = ListViews(reader, kept_views=2)

    async def ask():
        for each in (one, two, one, three, one, two):
            await views.view(each, ACTIVATION)

    asyncio.run(ask())
    # `one` was asked for again before `three` came, so it was `two` that gave way.
    assert reader.displayed == [each.stored.location for each in (one, two, three, two)]
