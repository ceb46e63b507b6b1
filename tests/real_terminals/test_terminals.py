"""The program in each terminal that is installed: read, covered, resized, suspended, ended.

What a person should look at is written as screenshots by `python -m tests.real_terminals`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from PIL import Image, ImageOps, ImageStat

from tests.pictures.reading import languages, read, share_read
from tests.pictures.slides import NAMES, Slide, chinese_font, slide
from tests.real_terminals import pixels
from tests.real_terminals.stage import Stage, on_stage
from tests.real_terminals.terminals import KINDS, Kind
from tui.graphics import Protocol

pytestmark = pytest.mark.real_terminals

PANE: Final = (610, 0, 1240, 880)
"""Where the selected task stands, in pixels."""
PICTURE: Final = (640, 480, 1180, 720)
"""A part of it that a picture fills."""
DARK: Final = 128


@pytest.fixture(params=KINDS, ids=[kind.name for kind in KINDS])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    """Return a terminal; its task has one slide."""
    kind: Kind = request.param
    if kind.missing:
        pytest.skip(kind.missing)
    with on_stage(kind, tmp_path) as running:
        running.offer({"formula": slide("formula").picture})
        yield running


def place_of_picture(stage: Stage) -> tuple[int, int, int, int]:
    """Return where the picture is: what disappears when it is hidden."""
    window = stage.window
    whole = window.wait_until(lambda shown: pixels.is_lively(shown.crop(PANE)), "no picture")
    window.press("p")
    hidden = window.wait_until(
        lambda shown: not pixels.is_lively(shown.crop(PANE)), "p hides no picture"
    )
    window.press("p")
    window.wait_until(lambda shown: pixels.same(shown, whole, PANE), "p does not bring it back")
    left, top, right, bottom = pixels.differing_box(whole.crop(PANE), hidden.crop(PANE))
    return PANE[0] + left, PANE[1] + top, PANE[0] + right, PANE[1] + bottom


def share_of(picture: Image.Image, wanted: Slide, language: str) -> float:
    """Return which share of a slide's words can be read in a picture."""
    grey = picture.convert("L")
    if ImageStat.Stat(grey).mean[0] < DARK:
        grey = ImageOps.invert(grey)
    text = read(grey, language)
    return share_read(wanted.words, text, by_characters=language != "eng")


@pytest.mark.skipif("eng" not in languages(), reason="not installed: tesseract")
def test_every_slide_can_be_read_in_the_pane(stage: Stage) -> None:
    if stage.window.kind.protocol is Protocol.SYMBOLS:
        pytest.skip("symbols cannot be read in the pane")
    chinese = "chi_sim" in languages() and chinese_font() is not None
    names = [name for name in NAMES if name != "Chinese" or chinese]
    stage.offer({name: slide(name).picture for name in names})
    stage.window.type("run")
    place = place_of_picture(stage)
    shares = {}
    for name in reversed(names):
        language = "chi_sim" if name == "Chinese" else "eng"
        shares[name] = 0.0

        def is_read(shown: Image.Image, name: str = name, language: str = language) -> bool:
            share = share_of(shown.crop(place), slide(name), language)
            shares[name] = max(shares[name], share)
            return share >= 0.9

        stage.window.wait_until(is_read, f"{name} cannot be read")
        stage.window.press("l", "up")
    assert sum(shares.values()) / len(shares) >= 0.95, shares


def is_shown(shown: Image.Image) -> bool:
    """Return whether there is a picture in the pane."""
    return pixels.is_lively(shown.crop(PANE))


def is_clean(shown: Image.Image) -> bool:
    """Return whether there is no picture, and nothing at all below the lines of the shell."""
    colours = shown.crop((0, 180, 1180, 700)).getcolors(2)
    return not is_shown(shown) and colours is not None and len(colours) == 1


def test_what_covers_a_picture_hides_it_and_it_comes_back(stage: Stage) -> None:
    stage.window.type("run")
    whole = stage.window.wait_until(is_shown, "no picture")
    for key in ("?", "ctrl+p", "a", "E"):
        stage.window.press(key)
        stage.window.wait_until(lambda shown: not pixels.same(shown, whole, PANE), f"no {key}")
        stage.window.press("escape")
        stage.window.wait_until(lambda shown: pixels.same(shown, whole, PANE), f"after {key}")


def test_a_new_frame_takes_the_place_of_the_last_without_a_blank_moment(stage: Stage) -> None:
    stage.window.type("run")
    first = stage.window.wait_until(is_shown, "no picture")
    stage.offer({name: slide(name).picture for name in ("formula", "table")})
    seen = []
    deadline = time.monotonic() + 20
    while pixels.same(shown := stage.window.screenshot(), first, PICTURE):
        assert time.monotonic() < deadline, "no new frame"
        seen.append(shown)
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        seen.append(stage.window.screenshot())
    assert all(map(is_shown, seen))
    assert not pixels.same(seen[-1], first, PICTURE)


def test_a_notification_hides_what_it_covers_and_ctrl_l_draws_it_anew(stage: Stage) -> None:
    stage.window.type("run")
    whole = stage.window.wait_until(is_shown, "no picture")
    stage.window.press("y")
    stage.window.wait_until(lambda shown: not pixels.same(shown, whole, PICTURE), "no notification")
    stage.window.wait_until(lambda shown: pixels.same(shown, whole, PICTURE), "after it")
    stage.window.press("ctrl+l")
    stage.window.wait_until(lambda shown: pixels.same(shown, whole, PICTURE), "after ctrl+l")


def test_it_is_gone_while_suspended_and_after_the_end(stage: Stage) -> None:
    if stage.window.kind.name == "kitty-mosh":
        pytest.skip("mosh has no alternate screen: what was shown stays above the prompt")
    stage.window.type("run")
    stage.window.wait_until(is_shown, "no picture")
    stage.window.press("ctrl+z")
    stage.window.wait_until(is_clean, "not clean while suspended")
    stage.window.type("fg")
    stage.window.wait_until(is_shown, "no picture after fg")
    stage.resize_a_little()
    stage.window.wait_until(is_shown, "no picture after a resize")
    stage.window.press("q")
    stage.window.wait_until(is_clean, "not clean after the end")
