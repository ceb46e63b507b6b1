"""What is sent can be read: by OCR of the pixels, within the bytes that a picture may take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import count
from statistics import mean

import pytest
from PIL import Image

from tests.pictures import slides
from tests.pictures.costly import saved
from tests.pictures.displays import shown
from tests.pictures.reading import languages, read, share_read
from tests.pictures.slides import NAMES, chinese_font, photo
from tui.demo.pictures import frame_png
from tui.graphics import DEFAULT_CELL, CellSize, Protocol, SymbolSet
from tui.pictures.encoding import Area, EncodedPicture, EncodingRequest
from tui.pictures.kitty import placeholders, transmit
from tui.pictures.rendering import render

PANE, SCREEN = (57, 16), (190, 45)


def why_not(name: str) -> str:
    """Return why a slide cannot be read here."""
    if name == "Chinese" and chinese_font() is None:
        return "no font with Chinese characters is installed"
    language = "chi_sim" if name == "Chinese" else "eng"
    return "" if language in languages() else f"tesseract with {language} is not installed"


NEEDS_TESSERACT = pytest.mark.skipif(bool(why_not("text")), reason=why_not("text"))


@cache
def file(name: str) -> bytes:
    if name == "photo":
        return saved(photo(), "JPEG", quality=90)
    return saved(slides.slide(name).picture, "PNG", compress_level=1)


@cache
def encoded(
    name: str, protocol: Protocol, size: tuple[int, int] = PANE, *area: float
) -> EncodedPicture:
    request = EncodingRequest(
        *size, protocol, SymbolSet.OCTANTS, DEFAULT_CELL, Area(*area) if area else Area()
    )
    return render(file(name), request)


def share(name: str, picture: Image.Image, width: int = 1710, words: Sequence[str] = ()) -> float:
    """Return the share of a slide's words that can be read; of characters where it is Chinese."""
    is_chinese = name == "Chinese"
    text = read(picture, "chi_sim" if is_chinese else "eng", width)
    return share_read(words or slides.slide(name).words, text, by_characters=is_chinese)


def readable() -> list[str]:
    names = [name for name in NAMES if not why_not(name)]
    if not names:
        pytest.skip(why_not("text"))
    return names


def wire_bytes(picture: EncodedPicture) -> int:
    """Return what a terminal is sent, in tmux too: pieces, cells and moves of the cursor."""
    if picture.protocol is Protocol.SIXEL:
        return len(picture.data)
    pieces = transmit(0x12000034, picture, wrap=True)
    rows = [placeholders(0x12000034, row, picture.columns) for row in range(picture.rows)]
    moves = len("\x1b[99;999H\x1b[38;5;200m\x1b[39m") * picture.rows
    return sum(map(len, pieces)) + sum(len(row.encode()) for row in rows) + moves


@pytest.mark.parametrize("protocol", [Protocol.KITTY, Protocol.SIXEL])
def test_in_the_pane_nearly_every_word_can_be_read(protocol: Protocol) -> None:
    shares = {name: share(name, shown(encoded(name, protocol))) for name in readable()}
    assert min(shares.values()) >= 0.9, shares
    assert mean(shares.values()) >= 0.95, shares


def test_in_octants_most_words_can_be_read_on_the_whole_screen() -> None:
    shares = {}
    for name in readable():
        picture = encoded(name, Protocol.SYMBOLS, SCREEN)
        cells = picture.columns * DEFAULT_CELL.width, picture.rows * DEFAULT_CELL.height
        shares[name] = share(name, shown(picture).resize(cells, Image.Resampling.NEAREST), cells[0])
    assert mean(shares.values()) >= 0.6, shares


@pytest.mark.parametrize("protocol", [Protocol.KITTY, Protocol.SIXEL])
@pytest.mark.parametrize("name", NAMES)
def test_a_slide_takes_no_more_bytes_than_it_may(name: str, protocol: Protocol) -> None:
    if name == "Chinese" and chinese_font() is None:
        pytest.skip(why_not(name))
    most = 25_000 if protocol is Protocol.KITTY else 35_000
    assert wire_bytes(encoded(name, protocol)) <= most


def test_in_the_contact_sheet_thin_letters_keep_their_colours() -> None:
    """In 16 colours what is thin and coloured on a dark slide falls apart into dots."""
    request = EncodingRequest(37, 11, Protocol.KITTY, SymbolSet.OCTANTS, CellSize(10, 19))
    picture = render(frame_png("Why the sky is blue", 8, 1), request)
    assert len(shown(picture).getcolors() or ()) > 16
    assert wire_bytes(picture) <= 200_000 / 12


def test_a_photo_takes_no_more_bytes_than_it_may() -> None:
    assert wire_bytes(encoded("photo", Protocol.KITTY)) <= 35_000
    assert wire_bytes(encoded("photo", Protocol.SIXEL)) <= 35_000


@cache
def noise() -> bytes:
    channels = [Image.effect_noise((1920, 1080), 200) for _ in range(3)]
    return saved(Image.merge("RGB", channels), "PNG", compress_level=1)


@cache
def crowded() -> bytes:
    """More letters than any slide has: nothing of it can be read, but it must be sent."""
    picture = slides.slide("text").picture.resize((240, 135))
    page = Image.new("RGB", slides.SIZE)
    for number in range(64):
        page.paste(picture, (number % 8 * 240, number // 8 * 135))
    return saved(page, "PNG", compress_level=1)


@pytest.mark.parametrize("make", [noise, crowded])
@pytest.mark.parametrize("size", [(10, 3), PANE])
@pytest.mark.parametrize("protocol", [Protocol.KITTY, Protocol.SIXEL])
def test_nothing_takes_more_than_its_budget(
    make: Callable[[], bytes], size: tuple[int, int], protocol: Protocol
) -> None:
    request = EncodingRequest(*size, protocol, SymbolSet.OCTANTS, DEFAULT_CELL)
    picture = render(make(), request)
    most = 35_000
    cells = picture.columns * picture.rows
    assert wire_bytes(picture) <= most * max(1, cells / (57 * 16))


@pytest.mark.parametrize(("protocol", "side"), [(Protocol.KITTY, 0.8), (Protocol.SIXEL, 1)])
def test_where_time_is_short_a_slide_keeps_what_its_budget_allows(
    protocol: Protocol, side: float
) -> None:
    """After a single try; the last resort would have been a seventh of its width."""
    request = EncodingRequest(*PANE, protocol, SymbolSet.OCTANTS, DEFAULT_CELL)
    picture = render(file("text"), request, clock=count().__next__)
    pixels = shown(picture)
    assert pixels.width >= 560 * side
    assert len(pixels.getcolors() or ()) >= 8
    assert wire_bytes(picture) <= 35_000


@NEEDS_TESSERACT
def test_what_is_enlarged_is_as_sharp_as_the_file() -> None:
    """A quarter of the width and height, in as many cells as the whole: pixel for pixel."""
    picture = encoded("curves", Protocol.KITTY, SCREEN, 0.7, 0.2, 0.25, 0.25)
    shown_pixels = shown(picture)
    assert shown_pixels.size == (480, 270)
    assert share("curves", shown_pixels, words=["starts", "at", "zero", "one"]) == 1
    symbols = encoded("text", Protocol.SYMBOLS, SCREEN, 0.05, 0.05, 0.5, 0.5)
    large = shown(symbols).resize((1600, 900), Image.Resampling.NEAREST)
    words = ["Binary", "search", "trees", "Every", "node", "Smaller", "keys"]
    assert share("text", large, words=words) >= 0.8
