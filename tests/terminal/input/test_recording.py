"""A recorded hour of input, cut at every byte and at every pause, and mutated.

A hundred thousand mutations: `python -m pytest -m soak tests/terminal/input`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

import pytest

from tests.terminal.input.feeding import AT_REST, Feed, told, word
from tests.terminal.input.recording import Input, recorded
from tui.terminal.input.line_jitter import MIN_ESCAPE_DELAY
from tui.terminal.input.pieces import Piece

HOUR = list(recorded())
PAUSES = (0.0, 0.05, 0.2, 0.9)
MARKS = (b"\x1b[200~", b"\x1b[201~")


def words_of(hour: Iterable[Input | Piece]) -> str:
    return "".join(each.words if isinstance(each, Input) else word(each) for each in hour)


def test_the_hour_as_it_was_typed_and_byte_by_byte() -> None:
    for gap in (0.0, 0.001, 0.018):
        feed = Feed()
        for each in HOUR:
            for byte in each.data:
                feed.read(bytes([byte]))
                feed.wait(gap)
            feed.wait(each.pause)
        assert words_of(feed.pieces) == words_of(HOUR)


def test_the_hour_cut_at_every_byte_by_every_pause() -> None:
    cuts = 0
    for before, each, after in zip(HOUR, HOUR[1:], HOUR[2:], strict=False):
        for cut in range(1, len(each.data)):
            for pause in PAUSES:
                cuts += 1
                found = told(
                    *(before.data, before.pause, each.data[:cut], pause, each.data[cut:]),
                    *(each.pause, after.data),
                )
                middle = late_words(each, cut) if pause > MIN_ESCAPE_DELAY else each.words
                assert found == before.words + middle + after.words, (each, cut, pause)
    assert cuts > 50_000


def late_words(each: Input, cut: int) -> str:
    """Return what an input is if it is cut there for longer than a lone ESC waits.

    If that is behind the ESC, nobody can tell it from the key. The rest is a key no more.
    """
    if each.data[:cut].strip(b"\x1b") or each.data == b"\x1b\x1b":
        return each.words
    if len(each.data) == len("\x1bq"):
        return f"<esc>{each.data[1:].decode()}"
    if each.data.startswith(b"\x1b\x1b") and cut == 1:
        return each.words
    is_key = each.words == "中文" or each.data[:cut] == b"\x1b\x1b"
    is_key = is_key or re.match("<(?:cursor|mode|size|in|out|paste)", each.words) is None
    return "<esc>" * cut + ("" if is_key else each.words)


def mutate(rng: random.Random, data: bytes) -> bytes:
    """Flip, drop, double or insert one byte."""
    at, byte = rng.randrange(len(data)), rng.randrange(256)
    return rng.choice(
        [
            data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :],
            data[:at] + data[at + 1 :],
            data[:at] + data[at : at + 1] + data[at:],
            data[:at] + bytes([byte]) + data[at:],
        ]
    )


def check_mutations(number: int, seed: int) -> None:
    """Mutate so many inputs, each with whole ones before and behind it, and cut it, too."""
    rng = random.Random(seed)
    for _ in range(number):
        at = rng.randrange(1, len(HOUR) - 1)
        before, each, after = HOUR[at - 1 : at + 2]
        data = mutate(rng, each.data)
        cut = rng.randrange(len(data) + 1)
        feed = Feed()
        found = []
        for step in (
            before.data,
            12.0,
            data[:cut],
            rng.choice(PAUSES),
            data[cut:],
            40.0,
            after.data,
        ):
            if isinstance(step, float):
                feed.wait(step)
                assert feed.filter.deadline is None or step < 1, data
                found.append(words_of(feed.pieces))
                feed.pieces.clear()
            elif step:
                feed.read(step)
        feed.wait(AT_REST)
        assert found[0] == before.words
        # The half of a character is no key, and stands before the next one.
        assert words_of(feed.pieces).lstrip("\ufffd") == after.words, (data, after)
        if data[:6] == MARKS[0] and data[-6:] == MARKS[1] and data.count(MARKS[1]) == 1:
            assert re.fullmatch("(?:<esc>)?(?:<paste .*>)?", "".join(found[1:])), data


def test_a_mutation_spoils_nothing_before_and_behind_it() -> None:
    check_mutations(2_000, seed=1)


@pytest.mark.soak
def test_a_hundred_thousand_mutations() -> None:
    check_mutations(100_000, seed=2)
