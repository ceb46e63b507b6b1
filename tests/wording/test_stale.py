"""Which rows are stale, and which of them say why: one task's trouble is not the host's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tui.errors import ApiError, ErrorKind
from tui.polling.health import CALM, HealthKind, PollingHealth
from tui.scenext.models import TaskStatus
from tui.watchlist.entries import Entry
from tui.watchlist.records import Record
from tui.wording import tasks

OFFLINE = PollingHealth(HealthKind.OFFLINE)
OFFLINE_FOR_LONG = OFFLINE._replace(is_stale=True)
REFUSED = PollingHealth(HealthKind.KEY_REFUSED)
LATE = PollingHealth(HealthKind.LATE)
RECOVERED = CALM._replace(recovered_at=50.0)


def record(
    status: TaskStatus = TaskStatus.IN_PROGRESS,
    error: ErrorKind | None = None,
    *,
    resting: bool = False,
    failed_at: float | None = None,
) -> Record:
    entry = Entry("1", datetime(2026, 3, 14, 12, 0, tzinfo=UTC), status=status)
    fault = ApiError(error, "no") if error else None
    return Record(entry, error=fault, failed_at=failed_at, resting=resting)


@pytest.mark.parametrize(
    ("known", "health", "is_stale", "reason"),
    [
        (record(), CALM, False, ""),
        (record(), OFFLINE, False, ""),
        (record(), OFFLINE_FOR_LONG, True, ""),
        (record(TaskStatus.QUEUED), OFFLINE_FOR_LONG, True, ""),
        (record(TaskStatus.COMPLETED), OFFLINE_FOR_LONG, False, ""),
        (record(TaskStatus.FAILED), OFFLINE_FOR_LONG, False, ""),
        (record(TaskStatus.COMPLETED, ErrorKind.OFFLINE), OFFLINE_FOR_LONG, False, ""),
        (record(TaskStatus.FAILED, ErrorKind.TIMEOUT), OFFLINE, False, ""),
        (record(TaskStatus.COMPLETED, ErrorKind.NOT_FOUND), OFFLINE, True, "not found"),
        (record(TaskStatus.COMPLETED, resting=True), CALM, True, "resting"),
        (record(error=ErrorKind.OFFLINE), CALM, True, "offline"),
        (record(error=ErrorKind.OFFLINE), LATE, True, "offline"),
        (record(error=ErrorKind.OFFLINE), OFFLINE, True, ""),
        (record(error=ErrorKind.OFFLINE, failed_at=49.0), RECOVERED, True, ""),
        (record(error=ErrorKind.OFFLINE, failed_at=51.0), RECOVERED, True, "offline"),
        (record(error=ErrorKind.NOT_FOUND, failed_at=49.0), RECOVERED, True, "not found"),
        (record(error=ErrorKind.KEY_REFUSED), REFUSED, True, ""),
        (record(error=ErrorKind.NOT_FOUND), OFFLINE_FOR_LONG, True, "not found"),
        (record(resting=True), CALM, True, "resting"),
    ],
)
def test_a_row_tells_its_own_trouble_and_is_dimmed_for_any(
    known: Record, health: PollingHealth, is_stale: bool, reason: str
) -> None:
    assert tasks.is_stale(known, health) is is_stale
    assert tasks.stale_reason(known, health) == reason
