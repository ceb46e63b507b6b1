"""The frame diff sends what the terminal does not show yet, all of it and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tests.support.screen import Screen
from tui.terminal.frame_diff import FrameDiff

WIDTH, HEIGHT = 16, 2
CONSOLE = Console(color_system="truecolor", force_terminal=True)
WHOLE = Region(0, 0, WIDTH, HEIGHT)
PLAIN, RED, BOLD = Style(), Style(color="#ff0000"), Style(bold=True)


def strip(*parts: str | tuple[str, Style]) -> Strip:
    """Return a line of the screen's width, padded or cut."""
    given = [Segment(*part) if isinstance(part, tuple) else Segment(part, PLAIN) for part in parts]
    return Strip(given).adjust_cell_length(WIDTH, PLAIN)


def ends(cuts: Sequence[int]) -> list[int]:
    """Return the columns at which the pieces of a line end."""
    return [*sorted(set(cuts) - {0, WIDTH}), WIDTH]


@dataclass
class Terminal:
    """A terminal that is sent differences only."""

    screen: Screen = field(default_factory=lambda: Screen(WIDTH, HEIGHT))
    diff: FrameDiff = field(default_factory=FrameDiff)
    lines: list[Strip] = field(default_factory=list)
    cuts: list[list[int]] = field(default_factory=list)

    def layout(self, lines: Sequence[Strip], cuts: Sequence[Sequence[int]] = ((), ())) -> str:
        """Paint everything, each line cut at these columns."""
        self.cuts = [ends(each) for each in cuts]
        pieces = [line.divide(at) for line, at in zip(lines, self.cuts, strict=True)]
        self.lines = [Strip.join(each) for each in pieces]
        return self._show(LayoutUpdate(list(pieces), WHOLE))

    def change(self, y: int, start: int, end: int, line: Strip) -> str:
        """Paint the pieces of a line between two columns."""
        cuts = self.cuts[y]
        old, new = self.lines[y].divide(cuts), line.divide(cuts)
        starts = [0, *cuts[:-1]]
        now = [
            new[n] if x < end and stop > start else old[n]
            for n, (x, stop) in enumerate(zip(starts, cuts, strict=True))
        ]
        self.lines[y] = Strip.join(now)
        chops: list[dict[int, Strip | None]] = [{}, {}]
        chops[y] = dict(zip(starts, now, strict=True))
        return self._show(ChopsUpdate(chops, [(y, start, end)], self.cuts))

    def _show(self, update: RenderableType) -> str:
        changes = self.diff.diff(update)
        if changes is None:
            return ""
        assert isinstance(changes, CompositorUpdate)
        sent = changes.render_segments(CONSOLE)
        self.screen.feed(sent.encode())
        return sent

    def looks_right(self) -> bool:
        """Return whether it shows the same as a terminal that was sent everything."""
        whole = Screen(WIDTH, HEIGHT)
        for y, line in enumerate(self.lines):
            whole.feed(f"\x1b[{y + 1}H{line.render(CONSOLE)}".encode())
        return whole.cells() == self.screen.cells()


TEXTS = st.text("ab .勾é", max_size=6)
LINES = st.lists(st.tuples(TEXTS, st.sampled_from([PLAIN, RED, BOLD])), max_size=5).map(
    lambda parts: strip(*parts)
)
CUTS = st.lists(st.integers(1, WIDTH - 1), max_size=3)
LAYOUTS = st.tuples(st.tuples(LINES, LINES), st.tuples(CUTS, CUTS))
CHANGES = st.tuples(
    st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1), st.integers(1, WIDTH), LINES
)


@given(LAYOUTS, st.lists(LAYOUTS | CHANGES, max_size=6))
def test_the_terminal_shows_every_frame(
    first: tuple[tuple[Strip, Strip], tuple[list[int], list[int]]],
    others: list[
        tuple[tuple[Strip, Strip], tuple[list[int], list[int]]] | tuple[int, int, int, Strip]
    ],
) -> None:
    terminal = Terminal()
    terminal.layout(*first)
    assert terminal.looks_right()
    for frame in others:
        if len(frame) == 2:
            terminal.layout(*frame)
        else:
            y, start, width, line = frame
            terminal.change(y, start, start + width, line)
        assert terminal.looks_right()


def test_an_unchanged_frame_is_not_sent_again_however_it_is_cut() -> None:
    terminal = Terminal()
    lines = (strip("one ", ("two", RED)), strip("three"))
    assert terminal.layout(lines)
    assert terminal.layout(lines) == ""
    assert terminal.layout(lines, ((3, 9), (5,))) == ""
    assert terminal.change(0, 0, WIDTH, lines[0]) == ""


def test_only_the_cells_of_a_line_that_differ_are_sent() -> None:
    terminal = Terminal()
    terminal.layout((strip(" 12 min ", ("ok", RED)), strip("three")))
    sent = terminal.layout((strip(" 13 min ", ("ok", RED)), strip("three")))
    assert sent == "\x1b[1;3H3"
    assert terminal.change(1, 0, WIDTH, strip("tree")) == "\x1b[2;2Hree "
    assert terminal.looks_right()


def test_after_forget_everything_is_sent_again() -> None:
    terminal = Terminal()
    lines = (strip("one"), strip("two"))
    sent = terminal.layout(lines)
    terminal.diff.forget()
    assert terminal.layout(lines) == sent


def test_a_frame_that_was_dropped_is_sent_with_the_next_one() -> None:
    terminal = Terminal()
    one, two, ten, six = strip("one"), strip("two"), strip("ten"), strip("six")
    terminal.layout((one, two))
    assert terminal.diff.settle()
    assert terminal.diff.diff(LayoutUpdate([[ten], [two]], WHOLE)) is not None
    assert not terminal.diff.settle()
    assert terminal.layout((ten, six)) == "\x1b[1;1Hten\x1b[2;1Hsix"
    assert terminal.looks_right()
