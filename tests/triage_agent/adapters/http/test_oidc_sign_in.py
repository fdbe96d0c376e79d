"""Signing in at an identity provider: a browser's whole way, and every way to cheat on it."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.factories import after
from tests.peers.oidc_provider import CLIENT_ID, CLIENT_SECRET, oidc_peer
from triage_agent.adapters.http.access import Access
from triage_agent.adapters.oidc.provider import OidcProvider
from triage_agent.domain.audit import Deed
from triage_agent.domain.visitor import Role
from triage_agent.identity_settings import OidcSettings

SESSION, AWAY = "triage-session", "triage-away"
PAGE = {"Accept": "text/html"}


@pytest.fixture
def peer(node):
    with oidc_peer(node.clock.now()) as running:
        yield running


@pytest.fixture
def settings(peer, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(CLIENT_SECRET + "\n", encoding="utf-8")
    return OidcSettings(
        issuer=peer.issuer,
        client_id=CLIENT_ID,
        client_secret_file=secret,
        label="Hospital",
        roles={"radiology": (Role.READER,), "it": (Role.ADMINISTRATOR, Role.AUDITOR)},
    )


@pytest.fixture
def browser(node, settings, client_of):
    node.access = Access()
    node.provider = OidcProvider(settings, node.clock)
    client = client_of(node)
    client.headers = PAGE
    client.follow_redirects = True
    yield client
    node.provider.close()


def leave(browser, wanted="/"):
    """Begin at the page; return where the provider is asked."""
    answer = browser.get("/sign-in/oidc", params={"next": wanted}, follow_redirects=False)
    assert answer.status_code == 303
    return answer.headers["location"]


def sign_in_there(address):
    """Sign in at the provider; return where that sends the browser."""
    return httpx.get(address).headers["location"]


def sign_in(browser, wanted="/"):
    return browser.get(sign_in_there(leave(browser, wanted)))


def test_somebody_signs_in_and_gets_what_they_wanted(node, peer, browser):
    peer.claims |= {"groups": ["radiology", "choir"]}
    assert 'href="/sign-in/oidc?next=/%3Fstate%3Dread"' in browser.get("/?state=read").text
    answer = sign_in(browser, "/?state=read")
    assert answer.status_code == 200
    assert 'content="0;url=/?state=read"' in answer.text
    assert AWAY not in browser.cookies
    assert browser.get("/session").json()["signed_in"]
    assert browser.get("/").status_code == 200
    assert browser.get("/audit").status_code == 403
    first = node.audit.lines[0]
    assert (first.who, first.deed) == ("ada", Deed.SIGNED_IN)


def test_what_binds_the_two_halves_is_random_and_not_told(browser):
    first, second = (parse_qs(urlsplit(leave(browser)).query) for _ in range(2))
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
        assert len(first[name][0]) == 43
    secret = browser.cookies[AWAY]
    assert not any(value[0] in secret for value in second.values() if len(value[0]) > 20)


def test_cookies_cannot_be_read_by_scripts(browser, peer):
    peer.claims |= {"groups": "radiology"}
    away = browser.get("/sign-in/oidc", follow_redirects=False).headers["set-cookie"].lower()
    assert "httponly" in away
    assert "samesite=lax" in away
    session = sign_in(browser).headers.get_list("set-cookie")
    (cookie,) = [each.lower() for each in session if each.startswith(f"{SESSION}=")]
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def lies():
    def changed(**claims):
        return lambda peer: peer.changed.update(claims)

    long_ago, soon = after(-3600).timestamp(), after(3600).timestamp()
    return {
        "wrong nonce": changed(nonce="another"),
        "no nonce": changed(nonce=None),
        "wrong audience": changed(aud="another"),
        "wrong audiences": changed(aud=["another", "third"]),
        "for another client": changed(aud=[CLIENT_ID, "another"], azp="another"),
        "no audience": changed(aud=None),
        "wrong issuer": changed(iss="http://127.0.0.1:1"),
        "expired": changed(exp=int(long_ago)),
        "never expires": changed(exp=None),
        "of the future": changed(iat=int(soon), exp=int(soon) + 60),
        "of nobody": changed(sub=None),
        "another key": lambda peer: peer.sign_with_another_key(),
        "public key as secret": lambda peer: peer.sign_with_public_key(),
        "no signature": lambda peer: peer.sign_with_nothing(),
        "no name": changed(preferred_username=None),
        "name that is none": changed(preferred_username="<script>"),
        "no role": changed(groups=["choir"]),
        "groups that are none": changed(groups={"radiology": True}),
        "somebody else's userinfo": lambda peer: (
            peer.claims.pop("groups"),
            peer.userinfo.update(sub="u2", groups=["radiology"]),
        ),
    }


@pytest.mark.parametrize("lie", lies())
def test_what_does_not_hold_lets_nobody_in(node, peer, browser, lie):
    peer.claims |= {"groups": ["radiology"]}
    lies()[lie](peer)
    answer = sign_in(browser)
    assert answer.status_code == 403
    assert SESSION not in browser.cookies
    assert not browser.get("/session").json()["signed_in"]
    assert node.audit.deeds == [Deed.SIGN_IN_REFUSED]
    reference = node.audit.lines[0].detail[-9:-1]
    assert reference in answer.text


def test_a_way_back_of_another_browser_is_refused(peer, browser):
    """An attacker signs in, and makes a victim follow the way back."""
    peer.claims |= {"groups": ["radiology"]}
    theirs = sign_in_there(leave(browser))
    browser.cookies.clear()
    assert browser.get(theirs).status_code == 403
    leave(browser)  # the victim has begun one too
    assert browser.get(theirs).status_code == 403
    assert SESSION not in browser.cookies
    assert "/token" not in peer.asked


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x", "?error=access_denied&state=x"])
def test_a_way_back_without_code_or_state_is_refused(browser, query):
    leave(browser)
    assert browser.get(f"/sign-in/oidc/callback{query}").status_code == 403


def test_a_wrong_state_is_refused(peer, browser):
    back = sign_in_there(leave(browser))
    code = parse_qs(urlsplit(back).query)["code"][0]
    answer = browser.get("/sign-in/oidc/callback", params={"code": code, "state": "made-up"})
    assert answer.status_code == 403
    assert "/token" not in peer.asked


def test_a_code_serves_once(peer, browser):
    peer.claims |= {"groups": ["radiology"]}
    cookie_of = leave(browser)
    kept = browser.cookies[AWAY]
    back = sign_in_there(cookie_of)
    assert browser.get(back).status_code == 200
    browser.cookies.clear()
    browser.cookies.set(AWAY, kept)
    assert browser.get(back).status_code == 403
    assert SESSION not in browser.cookies


def test_a_session_from_before_is_ended_and_never_kept(node, peer, browser):
    """Session fixation: what the browser held before does not become the session."""
    peer.claims |= {"groups": ["radiology"]}
    sign_in(browser)
    before = browser.cookies[SESSION]
    sign_in(browser)
    assert browser.cookies[SESSION] != before
    browser.cookies.clear()
    browser.cookies.set(SESSION, before)
    assert not browser.get("/session").json()["signed_in"]
    assert len(node.accounts.sessions("ada")) == 1


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/sign-in",
    ],
)
def test_nobody_is_led_elsewhere(peer, browser, wanted):
    peer.claims |= {"groups": ["radiology"]}
    assert 'content="0;url=/"' in sign_in(browser, wanted).text


def test_userinfo_tells_what_the_token_does_not(peer, browser):
    peer.userinfo = {"groups": ["it"]}
    sign_in(browser)
    assert browser.get("/audit").status_code == 200
    assert browser.get("/list").status_code == 403


def test_a_secret_in_the_form_where_the_provider_wants_it(peer, browser):
    peer.auth_methods = ["client_secret_post"]
    peer.claims |= {"groups": ["radiology"]}
    assert sign_in(browser).status_code == 200


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "http://127.0.0.1:1"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": None},
    ],
)
def test_a_provider_that_is_another_or_not_safe_is_not_asked(peer, browser, metadata):
    peer.metadata = metadata
    assert browser.get("/sign-in/oidc", follow_redirects=False).status_code == 503


def test_changed_keys_are_asked_for(node, peer, browser):
    peer.claims |= {"groups": ["radiology"]}
    sign_in(browser)
    sign_in(browser)
    assert peer.asked.count("/keys") == 1
    node.clock.advance(3601)
    peer.now += timedelta(seconds=3601)
    assert sign_in(browser).status_code == 200
    assert peer.asked.count("/keys") == 2
