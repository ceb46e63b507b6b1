"""The bytes of the window's title, and which terminals get them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.screen import Screen
from tui.terminal import modes, title

TITLED = [
    *("xterm", "xterm-256color", "xterm-kitty", "xterm-ghostty", "xterm-direct", "XTerm"),
    *("screen", "screen-256color", "screen.xterm-256color", "tmux", "tmux-256color", "rxvt"),
    *(
        "rxvt-unicode-256color",
        "alacritty",
        "foot",
        "foot-extra",
        "konsole-256color",
        "vte-256color",
    ),
    *(
        "st-256color",
        "wezterm",
        "iTerm.app",
        "iterm2",
        "nsterm-256color",
        "putty-256color",
        "mintty",
    ),
]
UNTITLED = [
    *("", "dumb", "linux", "linux-16color", "vt100", "vt220", "vt102", "ansi", "sun", "cons25"),
    *(
        "eterm-color",
        "emacs",
        "nonesuch",
        "xtermlike",
        "stty",
        "screens",
        "unknown",
        "\x1b]2;x\x07",
    ),
]


@pytest.mark.parametrize("term", TITLED)
def test_terminals_that_are_known_to_take_titles(term: str) -> None:
    assert title.takes_titles({"TERM": term})


@pytest.mark.parametrize("term", UNTITLED)
def test_all_others_might_show_them_as_text(term: str) -> None:
    assert not title.takes_titles({"TERM": term})
    assert not title.takes_titles({})


@given(st.text())
def test_a_title_cannot_end_its_string_or_ring(text: str) -> None:
    sent = title.title(text)
    inside = sent.removeprefix("\x1b]2;").removesuffix("\x1b\\")
    assert inside == "" or (inside.isascii() and inside.isprintable())
    assert len(inside) <= title.MAX_TITLE


def test_the_title_before_comes_back_at_any_byte_of_what_is_being_sent() -> None:
    before, ours = "\x1b]2;mine\x07", title.SAVE + title.title("1 running - scenext-tui")
    later = title.title("1 done - scenext-tui") + "\x1b[1;1Htext"
    sent = (before + ours + later).encode()
    for length in range(len((before + title.SAVE).encode()), len(sent) + 1):
        screen = Screen(40, 10)
        screen.feed(sent[:length] + modes.RESET_WITH_TITLE.encode() + b"$ ls")
        assert (screen.title, screen.titles) == ("mine", []), length


def test_without_a_stack_of_titles_none_of_ours_remains() -> None:
    screen = Screen(40, 10)
    screen.feed((title.title("1 running") + modes.RESET_WITH_TITLE).encode())
    assert screen.title == ""


def test_the_title_is_put_back_before_everything_else() -> None:
    before = modes.off(modes.CUT_SHORT) + title.RESTORE
    assert before + modes.RESET == modes.RESET_WITH_TITLE
