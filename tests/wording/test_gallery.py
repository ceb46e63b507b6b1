"""What the enlarged picture and the contact sheet say."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from tui.links.repeats import Scene
from tui.wording.gallery import (
    beside_keys,
    caption,
    newer,
    one_line,
    position,
    same_as,
    sheet_heading,
    zoom,
)


@pytest.mark.parametrize(
    ("name", "number", "words"),
    [
        ("frame3", 3, "frame 3 of 12"),
        ("3", 3, "frame 3 of 12"),
        ("frame7", 3, "frame7 · 3 of 12"),
        ("导数", 3, "导数 · 3 of 12"),
    ],
)
def test_which_frame_it_is(name: str, number: int, words: str) -> None:
    assert position(name, number, 12) == words


def test_zoom_and_newer_frames_are_said_where_there_are_any() -> None:
    assert (zoom(1.0), zoom(1.5), zoom(2.0)) == ("", "1.5x", "2x")
    assert (newer(0, "l"), newer(2, "l")) == ("", "2 newer: l")


@pytest.mark.parametrize(
    ("scenes", "visible", "words"),
    [
        ((), range(0), "There is no frame to show."),
        ((Scene("a", ("frame1",)),), range(1), "1 frame"),
        ((Scene("a", ("frame1", "frame2"), 2),), range(1), "2 frames, 1 repeated"),
        (
            tuple(Scene(str(n), (f"frame{n}",)) for n in range(40)),
            range(6, 7),
            "40 frames, 7 of 40 pictures",
        ),
        (
            tuple(Scene(str(n), (f"frame{n}",)) for n in range(40)),
            range(6, 12),
            "40 frames, 7-12 of 40 pictures",
        ),
    ],
)
def test_the_heading_counts(scenes: tuple[Scene, ...], visible: range, words: str) -> None:
    assert sheet_heading(scenes, visible) == words


def test_a_caption_names_the_frames_that_share_a_picture_as_far_as_they_fit() -> None:
    scene = Scene("a", ("frame3", "frame7", "frame12"), 3)
    assert caption(scene, 30) == "frame3, frame7, frame12"
    assert caption(scene, 20) == "frame3 and 2 more"
    assert caption(scene, 8) == "frame3.."
    assert same_as(scene) == ""
    assert same_as(scene._replace(repeats="frame1")) == "The same picture as frame1."


def test_in_one_line_the_name_is_cut_first() -> None:
    parts = ("frame 3 of 12", "", "2x")
    assert one_line(parts, "Circles", 60) == "frame 3 of 12 · 2x · Circles"
    assert one_line(parts, "牛顿第二定律", 30) == "frame 3 of 12 · 2x · 牛顿第.."
    assert one_line(parts, "Circles", 20) == "frame 3 of 12 · 2x"
    for width in range(40):
        assert cell_len(one_line(parts, "牛顿第二定律", width)) <= width


@pytest.mark.parametrize(
    ("known", "width", "cells"),
    [
        ("frame 3 of 12", 78, 39),
        ("frame 3 of 12 · 1.5x · 3 newer: G · loading … 120 kB", 78, 52),
        ("frame 3 of 12 · 1.5x · 3 newer: G · loading … 120 kB", 60, 48),
        ("frame 3 of 12", 10, 8),
    ],
)
def test_a_long_name_leaves_the_keys_their_room(known: str, width: int, cells: int) -> None:
    assert beside_keys(known.split(" · "), width) == cells
    assert cell_len(one_line(known.split(" · "), "x" * 200, cells)) <= cells
