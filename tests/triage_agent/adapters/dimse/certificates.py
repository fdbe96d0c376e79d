"""Certificates for tests of TLS, made anew each time with openssl."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.peers.process import require_program


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key as PEM files."""

    certificate: Path
    key: Path


def make_authority(folder: Path, name: str) -> Certificate:
    """Make a certificate authority."""
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    _openssl(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
        *("-days", "2", "-subj", f"/CN={name}", "-keyout", str(made.key)),
        *("-out", str(made.certificate)),
    )
    return made


def make_certificate(folder: Path, name: str, authority: Certificate) -> Certificate:
    """Make a certificate for 127.0.0.1, signed by an authority."""
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    request, extensions = folder / f"{name}.csr", folder / f"{name}.ext"
    extensions.write_text("subjectAltName=IP:127.0.0.1\n")
    _openssl(
        *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
        *("-subj", f"/CN={name}", "-keyout", str(made.key), "-out", str(request)),
    )
    _openssl(
        *("x509", "-req", "-in", str(request), "-days", "2", "-CAcreateserial"),
        *("-CA", str(authority.certificate), "-CAkey", str(authority.key)),
        *("-extfile", str(extensions), "-out", str(made.certificate)),
    )
    return made


def _openssl(*arguments: str) -> None:
    program = require_program("/usr/bin/openssl", "/usr/local/bin/openssl")
    subprocess.run([program, *arguments], check=True, capture_output=True)
