"""Pictures in words: which frame one shows, and why there is none."""

from __future__ import annotations

import pytest

from tui.errors import MediaError
from tui.graphics import Graphics, PictureSetting, Protocol
from tui.links.link import Link
from tui.wording.pictures import heading, link_refused, off_reason

NOW = 1_800_000_000
SIGNED = "https://oss.test/1.png?OSSAccessKeyId=a&Signature=b%3D&Expires="
ENDED = Link("frame 1 1", "frame1", f"{SIGNED}{NOW - 60}")
LIVES = Link("frame 1 1", "frame1", f"{SIGNED}{NOW + 60}")


@pytest.mark.parametrize(
    ("position", "total", "words"),
    [
        (1, 1, "frame7"),
        (1, 9, "frame7, 1 of 9"),
        (9, 9, "frame7, the newest of 9"),
        (1000, 1000, "frame7, the newest of 1,000"),
        (0, 3, "frame7"),
    ],
)
def test_a_heading_says_which_frame_it_is(position: int, total: int, words: str) -> None:
    assert heading("frame7", position, total) == words


@pytest.mark.parametrize("protocol", list(Protocol))
def test_where_none_can_be_shown_the_setting_that_says_so_is_named(protocol: Protocol) -> None:
    graphics = Graphics(protocol)
    assert 'pictures = "off"' in off_reason(PictureSetting.OFF, graphics, has_colours=True)
    assert not off_reason(PictureSetting.AUTO, graphics, has_colours=True)
    without = off_reason(PictureSetting.AUTO, graphics, has_colours=False)
    assert ("NO_COLOR" in without) is (protocol is Protocol.SYMBOLS)


@pytest.mark.parametrize(
    ("link", "error", "words"),
    [
        (ENDED, MediaError("No.", refused=True), "The link ended at "),
        (LIVES, MediaError("No.", expired=True), "The link has ended. Press enter"),
        (LIVES, MediaError("Not for you.", refused=True), "Not for you. Press enter"),
    ],
)
def test_of_a_link_that_nobody_asked_about_the_way_to_another_is_told(
    link: Link, error: MediaError, words: str
) -> None:
    told = link_refused(link, error, NOW)
    assert told.startswith(words)
    assert told.endswith("Press enter to ask for another one.")
