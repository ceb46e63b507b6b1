"""The pictures of the README: complete, free of secrets, and the same in every run."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from tests.screenshots import __main__ as command
from tests.screenshots import png, svg
from tests.screenshots.stage import Picture, take

NARROW = Picture("narrow", (80, 24), ("down", "enter"), ("Why the sky is blue", "9 frames"))


async def test_a_picture_shows_the_demo_and_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "narrow.svg"
    path.write_text(await take(NARROW), "utf-8")
    drawing = path.read_text("utf-8")
    seen = svg.words(drawing)
    for words in ("3 completed, 1 failed", "demo: live", "frame4.png", "added 09:26, ended 09:38"):
        assert words in seen
    assert re.search("Signature|demo-[A-Za-z0-9_-]{8}|Expires=|127[.]0|@font-face", drawing) is None


def test_text_keeps_to_its_cells_where_characters_are_wide() -> None:
    place = 'class="r1" x="10" y="20" textLength="85.4" clip-path="c"'
    drawn = svg.polish(f"<text {place}>a勾股&#160;&#160;&amp;│</text>", "any")
    found = re.findall(r'class="([^"]*)" x="([^"]*)".*?textLength="([^"]*)".*?>([^<]*)<', drawn)
    assert found == [
        ("r1", "10", "12.2", "a"),
        ("r1 wide", "22.2", "48.8", "勾股"),
        ("r1", "95.4", "12.2", "&amp;"),
        ("r1 lines", "107.6", "12.2", "│"),
    ]


@pytest.mark.parametrize("secret", ["the key", "x?Expires=1", "&amp;Signature=a", "127.0.0.1:80"])
def test_a_picture_with_a_secret_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="link or a key"):
        svg.refuse_secrets(f"<svg>{secret}</svg>", ["the key"])


def test_names_that_are_unknown_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["dashboard-round"])
    assert "unknown: dashboard-round" in capsys.readouterr().err


@pytest.mark.skipif(bool(png.why_not()), reason=png.why_not() or "-")
def test_an_svg_becomes_a_small_png() -> None:
    drawing = '<svg viewBox="0 0 40 20" xmlns="http://www.w3.org/2000/svg"/>'
    with Image.open(io.BytesIO(png.render(drawing))) as image:
        assert (image.format, image.size) == ("PNG", (60, 30))
