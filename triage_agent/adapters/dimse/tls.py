"""TLS with certificates on both sides (PS3.15 Annex B, BCP 195 profiles)."""

import ssl
from pathlib import Path

from triage_agent.errors import SettingsInvalid
from triage_agent.settings import DicomSettings


def receiver_context(settings: DicomSettings) -> ssl.SSLContext | None:
    """Return the context that the settings ask for, or None: then images come in the clear.

    Raises SettingsInvalid as `acceptor_context`.
    """
    certificate, key, ca = settings.tls_certificate, settings.tls_key, settings.tls_ca
    if certificate is None or key is None or ca is None:
        return None
    return acceptor_context(certificate=certificate, key=key, ca=ca)


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
    except OSError as error:  # ssl.SSLError is one
        raise SettingsInvalid(f"TLS: tls_ca {ca} cannot be used ({error})") from error
    if certificate is None:
        return context
    try:
        # An empty password: one that is asked for on a terminal would hold up the start.
        context.load_cert_chain(certificate, key, password="")
    except OSError as error:
        raise SettingsInvalid(
            f"TLS: tls_certificate {certificate} and tls_key {key} cannot be read, do not go "
            f"together, or are not PEM files without a password ({error})"
        ) from error
    return context
