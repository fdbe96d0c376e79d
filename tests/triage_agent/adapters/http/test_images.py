import io

import numpy as np
import pytest
from PIL import Image

from tests.factories import uid
from tests.fakes.web_node import stored_apart
from triage_agent.adapters.http import pictures
from triage_agent.errors import DecoderCrashed, PixelsUnreadable

STUDY = f"/studies/{uid('study', 1)}"


def image_of(response):
    assert response.headers["content-type"] == "image/png"
    return np.asarray(Image.open(io.BytesIO(response.content)))


def test_the_radiograph_is_what_the_reader_gives(node, client):
    node.receive()
    shown = image_of(client.get(f"{STUDY}/images/1.png"))
    assert shown.shape == (60, 40)
    assert (shown[:, 0] == 0).all()
    assert (shown[:, -1] == 255).all()


def test_the_heat_lies_where_the_map_is_warm(node, client):
    node.score(node.receive(), 0.9)  # the map is warmest at the lower right
    grey = image_of(client.get(f"{STUDY}/images/1.png")).astype(int)
    heat = image_of(client.get(f"{STUDY}/images/1.png?layer=cam")).astype(int)
    assert heat.shape == (60, 40, 3)
    assert (heat[0, 0] == grey[0, 0]).all()
    warmth = heat[..., 0] - heat[..., 2]  # of colour: red over blue
    assert warmth[45:, 25:].mean() > 10
    assert warmth[:20, :15].mean() < 1


def test_an_image_without_a_score_has_no_heat(node, client):
    node.receive()
    assert client.get(f"{STUDY}/images/1.png?layer=cam").status_code == 404


@pytest.mark.parametrize("rest", ["2.png", "0.png", "x.png", "1.png?layer=name", "1.png?of=../"])
def test_an_address_without_an_image(node, client, rest):
    node.receive()
    assert client.get(f"{STUDY}/images/{rest}").status_code == 404


def test_a_number_that_now_means_another_image_shows_nothing(node, client):
    instance = node.receive()
    digest = instance.stored.digest
    assert client.get(f"{STUDY}/images/1.png?of={digest[:16]}").status_code == 200
    other = "0" * 16 if not digest.startswith("0") else "1" * 16
    assert client.get(f"{STUDY}/images/1.png?of={other}").status_code == 404


@pytest.mark.parametrize(
    ("error", "status"), [(PixelsUnreadable("odd"), 422), (DecoderCrashed("gone"), 503)]
)
def test_an_image_that_cannot_be_shown(node, client, error, status):
    node.receive(stored=stored_apart("bad"))
    node.reader.errors["bad"] = error
    answer = client.get(f"{STUDY}/images/1.png")
    assert answer.status_code == status
    assert str(error) not in answer.text


def test_a_failure_is_not_remembered(node, client):
    node.receive(stored=stored_apart("slow"))
    node.reader.errors["slow"] = DecoderCrashed("gone")
    assert client.get(f"{STUDY}/images/1.png").status_code == 503
    node.reader.errors.clear()
    assert client.get(f"{STUDY}/images/1.png").status_code == 200


def test_an_image_is_decoded_once_for_both_layers(node, client):
    node.score(node.receive(), 0.9)
    for layer in ("radiograph", "cam", "radiograph"):
        assert client.get(f"{STUDY}/images/1.png?layer={layer}").status_code == 200
    assert len(node.reader.asked) == 1


def test_only_the_latest_images_are_kept(node):
    kept = pictures.Pictures(node.reader)
    instances = [node.receive() for _ in range(pictures._KEPT_IMAGES + 1)]
    for instance in instances:
        kept.radiograph(instance)
    kept.radiograph(instances[-1])
    assert len(node.reader.asked) == len(instances)
    kept.radiograph(instances[0])
    assert len(node.reader.asked) == len(instances) + 1
