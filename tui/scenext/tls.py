"""The SSL context that all connections share. Imports no HTTP library."""

from __future__ import annotations

import os
import ssl
import sys
from pathlib import Path

import certifi

from tui.config import Config
from tui.errors import UserError
from tui.sanitize import display_path


def ssl_context(config: Config) -> ssl.SSLContext:
    """Return a new context. It is slow to create; do so in parallel with the import of httpx.

    It trusts the certificates that httpx 0.28 trusts (certifi's, or with `trust_env` those that
    `SSL_CERT_FILE` or `SSL_CERT_DIR` name), and those in `ca_file`.

    Raises `UserError` if a file or folder that these name cannot be used.
    """
    file = os.environ.get("SSL_CERT_FILE") if config.trust_env else None
    folder = os.environ.get("SSL_CERT_DIR") if config.trust_env and not file else None
    try:
        if not config.trust_env:
            context = _context_without_environment()
            context.load_verify_locations(cafile=certifi.where())
        elif folder:
            context = ssl.create_default_context(capath=folder)
        else:
            context = ssl.create_default_context(cafile=file or certifi.where())
    except OSError:
        raise UserError(
            f"{set_variables('SSL_CERT_FILE', 'SSL_CERT_DIR', 'SSLKEYLOGFILE')} names a file that "
            "cannot be used; mend or unset it."
        ) from None
    if folder and not any(Path(part).is_dir() for part in folder.split(os.pathsep)):
        # OpenSSL silently accepts a missing folder, and then trusts no certificate.
        raise UserError(
            "SSL_CERT_DIR names no folder that exists; mend it or set trust_env = false."
        )
    if config.ca_file is not None:
        try:
            context.load_verify_locations(cafile=config.ca_file)
        except OSError:  # Includes ssl.SSLError.
            raise UserError(
                f"ca_file: {display_path(config.ca_file)} holds no certificates as PEM."
            ) from None
    return context


def _context_without_environment() -> ssl.SSLContext:
    """Return what `ssl.create_default_context` does, which obeys `SSLKEYLOGFILE`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if sys.version_info >= (3, 13):
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    return context


def set_variables(*names: str) -> str:
    """Return, joined by commas, the environment variables among `names`; all names if none is set.

    Lower-case variants count too, and are returned as they are set.
    """
    forms = (form for name in names for form in (name, name.lower()))
    return ", ".join(form for form in forms if os.environ.get(form)) or ", ".join(names)
