"""What only a browser can show: that markup does not run, and which cookies it sends along."""

import http.server
import threading

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.browser.looking import PATIENCE_SECONDS, complaints
from tests.factories import uid
from tests.peers.oidc_provider import CLIENT_ID, CLIENT_SECRET, oidc_peer
from triage_agent.adapters.http.access import Access
from triage_agent.adapters.oidc.provider import OidcProvider
from triage_agent.domain.visitor import Role
from triage_agent.identity_settings import OidcSettings

pytestmark = pytest.mark.integration
STUDY, LATER = uid("study", 1), uid("study", 2)
PAYLOAD = (
    '"><img src=x onerror="window.struck=1"><svg onload=window.struck=2>'
    "<script>window.struck=3</script><xss-probe>"
)


def wait(browser, condition):
    return WebDriverWait(browser, PATIENCE_SECONDS).until(condition)


def is_struck(browser):
    found = browser.find_elements(By.CSS_SELECTOR, "xss-probe, img[onerror], svg[onload]")
    return bool(found) or browser.execute_script("return window.struck !== undefined")


def receive(node, study):
    texts = dict.fromkeys(
        ("PatientName", "PatientID", "AccessionNumber", "StudyDescription", "ViewPosition"),
        PAYLOAD,
    )
    instance = node.receive(StudyInstanceUID=study, reason=PAYLOAD, **texts)
    node.score(instance, 0.9)


def test_names_and_descriptions_run_nowhere(node, serve, browser):
    node.visited_by(f"visitor {PAYLOAD}", *Role)
    receive(node, STUDY)
    running = serve(node)
    for path in ("", f"studies/{STUDY}", "audit", "model", "health"):
        browser.get(running.url + path)
        wait(browser, lambda page: page.execute_script("return document.readyState") == "complete")
        assert not is_struck(browser), path
    browser.get(running.url)
    wait(browser, lambda page: PAYLOAD[:10] in page.find_element(By.TAG_NAME, "main").text)
    receive(node, LATER)  # comes by the script that keeps the list up to date
    node.clock.advance(1)
    wait(browser, lambda page: LATER in page.page_source)
    assert not is_struck(browser)
    assert not [each for each in complaints(browser) if "Content Security Policy" in str(each)]


def test_no_other_site_frames_a_page(node, serve, browser):
    running = serve(node)

    class Other(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            body = f'<title>other</title><iframe src="{running.url}"></iframe>'.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other)
    thread = threading.Thread(target=other.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        browser.get(f"http://localhost:{other.server_address[1]}/")
        wait(browser, lambda page: "frame" in " ".join(map(str, complaints(page))).lower())
        browser.switch_to.frame(0)
        assert "triage-agent" not in browser.page_source
    finally:
        browser.switch_to.default_content()
        other.shutdown()
        other.server_close()
        thread.join()


def test_somebody_signs_in_at_another_site_and_is_let_in(node, serve, browser, tmp_path):
    """The cookie of a session is not sent where another site leads; the page knows a way."""
    secret = tmp_path / "secret"
    secret.write_text(CLIENT_SECRET, encoding="utf-8")
    node.access = Access()
    node.receive(StudyInstanceUID=STUDY, PatientName="Known^Name")
    with oidc_peer(node.clock.now(), "localhost") as peer:
        peer.claims |= {"groups": ["radiology"]}
        node.provider = OidcProvider(
            OidcSettings(
                issuer=peer.issuer,
                client_id=CLIENT_ID,
                client_secret_file=secret,
                label="Hospital",
                roles={"radiology": (Role.READER,)},
            ),
            node.clock,
        )
        running = serve(node)
        browser.get(f"{running.url}studies/{STUDY}")
        browser.find_element(By.PARTIAL_LINK_TEXT, "Hospital").click()
        wait(browser, lambda page: page.current_url == f"{running.url}studies/{STUDY}")
        wait(browser, lambda page: "Known" in page.find_element(By.TAG_NAME, "main").text)
        cookies = {each["name"]: each for each in browser.get_cookies()}
        assert set(cookies) == {"triage-session"}
        assert cookies["triage-session"]["httpOnly"]
        assert cookies["triage-session"]["sameSite"] == "Strict"
        browser.delete_all_cookies()
        node.provider.close()
