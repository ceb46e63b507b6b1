"""Block characters by the parts of a cell that they fill.

A pattern has a bit for each part, from the top left corner, row by row, the lowest first. Colours
decide what is seen: a pattern and its inverse with the two colours exchanged are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from tui.graphics import SymbolSet

PARTS: Final[Mapping[SymbolSet, tuple[int, int]]] = MappingProxyType(
    {
        SymbolSet.OCTANTS: (2, 4),
        SymbolSet.SEXTANTS: (2, 3),
        SymbolSet.QUADRANTS: (2, 2),
        SymbolSet.HALVES: (1, 2),
    }
)
"""Of each set, into how many columns and rows it divides a cell."""

_QUADRANTS: Final = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
# Octants that Unicode had before it got all the others, in the order of their patterns.
_QUADRANT_ROWS: Final = (0x0, 0x5, 0xA, 0xF)
_QUARTERS: Final = {0x03: "\U0001fb82", 0x3F: "\U0001fb85", 0xC0: "▂", 0xFC: "▆"}
_LACKED: Final = {0x01: "▘", 0x02: "▝", 0x40: "▖", 0x80: "▗", 0x14: "▌", 0x28: "▐"}
"""Octants that kitty 0.41 (four) and foot 1.21 (six) do not draw, and what comes near."""
INVERTED: Final = frozenset(_LACKED)
"""Octants to be shown as their inverse with the colours exchanged, which every font has."""


def characters(symbols: SymbolSet) -> Sequence[str]:
    """Return the character of each pattern of a set."""
    return _CHARACTERS[symbols]


def _sextants() -> str:
    """Blank, left half, right half and full block are older than the others."""
    old = {0: " ", 21: "▌", 42: "▐", 63: "█"}
    new = map(chr, range(0x1FB00, 0x1FB3C))
    return "".join(old[pattern] if pattern in old else next(new) for pattern in range(64))


def _octants() -> str:
    quadrants = {
        lower << 4 | upper: _QUADRANTS[lower_bits << 2 | upper_bits]
        for lower_bits, lower in enumerate(_QUADRANT_ROWS)
        for upper_bits, upper in enumerate(_QUADRANT_ROWS)
    }
    old = quadrants | _QUARTERS | _LACKED
    new = map(chr, range(0x1CD00, 0x1CDE6))
    return "".join(old[pattern] if pattern in old else next(new) for pattern in range(256))


_CHARACTERS: Final[Mapping[SymbolSet, str]] = {
    SymbolSet.OCTANTS: _octants(),
    SymbolSet.SEXTANTS: _sextants(),
    SymbolSet.QUADRANTS: _QUADRANTS,
    SymbolSet.HALVES: " ▀▄█",
}
