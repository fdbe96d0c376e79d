"""TLS with certificates on both sides (PS3.15 Annex B, BCP 195 profiles)."""

import ssl
from pathlib import Path

from triage_agent.errors import SettingsInvalid


def acceptor_context(*, certificate: Path, key: Path, ca: Path) -> ssl.SSLContext:
    """Return a context for an SCP: callers must show a certificate signed by `ca`.

    Raises SettingsInvalid if a file cannot be read or does not fit.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    return _loaded(context, certificate=certificate, key=key, ca=ca)


def requestor_context(
    *, certificate: Path | None, key: Path | None, ca: Path | None
) -> ssl.SSLContext | None:
    """Return a context for an SCU, or None without `ca`: then the connection is in the clear.

    The peer's certificate must be signed by `ca` and name the host that is called. Raises
    SettingsInvalid if a file cannot be read or does not fit.
    """
    if ca is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return _loaded(context, certificate=certificate, key=key, ca=ca)


def _loaded(
    context: ssl.SSLContext, *, certificate: Path | None, key: Path | None, ca: Path
) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cafile=ca)
        if certificate is not None:
            context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise SettingsInvalid(f"TLS certificate, key or CA cannot be used: {error}") from error
    return context
