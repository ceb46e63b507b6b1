"""The log file, bounded in size and readable by its owner only, and the redactor of secrets.

The program never logs a key or a signed link on purpose. The redactor is the second line of
defence, for texts of unexpected errors.
"""

from __future__ import annotations

import base64
import errno
import logging
import logging.handlers
import os
import re
import stat
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote

from tui.atomic_file import AtomicFiles, Filesystem
from tui.credentials import Secret
from tui.sanitize import clean

MAX_LOG_BYTES: Final = 1 << 20
"""Maximum size of the log file, and of each of its two rotated predecessors."""
_PREDECESSORS: Final = 2
_MAX_RECORD_LENGTH: Final = 50_000
_PREFIX_LENGTH: Final = 8
"""Characters at the start of a key that are redacted on their own, as a service may quote them."""

_OPEN_ERRORS: Final = {
    errno.ELOOP: "it is a symbolic link",
    errno.ENXIO: "it is not a regular file",
}

# Patterns are compiled on first use, to keep them out of the startup time.
_SIGNATURE: Final = (
    r"(?i)((?:signature|security-token|ossaccesskeyid|x-(?:oss|amz)-[a-z-]+)(?:=|%3D))[^&\s\"'<>]+"
)
_QUERY: Final = r"(?i)(https?(?:://|%3a%2f%2f)[^\s?\"'<>]{0,2000}?)(?:\?|%3f)[^\s\"'<>]*"
_BEARER: Final = r"(?i)(bearer\s+)[!-~]+"


class Redactor:
    """Replaces known keys, bearer tokens and signatures by `***`."""

    def __init__(self) -> None:
        self._secrets: list[Secret] = []
        self._lock = threading.Lock()
        self._prepared_count = 0
        self._forms: list[str] = []
        self._prefixes: list[re.Pattern[str]] = []

    def learn(self, secret: Secret) -> None:
        """Replace this secret from now on."""
        if secret not in self._secrets:
            self._secrets.append(secret)

    def __call__(self, text: str) -> str:
        """Return `text` without secrets."""
        if len(text) < _PREFIX_LENGTH:
            # Fast path for the many short texts of a response, which cannot hold a secret.
            return text
        self._prepare()
        for form in self._forms:
            text = text.replace(form, "***")
        for prefix in self._prefixes:
            text = prefix.sub("***", text)
        return re.sub(_BEARER, r"\1***", re.sub(_SIGNATURE, r"\1***", text))

    def _prepare(self) -> None:
        # Not in `learn`, which runs before the first paint.
        import json

        with self._lock:
            for secret in self._secrets[self._prepared_count :]:
                value = secret.reveal()
                # Plain, and as escaped in a repr, in JSON and in a URL. The longest first, since
                # one may contain another.
                forms = {value, repr(value)[1:-1], json.dumps(value)[1:-1], quote(value, safe="")}
                self._forms = sorted({*self._forms, *forms}, key=len, reverse=True)
                self._prefixes += _prefix_patterns(value)
                self._prepared_count += 1


def _prefix_patterns(value: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return patterns for the first characters of a key and what follows them.

    One is for plain text, with any character percent-encoded or not. The other is for base64,
    where the key may start at any of the three offsets in a group of three bytes.
    """
    prefix = value[:_PREFIX_LENGTH]
    plain = "".join(f"(?:{re.escape(c)}|%(?i:{ord(c):02x}))" for c in prefix)
    base64_forms = set()
    for offset in range(3):
        text = base64.b64encode(b"\0" * offset + prefix.encode()).decode()
        part = text[(offset * 8 + 5) // 6 : (offset + len(prefix.encode())) * 8 // 6]
        base64_forms |= {re.escape(part), re.escape(part.replace("+", "-").replace("/", "_"))}
    return (
        re.compile(rf"{plain}[^\s\"'<>&,;()\[\]{{}}]*"),
        re.compile(rf"(?:{'|'.join(sorted(base64_forms))})[\w+/=-]*", re.ASCII),
    )


class RedactingFormatter(logging.Formatter):
    """Formats records with tracebacks, then redacts and sanitizes the whole text.

    Links are cut before their query.
    """

    def __init__(self, redact: Redactor, fmt: str) -> None:
        super().__init__(fmt)
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text without secrets and control characters."""
        text = re.sub(_QUERY, r"\1", self._redact(super().format(record)))
        return clean(text, _MAX_RECORD_LENGTH, keep_lines=True)


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
    # Some network file systems show another number than our own, as the folder's owner too.
    if status.st_uid not in (os.geteuid(), Path(path).parent.stat().st_uid):
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
