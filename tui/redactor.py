"""The redactor: replaces keys and signatures in logs, error texts and crash reports by `***`.

The program never puts a key or a signed link there on purpose; this is the second line of defence.
"""

from __future__ import annotations

import base64
import re
import threading
from typing import Final
from urllib.parse import quote

from tui.credentials import Secret

_PREFIX_LENGTH: Final = 8
"""Characters at the start of a key that are redacted on their own, as a service may quote them."""

# Patterns are compiled on first use, to keep them out of the startup time. Every pattern takes
# linear time, since texts come from outside: no run of characters may be read again from each of
# its positions without a bound.
_SIGNATURE: Final = (
    r"(?i)((?:signature|security-token|accesskeyid|auth_key|\b(?:sig|token|policy)"
    r"|x-(?:oss|amz|goog|tos|obs)-[a-z-]{1,64}+)(?:=|%3D))"
    r"[^&\s\"'<>]+"
)
_PATH_SAFE: Final = "!$&()*+,;=:@/%"
_QUERY_SAFE: Final = f"{_PATH_SAFE}?#[]^{{|}}"
# Consumes a link to its end whether it has a query or not, and so takes linear time. Chinese
# sentences go on behind a link without a space.
_QUERY: Final = r"(?i)(https?://[^\s?\"'<>]*+)(?:\?[^\s\"'<>，。；：！？、）】》」]*+)?"
_BEARER: Final = r"(?i)(bearer\s+)[!-~]+"


def without_queries(text: str) -> str:
    """Return `text` with its links cut at their queries, where signatures stand."""
    return re.sub(_QUERY, r"\1", text) if "://" in text else text


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

    def holds_secret(self, text: str) -> bool:
        """Return whether a known secret stands in `text`, plain or as it is written in a URL."""
        self._prepare()
        return any(form in text for form in self._forms)

    def _prepare(self) -> None:
        # Not in `learn`, which runs before the first paint.
        import json

        with self._lock:
            for secret in self._secrets[self._prepared_count :]:
                value = secret.reveal()
                # Plain, and as escaped in a repr, in JSON and in a URL: whole, or in its path or
                # query as links are mended. The longest first, since one may contain another.
                forms = {value, repr(value)[1:-1], json.dumps(value)[1:-1]}
                forms |= {quote(value, safe=safe) for safe in ("", _PATH_SAFE, _QUERY_SAFE)}
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
