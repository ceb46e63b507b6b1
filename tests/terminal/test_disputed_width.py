"""Which characters terminals disagree about, and what stands for those of ambiguous width."""

from __future__ import annotations

import unicodedata

import pytest
from rich.cells import cell_len

from tui.terminal.disputed_width import (
    disputed_runs,
    is_ambiguous,
    is_disputed,
    is_extender,
    max_columns,
    with_stand_ins,
)

AGREED = [
    *("", "plain ASCII ~", "déjà vu, ñ ß ø", "Ελλάδα", "Привет, мир", "Tiếng Việt"),
    *(
        "勾股定理的证明",
        "第①步：“引号”——…《》",
        "ひらがなカタカナ",
        "한국어",
        "ＡＢＣ１２３",
        "ｶﾀｶﾅ",
        "㊗️"[0],
    ),
    *(
        "│─┌┐╭╮═║",
        "▀▄█▁▏",
        "●○■□▶◀",
        "→←↑↓≤≥×÷",
        "✓ ✗ » ⏎",
        "⠿⣿",
        "№ ™ € ½",
        "𠮷",
        "ꀀ",
        "a\u3000b",
    ),
]
DISPUTED = [
    # Emoji: old tables give one column; the newest are not in most.
    *("👍", "☔", "⌚", "⭐", "❤", "🫨", "\U0001fac8", "\U0001faea", "🀄", "🈚"),
    # Sequences of them, whole and in part.
    *("👍🏽", "🏽", "👩🏽💻", "👩\u200d💻", "❤\ufe0f", "☺\ufe0e", "1\ufe0f\u20e3", "#\u20e3"),
    *("🇩🇪", "🇩", "🏴\U000e0067\U000e0062\U000e007f", "A\U000e0101"),
    # Marks, on what they stand on and alone.
    *("e\u0301", "\u0301", "Z\u0351\u036b\u0343", "が"[0] + "\u3099", "ｶﾞ", "ﾊﾟ", "ﾞ", "\u302a"),
    # Scripts whose letters join, stack or move.
    *("नमस्ते", "क्ष", "का", "க்ஷ", "ক্ষ", "ಕ್ಷ", "สวัสดี", "กำ", "ำ", "ລາວ", "မြန်မာ", "ខ្មែរ", "བོད", "ᜀᜒ"),
    *("\u1100\u1161\u11a8", "\u1161", "\ud7b0", "\u115f\u1160"),
    *("שלום", "שָׁלוֹם", "مرحبا", "لا", "ܫܠܡܐ", "ߒߞߏ", "𞤀𞤣"),
    # What has no width, or none that is known.
    *("\u00ad", "\u200b", "\u2060", "\ufeff", "\u034f", "\u180e", "\u061c", "\u202e", "\u2028"),
    *("\ue000", "\U000f0000", "\U0010fffd", "\u0378", "\U0002fe00", "\ud800", "\ufffe", "\u0600"),
    # Wide since Unicode 16; ambiguous among wide ones; signs that fonts draw wide; old scripts.
    *("䷀", "𝌆", "㉈", "⸻", "﷽", "𓀀", "𒀀", "𝄞", "𝟘", "𐍈", "ᚠ", "Ա", "ა", "አ"),
]


@pytest.mark.parametrize("text", AGREED)
def test_what_all_terminals_agree_about(text: str) -> None:
    assert not is_disputed(text)
    assert list(disputed_runs(text)) == []


@pytest.mark.parametrize("text", DISPUTED, ids=ascii)
def test_what_they_disagree_about(text: str) -> None:
    assert is_disputed(text)
    assert is_disputed(f"abc {text} def")
    [(start, end), *_] = disputed_runs(f"ab {text} cd")
    assert f"ab {text} cd"[start:end].strip() in text


def test_of_all_characters_that_are_agreed_the_width_is_rich_s_and_unicode_s() -> None:
    for character in map(chr, range(32, 0x10000)):
        if character != "\x7f" and not is_disputed(character):
            wide = unicodedata.east_asian_width(character) in "WF"
            assert cell_len(character) == 1 + wide, ascii(character)


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("ab👍🏽cd", ["👍🏽"]),
        ("ab e\u0301d", ["e\u0301"]),
        ("勾\u0301股", ["勾\u0301"]),
        ("ｶﾞab👍", ["ｶﾞ", "👍"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("กำ", ["กำ"]),
        (" \u0301", [" \u0301"]),
        ("\u0301a", ["\u0301"]),
        ("🇩🇪🇫🇷", ["🇩🇪🇫🇷"]),
    ],
)
def test_a_run_holds_what_a_move_of_the_cursor_must_not_part(text: str, runs: list[str]) -> None:
    assert [text[start:end] for start, end in disputed_runs(text)] == runs


@pytest.mark.parametrize(
    "character", ["\u0301", "\u093e", "\u20e3", "🏽", "ﾞ", "ำ", "\u1161", "\u11a8"], ids=ascii
)
def test_what_may_join_the_cell_before(character: str) -> None:
    assert is_extender(character)
    assert not is_extender("a")
    assert not is_extender("👍")


@pytest.mark.parametrize(
    ("run", "columns"), [("👍🏽", 4), ("🇩🇪", 4), ("नमस्ते", 6), ("e\u0301", 2), ("👩👩👧👦", 8)]
)
def test_no_terminal_takes_more_columns_than_expected(run: str, columns: int) -> None:
    assert max_columns(run) >= columns


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("╭─ Open ──╮", "+- Open --+"),
        ("│ ┃ ║ ═ ┼", "| | | - +"),
        ("▊▎▁▔▀█", "      "),
        ("“a” ‘b’ c…d — e·f", "\"a\" 'b' c.d - e*f"),
        ("↑ k ↓ j → ←", "^ k v j > <"),
        ("3×4÷2 ① ²", "3x4/2 1 2"),
        ("déjà", "deja"),
        ("勾股。ok", "勾股。ok"),
        ("Привет", "Привет"),
    ],
)
def test_what_stands_for_ambiguous_characters_where_those_are_wide(text: str, shown: str) -> None:
    assert with_stand_ins(text) == shown
    assert len(with_stand_ins(text)) == len(text)
    assert is_disputed(text, wide_ambiguous=True) is any(map(is_ambiguous, text))


def test_no_frame_scrollbar_or_picture_of_textual_lacks_a_stand_in() -> None:
    for character in map(chr, range(0x2500, 0x25A0)):
        assert with_stand_ins(character) == character or with_stand_ins(character).isascii()
        assert not is_ambiguous(with_stand_ins(character))
