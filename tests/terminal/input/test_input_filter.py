"""The rules of the input filter, each with the cases that show it."""

from __future__ import annotations

import pytest

from tests.terminal.input.feeding import Feed, pieces, told
from tui.terminal.input.input_filter import (
    LATE_BURST_SECONDS,
    LATE_SECONDS,
    SEQUENCE_TIMEOUT,
)
from tui.terminal.input.pieces import Kind

ESC = b"\x1b"
P = 0.2
"""A pause on a slow line."""

WHOLE = [
    # Keys as they are.
    ((b"q",), "q"),
    ((b"jjj",), "jjj"),
    (("añ→😀".encode(),), "añ→😀"),
    ((b"\xe2", P, b"\x86", P, b"\x92"), "→"),
    ((b"\xe4z",), "\ufffdz"),
    ((b"\xe2\x86", ESC + b"[D"), "\ufffd<left>"),
    ((b"\xff\xfe\xc0",), "\ufffd" * 3),
    (("\x9bD".encode(),), "D"),  # The forms of one byte are not used in UTF-8.
    ((b"\r",), "\r"),
    ((b"\x03\x1a\x7f\x00",), "\x03\x1a\x7f\x00"),
    # A key in one read, in two, byte by byte.
    ((b"\x1b[D",), "<left>"),
    ((ESC, b"[D"), "<left>"),
    ((ESC, 0.09, b"[", P, b"D"), "<left>"),
    ((b"\x1b[", 0.9, b"D"), "<left>"),
    ((b"\x1b[", 4.9, b"D"), "<left>"),
    ((b"\x1bO", 3.0, b"D"), "<OD>"),
    ((b"\x1b]", 3.0, b"11;rgb:0/0/0", 3.0, ESC, 3.0, b"\\q"), "q"),
    ((b"\x1b[1", 4.0, b";5D"), "<ctrl+left>"),
    ((b"\x1b[1;5", P, b"D", b"x"), "<ctrl+left>x"),
    # As terminals send keys: application mode, keypad, Linux console, rxvt, modifyOtherKeys, kitty.
    ((b"\x1bOA\x1bOP\x1bOM\x1bOq",), "<OA><OP><OM><Oq>"),
    ((b"\x1b[[A", b"\x1b[[", P, b"E"), "<[[A><[[E>"),
    ((b"\x1b[7$\x1b[a\x1b[7^",), "<[7$><[a><[7^>"),
    ((b"\x1b[27;5;99~",), "<[99;5u>"),
    ((b"\x1b[27;2;65~",), "A"),
    ((b"\x1b[27u\x1b[106;;106u",), "<[27u><[106;;106u>"),
    ((b"\x1b[57441;2u",), "<[57441;2u>"),
    ((b"\x1b[97:65;5u",), "<[97;5u>"),
    ((b"\x1b[97;5:2u",), "<[97;5u>"),
    ((b"\x1b[97;5:3u",), ""),  # Released.
    ((b"\x1b[0;;20013:25991:23383:20013:25991:23383u",), "中文字中文字"),
    ((b"\x1b[20013;;20013u",), "<[20013;;20013u>"),
    # The mouse: SGR; the old forms are taken whole, whatever their bytes are.
    ((b"\x1b[<0;5;3M\x1b[<0;5;3m",), "<[<0;5;3M><[<0;5;3m>"),
    ((b"\x1b[<0;-5;3M",), "<[<0;-5;3M>"),
    ((b"\x1b[<128;5;3M",), ""),  # A button that Textual takes for the first.
    ((b"\x1b[M !!q", b"\x1b[M\xff\xe2q", b"j"), "qj"),
    ((b"\x1b[M", P, b" ", P, b"q", P, b"q"), ""),
    ((b"\x1b[32;5;3M",), ""),
    # Answers, wherever they are cut.
    ((b"\x1b[12;5R",), "<cursor 12 5>"),
    ((b"\x1b[12", 3.0, b";5R"), "<cursor 12 5>"),
    ((b"\x1b[12;", 3.0, b"5", 3.0, b"R"), "<cursor 12 5>"),
    ((b"\x1b[?2026;2$y", b"\x1b[?2026;", P, b"1$", P, b"y"), "<mode 2026 2><mode 2026 1>"),
    ((b"\x1b[48;30;100;0;0t",), "<size 30 100 0 0>"),
    ((b"\x1b[8;30;100t",), "<size 30 100>"),
    ((b"\x1b[?12;5R\x1b[?62;22c\x1b[>1;95;0c\x1b[?25u\x1b[0n\x1b[6;20;10t",), ""),
    ((b"\x1b]11;rgb:0/0/0\x1b\\q", b"\x1b]0;t\x07q"), "qq"),
    ((b"\x1bP>|XTerm(390)", P, ESC, P, b"\\q"), "q"),
    ((b"\x1b_Gi=1;OK\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\q",), "q"),
    ((b"\x1b]52;c;" + b"QUFB" * 30_000, b"QUFB\x07q"), "q"),
    ((b"\x1b[I", b"\x1b[", P, b"O"), "<in><out>"),
]

ESCAPES = [
    ((ESC,), "<esc>"),
    ((ESC, P, b"q"), "<esc>q"),
    ((ESC, ESC), "<esc><esc>"),
    ((b"\x1b\x1b\x1b",), "<esc><esc><esc>"),
    # Alt and a key; the queue knows whether that means anything.
    ((b"\x1bq",), "<alt q>"),
    ((ESC, 0.05, b"q"), "<alt q>"),
    ((b"\x1b\r\x1b\x7f\x1b\t",), "<alt \r><alt \x7f><alt \t>"),
    (("\x1bä".encode(),), "<alt ä>"),
    ((b"\x1b\xc3", P, b"\xa4"), "<alt ä>"),
    ((b"\x1b\xc3",), "<esc>"),
    ((b"\x1b\xff",), "<esc>\ufffd"),
    ((b"\x1b\x1b[D",), "<esc><left>"),
    ((b"\x1b[", 60.0), "<alt [>"),
    ((b"\x1bO", 60.0), "<alt O>"),
    ((b"\x1bP", 60.0), "<alt P>"),
    # What comes late has acted as esc already; the rest is no key.
    ((ESC, P, b"[D"), "<esc>"),
    ((ESC, P, b"[", P, b"D", P, b"q"), "<esc>q"),
    ((ESC, 0.9, b"[", 0.9, b"D"), "<esc>"),
    ((ESC, P, b"OA"), "<esc>"),
    ((ESC, P, b"[1;5D"), "<esc>"),
    ((ESC, P, b"[1", P, b";", P, b"5", P, b"D"), "<esc>"),
    ((ESC, P, b"[[A"), "<esc>"),
    ((ESC, P, b"[<0;5;3M\x1b[<0;5;3m"), "<esc><[<0;5;3m>"),
    ((ESC, P, b"[M !!q"), "<esc>q"),
    ((ESC, P, b"[106;;106u"), "<esc>"),
    ((ESC, P, b"]11;rgb:0/0/0\x1b\\q"), "<esc>q"),
    ((ESC, P, b"[D[D"), "<esc>[D"),
    ((ESC, 9.0, b"[D"), "<esc>"),  # Nobody types that within one read.
    # But what it tells counts.
    ((ESC, P, b"[12;5R"), "<esc><cursor 12 5>"),
    ((ESC, P, b"[12", P, b";5Rq"), "<esc><cursor 12 5>q"),
    ((ESC, P, b"[O"), "<esc><out>"),
    ((ESC, P, b"[200~D\x1b[201~q"), "<esc><paste 'D'>q"),
    ((ESC, P, b"[2", P, b"00~D\x1b[201~q"), "<esc><paste 'D'>q"),
    # A person who types after esc loses nothing.
    ((ESC, P, b"["), "<esc>["),
    ((ESC, P, b"O"), "<esc>O"),
    ((ESC, P, b"[", P, b"x"), "<esc>[x"),
    ((ESC, P, b"[", 2.0, b"x"), "<esc>[x"),
    ((ESC, 4.5, b"[", 0.3, b"D"), "<esc>[D"),
    # But for a few seconds `[` or `O`, which no key here is, and what makes a key of them.
    ((ESC, 1.5, b"[", 0.3, b"D"), "<esc>"),
    ((ESC, 3.0, b"[", 3.0, b"1", 3.0, b";5", 3.0, b"D"), "<esc>"),
    ((ESC, P, b"O", P, b"q"), "<esc>"),  # A digit of the keypad.
    ((ESC, 3.0, b"O", 3.0, b"D"), "<esc>"),
    ((ESC, P, b"q", P, b"[", P, b"D"), "<esc>q[D"),
    ((ESC, P, b"[", b"\x1b[D"), "<esc>[<left>"),
]

BROKEN = [
    # Cut by another ESC.
    ((b"\x1b[1;5\x1b[D",), "<left>"),
    ((b"\x1b[\x1b[D",), "<left>"),
    ((b"\x1bO\x1bOA",), "<OA>"),
    ((b"\x1b]0;title\x1b[D",), "<left>"),
    ((b"\x1b[<35;10", P, b"\x1b[<35;11;3M"), "<[<35;11;3M>"),
    # By a byte that must not be there, which goes with it in the same burst.
    ((b"\x1b[1;2\r5Dq",), "q"),
    ((b"\x1b[1;\xe45Dq",), "q"),
    ((b"\x1b[1;\x185Dq", b"\x1b[1;\x1a5Dq"), "qq"),
    ((b"\x1b[1;2", P, b"\r"), "\r"),
    ((b"\x1b[M \r!qq",), "q"),
    # By time.
    ((b"\x1b[1;2", 12.0, b"q"), "q"),
    ((b"\x1b[<0;12", 12.0, b"\x1b[D"), "<left>"),
    ((b"\x1b[12", 6.0, b";5R"), "<cursor 12 5>"),
    ((b"\x1b]0;title", 12.0, b"q"), "q"),
    # Too long, or meaning nothing.
    ((b"\x1b[" + b"1" * 5000 + b"Rq",), "q"),
    ((b"\x1b[" + b"1" * 5000, P, b"R", P, b"q"), "q"),
    ((b"\x1b[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17Xq",), "q"),
    ((b"\x1b[xq",), "q"),
    ((b"\x1b[1114112uq\x1b[55296uq\x1b[97;;57343uq",), "qqq"),
    ((b"\x1b[9999999999uq\x1b[97;;99999999uq",), "qq"),
    ((b"\x1b[:uq\x1b[;;;;uq\x1b[97;5;3;2uq\x1b[uq",), "qqqq"),
    ((b"\x1b[" + b"9" * 30 + b";" + b"9" * 30 + b"Rq",), "q"),
    ((b"\x1b[<" + b"9" * 30 + b";1;1Mq",), "q"),
    ((b"\x1b[201~q",), "q"),
    ((b"\x1b\\q",), "q"),
]


@pytest.mark.parametrize(("steps", "expected"), [*WHOLE, *ESCAPES, *BROKEN])
def test_what_becomes_of_input(steps: tuple[bytes | float, ...], expected: str) -> None:
    assert told(*steps) == expected


@pytest.mark.parametrize(("steps", "expected"), WHOLE)
def test_what_is_whole_stays_whole_byte_by_byte(
    steps: tuple[bytes | float, ...], expected: str
) -> None:
    data = b"".join(step for step in steps if isinstance(step, bytes))
    assert told(*(bytes([byte]) for byte in data)) == expected


def test_nothing_is_given_out_before_it_is_certain() -> None:
    feed = Feed()
    feed.read(ESC)
    feed.wait(0.09)
    assert feed.pieces == []
    feed.wait(0.02)
    assert [piece.kind for piece in feed.pieces] == [Kind.ESCAPE]
    assert feed.filter.deadline is None, "what may come late must not wake an idle program"
    for start in (b"\x1b[", b"\x1bO", b"\x1b[1;", b"\x1b]0;t"):
        feed = Feed()
        feed.read(start)
        feed.wait(SEQUENCE_TIMEOUT - 0.01)
        assert feed.pieces == []
        assert feed.filter.is_inside


def test_on_a_slow_line_a_lone_escape_waits_longer() -> None:
    feed = Feed()
    feed.filter.escape_delay = 0.8
    feed.read(ESC)
    feed.wait(0.7)
    feed.read(b"[D")
    feed.read(ESC)
    feed.wait(0.81)
    assert [piece.kind for piece in feed.pieces] == [Kind.SEQUENCE, Kind.ESCAPE]


def test_keys_keep_no_unfinished_sequence_alive() -> None:
    """A string that nobody ends must not take a keyboard with it."""
    feed = Feed()
    feed.read(b"\x1bPno end")
    for _ in range(2 * int(SEQUENCE_TIMEOUT) + 2):
        feed.wait(1.0)
        feed.read(b"j")
    assert [piece.text for piece in feed.pieces if piece.kind is Kind.TEXT][-1] == "j"


def test_each_report_in_a_row_replaces_the_one_before() -> None:
    assert told(b"\x1b[I\x1b[O" * 200 + b"q") == "<out>q"
    assert told(b"\x1b[O\x1b[I" * 200 + b"q") == "<in>q"
    assert told(b"\x1b[Oq\x1b[I") == "<out>q<in>"
    moves = b"".join(b"\x1b[<35;%d;3M" % column for column in range(1, 300))
    assert told(moves + b"q") == "<[<35;299;3M>q"
    assert told(b"\x1b[<32;1;3M\x1b[<35;2;3M") == "<[<32;1;3M><[<35;2;3M>"
    # Whatever else the terminal says in between; a key or a click in between keeps both.
    mixed = b"\x1b[O\x1b[<35;2;3M\x1b[12;5R\x1b[I\x1b[<35;4;3M\x1b[?2026;2$y"
    assert told(mixed * 2) == "<cursor 12 5><mode 2026 2><cursor 12 5><in><[<35;4;3M><mode 2026 2>"
    assert told(b"\x1b[<35;1;3M\x1b[<0;1;3M\x1b[<35;2;3M") == "<[<35;1;3M><[<0;1;3M><[<35;2;3M>"
    # Turns of the wheel and clicks are not reports: each counts. So does each answer.
    assert told(b"\x1b[<64;1;3M" * 3) == "<[<64;1;3M>" * 3
    assert told(b"\x1b[<0;1;3M\x1b[<0;1;3m" * 2) == "<[<0;1;3M><[<0;1;3m>" * 2
    assert told(b"\x1b[1;1R" * 3) == "<cursor 1 1>" * 3


def test_what_is_dropped_says_why_and_never_what_it_was() -> None:
    dropped = pieces(b"\x1b[1;2secret", b"\x1b[12\x1b", 9.0, b"\x1b[201~\x1b[9999999u")
    reasons = {piece.text for piece in dropped if piece.kind is Kind.DROPPED}
    assert reasons == {
        "an unknown sequence",
        "a sequence that was cut",
        "the end of a paste without its beginning",
    }


def test_late_is_some_seconds_and_ten_for_what_comes_at_once() -> None:
    assert (LATE_SECONDS, LATE_BURST_SECONDS) == (4.0, 10.0)
    assert told(b"\x1b", 0.1 + LATE_BURST_SECONDS + 0.1, b"[D") == "<esc>[D"
