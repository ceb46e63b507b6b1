"""Sixel pictures behind frames: drawn where they are whole, when a frame wrote there, and wiped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from textual._compositor import CompositorUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tui.graphics import Graphics, Protocol, SymbolSet
from tui.pictures.encoding import EncodedPicture
from tui.terminal.frame_diff import FrameDiff
from tui.terminal.pictures.placement import Placement
from tui.terminal.pictures.sixel_frames import SixelFrames

WIDTH, HEIGHT = 12, 6
CONSOLE = Console(color_system="truecolor", force_terminal=True)
TEXT, DIALOG = Style(color="#aaaaaa"), Style(bgcolor="#ff0000")


def placement(number: int, columns: int = 6, rows: int = 3, *, pixels: int = 0) -> Placement:
    """Return a picture of some cells; `pixels` is its size, where that differs."""
    data = b'\x1bP0;1;0q"1;1;%d;%d' % (pixels or columns * 10, rows * 20)
    encoded = EncodedPicture(Protocol.SIXEL, SymbolSet.HALVES, columns, rows, data)
    return Placement(number, encoded, Graphics(Protocol.SIXEL))


def screen(*pictures: tuple[int, int, Placement]) -> list[Strip]:
    """Return lines of text with pictures at columns and rows."""
    lines = [Strip([Segment("text" * 3, TEXT)], WIDTH) for _ in range(HEIGHT)]
    for x, y, each in pictures:
        for row in range(each.rows):
            lines[y + row] = over(lines[y + row], x, each.strip(row))
    return lines


def over(line: Strip, x: int, part: Strip) -> Strip:
    """Return a line with a part of it covered."""
    ends = line.crop(0, x), line.crop(x + part.cell_length, WIDTH)
    return Strip.join([ends[0], part, ends[1]])


def covered(lines: Sequence[Strip], x: int, y: int) -> list[Strip]:
    """Return a screen with a small dialog on it."""
    lines = list(lines)
    lines[y] = over(lines[y], x, Strip([Segment("??", DIALOG)], 2))
    return lines


@dataclass
class Terminal:
    """What becomes of pictures with each frame."""

    diff: FrameDiff = field(default_factory=FrameDiff)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Follow the frames."""
        self.frames = self.diff.sixels = SixelFrames(
            lambda placement, at: self.told.append(f"draw {placement.number} at {at.x},{at.y}"),
            lambda number: self.told.append(f"stop {number}"),
        )

    def add(self, *placements: Placement) -> None:
        """Have pictures drawn."""
        for each in placements:
            self.frames.screen.add(each)

    def show(self, lines: Sequence[Strip], *, dropped: bool = False) -> tuple[str, list[str]]:
        """Paint a frame; return what is sent, and what became of pictures."""
        self.told.clear()
        update: RenderableType | None = LayoutUpdate(
            [[line] for line in lines], Region(0, 0, WIDTH, HEIGHT)
        )
        changes, sent = self.diff.diff(update), ""
        if changes is not None and not dropped:
            assert isinstance(changes, CompositorUpdate)
            sent = changes.render_segments(CONSOLE)
        self.diff.settle()
        return sent, list(self.told)


def test_a_picture_is_drawn_once_and_a_still_screen_sends_nothing() -> None:
    terminal, one = Terminal(), placement(1)
    terminal.add(one)
    assert terminal.show(screen((2, 1, one)))[1] == ["draw 1 at 2,1"]
    assert terminal.show(screen((2, 1, one))) == ("", [])


def test_a_change_beside_it_does_not_draw_it_again_and_one_on_its_cells_does() -> None:
    terminal, one = Terminal(), placement(1)
    terminal.add(one)
    terminal.show(screen((2, 1, one)))
    beside = screen((2, 1, one))
    beside[0] = Strip([Segment("changed")]).adjust_cell_length(WIDTH)
    sent, told = terminal.show(beside)
    assert sent
    assert told == []
    terminal.diff.forget()
    assert terminal.show(beside)[1] == ["draw 1 at 2,1"]


def test_where_a_dialog_covers_a_part_of_it_all_of_it_is_wiped_and_comes_back() -> None:
    terminal, one = Terminal(), placement(1)
    terminal.add(one)
    whole = screen((2, 1, one))
    terminal.show(whole)
    sent, told = terminal.show(covered(whole, 4, 2))
    assert told == ["stop 1"]
    for row in (2, 4):
        assert f"\x1b[{row};3H      " in sent, "the rows that are not covered"
    assert terminal.show(covered(whole, 4, 2)) == ("", [])
    assert terminal.show(whole)[1] == ["draw 1 at 2,1"]


def test_a_dialog_beside_it_leaves_it_alone() -> None:
    terminal, one = Terminal(), placement(1)
    terminal.add(one)
    whole = screen((2, 1, one))
    terminal.show(whole)
    assert terminal.show(covered(whole, 9, 2))[1] == []
    assert terminal.show(whole)[1] == []


def test_another_picture_is_drawn_over_it_without_a_blank_moment() -> None:
    terminal, one, two = Terminal(), placement(1), placement(2)
    terminal.add(one, two)
    terminal.show(screen((2, 1, one)))
    sent, told = terminal.show(screen((2, 1, two)))
    assert (sent, told) == ("", ["stop 1", "draw 2 at 2,1"])


def test_what_a_smaller_picture_leaves_of_it_is_wiped_and_nothing_else() -> None:
    terminal, one, two = Terminal(), placement(1), placement(2, 4, 2)
    terminal.add(one, two)
    blank = [Strip([Segment(" " * WIDTH, Style())], WIDTH)] * HEIGHT
    larger = [over(line, 2, one.strip(row)) for row, line in enumerate(blank[:3])]
    terminal.show(larger + blank[:3])
    smaller = [over(line, 2, two.strip(row)) for row, line in enumerate(blank[:2])]
    sent, told = terminal.show(smaller + blank[:4])
    assert told == ["stop 1", "draw 2 at 2,0"]
    assert sent == "\x1b[1;6H   \x1b[2;3H      \x1b[3;3H      "


def test_edges_of_one_of_other_pixels_are_wiped_in_its_last_cells() -> None:
    terminal, one, two = Terminal(), placement(1), placement(2, pixels=55)
    terminal.add(one, two)
    terminal.show(screen((2, 1, one)))
    sent, _ = terminal.show(screen((2, 1, two)))
    assert sent.count("\x1b[") == sent.count("H") + sent.count("m")
    assert "\x1b[2;8H \x1b[3;8H \x1b[4;3H      " in sent


def test_a_text_in_its_place_wipes_it_although_the_cells_are_blank() -> None:
    terminal, one = Terminal(), placement(1)
    terminal.add(one)
    terminal.show(screen((2, 1, one)))
    lines = screen()
    lines[1:4] = [over(line, 2, Strip([Segment(" " * 6, Style())], 6)) for line in lines[1:4]]
    sent, told = terminal.show(lines)
    assert told == ["stop 1"]
    assert all(f"\x1b[{row};3H      " in sent for row in (2, 3, 4))


def test_when_it_is_scrolled_it_is_drawn_in_its_new_place_and_not_in_part() -> None:
    terminal, one = Terminal(), placement(1)
    terminal.add(one)
    terminal.show(screen((2, 2, one)))
    sent, told = terminal.show(screen((2, 1, one)))
    assert told == ["stop 1", "draw 1 at 2,1"]
    assert "\x1b[5;" in sent
    scrolled = screen((2, 1, one))[2:] + screen()[:2]
    assert terminal.show(scrolled)[1] == ["stop 1"]


def test_it_is_never_drawn_in_the_last_row() -> None:
    terminal, one = Terminal(), placement(1)
    terminal.add(one)
    assert terminal.show(screen((2, HEIGHT - 3, one)))[1] == []
    assert terminal.show(screen((2, HEIGHT - 4, one)))[1] == ["draw 1 at 2,2"]


def test_a_frame_that_was_dropped_draws_nothing() -> None:
    terminal, one = Terminal(), placement(1)
    terminal.add(one)
    assert terminal.show(screen((2, 1, one)), dropped=True)[1] == []
    assert terminal.show(screen((2, 1, one)))[1] == ["draw 1 at 2,1"]


def test_what_is_not_wanted_any_more_is_wiped_with_the_next_frame() -> None:
    terminal, one = Terminal(), placement(1)
    terminal.add(one)
    terminal.show(screen((2, 1, one)))
    terminal.frames.screen.discard(one)
    assert terminal.show(screen())[1] == ["stop 1"]
    assert not terminal.frames.screen.any_drawn


def test_where_the_screen_is_cleared_first_everything_is_sent_and_drawn_again() -> None:
    terminal, one = Terminal(), placement(1)
    terminal.add(one)
    first, _ = terminal.show(screen((2, 1, one)))
    terminal.diff.clear_first()
    sent, told = terminal.show(screen((2, 1, one)))
    assert (sent, told) == (f"\x1b[m\x1b[2J{first}", ["draw 1 at 2,1"])
    assert terminal.show(screen((2, 1, one))) == ("", [])
