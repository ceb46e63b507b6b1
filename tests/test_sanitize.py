"""Untrusted text is sanitized so that none of it acts on a terminal."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tui.sanitize import MAX_BLOCK_LENGTH, clean

_HOSTILE = st.lists(
    st.sampled_from(
        [
            *("\x1b", "\x1b[", "\x1b]", "\x1bP", "\x1b\\", "\x9b", "\x9d", "\x9c", "\x07", "\x90"),
            *("0;t", "2J", "31m", "52;c;QQ==", ";", "?", "m", "~", " ", "/", "[", "]", "\\"),
            *("\n", "\r", "\r\n", "\x85", "\u2028", "\u2029", "\t", "\v", "\f", "\0", "\x7f"),
            *("\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\ud800", "\udfff", "\U000e0041"),
            *("e\u0301", "\u0301", "\u0489", "汉", "🎬", "⏎", "…", "\u3164", "\ufe0f", "a"),
        ]
    )
).map("".join)
_TEXTS = _HOSTILE | st.text(st.characters(), max_size=200)
"""Any text, including lone surrogates."""

_ACTIVE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\u200b-\u200f\ud800-\udfff]"
)


@given(_TEXTS, st.integers(1, 60), st.booleans())
@settings(max_examples=examples(300))
def test_nothing_acts_on_a_terminal(text: str, limit: int, keep_lines: bool) -> None:
    cleaned = clean(text, limit, keep_lines=keep_lines)
    assert not _ACTIVE.search(cleaned)
    assert keep_lines or "\n" not in cleaned
    assert not {unicodedata.category(character) for character in cleaned} & {"Cs", "Zl", "Zp"}
    assert len(cleaned) <= limit
    assert clean(cleaned, limit, keep_lines=keep_lines) == cleaned
    cleaned.encode("utf-8")


@given(st.text("abc XYZ 019 汉字 äöü 🎬 -_.:/[]$"))
@settings(max_examples=examples(200))
def test_plain_text_stays(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b]0;PWNED\x07title", "title"),
        ("\x1b]0;PWNED\x1b\\title", "title"),
        ("\x9d0;PWNED\x9ctitle", "title"),
        ("\x1b]52;c;cm0gLXJm\x07", ""),
        ("\x1bP1;2q####\x1b\\picture", "picture"),
        ("a\x1b[2J\x1b[1;31mred\x1b[0m", "ared"),
        ("a\x9b2Jb", "ab"),
        ("\x1b(0lqk\x1b(B", "lqk"),
        ("\x1b\x1b[0m[31mred", "[31mred"),
        ("cut \x1b]0;off", "cut 0;off"),
        ("one\r\ntwo\nthree\rfour\u2028five\x85six", "one ⏎ two ⏎ three ⏎ four ⏎ five ⏎ six"),
        ("\n\nlines\n\n", "lines"),
        ("a\tb", "a b"),
        ("user\u202egnp.exe", "usergnp.exe"),
        ("in\u200bvis\u00adible\ufeff", "invisible"),
        ("tag\U000e0041\U000e007f", "tag"),
        ("half \ud83c", "half ?"),
        ("z" + "\u0301" * 50 + "a", "z" + "\u0301" * 3 + "a"),
        ("[/x][@click=app.quit]", "[/x][@click=app.quit]"),
        ("汉字🎬", "汉字🎬"),
    ],
)
def test_what_is_left(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_lines_can_be_kept() -> None:
    assert clean("a\r\nb\u2029c\x1b[0m\nd\n\u200b\n", keep_lines=True) == "a\nb\nc\nd"


def test_a_long_text_ends_in_an_ellipsis() -> None:
    assert clean("abcdef", 6) == "abcdef"
    assert clean("abcdefg", 6) == "abcde…"
    assert clean("汉" * 30_000, MAX_BLOCK_LENGTH) == "汉" * (MAX_BLOCK_LENGTH - 1) + "…"


@pytest.mark.parametrize(
    "unit", ["\x9d", "\x90\x9f", "\x1b]", "\x1b[0;", "\x9b1 ", "\x1b ", "\x1bP\x1b", "\u0301", "\n"]
)
def test_a_flood_costs_no_more_than_its_length(unit: str) -> None:
    flood = unit * (1 << 20)
    started = time.process_time()
    clean(flood, MAX_BLOCK_LENGTH, keep_lines=True)
    assert time.process_time() - started < 1
