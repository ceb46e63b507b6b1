"""The frame diff sends what the terminal does not show yet, all of it and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tests.support import widths
from tests.support.screen import Screen, clusters
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

    def __post_init__(self) -> None:
        """Switch line wrap off, as Textual does at the start."""
        self.screen.feed(b"\x1b[?7l")

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


DISPUTED = [
    *("👍🏽", "👩🏽💻", "🇩🇪", "🇩", "☔", "🫨", "\U0001fac8", "🏽"),
    *("नमस्ते", "க்ஷ", "का", "ำ", "กำ", "\u1100\u1161\u11a8", "\u1161", "ｶﾞ", "ﾞ", "e\u0301", "\u0301"),
    "a\u0301\u0302\u0303",
    *("שלום", "مرحبا", "䷀", "𓀀", "𝄞", "\ue000", "\U000f0000", "\u0378", "㉈", "\u00ad", "𝟘"),
]
ODD_TEXTS = st.lists(st.sampled_from([*"abc .", "勾股", "│", *DISPUTED]), max_size=5).map("".join)
ODD_LINES = st.lists(st.tuples(ODD_TEXTS, st.sampled_from([PLAIN, RED])), max_size=4).map(
    lambda parts: strip(*parts)
)
ODD_LAYOUTS = st.tuples(st.tuples(ODD_LINES, ODD_LINES), st.tuples(CUTS, CUTS))
ODD_CHANGES = st.tuples(
    st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1), st.integers(1, WIDTH), ODD_LINES
)


def plain_cells(pieces: Sequence[Strip]) -> dict[int, str]:
    """Return by their columns the cells of a line's pieces about which terminals agree.

    Blanks at the end of a piece are room for a disputed cluster before them.
    """
    x, cells = 0, {}
    for piece in pieces:
        text = piece.text.rstrip()
        for cluster in clusters(text):
            if widths.is_plain(cluster):
                cells[x] = cluster
            x += cell_len(cluster)
        if not text or widths.is_plain(clusters(text)[-1]):
            cells |= dict.fromkeys(range(x, x + len(piece.text) - len(text)), " ")
        x += len(piece.text) - len(text)
    return cells


def harmed(terminal: Terminal) -> list[tuple[int, int, str, str]]:
    """Return what a terminal shows wrongly beside disputed clusters."""
    shown = [terminal.screen.row_cells(y) for y in range(HEIGHT)]
    return [
        (x, y, cell, shown[y][x])
        for y, line in enumerate(terminal.lines)
        for x, cell in plain_cells(line.divide(terminal.cuts[y])).items()
        if shown[y][x] != cell and not is_room(shown[y], x, cell)
    ]


def is_room(shown: Sequence[str], x: int, cell: str) -> bool:
    """Return whether a blank is covered by a wide disputed cluster on its left.

    It was room for that while the line was cut behind it, and the cells have not changed since.
    """
    return cell == " " and shown[x] == "" and not widths.is_plain(shown[x - 1])


def test_a_cluster_keeps_its_room_when_the_line_is_cut_elsewhere() -> None:
    terminal = Terminal(Screen(WIDTH, HEIGHT, widths.one_cluster))
    lines = (strip("𓀀 aa"), strip())
    terminal.layout(lines, ([2], []))
    assert terminal.layout(lines) == ""
    assert harmed(terminal) == []


@pytest.mark.parametrize("columns_of", widths.TERMINALS, ids=lambda each: each.__name__)
@settings(max_examples=40)
@given(ODD_LAYOUTS, st.lists(ODD_LAYOUTS | ODD_CHANGES, max_size=6))
def test_whatever_a_terminal_makes_of_a_cluster_what_stands_beside_it_survives(
    columns_of: Callable[[str], int],
    first: tuple[tuple[Strip, Strip], tuple[list[int], list[int]]],
    others: list[
        tuple[tuple[Strip, Strip], tuple[list[int], list[int]]] | tuple[int, int, int, Strip]
    ],
) -> None:
    terminal = Terminal(Screen(WIDTH, HEIGHT, columns_of))
    terminal.layout(*first)
    assert harmed(terminal) == []
    for frame in others:
        if len(frame) == 2:
            terminal.layout(*frame)
        else:
            y, start, width, line = frame
            terminal.change(y, start, start + width, line)
        assert harmed(terminal) == []


ODD_WIDE_TEXTS = st.lists(st.sampled_from([*"abc .", "勾股", "│", "“é”", "Привет", "①", "▀▄"])).map(
    "".join
)


@settings(max_examples=40)
@given(st.lists(st.lists(ODD_WIDE_TEXTS, max_size=3), min_size=2, max_size=4))
def test_where_ambiguous_characters_are_wide_what_stands_beside_them_survives(
    frames: list[list[str]],
) -> None:
    terminal = Terminal(Screen(WIDTH, HEIGHT, widths.wide_ambiguous))
    terminal.diff.wide_ambiguous = True
    for texts in frames:
        line = strip(*((text, (PLAIN, RED)[number % 2]) for number, text in enumerate(texts)))
        terminal.layout((line, strip("+-- narrow -----|")), ((9,), ()))
        shown = "".join(terminal.screen.row_cells(0))
        for x, cell in plain_cells(line.divide([9, WIDTH])).items():
            if cell.isascii() and not cell.isspace():
                assert terminal.screen.row_cells(0)[x] == cell, shown
        assert terminal.screen.lines()[1] == "+-- narrow -----"


@pytest.mark.parametrize(
    "text", ["plain", "勾股定理的证明", "déjà vu", "“a” — b…", "✓ │ ▀▄ ⏎", "Привет", "한국어"]
)
def test_ordinary_text_is_sent_as_it_is(text: str) -> None:
    terminal = Terminal()
    line = strip(text)
    sent = terminal.layout((line, strip()))
    assert sent.startswith(f"\x1b[1;1H{line.text}\x1b[2;1H")
    assert terminal.layout((strip(text, ("x", RED)), strip())).count("\x1b[1;") == 1


def test_a_run_is_sent_onto_blanks_and_what_follows_behind_a_move() -> None:
    terminal = Terminal()
    sent = terminal.layout((strip("a 👍🏽 b"), strip()))
    assert sent.startswith("\x1b[1;1Ha \x1b[1;3H  \x1b[1;3H👍🏽\x1b[1;5H b")
    # Beside it, changes cost no more than elsewhere.
    assert terminal.layout((strip("a 👍🏽 b"), strip())) == ""
    assert terminal.layout((strip(("c", RED), " 👍🏽 b"), strip())).count("👍") == 1


def test_no_frame_changes_whether_lines_wrap() -> None:
    terminal = Terminal()
    assert "?7" not in terminal.layout((strip("👍🏽"), strip()))
    assert "?7" not in terminal.layout((strip("             👍🏽"), strip()))


def test_a_text_that_filters_have_made_wider_or_narrower_fills_its_cells() -> None:
    terminal = Terminal()
    for text in ("👩💻", "a"):
        # The joiner between the two was counted, but it is never sent.
        line = Strip([Segment(text), Segment("|" * 14)], WIDTH)
        terminal.layout((line, strip("----------------")))
        assert terminal.screen.lines()[1] == "-" * WIDTH
