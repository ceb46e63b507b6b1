"""What is known of terminals by the name that they tell (XTVERSION), in one table.

Never by variables of the environment: tmux and mosh pass on those of the terminal in which they
were started. Measured with kitty 0.41, foot 1.21, Konsole 25.04 and xterm 398; the rest is from
their documentation.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from tui.graphics import SymbolSet

Version = tuple[int, ...]

_NEVER: Final[Version] = (1 << 30,)
_ALWAYS: Final[Version] = ()
_NAME: Final = re.compile(r"\A\s*([A-Za-z][^\s(/]*)[\s(/]*v?([0-9]{1,6}(?:\.[0-9]{1,6})*)?")


class _Known(NamedTuple):
    """From which version on a terminal has something."""

    placeholders: Version = _NEVER
    """Kitty's Unicode placeholders: pictures that are made of text."""
    octants: Version = _NEVER
    sextants: Version = _NEVER


_KNOWN: Final = {
    "kitty": _Known(placeholders=(0, 28), octants=(0, 40)),
    "ghostty": _Known(placeholders=_ALWAYS, octants=_ALWAYS),
    "rio": _Known(placeholders=_ALWAYS),
    "foot": _Known(octants=(1, 21)),
    # These two understand kitty's protocol, but draw at the cursor instead of at the placeholders.
    "konsole": _Known(sextants=_ALWAYS),
    "wezterm": _Known(sextants=_ALWAYS),
}
_UNKNOWN: Final = _Known()


class Terminal(NamedTuple):
    """A kind of terminal, and its version; both may be empty."""

    kind: str = ""
    version: Version = ()

    @classmethod
    def named(cls, name: str) -> Terminal:
        """Return what a terminal's name says, such as `kitty(0.41.1)` or `tmux 3.5a`."""
        match = _NAME.match(name)
        if match is None:
            return cls()
        return cls(match[1].lower(), version(match[2] or ""))

    @property
    def has_placeholders(self) -> bool:
        """Whether it draws pictures where kitty's Unicode placeholders stand."""
        return self.version >= self._known.placeholders

    @property
    def placeholders_since(self) -> Version:
        """The version that has placeholders, where this one is too old for them; else empty."""
        since = self._known.placeholders
        return () if since == _NEVER or self.has_placeholders else since

    @property
    def finest_symbols(self) -> SymbolSet:
        """The finest block characters that it surely shows."""
        if self.version >= self._known.octants:
            return SymbolSet.OCTANTS
        if self.version >= self._known.sextants:
            return SymbolSet.SEXTANTS
        return SymbolSet.QUADRANTS

    @property
    def _known(self) -> _Known:
        return _KNOWN.get(self.kind, _UNKNOWN)


def version(text: str) -> Version:
    """Return the numbers of a version such as `0.41.1`."""
    return tuple(int(part) for part in text.split(".") if part)
