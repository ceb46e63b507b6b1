"""Screenshots are complete, free of secrets, and reproducible."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image

from tests.screenshots import __main__ as command
from tests.screenshots import png, svg
from tests.screenshots.capture import Screenshot, capture

NARROW = Screenshot("narrow", (80, 24), ("enter",), ("Why the sky is blue", "9 frames"))


async def test_a_picture_shows_the_demo_and_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "narrow.svg"
    path.write_text(await capture(NARROW), "utf-8")
    drawing = path.read_text("utf-8")
    seen = svg.visible_text(drawing)
    for words in ("live", "frame4.png", "Completed at about 09:38", "added 09:26, took 12 min"):
        assert words in seen
    assert re.search("Signature|demo-[A-Za-z0-9_-]{8}|Expires=|127[.]0|@font-face", drawing) is None


def test_text_keeps_to_its_cells_where_characters_are_wide() -> None:
    attributes = 'class="r1" x="10" y="20" textLength="85.4" clip-path="c"'
    drawing = svg.normalize(f"<text {attributes}>a勾股&#160;&#160;&amp;│</text>", "any")
    elements = re.findall(
        r'class="([^"]*)" x="([^"]*)".*?textLength="([^"]*)".*?>([^<]*)<', drawing
    )
    assert elements == [
        ("r1", "10", "12.2", "a"),
        ("r1 wide", "22.2", "48.8", "勾股"),
        ("r1", "95.4", "12.2", "&amp;"),
        ("r1 lines", "107.6", "12.2", "│"),
    ]


@pytest.mark.parametrize("secret", ["the key", "x?Expires=1", "&amp;Signature=a", "127.0.0.1:80"])
def test_a_picture_with_a_secret_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="link or a key"):
        svg.check_no_secrets(f"<svg>{secret}</svg>", ["the key"])


def test_names_that_are_unknown_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["dashboard-round"])
    assert "unknown: dashboard-round" in capsys.readouterr().err


@pytest.mark.skipif(bool(png.unavailable_reason()), reason=png.unavailable_reason() or "-")
def test_an_svg_becomes_a_small_png() -> None:
    drawing = '<svg viewBox="0 0 40 20" xmlns="http://www.w3.org/2000/svg"/>'
    with Image.open(io.BytesIO(png.render(drawing))) as image:
        assert (image.format, image.size) == ("PNG", (60, 30))
