"""Block characters: which parts of a cell each one fills, by its name in Unicode."""

from __future__ import annotations

import re
import unicodedata

import pytest

from tui.graphics import SymbolSet
from tui.pictures.symbols import INVERTED, PARTS, characters

ROWS = {"UPPER": 0, "LOWER": 1}
COLUMNS = {"LEFT": 0, "RIGHT": 1}
# Not by a part's name; bits of a cell of two by four.
OTHERS = {
    " ": 0x00,
    "█": 0xFF,
    "▀": 0x0F,
    "▄": 0xF0,
    "▌": 0x55,
    "▐": 0xAA,
    "▂": 0xC0,
    "▆": 0xFC,
    "\U0001fb82": 0x03,
    "\U0001fb85": 0x3F,
}


def filled(character: str) -> set[tuple[float, float]]:
    """Return which points of a cell, as fractions, a character fills by its name."""
    points = [((x + 0.5) / 4, (y + 0.5) / 24) for x in range(4) for y in range(24)]
    if character in OTHERS:
        bits = OTHERS[character]
        return {(x, y) for x, y in points if bits >> (int(y * 4) * 2 + int(x * 2)) & 1}
    if 0x1CD00 <= ord(character) <= 0x1CDE5 and unicodedata.unidata_version < "16":
        pytest.skip("this Python's Unicode has no octants")
    name = unicodedata.name(character)
    if found := re.fullmatch(r"BLOCK (SEXTANT|OCTANT)-(\d+)", name):
        rows = 3 if found[1] == "SEXTANT" else 4
        parts = {int(digit) - 1 for digit in found[2]}
        return {(x, y) for x, y in points if int(y * rows) * 2 + int(x * 2) in parts}
    assert name.startswith("QUADRANT ")
    quadrants = {
        (ROWS[row], COLUMNS[column]) for row, column in re.findall(r"(\w+) (LEFT|RIGHT)", name)
    }
    return {(x, y) for x, y in points if (int(y * 2), int(x * 2)) in quadrants}


@pytest.mark.parametrize("symbols", SymbolSet)
def test_a_character_fills_the_parts_that_its_pattern_says(symbols: SymbolSet) -> None:
    across, down = PARTS[symbols]
    assert len(characters(symbols)) == 1 << across * down
    for pattern, character in enumerate(characters(symbols)):
        if symbols is SymbolSet.OCTANTS and pattern in INVERTED:
            continue
        parts = {
            (x, y)
            for x, y in filled("█")
            if pattern >> (int(y * down) * across + int(x * across)) & 1
        }
        assert filled(character) == parts, (pattern, character)


def test_octants_are_all_there_in_order_but_what_terminals_lack() -> None:
    """For a Python whose Unicode does not know them."""
    octants = characters(SymbolSet.OCTANTS)
    new = [ord(each) for each in octants if ord(each) >= 0x1CD00]
    assert [code for code in new if code < 0x1CE00] == list(range(0x1CD00, 0x1CDE6))
    assert not {0x1CEA0, 0x1CEA3, 0x1CEA8, 0x1CEAB, 0x1FBE6, 0x1FBE7} & set(new)
    assert not {255 - pattern for pattern in INVERTED} & INVERTED
    assert octants[0b11111110] == "\U0001cde5"
    assert octants[0b00000100] == "\U0001cd00"
