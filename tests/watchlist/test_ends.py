"""What counts as the end of a task, and what does not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tui.errors import ApiError, ErrorKind
from tui.scenext.models import PollResult, Task, TaskStatus
from tui.watchlist.ends import End, EndWatch
from tui.watchlist.entries import Entry
from tui.watchlist.records import Record

NOW = datetime(2026, 11, 29, tzinfo=UTC)
UNKNOWN = ApiError(ErrorKind.NOT_FOUND, "not found", http_status=404)
REFUSED = ApiError(ErrorKind.KEY_REFUSED, "401", http_status=401)
STRANGE = ApiError(ErrorKind.NOT_FOUND, "404", http_status=404, is_strange=True)


def note(watch: EndWatch, *errors: ApiError | None) -> list[End | None]:
    """Let requests about `a` end with these errors, None for a good answer."""
    running = Task("a", TaskStatus.IN_PROGRESS)
    results = (PollResult("a", None if error else running, error) for error in errors)
    return [watch.note_result(result) for result in results]


@pytest.mark.parametrize("status", TaskStatus)
def test_only_the_two_states_that_the_service_documents_are_ends(status: TaskStatus) -> None:
    watch = EndWatch(["a", "b"])
    end = watch.note_record(Record(Entry("a", NOW, status=status)))
    expected = {TaskStatus.COMPLETED: End.COMPLETED, TaskStatus.FAILED: End.FAILED}.get(status)
    assert end is expected
    assert watch.open == (("a", "b") if expected is None else ("b",))
    assert watch.ends == ({} if expected is None else {"a": expected})


def test_an_unknown_task_has_ended_when_the_service_says_so_twice_running() -> None:
    assert note(EndWatch("a"), UNKNOWN, UNKNOWN, UNKNOWN) == [None, End.UNKNOWN, None]
    assert note(EndWatch("a"), UNKNOWN, None, UNKNOWN) == [None] * 3
    assert note(EndWatch("a"), REFUSED, UNKNOWN, REFUSED) == [None] * 3
    assert note(EndWatch("a"), REFUSED, REFUSED) == [None, End.REFUSED]


@pytest.mark.parametrize("kind", ErrorKind)
def test_no_failed_request_between_counts(kind: ErrorKind) -> None:
    if kind is not ErrorKind.NOT_FOUND:
        other = ApiError(kind, "x")
        assert note(EndWatch("a"), UNKNOWN, other, UNKNOWN, other) == [None] * 4
    assert note(EndWatch("a"), *[STRANGE] * 5) == [None] * 5


def test_an_end_stays_and_is_told_once() -> None:
    watch = EndWatch("a")
    failed = Record(Entry("a", NOW, status=TaskStatus.FAILED))
    assert [watch.note_record(failed), watch.note_record(failed)] == [End.FAILED, None]
    assert note(watch, UNKNOWN, UNKNOWN) == [None, None]
    assert watch.ends == {"a": End.FAILED}
    assert watch.note_record(Record(Entry("other", NOW, status=TaskStatus.FAILED))) is None
