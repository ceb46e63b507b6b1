"""The log: a bounded file that only its owner can read; and the redactor for all that is reported.

No code of ours puts a key or a signed link into a report: the redactor is the second line of
defence, for texts that a fault may have put together.
"""

from __future__ import annotations

import base64
import logging
import logging.handlers
import os
import re
import threading
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote

from tui.atomic_file import AtomicFiles, Filesystem
from tui.credentials import Secret
from tui.sanitize import clean

MAX_LOG_BYTES: Final = 1 << 20
"""Size of the log and of each of its two predecessors."""
_MAX_RECORD_LENGTH: Final = 50_000
_MIN_QUOTE_LENGTH: Final = 8
"""Characters of a key that must not be shown: a service may quote only its beginning."""

# Patterns, compiled on first use: the start does not wait for them.
_SIGNED: Final = (
    r"(?i)((?:signature|security-token|ossaccesskeyid|x-(?:oss|amz)-[a-z-]+)(?:=|%3D))[^&\s\"'<>]+"
)
_QUERY: Final = r"(?i)(https?(?:://|%3a%2f%2f)[^\s?\"'<>]{0,2000}?)(?:\?|%3f)[^\s\"'<>]*"
_BEARER: Final = r"(?i)(bearer\s+)[!-~]+"


class Redactor:
    """Replaces known keys, whatever looks like one in a header, and signatures by `***`."""

    def __init__(self) -> None:
        self._secrets: list[Secret] = []
        self._preparing = threading.Lock()
        self._prepared = 0
        self._forms: list[str] = []
        self._prefixes: list[re.Pattern[str]] = []

    def learn(self, secret: Secret) -> None:
        """Replace this secret too, from now on."""
        if secret not in self._secrets:
            self._secrets.append(secret)

    def __call__(self, text: str) -> str:
        """Return `text` without secrets."""
        if len(text) < _MIN_QUOTE_LENGTH:
            # Most texts of an answer are one word; none that short reveals anything.
            return text
        self._prepare()
        for form in self._forms:
            text = text.replace(form, "***")
        for prefix in self._prefixes:
            text = prefix.sub("***", text)
        return re.sub(_BEARER, r"\1***", re.sub(_SIGNED, r"\1***", text))

    def _prepare(self) -> None:
        # Not in `learn`, for which the first paint waits.
        import json

        with self._preparing:
            for secret in self._secrets[self._prepared :]:
                value = secret.reveal()
                # As it is, as a repr shows it, as JSON writes it, as a URL carries it; the longest
                # first, since one may contain another.
                forms = {value, repr(value)[1:-1], json.dumps(value)[1:-1], quote(value, safe="")}
                self._forms = sorted({*self._forms, *forms}, key=len, reverse=True)
                self._prefixes += _prefix_patterns(value)
                self._prepared += 1


def _prefix_patterns(value: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return patterns for the first characters of a key, with what follows them.

    One for plain text, any character of it percent-encoded or not; and one for base64, where up to
    two other characters may come before them in their group of three.
    """
    start = value[:_MIN_QUOTE_LENGTH]
    plain = "".join(f"(?:{re.escape(c)}|%(?i:{ord(c):02x}))" for c in start)
    encoded = set()
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + start.encode()).decode()
        piece = whole[(shift * 8 + 5) // 6 : (shift + len(start.encode())) * 8 // 6]
        encoded |= {re.escape(piece), re.escape(piece.replace("+", "-").replace("/", "_"))}
    return (
        re.compile(rf"{plain}[^\s\"'<>&,;()\[\]{{}}]*"),
        re.compile(rf"(?:{'|'.join(sorted(encoded))})[\w+/=-]*", re.ASCII),
    )


class RedactingFormatter(logging.Formatter):
    """Formats as usual, tracebacks included; then redacts all of it and makes it safe to display.

    Of a link it keeps what comes before the query.
    """

    def __init__(self, redact: Redactor, fmt: str) -> None:
        super().__init__(fmt)
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text without secrets and without control characters."""
        text = re.sub(_QUERY, r"\1", self._redact(super().format(record)))
        return clean(text, _MAX_RECORD_LENGTH, keep_lines=True)


class _PrivateFileHandler(logging.handlers.RotatingFileHandler):
    def _open(self) -> IO[str]:  # type: ignore[override]
        return open(
            self.baseFilename, self.mode, encoding=self.encoding, errors=self.errors, opener=_opener
        )


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def start(path: Path, redact: Redactor, *, verbose: bool = False) -> str:
    """Log to `path` from now on; return why that is not possible, empty if it is.

    Without `verbose` that is starts, ends, faults and the states of tasks; with it every query.
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
