"""Whom connections trust: one SSL context for all of them. Imports no HTTP library."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

import certifi

from tui.config import Config
from tui.errors import UserError
from tui.sanitize import display_path


def ssl_context(config: Config) -> ssl.SSLContext:
    """Return the context, which takes 30-50 ms to make: beside the import of httpx, if possible.

    It trusts what httpx 0.28 trusts: the certificates of certifi, or those that `SSL_CERT_FILE` or
    `SSL_CERT_DIR` name where the environment counts; and those of `ca_file` besides.

    Raises:
        UserError: a file or folder that is named cannot be used.
    """
    file = os.environ.get("SSL_CERT_FILE") if config.trust_env else None
    folder = os.environ.get("SSL_CERT_DIR") if config.trust_env and not file else None
    try:
        if folder:
            context = ssl.create_default_context(capath=folder)
        else:
            context = ssl.create_default_context(cafile=file or certifi.where())
    except OSError:
        raise UserError(
            f"{set_variables('SSL_CERT_FILE', 'SSL_CERT_DIR', 'SSLKEYLOGFILE')} names a file that "
            "cannot be used; mend or unset it."
        ) from None
    if folder and not any(Path(each).is_dir() for each in folder.split(os.pathsep)):
        # OpenSSL says nothing about a missing folder, and then trusts nobody.
        raise UserError(
            "SSL_CERT_DIR names no folder that exists; mend it or set trust_env = false."
        )
    if config.ca_file is not None:
        try:
            context.load_verify_locations(cafile=config.ca_file)
        except OSError:  # ssl.SSLError is one too
            raise UserError(
                f"ca_file: {display_path(config.ca_file)} holds no certificates as PEM."
            ) from None
    return context


def set_variables(*names: str) -> str:
    """Return those of `names` that the environment holds, in the case in which it does."""
    forms = (form for name in names for form in (name, name.lower()))
    return ", ".join(form for form in forms if os.environ.get(form)) or ", ".join(names)
