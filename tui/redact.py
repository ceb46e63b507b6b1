"""Takes secrets out of texts that a fault may have put together: crash reports and the log.

The second line of defence: no code of ours puts a key or a signed link into such a text.
"""

from __future__ import annotations

import base64
import logging
import re
import threading
from typing import Final
from urllib.parse import quote

from tui.credentials import Secret
from tui.sanitize import clean

# Patterns, compiled where they are needed first: the start does not wait for them.
_SIGNED: Final = (
    r"(?i)((?:signature|security-token|ossaccesskeyid|x-(?:oss|amz)-[a-z-]+)(?:=|%3D))[^&\s\"'<>]+"
)
_LONGEST_RECORD: Final = 50_000
_QUERY: Final = r"(?i)(https?(?:://|%3a%2f%2f)[^\s?\"'<>]{0,2000}?)(?:\?|%3f)[^\s\"'<>]*"
_TELLING: Final = 8
"""Characters of a key that are too many to show: a service may quote the beginning alone."""
_BEARER: Final = r"(?i)(bearer\s+)[!-~]+"


class Redactor:
    """Replaces known keys, whatever looks like one in a header, and signatures by `***`."""

    def __init__(self) -> None:
        self._secrets: list[Secret] = []
        self._preparing = threading.Lock()
        self._prepared = 0
        self._forms: list[str] = []
        self._beginnings: list[re.Pattern[str]] = []

    def learn(self, secret: Secret) -> None:
        """Replace this one too, from now on."""
        if secret not in self._secrets:
            self._secrets.append(secret)

    def _prepare(self) -> None:
        # Not in `learn`, for which the first paint waits.
        import json

        with self._preparing:
            for secret in self._secrets[self._prepared :]:
                value = secret.reveal()
                # As it is, as a repr shows it, as JSON writes it, as a URL carries it; the longest
                # first, since one may hold another.
                forms = {value, repr(value)[1:-1], json.dumps(value)[1:-1], quote(value, safe="")}
                self._forms = sorted({*self._forms, *forms}, key=len, reverse=True)
                self._beginnings += _beginnings(value)
                self._prepared += 1

    def __call__(self, text: str) -> str:
        """Return `text` without secrets."""
        if len(text) < _TELLING:
            # Most texts of an answer are a word; none that short tells anything.
            return text
        self._prepare()
        for form in self._forms:
            text = text.replace(form, "***")
        for beginning in self._beginnings:
            text = beginning.sub("***", text)
        return re.sub(_BEARER, r"\1***", re.sub(_SIGNED, r"\1***", text))


def _beginnings(value: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What the first characters of a key look like, with what follows them.

    As they are, or any of them percent-encoded; and in base64, where two other characters at most
    may stand before them in their group of three.
    """
    start = value[:_TELLING]
    plain = "".join(f"(?:{re.escape(c)}|%(?i:{ord(c):02x}))" for c in start)
    packed = set()
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + start.encode()).decode()
        piece = whole[(shift * 8 + 5) // 6 : (shift + len(start.encode())) * 8 // 6]
        packed |= {re.escape(piece), re.escape(piece.replace("+", "-").replace("/", "_"))}
    return (
        re.compile(rf"{plain}[^\s\"'<>&,;()\[\]{{}}]*"),
        re.compile(rf"(?:{'|'.join(sorted(packed))})[\w+/=-]*", re.ASCII),
    )


class RedactingFormatter(logging.Formatter):
    """Formats as usual, tracebacks included; redacts the whole, and cleans it for terminals.

    Of a link it keeps what stands before the query.
    """

    def __init__(self, redact: Redactor, fmt: str) -> None:
        super().__init__(fmt)
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a text without secrets and without control characters."""
        text = re.sub(_QUERY, r"\1", self._redact(super().format(record)))
        return clean(text, _LONGEST_RECORD, keep_lines=True)
