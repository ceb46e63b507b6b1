"""Warn of files that are more open to other users than is good for the key and the commands."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from tui.credentials import KeySettings
from tui.sanitize import display_path


def permission_warnings(config: Path, settings: KeySettings) -> tuple[str, ...]:
    """Return a line for each file whose permissions give away the key, or what is run.

    Whoever may change the configuration may have any command run as its owner. So may the owner of
    the file, and whoever may put another one in its place.
    """
    warnings = []
    status = _regular(config)
    if status is not None and settings.inline is not None and _is_open(status, 0o077):
        warnings.append(_holds_key(config, status))
    elif status is not None and _is_open(status, 0o022):
        what = "decides what is run and other users may change it"
        warnings.append(f"{display_path(config)} {what}: {_advice(status)}")
    elif status is not None and any(map(_is_anybodys, _folders(config))):
        what = f"{display_path(config)} may be replaced by other users"
        warnings.append(f"{what}: move it to a folder in which only you may write")
    status = _regular(settings.file) if settings.file is not None else None
    if status is not None and settings.file is not None and _is_open(status, 0o077):
        warnings.append(_holds_key(settings.file, status))
    return tuple(warnings)


def _holds_key(path: Path, status: os.stat_result) -> str:
    what = "holds the API key and other users may read it"
    return f"{display_path(path)} {what}: {_advice(status)}"


def _advice(status: os.stat_result) -> str:
    if _is_ours(status):
        return "chmod 600 it"
    return f"it belongs to another user (uid {status.st_uid}), so use a copy of your own"


def _is_ours(status: os.stat_result) -> bool:
    """Return whether a file is ours, or root's, who may do anything in any case."""
    return status.st_uid in (os.geteuid(), 0)


def _is_open(status: os.stat_result, bits: int) -> bool:
    return bool(status.st_mode & bits) or not _is_ours(status)


def _folders(path: Path) -> tuple[Path, Path]:
    """Return the folder of a file that is there, and that of what it leads to if it is a link."""
    return path.parent, path.resolve().parent


def _is_anybodys(folder: Path) -> bool:
    """Return whether others may replace files of ours in a folder; in a sticky one they may not.

    Its group may: on many systems each user has a group of their own, which may write to all.
    """
    try:
        status = folder.stat()
    except OSError:
        return False
    is_sticky = status.st_mode & stat.S_ISVTX
    return not _is_ours(status) or (bool(status.st_mode & 0o002) and not is_sticky)


def _regular(path: Path) -> os.stat_result | None:
    """Return the status of a regular file; None if it is none or missing."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None
