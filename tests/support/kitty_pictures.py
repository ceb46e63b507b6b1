"""The pictures that a terminal with kitty's graphics protocol holds, from what it was sent."""

from __future__ import annotations

import base64
import binascii
import re

_SEQUENCE = re.compile(
    rb"(?P<text>[^\x00-\x1f\x7f]+|[\a\b\r\n\x0f\x18])"
    rb"|\x1b(?:\[[0-?]*[ -/]*[@-~]"
    rb"|\](?P<osc>[^\x00-\x1f\x7f]*)(?:\a|\x1b\\)"
    rb"|_G(?P<keys>[^;\x00-\x1f]*)(?:;(?P<payload>[^\x00-\x1f]*))?\x1b\\"
    rb"|Ptmux;(?P<wrapped>(?:[^\x00-\x1f]|\x1b\x1b)*)\x1b\\"
    rb"|P(?P<device>[0-9;>$+]*[a-z|][^\x00-\x1f]*)\x1b\\"
    # Half a string or sequence that was cancelled.
    rb"|(?P<cut>(?:[PX\]^_][^\x1b\x18]*|(?:\[[0-?]*[ -/]*)?)\x18(?:\x1b\\)?)"
    rb"|[ -/]*[0-Zc-~\\])"
)
"""All that may come; strings have no control byte inside."""
_PARTIAL = re.compile(rb"\x1b(?:\[[ -?]*|[\]P_][^\x18]{0,9999})?\Z")
_WRAPPED = re.compile(rb"\x1bPtmux;((?:[^\x1b]|\x1b\x1b)*)\x1b\\")
_LEAVE = b"\x1b[?1049l"
_COMMAND = re.compile(rb"\x1b_G([^;\x1b\x18]*)(?:;([^\x1b\x18]*))?\x1b\\")


def unwrapped(raw: bytes) -> bytes:
    """Return what tmux passes on of wrapped sequences, alone."""
    return b"".join(found[1].replace(b"\x1b\x1b", b"\x1b") for found in _WRAPPED.finditer(raw))


def picture_bytes(raw: bytes) -> int:
    """Return how many bytes of pictures there are in an output: kitty's and sixel's, with heads."""
    sixels = re.finditer(rb"\x1bP[0-9;]*q[^\x1b]*\x1b\\", raw)
    return sum(len(found[0]) for found in (*_COMMAND.finditer(raw), *sixels))


class KittyPictures:
    """A terminal that keeps pictures, refuses what spoils others, and notes what it cannot read.

    Strict: each string and sequence has to be whole, without a control byte inside.
    """

    def __init__(self, raw: bytes = b"") -> None:
        """Begin without pictures, and take an output."""
        self.live: dict[int, bytes] = {}
        """The data of each picture by its id."""
        self.open: int | None = None
        """The picture of which pieces are missing."""
        self.most = 0
        """How many it had at most."""
        self.faults: list[str] = []
        self.largest = 0
        """Bytes of the longest sequence."""
        self.sent: list[int] = []
        """The ids of the pictures that were begun, in order."""
        self.lacked: list[int] = []
        """The ids of the pictures that it was asked about and does not have."""
        self._data = b""
        self._rest = b""
        self.feed(raw)

    def feed(self, raw: bytes) -> None:
        """Take the next output; a sequence may end in the one after it."""
        data, at = self._rest + raw, 0
        while at < len(data):
            found = _SEQUENCE.match(data, at)
            if found is None:
                if _PARTIAL.match(data, at):
                    break
                self.faults.append(f"unreadable: {data[at : at + 40]!r}")
                at += 1
                continue
            at = found.end()
            self._take(found)
        self._rest = data[at:]

    def _take(self, found: re.Match[bytes]) -> None:
        if found["wrapped"] is not None:
            inner = found["wrapped"]
            outer = KittyPictures.__new__(KittyPictures)
            outer.__dict__ = self.__dict__ | {"_rest": b""}
            outer.feed(inner.replace(b"\x1b\x1b", b"\x1b"))
            self.__dict__ |= outer.__dict__ | {"_rest": self._rest}
        elif found["keys"] is not None:
            self.largest = max(self.largest, len(found[0]))
            pairs = [part.split("=") for part in found["keys"].decode().split(",")]
            if any(len(pair) != 2 for pair in pairs):
                self.faults.append(f"unreadable keys: {found['keys']!r}")
            else:
                self._obey(dict(pairs), found["payload"] or b"")
        elif found[0] == _LEAVE and (self.live or self.open is not None):
            self.faults.append(f"left with {sorted(self.live)}, and {self.open} half sent")

    def _obey(self, keys: dict[str, str], payload: bytes) -> None:
        if keys.get("a") == "d":
            if self.open is not None and keys["i"] != str(self.open):
                self.faults.append(f"{keys['i']} is deleted inside {self.open}")
            self.live.pop(int(keys["i"]), None)
            return
        if keys.get("a") in ("q", "p"):
            if self.open is not None:
                self.faults.append(f"a question inside {self.open}")
            if keys["a"] == "p" and int(keys["i"]) not in self.live:
                self.lacked.append(int(keys["i"]))
            return
        if keys.get("q") != "2":
            self.faults.append(f"to be answered: {keys}")
        if "i" in keys:
            if self.open is not None:
                self.faults.append(f"{keys['i']} begins inside {self.open}")
            self.open, self._data = int(keys["i"]), b""
            self.live.pop(self.open, None)
            self.sent.append(self.open)
        elif self.open is None:
            if payload or keys != {"q": "2", "m": "0"}:
                self.faults.append(f"a piece of no picture: {keys}")
            return
        self._data += payload
        if keys["m"] == "0":
            self._keep()

    def _keep(self) -> None:
        assert self.open is not None
        try:
            self.live[self.open] = base64.b64decode(self._data, validate=True)
        except binascii.Error:
            self.faults.append(f"{self.open} is no base64")
        self.most = max(self.most, len(self.live))
        self.open = None
