"""The log file: bounded in size, readable by its owner only, redacted and sanitized."""

from __future__ import annotations

import errno
import logging
import logging.handlers
import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from tui.atomic_file import AtomicFiles, Filesystem, is_ours
from tui.redactor import Redactor
from tui.sanitize import clean

MAX_LOG_BYTES: Final = 1 << 20
"""Maximum size of the log file, and of each of its two rotated predecessors."""
_PREDECESSORS: Final = 2
_MAX_RECORD_LENGTH: Final = 50_000
_OPEN_ERRORS: Final = {
    errno.ELOOP: "it is a symbolic link",
    errno.ENXIO: "it is not a regular file",
}
# Consumes a link to its end whether it has a query or not, and so takes linear time.
_QUERY: Final = r"(?i)(https?(?:://|%3a%2f%2f)[^\s?%\"'<>]*(?:%(?!3f)[^\s?%\"'<>]*)*)[^\s\"'<>]*"


class RedactingFormatter(logging.Formatter):
    """Formats records with tracebacks, then redacts and sanitizes all; links lose their query."""

    def __init__(self, redact: Redactor, fmt: str) -> None:
        super().__init__(fmt)
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text."""
        text = clean(self._hide(super().format(record)), _MAX_RECORD_LENGTH, keep_lines=True)
        # Once more after cleaning, which may join what control characters have split.
        return self._hide(text)

    def _hide(self, text: str) -> str:
        return re.sub(_QUERY, r"\1", self._redact(text))


class _PrivateFileHandler(logging.handlers.RotatingFileHandler):
    def _open(self) -> IO[str]:  # type: ignore[override]
        return open(
            self.baseFilename, self.mode, encoding=self.encoding, errors=self.errors, opener=_opener
        )


def _opener(path: str, flags: int) -> int:
    """Open a regular file of ours, and make it its owner's alone. Raises `OSError`."""
    try:
        # O_NONBLOCK: opening a FIFO of that name must not block for ever.
        fd = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError as error:
        if reason := _OPEN_ERRORS.get(error.errno or 0):
            raise OSError(error.errno, f"{reason}; move it away") from None
        raise
    try:
        _make_private(fd, path)
    except BaseException:
        os.close(fd)
        raise
    return fd


def _make_private(fd: int, path: str) -> None:
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.ENXIO, f"{_OPEN_ERRORS[errno.ENXIO]}; move it away")
    if not is_ours(status, Path(path).parent):
        owner = f"it belongs to another user (uid {status.st_uid})"
        raise OSError(errno.EPERM, f"{owner}; move it away")
    if status.st_mode & 0o077:
        with suppress(OSError):  # Not every file system supports permissions.
            os.fchmod(fd, 0o600)


def start(path: Path, redact: Redactor, *, verbose: bool = False) -> str:
    """Log to `path` from now on; return why that is impossible, or an empty string.

    The log holds starts, exits, errors and the states of tasks; with `verbose`, every query too.
    """
    root = logging.getLogger()
    # httpx logs whole URLs at INFO.
    for name in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        AtomicFiles(Filesystem()).make_directories(path.parent)
        handler = _PrivateFileHandler(
            path, maxBytes=MAX_LOG_BYTES, backupCount=_PREDECESSORS, encoding="utf-8"
        )
    except OSError as error:
        root.addHandler(logging.NullHandler())
        return f"No log: {path}: {error.strerror}."
    for number in range(1, _PREDECESSORS + 1):
        # One that is missing, a link or another user's is left alone.
        with suppress(OSError):
            os.close(_opener(f"{handler.baseFilename}.{number}", os.O_RDONLY | os.O_CLOEXEC))
    handler.setFormatter(
        RedactingFormatter(redact, "%(asctime)s %(levelname)s %(name)s: %(message)s")
    )
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("tui").setLevel(logging.DEBUG if verbose else logging.INFO)
    return ""
