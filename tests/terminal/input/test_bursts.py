"""Text that is pasted where terminals do not mark it, and keys that come in a bundle."""

from __future__ import annotations

import pytest

from tests.terminal.input.feeding import pieces, told
from tui.terminal.input.pieces import Kind

P = 0.2
IDS = b"12345\rc4a7f19e\r55d6\r"
CASES = [
    ((b"\r",), "\r"),
    ((b"12345\r",), "12345\r"),
    ((b"\r\r",), "\r\r"),
    ((b"1", 0.05, b"\r"), "1\r"),
    ((b"1", 0.05, b"\r", 0.05, b"2"), "1\r2"),
    ((b"1\r", 0.05, b"2"), "1\r2"),
    ((b"1\r2",), "1<break '\\r2'>2"),
    ((b"1", b"\r", b"2"), "1<break '\\r2'>2"),
    ((b"1\r", 0.005, b"2"), "1<break '\\r2'>2"),
    ((b"1\r2\r",), "1<break '\\r2'>2<break in lines '\\r'>"),
    ((b"1\n2\n",), "1<break '\\n2'>2<break in lines '\\n'>"),
    ((b"1\r\n2",), "1<break '\\r\\n2'><break in lines '\\n2'>2"),
    ((b"1\t2",), "1<break '\\t2'>2"),
    ((b"1\t",), "1\t"),
    ((b"1\t2\r",), "1<break '\\t2'>2\r"),
    ((b"1\r2\t3\r",), "1<break '\\r2\\t3'>2<break in lines '\\t3'>3<break in lines '\\r'>"),
    # What the terminal says in between ends no burst: each character that is shown may be answered.
    ((b"1\r\x1b[12;5R2",), "1<cursor 12 5><break '\\r2'>2"),
    ((b"1\r", b"\x1b[12", b";5R", b"2\r"), "1<cursor 12 5><break '\\r2'>2<break in lines '\\r'>"),
    ((b"1\r", b"\x1b[O\x1b[<35;1;1M\x1b[0n", b"2"), "1<out><[<35;1;1M><break '\\r2'>2"),
    ((b"1\r", b"\x1b[12", 0.1, b";5R2"), "1\r<cursor 12 5>2"),
    ((b"1\r\x1b", 0.05, b"[12;5R2"), "1\r<cursor 12 5>2"),
    ((b"1\r\x1b", P, b"q"), "1\r<esc>q"),
    ((b"1\r\x1b[200~2\x1b[201~",), "1\r<paste '2'>"),
    ((b"1\r\x1b[<0;1;1M",), "1\r<[<0;1;1M>"),
    # In packets.
    ((b"123\r", 0.2, b"456\r"), "123<break '\\r456'>456<break in lines '\\r'>"),
    (
        (b"123\r4", 0.2, b"56\r789\r"),
        "123<break '\\r4'>456<break in lines '\\r789'>789<break in lines '\\r'>",
    ),
    ((b"123\r", 0.2, b"q"), "123\rq"),
    ((b"123\r", 0.2, b"\x1b[D"), "123\r<left>"),
    ((b"123\r", 0.3, b"456\r"), "123\r456\r"),
    ((b"1\r", 0.2, b"456\r"), "1\r456\r"),
    ((b"1\r\x1b[D",), "1\r<left>"),
    ((b"\x1b[D\r2",), "<left><break '\\r2'>2"),
]


@pytest.mark.parametrize(("steps", "expected"), CASES)
def test_what_a_line_break_is(steps: tuple[bytes | float, ...], expected: str) -> None:
    assert told(*steps) == expected


@pytest.mark.parametrize("gap", [0.0, 0.005, 0.015])
@pytest.mark.parametrize("cut", range(1, len(IDS)))
def test_a_burst_may_be_cut_anywhere(cut: int, gap: float) -> None:
    found = pieces(IDS[:cut], gap, IDS[cut:])
    assert "".join(piece.text for piece in found) == IDS.decode()
    breaks = [piece for piece in found if "\r" in piece.text]
    assert {piece.kind for piece in breaks} == {Kind.LINE_BREAK}, "an enter would add what is there"
