"""Orthanc as the PACS of a test: the shipped configuration on free loopback ports."""

import json
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.parser import BytesParser
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

import httpx

from tests.peers.ports import free_port
from tests.peers.process import PeerFailed, PeerMissing, PeerProcess, require_program

SHIPPED = Path(__file__).resolve().parents[2] / "deploy" / "orthanc"
REST_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Modality:
    """A peer that Orthanc knows and may send to."""

    ae_title: str
    port: int
    host: str = "127.0.0.1"


def shipped_configuration() -> dict[str, Any]:
    """Return deploy/orthanc/orthanc.json without its comment lines."""
    text = (SHIPPED / "orthanc.json").read_text(encoding="utf-8")
    return cast("dict[str, Any]", json.loads(re.sub(r"(?m)^\s*//.*$", "", text)))


class Orthanc:
    """A running Orthanc: its addresses, its REST and its DICOMweb; a context manager."""

    host = "127.0.0.1"

    def __init__(self, process: PeerProcess, *, ae_title: str, dicom_port: int, http_port: int):
        self.ae_title = ae_title
        self.dicom_port = dicom_port
        self.http_port = http_port
        self.url = f"http://{self.host}:{http_port}"
        self._process = process
        # A proxy of the environment has no business on loopback.
        self._client = httpx.Client(base_url=self.url, timeout=REST_SECONDS, trust_env=False)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def get(self, path: str, **parameters: str) -> Any:
        """Return the JSON of a REST resource. Raises httpx.HTTPStatusError."""
        return self._client.get(path, params=parameters).raise_for_status().json()

    def post(self, path: str, content: bytes | Mapping[str, Any] | Sequence[Any]) -> Any:
        """POST bytes as they are, or JSON; return the answer's JSON. Raises HTTPStatusError."""
        if isinstance(content, bytes):
            answer = self._client.post(path, content=content)
        else:
            answer = self._client.post(path, json=content)
        return answer.raise_for_status().json()

    def delete(self, path: str) -> None:
        """DELETE a REST resource. Raises httpx.HTTPStatusError."""
        self._client.delete(path).raise_for_status()

    def instances(self) -> list[dict[str, Any]]:
        """Return every instance's main attributes, with `ID`, by SOP Instance UID.

        Each has at least SOPInstanceUID, SOPClassUID, StudyInstanceUID, SeriesInstanceUID and
        Modality, an absent one as an empty string.
        """
        wanted = (
            "SOPInstanceUID",
            "SOPClassUID",
            "StudyInstanceUID",
            "SeriesInstanceUID",
            "Modality",
        )
        found = []
        for identifier in self.get("/instances"):
            tags = self.get(f"/instances/{identifier}/simplified-tags")
            found.append({"ID": identifier, **{name: tags.get(name, "") for name in wanted}})
        return sorted(found, key=lambda instance: instance["SOPInstanceUID"])

    def wait_for_instances(self, number: int, seconds: float = 30.0) -> list[dict[str, Any]]:
        """Return the instances once there are at least `number`. Raises PeerFailed."""
        self._process.wait_until(
            lambda: len(self.get("/instances")) >= number, f"{number} instances", seconds
        )
        return self.instances()

    def wait_until(self, ready: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
        """Return once `ready()` holds. Raises PeerFailed at the deadline or if Orthanc ends."""
        self._process.wait_until(ready, what, seconds)

    def execute(self, lua: str) -> str:
        """Run Lua in Orthanc, which must have been started with ExecuteLuaEnabled."""
        return self._client.post("/tools/execute-script", content=lua).raise_for_status().text

    def wait_for_idle(self, seconds: float = 30.0) -> None:
        """Return once no job waits or runs. Raises PeerFailed at the deadline."""
        busy = {"Pending", "Running", "Retry"}
        self._process.wait_until(
            lambda: not any(job["State"] in busy for job in self.get("/jobs", expand="")),
            "no job waits or runs",
            seconds,
        )

    def file(self, SOPInstanceUID: str) -> bytes:
        """Return the Part 10 file that Orthanc keeps. Raises PeerFailed if there is none."""
        found: list[str] = self.post(
            "/tools/find", {"Level": "Instance", "Query": {"SOPInstanceUID": SOPInstanceUID}}
        )
        if len(found) != 1:
            raise PeerFailed(f"Orthanc holds {len(found)} instances of {SOPInstanceUID}")
        return self._client.get(f"/instances/{found[0]}/file").raise_for_status().content

    def retrieve(self, StudyInstanceUID: str, SeriesInstanceUID: str, SOPInstanceUID: str) -> bytes:
        """Return an instance's Part 10 bytes by WADO-RS, untranscoded (PS3.18 Section 10.4).

        Raises httpx.HTTPStatusError, and PeerFailed unless exactly one part comes back.
        """
        answer = self._client.get(
            f"/dicom-web/studies/{StudyInstanceUID}/series/{SeriesInstanceUID}"
            f"/instances/{SOPInstanceUID}",
            headers={"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'},
        ).raise_for_status()
        return _only_part(answer)

    def search(self, level: str = "instances", **query: str) -> list[dict[str, Any]]:
        """Search by QIDO-RS (PS3.18 Section 10.6); return DICOM JSON objects."""
        answer = self._client.get(
            f"/dicom-web/{level}", params=query, headers={"Accept": "application/dicom+json"}
        )
        return cast("list[dict[str, Any]]", answer.raise_for_status().json())

    def output(self) -> str:
        """Return what Orthanc has logged."""
        return self._process.output()

    def stop(self) -> None:
        """End Orthanc; again does nothing. Its storage stays, for another start."""
        self._client.close()
        self._process.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _only_part(answer: httpx.Response) -> bytes:
    header = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
    boundary = BytesParser().parsebytes(header).get_boundary()
    if boundary is None:
        raise PeerFailed(f"WADO-RS answered {answer.headers['Content-Type']}")
    # The e-mail parser would rewrite line ends inside pixel data, so the parts are cut by hand.
    parts = answer.content.split(b"--" + boundary.encode())
    if len(parts) != 3:
        raise PeerFailed(f"WADO-RS answered {len(parts) - 2} parts instead of one")
    _, _, body = parts[1].partition(b"\r\n\r\n")
    return body.removesuffix(b"\r\n")


def start_orthanc(
    folder: Path,
    *,
    modalities: Mapping[str, Modality] | None = None,
    ae_title: str = "ORTHANC",
    routing: bool = False,
    dicom_port: int | None = None,
    http_port: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Orthanc:
    """Start Orthanc with the shipped configuration and wait until REST and DICOM answer.

    `modalities` are the peers it knows, by the names that its REST and scripts use. With `routing`
    the shipped script runs, which sends what comes in to the modality named "triage". Given ports
    let a test stop it and start it again at the same address, on the same `folder`. `overrides`
    replace top-level settings. Raises PeerMissing and PeerFailed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    listens_dicom = free_port() if dicom_port is None else dicom_port
    listens_http = free_port() if http_port is None else http_port
    shipped = shipped_configuration()
    plugins = [place for place in shipped["Plugins"] if Path(place).is_dir()]
    if not any((Path(place) / "libOrthancDicomWeb.so").exists() for place in plugins):
        raise PeerMissing(
            "Orthanc's DICOMweb plugin is not installed: run deploy/system-packages.sh test"
        )
    configuration = {
        **shipped,
        "StorageDirectory": str(folder / "orthanc"),
        "IndexDirectory": str(folder / "orthanc"),
        "Plugins": plugins,
        "LuaScripts": [str(SHIPPED / "route-to-triage.lua")] if routing else [],
        "DicomAet": ae_title,
        "DicomPort": listens_dicom,
        "HttpPort": listens_http,
        "RemoteAccessAllowed": False,
        "DicomModalities": {
            name: {
                **shipped["DicomModalities"]["triage"],
                "AET": modality.ae_title,
                "Host": modality.host,
                "Port": modality.port,
            }
            for name, modality in (modalities or {}).items()
        },
        **(overrides or {}),
    }
    path = folder / "orthanc.json"
    path.write_text(json.dumps(configuration, indent=1), encoding="utf-8")
    process = PeerProcess(
        [require_program("/usr/sbin/Orthanc", "/usr/local/sbin/Orthanc"), str(path)],
        log=folder / "orthanc.log",
        cwd=folder,
        environment=environment,
    )
    orthanc = Orthanc(process, ae_title=ae_title, dicom_port=listens_dicom, http_port=listens_http)
    try:
        process.wait_until(lambda: _answers(orthanc), "Orthanc's REST and DICOM answer")
    except BaseException:
        orthanc.stop()
        raise
    return orthanc


def _answers(orthanc: Orthanc) -> bool:
    try:
        orthanc.get("/system")
    except httpx.TransportError:
        return False
    # Orthanc opens the DICOM port after the HTTP port.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        return probe.connect_ex((orthanc.host, orthanc.dicom_port)) == 0
