"""Describe failed system calls in plain words."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tui.sanitize import display_path

_OS_ERRORS: Final[Mapping[int, tuple[str, str]]] = {
    errno.ENOSPC: ("the disk is full", "free some space"),
    errno.EDQUOT: ("your disk quota is used up", "free some space"),
    errno.EROFS: ("read-only file system", "make it writable or set another data folder"),
    errno.EACCES: ("permission denied", "check who owns the file and its folder"),
    errno.EPERM: ("not permitted", "check who owns the file and its folder"),
    errno.EIO: ("the disk reports an error", "check its health and copy your files"),
    errno.EEXIST: ("a file has the name of the folder", "move it away"),
    errno.EISDIR: ("it is a folder", "move it away"),
    errno.ENOTDIR: ("a part of its path is not a folder", "move that file away"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter one"),
    errno.ELOOP: ("too many symbolic links", "check where it points"),
    errno.EMFILE: ("too many open files", "close some programs"),
    errno.ENFILE: ("too many open files", "close some programs"),
    errno.EFBIG: ("it is too large", "move it away, or raise the limit (ulimit -f)"),
    errno.ENXIO: ("it is not a regular file", "move it away"),
    errno.EINTR: ("a signal interrupted it", "it is tried again"),
}
"""The reason and the advice for each errno."""
_MEMORY: Final = "There is not enough memory; raise the limit (ulimit -v) or close some programs."
_SHORTAGES: Final[Mapping[int, str]] = {
    errno.ENOMEM: _MEMORY,
    errno.EMFILE: "Too few files may be open at once; raise the limit: ulimit -n 256",
    errno.ENFILE: "Too many files are open on this machine; close some programs.",
}
_NO_MEMORY: Final = "annot allocate memory|failed to map segment|can't allocate (?:read )?lock"
"""How the dynamic linker (glibc, musl) and Python's threads tell it."""


def shortage(error: BaseException | None) -> str:
    """Return what the system has too little of for us, in a line; empty if that is not the cause.

    An error that was raised while another one was handled counts as that one.
    """
    while error is not None:
        text = str(error)
        if isinstance(error, MemoryError) or (
            isinstance(error, ImportError | OSError | RuntimeError) and re.search(_NO_MEMORY, text)
        ):
            return _MEMORY
        if isinstance(error, RuntimeError) and "can't start new thread" in text:
            return (
                "No further thread or process may be started; "
                "raise the limit (ulimit -u or -v) or close some programs."
            )
        if isinstance(error, OSError) and (lacking := _SHORTAGES.get(error.errno or 0)):
            return lacking
        error = error.__context__
    return ""


def os_error_reason(error: OSError) -> str:
    """Return in plain words why a system call failed."""
    number = error.errno or 0
    if number in _OS_ERRORS:
        return _OS_ERRORS[number][0]
    return os.strerror(number) if number else type(error).__name__


def describe_os_error(path: Path, error: OSError) -> str:
    """Return which file failed, why, and what to do about it.

    The file is the one named by the error, or `path` if that is a temporary file or missing.
    """
    failed = Path(str(error.filename2 or error.filename or path))
    _, advice = _OS_ERRORS.get(error.errno or 0, ("", ""))
    reason = os_error_reason(error) + (f"; {advice}" if advice else "")
    return f"{display_path(path if failed.suffix == '.tmp' else failed)}: {reason}"
