import json
import struct

import httpx
import numpy as np
import pytest

from tests.factories import uid
from tests.fakes.web_node import make_radiograph, stored_apart
from triage_agent.adapters.http.radiographs import Radiographs, encode
from triage_agent.domain.audit import Deed
from triage_agent.domain.heat import overlay, upsample
from triage_agent.domain.radiograph import Spacing, Window
from triage_agent.errors import DecoderCrashed, PixelsUnreadable

STUDY = f"/studies/{uid('study', 1)}"
VALUES = f"{STUDY}/images/1/values"


def decoded(body: bytes):
    """Return the head and the three arrays of a body, read as its description says."""
    (length,) = struct.unpack_from("<I", body)
    head = json.loads(body[4 : 4 + length])
    rest = body[4 + length :]
    assert (4 + length) % 8 == 0
    values, pixels = head["values"], head["rows"] * head["columns"]
    modality = None
    if head["rescale"] is None:
        modality, rest = np.frombuffer(rest[: 8 * values], "<f8"), rest[8 * values :]
    codes = np.frombuffer(rest[: 2 * pixels], "<u2").reshape(head["rows"], head["columns"])
    tones = np.frombuffer(rest[2 * pixels :], np.uint8)
    assert len(tones) == values
    return head, modality, codes, tones


def test_the_browser_gets_every_value(node, client):
    node.receive()
    answer = client.get(VALUES)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-encoding"] == "gzip"
    head, modality, codes, tones = decoded(answer.content)
    sent = make_radiograph()
    assert modality is None
    assert head["rescale"] == [1.0, 0.0]
    assert head["windows"] == [{"center": 2048, "width": 4096, "name": ""}]
    np.testing.assert_array_equal(codes, sent.codes)
    np.testing.assert_array_equal(tones, sent.tones)


def test_who_cannot_decompress_gets_it_as_it_is(node, client):
    node.receive()
    answer = client.get(VALUES, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in answer.headers
    np.testing.assert_array_equal(decoded(answer.content)[2], make_radiograph().codes)


def test_values_that_no_slope_gives_come_one_by_one():
    bent = np.sqrt(np.arange(4096))
    sent = make_radiograph(modality=bent)
    head, modality, codes, _ = decoded(encode(sent))
    assert head["rescale"] is None
    np.testing.assert_array_equal(modality, bent)
    np.testing.assert_array_equal(codes, sent.codes)


def test_the_head_says_how_it_is_to_be_shown():
    head, *_ = decoded(
        encode(
            make_radiograph(
                inverted=True,
                function="SIGMOID",
                windows=(Window(center=1, width=2.5, name="HARDER"),),
                padding=(4000, 4095),
                spacing=Spacing(row_mm=0.1, column_mm=0.2, at_detector=True),
                source_rows=600,
                source_columns=400,
                modality=np.arange(4096) * 0.5 - 100,
            )
        )
    )
    assert head == {
        "rows": 60,
        "columns": 40,
        "source_rows": 600,
        "source_columns": 400,
        "values": 4096,
        "rescale": [0.5, -100.0],
        "inverted": True,
        "function": "SIGMOID",
        "windows": [{"center": 1, "width": 2.5, "name": "HARDER"}],
        "padding": [4000, 4095],
        "spacing": {"row_mm": 0.1, "column_mm": 0.2, "at_detector": True},
    }


@pytest.mark.parametrize(
    "rest", ["2/values", "1/values?size=huge", "1/values?of=ffff", "2/heat", "1/heat"]
)
def test_an_address_without_an_image(node, client, rest):
    node.receive()  # not scored: it has no heat either
    assert client.get(f"{STUDY}/images/{rest}").status_code == 404


@pytest.mark.parametrize(
    ("error", "status"), [(PixelsUnreadable("odd"), 422), (DecoderCrashed("gone"), 503)]
)
def test_an_image_that_cannot_be_shown(node, client, error, status):
    node.receive(stored=stored_apart("bad"))
    node.reader.errors["bad"] = error
    answer = client.get(VALUES)
    assert answer.status_code == status
    assert str(error) not in answer.text


def test_the_heat_gives_the_picture_of_the_server(node, client):
    node.score(node.receive(), 0.9)
    got = client.get(f"{STUDY}/images/1/heat").json()
    heat = np.array(got["heat"]).reshape(got["rows"], got["columns"])
    # Spread and laid over by the rule that the browser follows, compared with domain.heat.
    spread = upsample(heat * 4.0, 60, 40)  # full heat is at 4 logits
    index = np.rint(spread * 255).astype(int)
    grey = np.linspace(0, 1, 40)[np.newaxis, :, np.newaxis]
    opacity = np.array(got["opacity"])[index][..., np.newaxis]
    colours = np.array(got["colours"])[index]
    ours = np.rint(255 * (grey * (1 - opacity) + colours * opacity))
    activation = node.register.study_images(uid("study", 1)).instances[0].score.activation
    cam = np.array(activation.values).reshape(activation.rows, activation.columns)
    expected = overlay(np.tile(np.linspace(0, 1, 40), (60, 1)), upsample(cam, 60, 40))
    assert np.abs(ours - expected).max() <= 1
    assert expected[..., 0].max() > expected[..., 2].max()


def test_looking_at_an_image_is_taken_down(node, client):
    node.score(node.receive(), 0.9)
    client.get(VALUES)
    client.get(f"{STUDY}/images/1/heat")  # within a minute: the same look
    lines = [line for line in node.audit.lines if line.deed is Deed.IMAGE_VIEWED]
    assert [(line.StudyInstanceUID, line.detail) for line in lines] == [
        (uid("study", 1), "image 1")
    ]


def test_an_image_is_decoded_and_encoded_once(node, client):
    node.receive()
    bodies = {client.get(VALUES).content for _ in range(3)}
    assert len(bodies) == 1
    assert len(node.reader.asked) == 1


def test_the_whole_image_is_another_one(node, client):
    node.receive()
    client.get(VALUES)
    client.get(f"{VALUES}?size=whole")
    assert len(node.reader.asked) == 2


def test_no_more_bytes_are_kept_than_allowed(node):
    instances = [node.receive() for _ in range(3)]
    one = len(Radiographs(node.reader).compressed(instances[0], 2560))
    node.reader.asked.clear()
    kept = Radiographs(node.reader, kept_bytes=2 * one)
    for index in (0, 1, 0, 2, 0, 1):  # 1 is the one that was used least lately
        kept.compressed(instances[index], 2560)
    assert [node.reader.asked.count(each.stored.location) for each in instances] == [1, 2, 1]


def test_a_body_over_the_limit_is_not_kept(node):
    instance = node.receive()
    kept = Radiographs(node.reader, kept_bytes=10)
    assert kept.compressed(instance, 2560) == kept.compressed(instance, 2560)
    assert len(node.reader.asked) == 2


def test_a_failure_is_not_remembered(node, client: httpx.Client):
    node.receive(stored=stored_apart("slow"))
    node.reader.errors["slow"] = DecoderCrashed("gone")
    assert client.get(VALUES).status_code == 503
    node.reader.errors.clear()
    assert client.get(VALUES).status_code == 200
