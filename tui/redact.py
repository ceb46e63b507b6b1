"""Takes secrets out of texts that a fault may have put together: crash reports and the log.

The second line of defence: no code of ours puts a key or a signed link into such a text.
"""

from __future__ import annotations

import json
import logging
import re
from typing import Final
from urllib.parse import quote

from tui.api_key import Secret
from tui.scrub import clean

_SIGNED: Final = re.compile(
    r"(?i)((?:signature|security-token|ossaccesskeyid|x-(?:oss|amz)-[a-z-]+)(?:=|%3D))[^&\s\"'<>]+"
)
_LONGEST_RECORD: Final = 50_000
_BEARER: Final = re.compile(r"(?i)(bearer\s+)[!-~]+")


class Redactor:
    """Replaces known keys, whatever looks like one in a header, and signatures by `***`."""

    def __init__(self) -> None:
        self._secrets: list[Secret] = []
        self._forms: list[str] = []

    def learn(self, secret: Secret) -> None:
        """Replace this one too, from now on."""
        if secret not in self._secrets:
            self._secrets.append(secret)
            value = secret.reveal()
            # As it is, as a repr shows it, as JSON writes it, as a URL carries it; the longest
            # first, since one may hold another.
            forms = {value, repr(value)[1:-1], json.dumps(value)[1:-1], quote(value, safe="")}
            self._forms = sorted({*self._forms, *forms}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return `text` without secrets."""
        for form in self._forms:
            text = text.replace(form, "***")
        return _BEARER.sub(r"\1***", _SIGNED.sub(r"\1***", text))


class RedactingFormatter(logging.Formatter):
    """Formats as usual, tracebacks included; redacts the whole, and cleans it for terminals."""

    def __init__(self, redact: Redactor, fmt: str) -> None:
        super().__init__(fmt)
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a text without secrets and without control characters."""
        return clean(self._redact(super().format(record)), _LONGEST_RECORD, keep_lines=True)
