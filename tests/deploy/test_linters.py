"""What cannot be started where the tests run is read by its own linter."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

from tests.deploy.tools import run_tool
from tests.peers.process import require_program
from triage_agent.settings import Settings

pytestmark = pytest.mark.integration

MAXIMUM_EXPOSURE = 1.5  # of 10; systemd calls less than 2 "OK", and most services stand at 9.6


@pytest.fixture
def unit(deploy, tmp_path) -> Path:
    """The unit with a program that is there, because systemd looks for it."""
    text = (deploy / "systemd" / "triage-agent.service").read_text(encoding="utf-8")
    installed = "/opt/triage-agent/bin/triage-agent"
    assert installed in text
    path = tmp_path / "triage-agent.service"
    path.write_text(text.replace(installed, sys.executable), encoding="utf-8")
    return path


@pytest.fixture
def compose(deploy):
    """Return compose.yaml as Docker Compose understands it."""

    def read(**environment: str) -> dict:
        program = require_program("/usr/bin/docker-compose", "/usr/local/bin/docker-compose")
        done = run_tool(
            [program, "-f", deploy / "compose.yaml", "--profile", "page", "config"],
            environment={"PATH": os.environ["PATH"], **environment},
        )
        assert done.returncode == 0, done.stdout
        # The Compose of Debian brings a YAML reader, the project's own environment has none.
        reader = "import json, sys, yaml; json.dump(yaml.safe_load(sys.argv[1]), sys.stdout)"
        as_json = run_tool([require_program("/usr/bin/python3"), "-c", reader, done.stdout])
        assert as_json.returncode == 0, as_json.stdout
        return json.loads(as_json.stdout)

    return read


def test_systemd_accepts_the_unit(unit):
    analyze = require_program("/usr/bin/systemd-analyze")
    done = run_tool([analyze, "verify", "--man=no", unit])
    assert (done.returncode, done.stdout) == (0, "")


def test_systemd_would_refuse_a_wrong_unit(unit):
    unit.write_text(unit.read_text().replace("Restart=always", "Restart=sometimes"))
    done = run_tool([require_program("/usr/bin/systemd-analyze"), "verify", "--man=no", unit])
    assert "restart specifier" in done.stdout


def test_the_unit_exposes_little(unit):
    analyze = require_program("/usr/bin/systemd-analyze")
    done = run_tool([analyze, "security", "--offline=true", "--no-pager", unit])
    exposure = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert exposure is not None, done.stdout
    assert float(exposure[1]) <= MAXIMUM_EXPOSURE, done.stdout


def test_the_dockerfile_has_no_lint(deploy):
    program = require_program(str(Path(sys.executable).parent / "hadolint"))
    done = run_tool([program, "--failure-threshold", "style", deploy / "Dockerfile"])
    assert (done.returncode, done.stdout) == (0, "")


def test_what_the_dockerfile_copies_is_there_and_let_through(repository, deploy):
    text = (deploy / "Dockerfile").read_text(encoding="utf-8")
    copied = [
        name
        for line in re.findall(r"(?m)^COPY (?!--from)(.*)$", text)
        for name in line.split()[:-1]
    ]
    assert {"constraints.txt", "triage_agent"} <= set(copied)
    ignored = (deploy / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    for name in copied:
        assert (repository / name).exists(), name
        assert f"!{name}" in ignored


def test_the_image_is_made_from_pinned_packages_by_an_ordinary_user(deploy):
    text = (deploy / "Dockerfile").read_text(encoding="utf-8")
    final = text.rpartition("\nFROM ")[2]
    assert re.search(r"(?m)^USER [1-9]\d*:[1-9]\d*$", final)
    assert re.search(r"(?m)^STOPSIGNAL SIGTERM$", final)
    assert "/healthz" in final
    commands = re.sub(r"\\\n\s*", "", text)
    installs = re.findall(r"pip install (.*?)(?=&&|\n)", commands)
    assert len(installs) == 4
    for install in installs:
        assert "--require-hashes" in install or "dist/*.whl" in install
    assert re.findall(r"://[^:/]*", text) == ["://127.0.0.1"]


def test_compose_accepts_the_file(compose):
    services = compose()["services"]
    assert set(services) == {"triage", "page", "orthanc", "ohif"}


def test_compose_gives_the_node_settings_that_hold(compose, monkeypatch):
    composed = compose()
    services = composed["services"]
    monkeypatch.delenv("TRIAGE_CONFIG", raising=False)
    for name, value in services["triage"]["environment"].items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    (caller,) = settings.dicom.callers
    (destination,) = settings.destinations
    orthanc = services["orthanc"]["networks"]["pacs"]["ipv4_address"]
    assert (caller.ae_title, caller.addresses) == ("ORTHANC", (orthanc,))
    assert destination.host in services
    gateway = composed["networks"]["pacs"]["ipam"]["config"][0]["gateway"]
    assert f"range={gateway}/32" in services["page"]["command"][0]


def test_compose_opens_ports_on_loopback_only_until_it_is_told_otherwise(compose):
    def published(services: dict) -> list[str]:
        return [port for service in services.values() for port in service.get("ports", ())]

    closed = published(compose()["services"])
    assert len(closed) == 4
    assert all(port.startswith("127.0.0.1:") for port in closed)
    opened = set(published(compose(PACS_BIND="192.0.2.1")["services"])) - set(closed)
    assert {port.removesuffix("/tcp") for port in opened} == {"192.0.2.1:4242:4242"}


def test_compose_mounts_files_that_are_there(compose, deploy):
    mounted = [
        Path(str(volume).partition(":")[0])
        for service in compose()["services"].values()
        for volume in service.get("volumes", ())
        if str(volume).startswith("/")
    ]
    assert len(mounted) == 4
    for path in mounted:
        assert path.is_file()
        assert path.is_relative_to(deploy)


def test_shell_scripts_have_no_lint(repository):
    scripts = [*repository.glob("deploy/*.sh"), repository / ".ci" / "run"]
    assert len(scripts) >= 2
    done = run_tool([require_program("/usr/bin/shellcheck"), *scripts])
    assert (done.returncode, done.stdout) == (0, "")


def test_the_routing_script_compiles(deploy):
    done = run_tool(
        [require_program("/usr/bin/luac5.4"), "-p", deploy / "orthanc" / "route-to-triage.lua"]
    )
    assert (done.returncode, done.stdout) == (0, "")
