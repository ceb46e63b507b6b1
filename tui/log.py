"""The log file: bounded in size, readable by its owner only, redacted and sanitized."""

from __future__ import annotations

import logging
import logging.handlers
import os
import re
from functools import partial
from pathlib import Path
from typing import IO, Final

from tui.atomic_file import AtomicFiles, Filesystem
from tui.redactor import Redactor
from tui.sanitize import clean

MAX_LOG_BYTES: Final = 1 << 20
"""Maximum size of the log file, and of each of its two rotated predecessors."""
_MAX_RECORD_LENGTH: Final = 50_000
# Consumes a link to its end whether it has a query or not, and so takes linear time.
_QUERY: Final = r"(?i)(https?(?:://|%3a%2f%2f)[^\s?%\"'<>]*(?:%(?!3f)[^\s?%\"'<>]*)*)[^\s\"'<>]*"


class RedactingFormatter(logging.Formatter):
    """Formats records with tracebacks, then redacts and sanitizes all; links lose their query."""

    def __init__(self, redact: Redactor, fmt: str) -> None:
        super().__init__(fmt)
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text."""
        text = re.sub(_QUERY, r"\1", self._redact(super().format(record)))
        return clean(text, _MAX_RECORD_LENGTH, keep_lines=True)


class _PrivateFileHandler(logging.handlers.RotatingFileHandler):
    def _open(self) -> IO[str]:  # type: ignore[override]
        opener = partial(os.open, mode=0o600)
        return open(self.baseFilename, self.mode, encoding=self.encoding, opener=opener)


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
        handler = _PrivateFileHandler(path, maxBytes=MAX_LOG_BYTES, backupCount=2, encoding="utf-8")
    except OSError as error:
        root.addHandler(logging.NullHandler())
        return f"No log: {path}: {error.strerror}."
    handler.setFormatter(
        RedactingFormatter(redact, "%(asctime)s %(levelname)s %(name)s: %(message)s")
    )
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("tui").setLevel(logging.DEBUG if verbose else logging.INFO)
    return ""
