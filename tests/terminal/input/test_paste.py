"""Pastes: what is inside one, and how it ends."""

from __future__ import annotations

import time

import pytest

from tests.terminal.input.feeding import AT_REST, Feed, pieces, told, word
from tui.terminal.input.paste import CANCEL_SECONDS, MAX_PASTE_BYTES, PASTE_TIMEOUT, TYPED_SECONDS
from tui.terminal.input.pieces import Kind

START, END = b"\x1b[200~", b"\x1b[201~"
P = 0.2
SILENCE = PASTE_TIMEOUT + 0.1
BULK = b"the rest of what was pasted, D and x"

CASES = [
    ((START + b"12345" + END + b"q",), "<paste '12345'>q"),
    ((START + END + b"q",), "q"),
    ((START + b"a\r\nb\tc\n" + END,), r"<paste 'a\r\nb\tc\n'>"),
    ((START + "失败".encode() + END,), "<paste '失败'>"),
    ((START + b"\xe5\xa4", P, b"\xb1" + END,), "<paste '失'>"),
    ((START + b"a\x00b\x07c\x7f" + END,), "<paste 'abc'>"),
    # Nothing between the marks is a key, a click, a report or an answer.
    ((START + b"x\x1b[Dy\x1bOAz" + END,), "<paste 'xyz'>"),
    ((START + b"\x1b[<0;1;1Mx\x1b[I\x1b[12;5R\x1b[48;1;1;1;1t" + END,), "<paste 'x'>"),
    ((START + b"\x1b]0;title\x07\x1b[" + b"1;" * 40 + b"mD\x1b" + END + b"q",), "<paste 'D'>q"),
    ((START + b"\x1b", P, b"[D", 1.0, b"x\x1bq" + END + b"q"), "<paste 'x'>q"),
    ((START + b"DDD\rx\r", 2.9, b"D\rx\r", 2.9, END + b"q"), r"<paste 'DDD\rx\rD\rx\r'>q"),
    # An answer in a read of its own comes from a multiplexer, or from the terminal that was
    # attached after the line broke: it counts, and keeps no paste alive.
    ((START + b"a", P, b"\x1b[12;5R", P, b"b" + END + b"q"), "<cursor 12 5><paste 'ab'>q"),
    ((START + b"a", 2.9, b"\x1b[12;5R", 0.2, b"q"), "<cursor 12 5><paste 'a'>q"),
    ((START + b"a", 2.9, b"\x1b[?7;2$y\x1b[1;1R", P, b"q"), "<mode 7 2><cursor 1 1><paste 'a'>q"),
    ((START + b"a\x1b[20", P, b"\x1b[12;5R", P, b"1~q"), "<cursor 12 5><paste 'a'>q"),
    ((START + b"a\x1b", P, b"[12;5R", P, b"b" + END), "<paste 'ab'>"),
    ((START + b"a", P, b"\x1b[12", P, b";5R", P, b"b" + END), "<paste 'ab'>"),
    ((START + b"a", P, b"\x1b[12;5Rx", P, b"\x1b[1;1R\x1b[D" + END), "<paste 'ax'>"),
    ((START + b"a\x03", 0.1, b"\x1b[12;5R", 0.2, b"q"), "<cursor 12 5><paste 'a'>q"),
    # Marks in pieces, without a time-out of their own.
    ((b"\x1b", b"[2", P, b"00", P, b"~x\x1b[2", 2.0, b"01", 2.0, b"~q"), "<paste 'x'>q"),
    ((b"\x1b[200", 3.0, b"~x" + END + b"q",), "<paste 'x'>q"),
    # Silence ends one, and its rest is not typed either, whenever the line brings it.
    ((START + b"12345", SILENCE, b"q"), "<paste '12345'>q"),
    ((START, SILENCE, b"q"), "q"),
    ((START + b"123\x1b[20", SILENCE, b"q"), "<paste '123'>q"),
    ((START + b"a", SILENCE, BULK, 1.0, END, b"q"), f"<paste 'a'><paste '{BULK.decode()}'>q"),
    ((START + b"a", SILENCE, b"xD" + END + b"q"), "<paste 'a'><paste 'xD'>q"),
    ((START + b"a", SILENCE, BULK, SILENCE, b"q"), f"<paste 'a'><paste '{BULK.decode()}'>q"),
    ((START + b"a", SILENCE, END + b"q"), "<paste 'a'>q"),
    ((START + b"a\x1b", SILENCE, b"[201~q"), "<paste 'a'>q"),
    ((START + b"a\x1b[201", SILENCE, b"~", 1.0, b"~q"), "<paste 'a'>~q"),
    ((START + b"a\x1b[20", 60.0, b"1~"), "<paste 'a'>1~"),
    ((START + b"a", SILENCE, b"j", 1.0, START + b"b" + END + b"q"), "<paste 'a'>j<paste 'b'>q"),
    ((START + b"a", 60.0, b"q" * 40), "<paste 'a'>" + "q" * 40),
    # Ctrl+c ends one, in whatever form, and is no key; what came is the paste.
    ((START + b"12345", 1.0, b"\x03", 1.0, b"q"), "<paste '12345'>q"),
    ((START + b"12345\x03q",), "<paste '12345'>q"),
    ((START + b"12345", 1.0, b"\x03", 0.1, b"q"), "<paste '12345'>q"),
    ((START + b"12345", 1.0, b"\x03", 0.1, b"\x03", 0.1, b"q"), "<paste '12345'>q"),
    ((START, 1.0, b"\x03", 1.0, b"q"), "q"),
    ((START + b"1", P, b"\x1b[99;5u", 1.0, b"q"), "<paste '1'>q"),
    ((START + b"1", P, b"\x1b[99;69u", 1.0, b"q"), "<paste '1'>q"),
    ((START + b"1", P, b"\x1b[99;5:1u", 1.0, b"q"), "<paste '1'>q"),
    ((START + b"1", P, b"\x1b[27;5;99~", 1.0, b"q"), "<paste '1'>q"),
    # One that is part of the text ends nothing.
    ((START + b"a\x03" + BULK, 1.0, b"xD" + END,), f"<paste 'a{BULK.decode()}xD'>"),
    ((START + b"a\x03b" + END + b"q",), "<paste 'ab'>q"),
    ((START + b"a\x03", 0.1, BULK + END), f"<paste 'a{BULK.decode()}'>"),
    # Another mark inside.
    ((START + b"a" + START + b"b" + END + b"q",), "<paste 'a'><paste 'b'>q"),
    ((START + START + b"b" + END + b"q",), "<paste 'b'>q"),
    ((START + b"a" + END + b"x" + END + b"q",), "<paste 'ax'>q"),
    ((START + b"a" + END + b"j" + START + b"b" + END + b"q",), "<paste 'a'>j<paste 'b'>q"),
    ((START + b"a" + END + START + b"b" + END,), "<paste 'a'><paste 'b'>"),
    ((END + b"q",), "q"),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "expected"), CASES)
def test_what_is_pasted(steps: tuple[bytes | float, ...], expected: str) -> None:
    assert told(*steps) == expected


@pytest.mark.parametrize("cut", range(1, len(START + b"D\r" + END + b"q")))
@pytest.mark.parametrize("pause", [0.0, 0.09, 1.0, 2.5])
def test_a_paste_may_be_cut_anywhere(cut: int, pause: float) -> None:
    data = START + b"D\r" + END + b"q"
    early = "<esc>" if cut == 1 and pause > 0.1 else ""
    assert told(data[:cut], pause, data[cut:]) == rf"{early}<paste 'D\r'>q"


SUSPENDED = [
    # What has begun, seconds, whether the rest waits when reading goes on, the rest, what that is.
    (START + b"text", 0.3, True, b"xD" + END + b"q", "<paste 'textxD'>q"),
    (START + b"text", 0.3, False, b"xD" + END + b"q", "<paste 'textxD'>q"),
    (START + b"text\x1b[20", 0.3, False, b"1~q", "<paste 'text'>q"),
    # Nobody knows when it has come.
    (START + b"text", 60.0, True, b"xD", "<paste 'textxD'>"),
    (START + b"text", 60.0, True, b"xD" + END + b"q", "<paste 'textxD'>q"),
    (b"\x1b[200", 60.0, True, b"~xD" + END + b"q", "<paste 'xD'>q"),
    (b"\x1b", 60.0, True, b"[D", "<left>"),
    (b"\x1b[1;5", 60.0, True, b"D", "<ctrl+left>"),
    (b"\x1b]0;title", 60.0, True, b"xD\x07q", "q"),
    # Silence ends it as ever, and what comes late is no key.
    (START + b"text", 60.0, False, b"q", "<paste 'text'>q"),
    (START + b"text", 60.0, False, b"xD" + END + b"q", "<paste 'text'><paste 'xD'>q"),
    (START + b"text", 60.0, False, BULK, f"<paste 'text'><paste '{BULK.decode()}'>"),
    (START + b"text\x1b[20", 60.0, False, b"1~q", "<paste 'text'>q"),
    (b"\x1b", 60.0, False, b"[D", "<esc>"),
    (b"\x1b", 60.0, False, b"q", "<esc>q"),
    (b"\x1b[1;5", 60.0, False, b"D", ""),
    (b"\x1b[1;5", 60.0, False, b"qq", "q"),  # The first makes a key of it.
    (b"\x1b[12", 60.0, False, b";5Rq", "<cursor 12 5>q"),
    (b"\x1b]0;title", 60.0, False, b"q", "q"),
    (b"\xe5\xa4", 60.0, False, b"\xb1q", "失q"),
]


@pytest.mark.parametrize(("begun", "seconds", "waits", "rest", "expected"), SUSPENDED)
def test_a_suspension_is_time_in_which_nobody_reads(
    begun: bytes, seconds: float, waits: bool, rest: bytes, expected: str
) -> None:
    feed = Feed()
    feed.read(begun)
    feed.now += seconds
    if not waits:
        feed.wait(0.0)
    feed.read(rest)
    feed.wait(AT_REST)
    assert "".join(map(word, feed.pieces)) == expected


def test_keys_keep_no_paste_alive_for_long() -> None:
    """Whoever wonders why nothing happens goes on typing, and moves the mouse."""
    for step in (b"j", b"\x1b[B", b"\x1b[<35;10;5M"):
        feed = Feed()
        feed.read(START + b"12345")
        for _ in range(int(TYPED_SECONDS)):
            feed.wait(1.0)
            feed.read(step)
        assert feed.filter.is_inside is False
        assert feed.pieces[1].kind is Kind.PASTE
    # But what comes quicker, or in larger pieces, is rather a slow line.
    for step, gap in ((b"x", 0.05), (BULK, 2.5)):
        feed = Feed()
        feed.read(START)
        for _ in range(1_000):
            feed.wait(gap)
            feed.read(step)
        feed.read(END + b"q")
        assert [piece.kind for piece in feed.pieces] == [Kind.PASTE, Kind.TEXT]


def test_a_huge_paste_is_bounded_in_memory_and_time_and_ends_at_a_word() -> None:
    chunk = b"12345678\r" * 455
    feed = Feed()
    feed.read(START)
    began = time.process_time()
    for _ in range(5 * MAX_PASTE_BYTES // len(chunk)):
        feed.read(chunk)
    feed.read(b"\0" * 4096 + END + b"q")
    assert time.process_time() - began < 2, "quadratic"
    dropped, paste, key = feed.pieces
    assert (dropped.kind, paste.kind, key.text) == (Kind.DROPPED, Kind.PASTE, "q")
    assert MAX_PASTE_BYTES - 10 < len(paste.text) <= MAX_PASTE_BYTES
    assert set(paste.text.split()) == {"12345678"}, "the half of an ID is another ID"


def test_a_read_full_of_marks_is_nothing_to_worry_about() -> None:
    assert {piece.text for piece in pieces((START + b"a" + END) * 340)} == {"a"}
    assert [piece.text for piece in pieces(START * 600 + b"a" + END)] == ["a"]
    assert {piece.kind for piece in pieces(END * 600)} == {Kind.DROPPED}


def test_ctrl_c_acts_soon_and_silence_after_some_seconds() -> None:
    assert CANCEL_SECONDS < 0.5
    assert PASTE_TIMEOUT < 5
