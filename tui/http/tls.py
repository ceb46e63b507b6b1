"""The SSL context that all connections share. Imports no HTTP library."""

from __future__ import annotations

import logging
import os
import re
import ssl
import sys
from pathlib import Path
from typing import Final

import certifi

from tui.config import Config
from tui.errors import UserError
from tui.os_errors import os_error_reason
from tui.pasted import unwrap
from tui.sanitize import display_path

_HASHED_NAME: Final = re.compile(r"[0-9a-f]{8}\.[0-9]+")
"""How OpenSSL names the certificates of a folder; it finds no others there."""
_MAX_FILES: Final = 10_000
"""Files of a folder among which a certificate is looked for."""
_ADVICE: Final = "Mend or unset it, or set trust_env = false."

_log = logging.getLogger(__name__)


def ssl_context(config: Config) -> ssl.SSLContext:
    """Return a new context. It is slow to create; do so in parallel with the import of httpx.

    It trusts the certificates that httpx 0.28 trusts (certifi's, or with `trust_env` those that
    `SSL_CERT_FILE` names, or else `SSL_CERT_DIR`), and those in `ca_file`. Variables of other
    programs, such as `REQUESTS_CA_BUNDLE`, do not count.

    Raises `UserError`, which names what is used and cannot be: a variable or `ca_file`. A key log
    that cannot be written is skipped.
    """
    context = _plain_context()
    file, folder = (_variable(config, name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    if file:
        _load(context, Path(file), "SSL_CERT_FILE: its file", _ADVICE)
    elif folder:
        _load_folders(context, folder, is_alone=config.ca_file is None)
    else:
        context.load_verify_locations(cafile=certifi.where())
    if config.ca_file is not None:
        _load(context, config.ca_file, f"ca_file: {display_path(config.ca_file)}")
    if key_log := _variable(config, "SSLKEYLOGFILE"):
        try:
            context.keylog_filename = key_log
        except (OSError, ValueError):
            _log.warning("SSLKEYLOGFILE cannot be written and is skipped")
    return context


def _plain_context() -> ssl.SSLContext:
    """Return what `ssl.create_default_context` does, which obeys `SSLKEYLOGFILE`, without trust."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if sys.version_info >= (3, 13):
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    return context


def _variable(config: Config, name: str) -> str:
    # Files of variables, as Docker reads them, leave quotes on.
    return unwrap(os.environ.get(name, "")) if config.trust_env else ""


def _load(context: ssl.SSLContext, path: Path, whose: str, advice: str = "") -> None:
    """Trust the certificates in a file. Raises `UserError`, which begins with `whose`."""
    try:
        context.load_verify_locations(cafile=path)
    except (OSError, ValueError) as error:  # `ssl.SSLError` is an `OSError`.
        raise UserError(f"{whose} {_file_fault(path, error)}. {advice}".rstrip()) from None


def _file_fault(path: Path, error: Exception) -> str:
    """Return why a file of certificates cannot be used, in words that fit behind its name."""
    if not isinstance(error, ssl.SSLError):
        if isinstance(error, FileNotFoundError):
            return "is not there"
        if isinstance(error, IsADirectoryError):
            return "is a folder, and not a file of certificates"
        reason = os_error_reason(error) if isinstance(error, OSError) else "it is no path"
        return f"cannot be read ({reason})"
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as unreadable:
        return _file_fault(path, unreadable)
    if not start:
        return "is empty"
    if start[0] == 0x30 and start[1:2] >= b"\x80":
        return "is DER and not PEM (openssl x509 -inform der makes PEM of it)"
    return "holds no certificates as PEM, or a damaged one"


def _load_folders(context: ssl.SSLContext, value: str, *, is_alone: bool) -> None:
    """Trust the certificates in the folders of `SSL_CERT_DIR`.

    OpenSSL silently accepts folders in which it will find nothing. Where nothing else is trusted,
    no connection could be made then.
    """
    folders = [Path(part) for part in value.split(os.pathsep) if part]
    if not any(map(os.path.isdir, folders)):
        raise UserError(f"SSL_CERT_DIR names no folder that is there. {_ADVICE}")
    if is_alone and not any(map(_has_certificates, folders)):
        raise UserError(
            f"SSL_CERT_DIR: no certificate in it has a name by which it is found "
            f"(openssl rehash makes them). {_ADVICE}"
        )
    context.load_verify_locations(capath=value)


def _has_certificates(folder: Path) -> bool:
    """Return whether a folder holds a certificate that OpenSSL would find."""
    try:
        with os.scandir(folder) as entries:
            names = (entry.name for entry, _ in zip(entries, range(_MAX_FILES), strict=False))
            return any(map(_HASHED_NAME.fullmatch, names))
    except OSError:
        return False
