"""What somebody chooses for the list stays chosen."""

from dataclasses import replace

import pytest

from tests.triage_agent.adapters.http.test_list import two_studies
from triage_agent.domain.preferences import Column, Preferences, SavedView


def test_what_is_chosen_is_kept(node, client):
    for choice in ({"theme": "light"}, {"columns": ["model", "place"], "single_keys": False}):
        assert client.post("/preferences", json=choice).status_code == 204
    kept = node.preferences.of("local")
    assert kept == replace(
        Preferences().with_columns([Column.PLACE, Column.MODEL]),
        theme=kept.theme,
        single_keys=False,
    )
    page = client.get("/").text
    assert '<html lang="en" data-theme="light">' in page
    assert 'data-single-keys=""' in page


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/preferences", {"theme": "neon"}),
        ("/preferences", {"columns": ["horoscope"]}),
        ("/preferences", {"fortune": 1}),
        ("/preferences/views", {"name": "", "query": ""}),
        ("/preferences/views", {"name": "   ", "query": ""}),
        ("/preferences/views", {"name": "x" * 61, "query": ""}),
        ("/preferences/views", {"name": "x", "query": "&".join(["a=1"] * 300)}),
    ],
)
def test_what_cannot_be_kept_is_refused(node, client, address, body):
    assert client.post(address, json=body).is_client_error
    assert client.post(address, json={}, headers={"X-CSRF-Token": "no"}).status_code == 403
    assert node.preferences.kept == {}


def test_a_view_is_saved_shown_and_forgotten(node, client):
    two_studies(node)
    view = {"name": " Annas Hände ", "query": "region=HAND&text=Müller&offset=50&evil=<b>"}
    assert client.post("/preferences/views", json=view).status_code == 204
    kept = node.preferences.of("local").views
    assert kept == (SavedView("Annas Hände", "region=HAND&text=M%C3%BCller"),)
    page = client.get("/").text
    assert 'href="/?region=HAND" data-query="region=HAND&amp;text=M%C3%BCller"' in page
    assert 'data-text="Müller">Annas Hände</a>' in page
    forgotten = client.post("/preferences/views/forget", json={"name": "Annas Hände"})
    assert forgotten.status_code == 204
    assert "Annas" not in client.get("/").text
