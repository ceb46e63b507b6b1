"""What `status` and `wait` say of many tasks at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tui.credentials import ApiKey, Secret
from tui.scenext.models import TaskStatus
from tui.watchlist.ends import End
from tui.wording import waiting

NOW = datetime(2026, 11, 29, 14, 5, tzinfo=UTC)
RUNNING, WAITING, ODD = TaskStatus.IN_PROGRESS, TaskStatus.QUEUED, TaskStatus.UNKNOWN


@pytest.mark.parametrize(
    ("ends", "states", "expected"),
    [
        ([], [WAITING], "0 of 1 ended; 1 waiting"),
        ([End.COMPLETED, End.FAILED], [RUNNING] * 9, "2 of 11 ended, 1 failed; 9 running"),
        ([End.UNKNOWN, End.REFUSED], [ODD], "2 of 3 ended, 2 not known; 1 waiting"),
        ([], [RUNNING] * 1_234, "0 of 1,234 ended; 1,234 running"),
        ([End.COMPLETED], [], "1 of 1 ended"),
    ],
)
def test_the_progress(ends: list[End], states: list[TaskStatus], expected: str) -> None:
    assert waiting.wait_progress(ends, states, now=NOW) == expected


@pytest.mark.usefixtures("utc")
def test_the_progress_tells_trouble_or_when_the_service_answered_last() -> None:
    day_before = NOW - timedelta(days=1)
    for answered_at, words in ((NOW, "14:05"), (day_before, "2026-11-28 14:05")):
        told = waiting.wait_progress([], [RUNNING], answered_at=answered_at, now=NOW)
        assert told == f"0 of 1 ended; 1 running; last answer {words}"
    told = waiting.wait_progress([], [RUNNING], trouble="offline", answered_at=NOW, now=NOW)
    assert told == "0 of 1 ended; 1 running; offline"


def test_why_it_is_over() -> None:
    assert waiting.not_ended(1, 1, "2h") == "the task has not ended within 2h"
    assert waiting.not_ended(1, 12, "2h") == "1 of 12 tasks has not ended within 2h"
    assert waiting.not_ended(3, 12, "2h") == "3 of 12 tasks have not ended within 2h"
    assert waiting.not_ended(3, 12, "") == "3 of 12 tasks have not ended and are no longer polled"
    assert waiting.no_answer("2h", "offline since 14:05") == (
        "no answer within 2h: offline since 14:05"
    )
    assert waiting.no_answer("", "") == "no answer"


def test_the_source_of_a_refused_key_is_named_and_never_the_key() -> None:
    key = ApiKey(Secret("sk-test-0123456789"), "SCENEXT_API_KEY", "It is odd.")
    assert waiting.key_refused(key) == "The key is from SCENEXT_API_KEY. It is odd."
