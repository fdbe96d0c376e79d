"""OHIF's configuration and the nginx server that joins it with Orthanc."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.deploy.images import write_object
from tests.deploy.tools import run_tool
from tests.peers.dcmtk import dcmsend
from tests.peers.orthanc import start_orthanc
from tests.peers.ports import free_port
from tests.peers.process import PeerProcess, require_program

pytestmark = pytest.mark.integration

NGINX = """
daemon off; master_process off; worker_processes 1;
pid {folder}/pid; error_log stderr;
events {{}}
http {{
  include /etc/nginx/mime.types;
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {server}
}}
"""


@pytest.fixture
def configuration(deploy) -> dict:
    """What app-config.js hands to OHIF."""
    path = deploy / "ohif" / "app-config.js"
    program = (
        "global.window = {}; require(process.argv[1]);"
        "process.stdout.write(JSON.stringify(window.config));"
    )
    done = run_tool([require_program("/usr/bin/node"), "-e", program, path])
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout)


@pytest.fixture
def served(deploy, tmp_path) -> Iterator[httpx.Client]:
    """nginx.conf in a real nginx: OHIF's files as its image has them, and a real Orthanc."""
    image = write_object(tmp_path, 1)
    html = tmp_path / "html"
    html.mkdir()
    (html / "index.html").write_text("the viewer", encoding="utf-8")
    for name, text in (("app.js", "the program"), ("app-config.js", "of the image")):
        (html / name).touch()
        (html / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
    port = free_port()
    with start_orthanc(tmp_path / "pacs") as pacs:
        dcmsend([image], pacs.host, pacs.dicom_port, pacs.ae_title)
        server = (deploy / "ohif" / "nginx.conf").read_text(encoding="utf-8")
        for shipped, here in (
            ("listen 3000;", f"listen 127.0.0.1:{port};"),
            ("root /usr/share/nginx/html;", f"root {html};"),
            ("alias /etc/ohif/", f"alias {deploy / 'ohif'}/"),
            ("http://orthanc:8042", pacs.url),
        ):
            assert server.count(shipped) == 1, shipped
            server = server.replace(shipped, here)
        path = tmp_path / "nginx.conf"
        path.write_text(NGINX.format(folder=tmp_path, server=server), encoding="utf-8")
        program = require_program("/usr/sbin/nginx")
        with (
            PeerProcess([program, "-p", str(tmp_path), "-c", str(path)], log=tmp_path / "log") as p,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
        ):
            p.wait_until(lambda: _answers(client), "nginx answers")
            yield client


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/").is_success
    except httpx.TransportError:
        return False


def test_the_configuration_reads_from_the_same_address(configuration, deploy):
    (source,) = configuration["dataSources"]
    assert configuration["defaultDataSourceName"] == source["sourceName"]
    roots = {source["configuration"][name] for name in ("qidoRoot", "wadoRoot", "wadoUriRoot")}
    assert roots == {"/dicom-web", "/wado"}
    pattern = re.search(r"location ~ (\S+) \{", (deploy / "ohif" / "nginx.conf").read_text())
    assert pattern is not None
    assert all(re.search(pattern[1], root) for root in roots)


def test_the_viewer_may_only_read(configuration):
    settings = configuration["dataSources"][0]["configuration"]
    assert not settings["supportsReject"]
    assert not settings["supportsStow"]
    assert not settings["dicomUploadEnabled"]


def test_the_viewer_and_its_own_configuration_are_served(served, deploy):
    assert served.get("/").text == "the viewer"
    assert served.get("/viewer?StudyInstanceUIDs=1.2").text == "the viewer"
    assert served.get("/app.js").text == "the program"
    assert served.get("/app.js", headers={"Accept-Encoding": "identity"}).text == "the program"
    shipped = Path(deploy / "ohif" / "app-config.js").read_text(encoding="utf-8")
    assert served.get("/app-config.js").text == shipped


def test_studies_are_found_and_their_addresses_stay_on_the_viewer(served):
    (study,) = served.get("/dicom-web/studies", headers={"Accept": "application/dicom+json"}).json()
    (address,) = study["00081190"]["Value"]
    assert address.startswith(f"{served.base_url}".rstrip("/") + "/dicom-web/studies/")
    answer = served.get(address)
    assert answer.is_success
    assert answer.headers["Content-Type"].startswith("multipart/related")


def test_nothing_can_be_written_through_the_viewer(served):
    assert served.post("/dicom-web/studies", content=b"").status_code == 403
    assert served.delete("/dicom-web/studies/1.2").status_code == 403
    assert served.get("/instances").text == "the viewer"  # Orthanc's own REST is not reached
