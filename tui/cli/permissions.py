"""Warn of files that are more open to other users than is good for the key and the commands."""

from __future__ import annotations

import stat
from pathlib import Path

from tui.credentials import KeySettings
from tui.sanitize import display_path


def permission_warnings(config: Path, settings: KeySettings) -> tuple[str, ...]:
    """Return a line for each file whose permissions give away the key, or what is run.

    Whoever may change the configuration may have any command run as its owner.
    """
    warnings = []
    mode = _permissions(config)
    if settings.inline is not None and mode & 0o077:
        warnings.append(_holds_key(config))
    elif mode & 0o022:
        path = display_path(config)
        warnings.append(f"{path} decides what is run and other users may change it: chmod 600 it")
    if settings.file is not None and _permissions(settings.file) & 0o077:
        warnings.append(_holds_key(settings.file))
    return tuple(warnings)


def _holds_key(path: Path) -> str:
    return f"{display_path(path)} holds the API key and other users may read it: chmod 600 it"


def _permissions(path: Path) -> int:
    """Return the mode of a regular file; 0 if it is none or missing."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return 0
    return stat.S_IMODE(mode) if stat.S_ISREG(mode) else 0
