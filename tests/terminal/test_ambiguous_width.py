"""The terminal's answer to the probe says how wide it shows ambiguous characters."""

from __future__ import annotations

import pytest

from tests.support import widths
from tests.support.screen import Screen
from tui.terminal.ambiguous_width import PROBE, WidthProbe


@pytest.mark.parametrize(
    ("cols", "rows", "wide", "found"),
    [
        (80, 24, False, False),
        (80, 24, True, True),
        (5, 3, True, True),
        (2, 1, True, False),
        (1, 1, False, False),
        (80, 2, True, False),
    ],
)
def test_the_cursor_behind_the_probe_tells(cols: int, rows: int, wide: bool, found: bool) -> None:
    screen = Screen(cols, rows, widths.wide_ambiguous if wide else widths.each_code_point)
    probe = WidthProbe()
    screen.feed(probe.ask().encode())
    assert probe.record_reply(*screen.cursor) is found
    assert screen.lines() == [""] * rows


def test_only_the_first_answer_is_that_to_the_probe() -> None:
    probe = WidthProbe()
    assert probe.record_reply(4, 2) is None
    assert probe.ask() == PROBE
    assert probe.record_reply(3, 2) is False
    assert probe.record_reply(4, 2) is None
    probe.ask()
    assert probe.record_reply(4, 2) is True
