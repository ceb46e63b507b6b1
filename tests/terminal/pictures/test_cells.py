"""The cells of a picture: of the right width however they are cut, and coloured last of all."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from rich.color import Color as RichColor
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import MONOKAI
from textual.color import Color
from textual.filter import ANSIToTruecolor, DimFilter, LineFilter, Monochrome, NoColor
from textual.renderables.background_screen import BackgroundScreen
from textual.strip import Strip

from tui.graphics import PLACEHOLDER, Graphics, Protocol, SymbolSet
from tui.pictures import kitty
from tui.pictures.encoding import EncodedPicture
from tui.sanitize import clean
from tui.terminal.control_filter import ControlFilter
from tui.terminal.disputed_width import disputed_runs, is_disputed
from tui.terminal.pictures.cell_filter import PlaceholderFilter
from tui.terminal.pictures.placement import Placement, mark_of, slot_of

ID = 9 << 24 | 200
BLACK = Color(0, 0, 0)


def placement(protocol: Protocol = Protocol.KITTY, columns: int = 57) -> Placement:
    """Return one of some columns and 16 rows."""
    return Placement(
        ID, EncodedPicture(protocol, SymbolSet.HALVES, columns, 16, b""), Graphics(protocol)
    )


def test_a_placeholder_with_its_diacritics_is_one_cell_however_a_row_is_cut() -> None:
    strip = placement(columns=kitty.MAX_CELLS).strip(3)
    assert strip.cell_length == cell_len(strip.text) == kitty.MAX_CELLS
    for cut in range(1, kitty.MAX_CELLS):
        left, right = Strip(strip, strip.cell_length).divide([cut, strip.cell_length])
        assert (left.cell_length, len(left.text)) == (cut, 4 * cut)
        assert left.text + right.text == strip.text
        for again in range(0, right.cell_length, 13):
            part = Strip(right, right.cell_length).crop(again, again + 5)
            assert part.text == strip.text[4 * (cut + again) :][:20]


def test_all_terminals_that_get_placeholders_agree_about_their_width() -> None:
    text = placement().strip(0).text
    assert not is_disputed(text)
    assert not is_disputed(text, wide_ambiguous=True)
    assert list(disputed_runs(f"{text} 🇩🇪 a")) == [(len(text) + 1, len(text) + 3)]
    assert is_disputed(text + "\u0301")


def colours(segments: list[Segment], system: str = "truecolor") -> str:
    """Return what the terminal is sent for segments, without the text."""
    console = Console(color_system=system, force_terminal=True)  # type: ignore[arg-type]
    sent = Strip(segments).render(console)
    return sent.replace(Strip(segments).text, "")


TINT = Color(0, 0, 0, 0.6)


@pytest.mark.parametrize(
    "change",
    [
        lambda segments: segments,
        lambda segments: NoColor().apply(segments, BLACK),
        lambda segments: Monochrome().apply(segments, BLACK),
        lambda segments: list(BackgroundScreen.process_segments(segments, TINT)),
    ],
    ids=["as it is", "NO_COLOR", "monochrome", "under a dialog"],
)
@pytest.mark.parametrize("system", ["truecolor", "256", "standard"])
def test_the_colour_that_names_the_picture_survives(change: object, system: str) -> None:
    low = 9 if system == "standard" else 200
    last = PlaceholderFilter(low)
    cells = Strip(placement().strip(0)).apply_style(Style(color="red", bold=True))
    once = last.apply(list(cells), BLACK)
    changed = change(once)  # type: ignore[operator]
    sent = colours(last.apply(ControlFilter().apply(changed, BLACK), BLACK), system)
    expected = "\x1b[91" if system == "standard" else f"\x1b[38;5;{low}"
    assert sent.startswith((f"{expected}m", f"{expected};48", f"{expected};49"))


@pytest.mark.parametrize("protocol", [Protocol.KITTY, Protocol.SIXEL])
def test_cells_pass_the_filter_for_no_color_as_they_are(protocol: Protocol) -> None:
    strip = placement(protocol).strip(0)
    for filtered in (Monochrome(), NoColor(), ControlFilter(), PlaceholderFilter(200)):
        assert strip.apply_filter(filtered, BLACK).text == strip.text
    sent = strip.apply_filter(Monochrome(), BLACK).apply_filter(PlaceholderFilter(200), BLACK)
    assert [mark_of(style) for _, style, _ in sent] == [mark_of(style) for _, style, _ in strip]


def test_other_text_keeps_its_colour() -> None:
    style = Style(color=RichColor.from_ansi(3))
    segments = [Segment("plain", style), Segment("勾股", style)]
    assert PlaceholderFilter(200).apply(segments, BLACK) == segments


def test_a_text_from_outside_cannot_show_a_picture() -> None:
    stolen = placement().strip(0).text
    assert PLACEHOLDER not in clean(f"a label {stolen}")


def test_cells_tell_which_picture_they_show() -> None:
    assert slot_of(placement().strip(2).text) == 9
    assert slot_of("plain") == slot_of("") == slot_of("\U0010eeee") == 0
    sixel = placement(Protocol.SIXEL).strip(2)
    assert sixel.text == " " * 57
    assert [mark_of(style) for _, style, _ in sixel] == [(ID, 2)]
    assert mark_of(None) is mark_of(Style(color="red")) is None


@pytest.mark.parametrize("protocol", [Protocol.KITTY, Protocol.SIXEL])
@pytest.mark.parametrize("each", [Monochrome(), NoColor(), DimFilter(), ANSIToTruecolor(MONOKAI)])
def test_each_filter_of_textual_takes_the_cells(protocol: Protocol, each: LineFilter) -> None:
    cells = placement(protocol).strip(0)
    filtered = cells.apply_filter(each, BLACK).apply_filter(PlaceholderFilter(200), BLACK)
    assert filtered.text == cells.text
