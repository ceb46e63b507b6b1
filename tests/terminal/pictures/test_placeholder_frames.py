"""Rows of placeholders in frames: whatever covers a part of them, each cell shows its own part."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.segment import Segment
from textual.color import Color
from textual.strip import Strip

from tests.support.screen import Screen
from tests.terminal.test_frame_diff import (
    CHANGES,
    CONSOLE,
    CUTS,
    HEIGHT,
    LINES,
    WIDTH,
    Terminal,
    strip,
)
from tui.graphics import PLACEHOLDER, Graphics, Protocol, SymbolSet
from tui.pictures.encoding import EncodedPicture
from tui.terminal.pictures.cell_filter import PlaceholderFilter
from tui.terminal.pictures.placement import Placement

FILTER = PlaceholderFilter(200)


def row(slot: int, number: int, columns: int = WIDTH) -> Strip:
    """Return a row of a picture, as wide as the screen."""
    picture = EncodedPicture(Protocol.KITTY, SymbolSet.HALVES, columns, 2, b"")
    cells = Placement(slot << 24 | 200, picture, Graphics(Protocol.KITTY)).strip(number)
    coloured = cells.apply_filter(FILTER, Color(0, 0, 0))
    return coloured.adjust_cell_length(WIDTH)


@st.composite
def pictured(draw: st.DrawFn) -> Strip:
    """Return a line: a row of a picture, a part of which may be covered by text."""
    line = row(draw(st.integers(1, 2)), draw(st.integers(0, 1)), draw(st.integers(1, WIDTH)))
    over = draw(st.none() | LINES)
    if over is None:
        return line
    start, end = sorted((draw(st.integers(0, WIDTH)), draw(st.integers(0, WIDTH))))
    return Strip.join([line.crop(0, start), over.crop(start, end), line.crop(end, WIDTH)])


PICTURED = pictured() | LINES
LAYOUTS = st.tuples(st.tuples(PICTURED, PICTURED), st.tuples(CUTS, CUTS))


@settings(max_examples=60)
@given(LAYOUTS, st.lists(LAYOUTS | CHANGES, max_size=5))
def test_the_terminal_shows_every_frame(
    first: tuple[tuple[Strip, Strip], tuple[list[int], list[int]]],
    others: list[
        tuple[tuple[Strip, Strip], tuple[list[int], list[int]]] | tuple[int, int, int, Strip]
    ],
) -> None:
    terminal = Terminal()
    terminal.layout(*first)
    assert looks_right(terminal)
    for frame in others:
        if len(frame) == 2:
            terminal.layout(*frame)
        else:
            y, start, width, line = frame
            terminal.change(y, start, start + width, line)
        assert looks_right(terminal)


def looks_right(terminal: Terminal) -> bool:
    """Return whether it shows the same as a terminal that was sent everything."""
    whole = Screen(WIDTH, HEIGHT)
    # pyte takes marks behind the last column to the next line where lines wrap.
    whole.feed(b"\x1b[?7l")
    for y, line in enumerate(terminal.lines):
        whole.feed(f"\x1b[{y + 1}H{line.render(CONSOLE)}".encode())
    return whole.cells() == terminal.screen.cells()


def lines(*cells: Strip) -> Sequence[Strip]:
    """Return the two lines of the screen."""
    return [*cells, strip()][:2]


def test_a_row_is_sent_in_one_colour_and_once() -> None:
    terminal = Terminal()
    sent = terminal.layout(lines(row(1, 0), row(1, 1)))
    assert sent.count("\x1b[38;5;200m") == 2
    assert sent.count(PLACEHOLDER) == 2 * WIDTH
    assert terminal.layout(lines(row(1, 0), row(1, 1)), ((3,), (9, 11))) == ""


def test_what_covered_a_part_of_it_is_replaced_and_no_other_row_is_sent() -> None:
    terminal = Terminal()
    terminal.layout(lines(row(1, 0), row(1, 1)), ((), ()))
    over = Strip.join([row(1, 1).crop(0, 4), Strip([Segment("??")]), row(1, 1).crop(6, WIDTH)])
    assert PLACEHOLDER not in terminal.layout(lines(row(1, 0), over), ((), (4, 6)))
    back = terminal.layout(lines(row(1, 0), row(1, 1)), ((), ()))
    assert back.count(PLACEHOLDER) == 2
