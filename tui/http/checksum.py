"""Checksums that hosts send with a file, to tell one that was damaged on its way. Pure.

`Content-MD5` (RFC 1864), which OSS, Azure and COS send, `Digest` (RFC 3230), and `Content-Digest`
and `Repr-Digest` (RFC 9530). Only what the standard library computes is checked: no CRC-64 of OSS.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Final

_ALGORITHMS: Final[Mapping[str, str]] = {
    **{"sha-512": "sha512", "sha-384": "sha384", "sha-256": "sha256"},
    **{"sha": "sha1", "sha-1": "sha1", "md5": "md5"},
}
"""Names of the registry of HTTP digest algorithms, the strongest first."""
_DIGEST: Final = re.compile(r"([A-Za-z0-9-]{1,20})=:?([A-Za-z0-9+/]{20,90}={0,2}):?")
_MAX_LENGTH: Final = 1_000


class Checksum:
    """Computes the checksum of a body as it arrives, if its host sent one that can be checked."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        """Take the headers of a response that holds the whole file, as it is stored."""
        self._hash, self._expected = None, b""
        sent = dict(_sent(headers))
        for name, algorithm in _ALGORITHMS.items():
            if name not in sent:
                continue
            try:
                # Against accidents, not against whoever sent both.
                computed = hashlib.new(algorithm, usedforsecurity=False)
            except ValueError:
                continue
            if computed.digest_size == len(sent[name]):
                self._hash, self._expected = computed, sent[name]
                return

    def feed(self, piece: bytes) -> None:
        """Take the next bytes."""
        if self._hash is not None:
            self._hash.update(piece)

    @property
    def is_wrong(self) -> bool:
        """Whether the bytes are others than those that the host has, as far as it told."""
        return self._hash is not None and self._hash.digest() != self._expected


def _sent(headers: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Yield the algorithms and digests that can be read."""
    values = [f"md5={headers.get('content-md5', '').strip()}"]
    for name in ("digest", "repr-digest", "content-digest"):
        values += headers.get(name, "")[:_MAX_LENGTH].split(",")
    for value in values:
        if found := _DIGEST.fullmatch(value.strip()):
            try:
                yield found[1].lower(), base64.b64decode(found[2], validate=True)
            except binascii.Error:
                continue
