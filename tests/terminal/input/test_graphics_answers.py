"""Answers about pictures in the input: whole wherever they are cut, and never a key."""

from __future__ import annotations

import pytest

from tests.support import fake_terminals as fakes
from tests.support.fake_terminals import FakeTerminal
from tests.terminal.input.feeding import AT_REST, Feed, word
from tui.terminal.graphics import questions
from tui.terminal.input.grammar import MAX_STRING_BYTES
from tui.terminal.input.line_jitter import MAX_ESCAPE_DELAY
from tui.terminal.input.pieces import Kind, Piece

QUESTIONS = (questions.FIRST + questions.KITTY).encode()
TERMINALS = [fakes.KITTY, fakes.KONSOLE, fakes.FOOT, fakes.XTERM, fakes.MOSH, fakes.REMOTE_TMUX]


def told(*steps: bytes | float, takes: bool = True) -> tuple[str, list[str]]:
    """Return the keys in words, and the answers."""
    feed = Feed()
    feed.filter.takes_graphics = takes
    feed.filter.escape_delay = MAX_ESCAPE_DELAY
    for step in (*steps, AT_REST):
        if isinstance(step, bytes):
            feed.read(step)
        else:
            feed.wait(step)
    assert feed.filter.deadline is None
    answers = [piece.text for piece in feed.pieces if piece.kind is Kind.GRAPHICS]
    return "".join(map(_key, feed.pieces)), answers


def _key(piece: Piece) -> str:
    return "" if piece.kind is Kind.GRAPHICS else word(piece)


def parts(data: bytes) -> list[str]:
    """Return the answers in some data."""
    return [f"\x1b{part}" for part in data.decode().replace("\x1b\\", "§").split("\x1b")[1:]]


@pytest.mark.parametrize("terminal", TERMINALS)
@pytest.mark.parametrize("pause", [0.0, 0.05, 0.6, 0.9])
def test_answers_are_whole_wherever_they_are_cut_and_keys_stay_in_order(
    terminal: FakeTerminal, pause: float
) -> None:
    data = terminal.answer(QUESTIONS, (0, 0))
    answers = [part.replace("§", "\x1b\\") for part in parts(data)]
    for cut in range(len(data) + 1):
        keys, found = told(b"jk", 0.3, data[:cut], pause, data[cut:], b"l\x1b[A", 0.3, b"q")
        assert keys == "jkl<up>q", cut
        assert found == answers, cut


def test_keys_between_the_answers_are_keys() -> None:
    keys, found = told(
        *(b"h\x1bP>|kitty(0.41.1)\x1b\\g\x1b[6;20;10t\x1b[B\x1b[?62;", 0.3, b"52c\x1b[12;5R"),
        *(b"\x1b", 2.0, b"z\x1b_Gi=31415;OK\x1b\\q"),
    )
    assert keys == "hg<[B><cursor 12 5><esc>zq"
    assert found == [
        "\x1bP>|kitty(0.41.1)\x1b\\",
        "\x1b[6;20;10t",
        "\x1b[?62;52c",
        "\x1b_Gi=31415;OK\x1b\\",
    ]


def test_a_lone_esc_is_the_key_although_an_answer_comes_late() -> None:
    assert told(b"\x1b", 2.0, b"[?62;4c", 0.1, b"q") == ("<esc>q", ["\x1b[?62;4c"])
    assert told(b"\x1b", 2.0, b"P>|foot(1.21)", 0.5, b"\x1b\\q") == (
        "<esc>q",
        ["\x1bP>|foot(1.21)\x1b\\"],
    )


@pytest.mark.parametrize(
    "data",
    [
        b"\x1bP>|" + b"x" * MAX_STRING_BYTES + b"\x1b\\",
        b"\x1b_G" + b"i=31415;OK" * 100 + b"\x1b\\",
        b"\x1b]11;rgb:0/0/0\x1b\\",
        b"\x1bP1$r0m\x1b\\",
        b"\x1b[4;480;800t",
        b"\x1b[>1;95;0c",
    ],
)
def test_what_is_too_long_or_no_answer_means_nothing(data: bytes) -> None:
    for cut in range(0, len(data), max(1, len(data) // 40)):
        assert told(data[:cut], 0.2, data[cut:], 0.2, b"q") == ("q", []), cut


@pytest.mark.parametrize("start", [b"\x1bP>|kitty(", b"\x1b_Gi=31415;"])
def test_an_answer_that_comes_for_a_minute_is_no_key(start: bytes) -> None:
    flow = [part for _ in range(300) for part in (b"k" * 4000, 0.2)]
    assert told(b"j", 0.3, start, 0.2, *flow, b"k\x1b\\", 0.2, b"q") == ("jq", [])


@pytest.mark.parametrize("inside", [b"\x1b[31m", b"\x1b[A", b"\x1bc", b"\x1b[?1049l\x1b[6n"])
def test_an_answer_with_a_sequence_inside_is_no_key(inside: bytes) -> None:
    for answer in (b"\x1bP>|kit%bty(0.41)\x1b\\", b"\x1b_Gi=31415;O%bK\x1b\\"):
        keys, found = told(b"j", 0.3, answer % inside + b"\x1b[?62;4c", b"q")
        assert (keys.replace("<drop>", ""), found) == ("jq", ["\x1b[?62;4c"])


def test_what_follows_half_an_answer_counts() -> None:
    keys, found = told(b"\x1bP>|kit\x1b[Aj\x1bP>|foot(1.21)\x1b\\q")
    assert keys.endswith("<up>jq")
    assert found == ["\x1bP>|foot(1.21)\x1b\\"]


def test_answers_of_a_terminal_that_was_not_asked_are_dropped() -> None:
    data = fakes.KITTY.answer(QUESTIONS, (0, 0))
    for cut in range(len(data)):
        assert told(data[:cut], 0.3, data[cut:], b"q", takes=False) == ("q", []), cut


def test_an_answer_amid_a_paste_that_the_line_tore_apart_is_no_part_of_it() -> None:
    answers = fakes.KITTY.answer(QUESTIONS, (0, 0))
    keys, found = told(b"\x1b[200~ab", 0.5, answers, 0.5, b"cd\x1b[201~q")
    assert keys == "<paste 'abcd'>q"
    assert len(found) == 5
