"""Every kind of file is decoded in its colours, the way it is to be seen, and whole or in part."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from PIL import Image

from tests.pictures import costly
from tests.pictures.kinds import CORNERS, KINDS, turned
from tui.pictures.decoding import decode
from tui.pictures.encoding import WHOLE, Area

MAX_SIZE = (640, 400)


def fit(width: int, height: int) -> tuple[int, int]:
    """Fit `MAX_SIZE`, and enlarge nothing."""
    factor = min(MAX_SIZE[0] / width, MAX_SIZE[1] / height, 1)
    return max(1, round(width * factor)), max(1, round(height * factor))


def shown(data: bytes, area: Area = WHOLE) -> Image.Image:
    return decode(data, area, fit)


def test_each_kind_of_picture_is_shown_in_its_colours() -> None:
    wrong = {}
    for name, kind in KINDS.items():
        picture = shown(kind.file)
        step = picture.width / len(kind.colours)
        colours = [
            picture.getpixel((int((number + 0.5) * step), picture.height // 2))
            for number in range(len(kind.colours))
        ]
        if not all(map(partial(_is_near, kind.tolerance), colours, kind.colours)):
            wrong[name] = colours, kind.colours
    assert wrong == {}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_turned_as_its_exif_says(kind: str) -> None:
    """One that says what there is not is shown as it is stored."""
    wrong = {}
    for orientation in (1, 2, 3, 4, 5, 6, 7, 8, 0, 9, 65535):
        picture = shown(turned(kind, orientation))
        if picture.size != (64, 32) or not _has_corners(picture):
            wrong[orientation] = picture.size
    assert wrong == {}


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_what_is_turned_is_as_sharp_as_what_is_not(orientation: int) -> None:
    picture = shown(turned("JPEG", orientation, (2400, 1200)))
    assert picture.size == (640, 320)
    assert _has_corners(picture)


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"Exif\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\2\0\2\0\0\0006\0\0\0\0\0\0\0",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\1\3\0\xff\xff\xff\xff" * 5000,
        b"?" * 60_000,
    ],
    ids=["empty", "header", "cut short", "far", "a word", "many", "none"],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_broken_exif_costs_only_the_turning(exif: bytes) -> None:
    for kind in ("JPEG", "WEBP"):
        red = Image.new("RGB", (64, 32), (255, 0, 0))
        picture = shown(costly.saved(red, kind, exif=exif))
        assert picture.size == (64, 32)
        assert picture.tobytes()[0] > 240


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_the_first_frame_is_shown(kind: str) -> None:
    picture = shown(costly.animated(kind))
    assert picture.tobytes()[0] > 240
    assert picture.tobytes()[1] < 15


@pytest.mark.parametrize("kind", ["TIFF", "BMP", "PPM", "ICO", "TGA", "PDF", "EPS", "JPEG2000"])
def test_no_other_format_is_read(kind: str) -> None:
    data = costly.saved(Image.new("RGB", (64, 36)), kind)
    with pytest.raises(ValueError, match="not a picture"):
        shown(data)


def test_shrinking_keeps_what_is_seen() -> None:
    """Half red, half clear, in a size that no whole factor divides."""
    wide = Image.new("RGBA", (4001, 2003), (0, 0, 255, 0))
    wide.paste((255, 0, 0, 255), (0, 0, 2001, 2003))
    picture = shown(costly.saved(wide, "PNG"))
    assert picture.size == (640, 320)
    expected = Image.alpha_composite(Image.new("RGBA", wide.size, "white"), wide).convert("RGB")
    expected.thumbnail(MAX_SIZE)
    for x in (0, 100, 310, 330, 500, 639):
        for y in (0, 160, 319):
            assert picture.getpixel((x, y)) == expected.getpixel((x, y)), (x, y)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(64, 32), (2400, 1200)], ids=["small", "large"])
def test_an_area_is_taken_where_it_is_seen(kind: str, size: tuple[int, int]) -> None:
    """However the picture was turned when it was stored."""
    wrong = {}
    for orientation in (1, 2, 3, 4, 5, 6, 7, 8) if size == (64, 32) else (1, 6):
        file = turned(kind, orientation, size)
        for corner, colour in CORNERS.items():
            area = Area(0.6 * ("right" in corner), 0.6 * ("bottom" in corner), 0.4, 0.4)
            picture = shown(file, area)
            middle = picture.getpixel((picture.width // 2, picture.height // 2))
            if picture.width < 2 * picture.height - 2 or not _is_near(8, middle, colour):
                wrong[orientation, corner] = picture.size, middle
    assert wrong == {}


def test_an_area_is_as_sharp_as_the_file() -> None:
    """Each second column is black: visible only in the pixels themselves."""
    lines = Image.new("L", (2, 1), 255)
    lines.putpixel((0, 0), 0)
    wide = Image.new("L", (1920, 1080))
    for left in range(0, 1920, 2):
        wide.paste(lines.resize((2, 1080)), (left, 0))
    file = costly.saved(wide, "PNG")
    quarter = shown(file, Area(0.5, 0.25, 0.25, 0.25))
    assert quarter.size == (480, 270)
    assert {pixel for _, pixel in quarter.getcolors() or ()} == {(0, 0, 0), (255, 255, 255)}
    whole = shown(file)
    assert min(whole.convert("L").tobytes()) > 60


@pytest.mark.parametrize(
    "area",
    [
        Area(0.99999, 0.99999, 0.00001, 0.00001),
        Area(0.9, 0.9, 0.5, 0.5),
        Area(-0.2, -0.2, 0.5, 0.5),
        Area(0, 0, 0, 0),
        Area(0, 0, 3, 3),
    ],
)
@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (1200, 700)])
def test_an_area_at_the_edge_or_beyond_it_is_moved_inside(
    area: Area, size: tuple[int, int]
) -> None:
    picture = shown(costly.saved(Image.new("RGB", size, (255, 0, 0)), "PNG"), area)
    assert picture.getpixel((0, 0)) == (255, 0, 0)
    assert picture.getcolors() == [(picture.width * picture.height, (255, 0, 0))]


def _has_corners(picture: Image.Image) -> bool:
    return all(
        _is_near(
            8,
            picture.getpixel(
                (
                    picture.width // 4 * (3 if "right" in corner else 1),
                    picture.height // 4 * (3 if "bottom" in corner else 1),
                )
            ),
            colour,
        )
        for corner, colour in CORNERS.items()
    )


def _is_near(tolerance: int, one: Any, other: Any) -> bool:  # noqa: ANN401
    return all(abs(a - b) <= tolerance for a, b in zip(one, other, strict=True))
