"""The pictures that a terminal with kitty's graphics protocol holds, from what it was sent."""

from __future__ import annotations

import base64
import re

_COMMAND = re.compile(rb"\x1b_G([^;\x1b\x18]*)(?:;([^\x1b\x18]*))?\x1b\\")
_WRAPPED = re.compile(rb"\x1bPtmux;((?:[^\x1b]|\x1b\x1b)*)\x1b\\")


def unwrapped(raw: bytes) -> bytes:
    """Return what tmux passes on of wrapped sequences, alone."""
    return b"".join(found[1].replace(b"\x1b\x1b", b"\x1b") for found in _WRAPPED.finditer(raw))


def picture_bytes(raw: bytes) -> int:
    """Return how many bytes of pictures there are in an output: kitty's and sixel's, with heads."""
    sixels = re.finditer(rb"\x1bP[0-9;]*q[^\x1b]*\x1b\\", raw)
    return sum(len(found[0]) for found in (*_COMMAND.finditer(raw), *sixels))


class KittyPictures:
    """A terminal that keeps pictures and refuses what spoils others."""

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
        self._data = b""
        self.feed(raw)

    def feed(self, raw: bytes) -> None:
        """Take the next output, of whole sequences."""
        for found in _COMMAND.finditer(raw):
            self.largest = max(self.largest, len(found[0]))
            keys = dict(part.split("=") for part in found[1].decode().split(","))
            self._obey(keys, found[2] or b"")

    def _obey(self, keys: dict[str, str], payload: bytes) -> None:
        if keys.get("a") == "d":
            self.live.pop(int(keys["i"]), None)
            return
        if "i" in keys:
            if self.open is not None:
                self.faults.append(f"{keys['i']} begins inside {self.open}")
            self.open, self._data = int(keys["i"]), b""
        elif self.open is None:
            self.faults.append(f"a piece of no picture: {keys}")
            return
        self._data += payload
        if keys["m"] == "0":
            assert self.open is not None
            self.live[self.open] = base64.b64decode(self._data)
            self.most = max(self.most, len(self.live))
            self.open = None
