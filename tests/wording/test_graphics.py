"""What is said of the terminal and its pictures."""

from __future__ import annotations

import pytest

from tui.graphics import CellSize, Graphics, PictureSetting, Protocol, SymbolSet
from tui.wording.graphics import graphics_lines

AUTO, OFF = PictureSetting.AUTO, PictureSetting.OFF


@pytest.mark.parametrize(
    ("graphics", "setting", "lines"),
    [
        (
            Graphics(Protocol.KITTY, terminal="kitty(0.41.1)", in_tmux=True),
            AUTO,
            [
                ("terminal", "kitty(0.41.1), in tmux"),
                ("pictures", "in real pixels, by kitty's protocol"),
                ("cell", "10 by 20 pixels"),
            ],
        ),
        (
            Graphics(
                symbols=SymbolSet.SEXTANTS,
                cell=CellSize(9, 19),
                reason="tmux passes no pictures on. Its ~/.tmux.conf needs: a line",
            ),
            AUTO,
            [
                ("terminal", "one that does not tell its name"),
                ("pictures", "in block characters (sextants)"),
                ("why", "tmux passes no pictures on."),
                ("", "Its ~/.tmux.conf needs: a line"),
                ("cell", "9 by 19 pixels"),
            ],
        ),
        (
            Graphics(reason="The configuration says so."),
            OFF,
            [
                ("terminal", "one that does not tell its name"),
                ("pictures", "off"),
                ("why", "The configuration says so."),
                ("cell", "10 by 20 pixels"),
            ],
        ),
    ],
)
def test_what_was_found_is_said_a_line_each(
    graphics: Graphics, setting: PictureSetting, lines: list[tuple[str, str]]
) -> None:
    assert graphics_lines(graphics, setting) == lines
