"""What gives a terminal back: everything that was turned on, at any byte of what was being sent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import textual

from tests.support.screen import Screen
from tui.terminal import modes

FOUND = "$ scenext-tui\r\n"
TURNED_ON = (
    "\x1b[?1049h\x1b[?1000h\x1b[?1003h\x1b[?1015h\x1b[?1006h\x1b[?25l\x1b[?1004h\x1b[>25u"
    "\x1b[?2004h\x1b[?7l\x1b[?2048h\x1b[?1016h"
)
"""What Textual sends at the start, to a terminal that knows everything."""
FRAME = (
    "\x1b[?2026h\x1b[1;1H\x1b[38;2;1;2;3;48;5;7m标题 é\x1b[0m\x1b[2;3H"
    "\x1b]8;id=1;https://example.com/a?b=c\x1b\\frame1\x1b]8;;\x1b\\"
    "\x1b]52;c;aHR0cHM6Ly9leGFtcGxlLmNvbQ==\x07\x1b]2;title\x07\x1bP+q544e\x1b\\\x1b[?2026l\x1b[6n"
)
"""A frame, a link, a copy, a title and a query: any byte of it may be the last one sent."""
ODD = {
    "insertion": "\x1b[4h",
    "origin": "\x1b[?6h",
    "region": "\x1b[3;7r",
    "line drawing": "\x1b(0",
    "shift out": "\x0e",
    "reverse": "\x1b[7m",
}


def as_found(*, alternate: bool) -> Screen:
    """Return a terminal on which a dashboard was just started."""
    screen = Screen(40, 10, alternate=alternate)
    screen.feed(FOUND.encode())
    return screen


def test_everything_that_textual_turns_on_is_in_the_table() -> None:
    known = {number for mode in modes.MODES for number in mode.private}
    folder = Path(textual.__path__[0])
    sources = (folder / "drivers" / "linux_driver.py", folder / "_ansi_sequences.py")
    lines = [line for path in sources for line in path.read_text("utf-8").splitlines()]
    code = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    sent = set(map(int, re.findall(r"\\(?:x1b|033)\[\?(\d+)[hl]", code)))
    assert sent >= {1049, 1000, 1003, 1006, 1015, 1016, 1004, 2004, 2026, 2048, 25, 7}
    assert sent <= known


@pytest.mark.parametrize("alternate", [True, False])
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_everything_is_put_back_whatever_was_turned_on(*, alternate: bool, odd: str) -> None:
    screen = as_found(alternate=alternate)
    before = screen.modes.copy()
    screen.feed((TURNED_ON + FRAME + odd + modes.RESET + "$ ls -l").encode())
    assert screen.modes == before
    assert screen.kitty_stacks == (0, 0)
    row = 1 if alternate else 9
    assert screen.lines()[row] == "$ ls -l"
    assert screen.cursor == (7, row)
    plain = Screen(40, 10)
    plain.feed(b"$")
    assert screen.cells()[row][0] == plain.cells()[0][0]


def test_half_sent_output_takes_no_part_of_the_reset_with_it() -> None:
    sent = (TURNED_ON + FRAME).encode()
    for length in range(len(TURNED_ON.encode()), len(sent) + 1):
        screen = as_found(alternate=True)
        screen.feed(sent[:length] + modes.RESET.encode() + b"$ ls")
        assert screen.modes == {7, 25}, length
        assert screen.kitty_stacks == (0, 0), length
        assert [line for line in screen.lines() if line] == ["$ scenext-tui", "$ ls"], length


def test_where_there_is_no_alternate_screen_the_prompt_follows_what_remains() -> None:
    screen = as_found(alternate=False)
    shown = "".join(f"\x1b[{row};1Hrow {row} of the dashboard" for row in range(1, 11))
    screen.feed((TURNED_ON + shown + "\x1b[4;9H" + modes.RESET + "$ ").encode())
    remaining = [f"row {row} of the dashboard" for row in range(1, 10)]
    assert screen.lines() == [*remaining, "$"]


def test_repeating_what_stock_textual_leaves_on_moves_nothing() -> None:
    screen = as_found(alternate=True)
    screen.feed(b"\x1b[?1016h\x1b[?2048h\x1b[>1u")
    screen.feed(modes.AGAIN.encode())
    assert screen.modes == {7, 25}
    assert screen.cursor == (0, 1)
    assert screen.kitty_stacks == (1, 0), "a shell's own keyboard mode"


def test_the_shape_of_the_cursor_and_the_title_are_left_alone() -> None:
    assert " q" not in modes.RESET
    assert "\x1b]2;" not in modes.RESET
    assert "\x1bc" not in modes.RESET
    assert "\x1b[!p" not in modes.RESET
