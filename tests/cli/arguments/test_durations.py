"""Spans of time as they are written on the command line."""

from __future__ import annotations

import argparse

import pytest

from tui.cli.arguments.durations import MAX_SECONDS, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(("90s", 90), ("45m", 2_700), ("2h", 7_200), ("1h30m", 5_400), ("1d", 86_400)),
        *(("90", 90), (" 2H ", 7_200), ("1d2h3m4s", 93_784), ("0h5m", 300), ("366d", MAX_SECONDS)),
    ],
)
def test_spans_of_time(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "h", "0", "0s", "0d0h", "-1", "-2h", "+5", "inf", "nan", "1e3", "1.5h", "1h30"),
        *("1m1h", "2 h", "1h1h", "367d", "9" * 9, "9" * 12 + "h", "9" * 100_000),
        *("１h", "٣h", "1w", "2h\n3m", "\0"),
    ],
)
def test_what_is_none_is_told_in_one_line(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as caught:
        parse_duration(text)
    message = str(caught.value)
    assert message.isprintable()
    assert "write 90s, 45m, 2h, 1h30m or 1d" in message or "is too " in message
    assert len(message) < 120
