"""Whom the gateway trusts on the other end of a TLS connection."""

import ssl
from pathlib import Path


def tls_context(ca_bundle: Path | None) -> ssl.SSLContext:
    """The system's authorities, and those of a PEM file.

    Raises:
        OSError: the file cannot be read, or holds no certificate.
    """
    context = ssl.create_default_context()
    if ca_bundle is not None:
        context.load_verify_locations(ca_bundle)
    return context
