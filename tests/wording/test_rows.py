"""What a row of the list says of a task, in each section."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest

from tests.support.records import a_record, at, fault
from tui.errors import ApiError, ErrorKind
from tui.scenext.models import Points, Result, TaskStatus
from tui.watchlist.records import Record
from tui.watchlist.sections import Section, standing_of
from tui.wording import rows, tasks
from tui.wording.rows import Forecast, TaskRowData, matcher

NOW = at(30)


def task_row(record: Record, *, longest: float = math.inf, **forecast: object) -> TaskRowData:
    """Return the row of a record, half an hour after noon."""
    standing = standing_of(record, longest)
    return rows.task_row(record, standing, NOW, 30 * 60, Forecast(**forecast))  # type: ignore[arg-type]


def test_the_name_is_the_label_else_the_title_else_the_id() -> None:
    record = a_record(TaskStatus.COMPLETED, "48213", answered=30)
    assert task_row(record).name == "48213"
    titled = record._replace(entry=record.entry._replace(title="光合作用"))
    assert task_row(titled).name == "光合作用"
    labelled = titled._replace(entry=titled.entry._replace(label="batch 10"))
    assert task_row(labelled).name == "batch 10"
    assert task_row(labelled).title == "光合作用"


def test_a_running_task_tells_its_age_its_expected_end_its_frames_and_what_is_unusual() -> None:
    row = task_row(
        a_record(added=7, answered=29, frame_count=11), expected_end=at(35), quiet_since=at(13)
    )
    assert (row.section, row.glyph, row.look) == (Section.RUNNING, "»", "in-progress")
    assert (row.time, row.frames, row.points) == ("20 min", "11 frames", "")
    assert row.end == f"~{at(35).astimezone():%H:%M}"
    assert row.notes == (
        f"no new frame since {at(13).astimezone():%H:%M}",
        f"quiet since {at(13).astimezone():%H:%M}",
    )
    assert task_row(a_record(added=23.5, answered=30, frame_count=1)).frames == " 1 frame"


def test_a_waiting_task_tells_whether_it_was_asked() -> None:
    waiting = a_record(TaskStatus.QUEUED, added=20)
    assert task_row(waiting).notes == ("no answer yet",)
    [words] = task_row(waiting, asked_at=at(21)).notes
    assert words == f"asked {at(21).astimezone():%H:%M}"
    assert task_row(waiting).time == ""
    assert task_row(waiting._replace(error=fault())).notes == ("! offline",)


def test_a_finished_task_tells_what_it_took_when_it_ended_and_what_it_cost() -> None:
    record = a_record(TaskStatus.COMPLETED, added=5, ended=17.5, answered=18, frame_count=13)
    assert record.task is not None
    row = task_row(record._replace(task=record.task._replace(points=Points(26.0))))
    assert row.section is Section.FINISHED
    assert (row.time, row.frames, row.points) == ("12 min", "13 frames", "26 points")
    assert row.end == f"{at(17.5).astimezone():%H:%M}"
    unseen = task_row(a_record(TaskStatus.COMPLETED, added=5, answered=18))
    assert (unseen.time, unseen.end) == ("", ""), "nobody knows"


@pytest.mark.parametrize(("days", "words"), [(1, "21 Nov"), (400, "2025")])
def test_an_end_of_another_day_has_its_date(days: int, words: str) -> None:
    record = a_record(TaskStatus.COMPLETED, added=-1e6, ended=-days * 1440)
    assert task_row(record).end == words


def test_what_the_file_remembers_is_told_before_the_first_answer() -> None:
    record = a_record(TaskStatus.COMPLETED, ended=12)
    entry = record.entry._replace(frames=9, points=18.0, took=600.0, title="光合作用")
    row = task_row(record._replace(entry=entry))
    assert (row.name, row.frames, row.points) == ("光合作用", " 9 frames", "18 points")
    assert row.time == "10 min"


@pytest.mark.parametrize(
    ("record", "glyph", "look", "notes"),
    [
        (
            a_record(
                TaskStatus.FAILED,
                answered=9,
                results=(Result("text", "公式无法编译 (LaTeX)\nline 2", is_link=False),),
            ),
            *("✗", "failed", ("公式无法编译 (LaTeX)",)),
        ),
        (a_record(TaskStatus.FAILED, answered=9), "✗", "failed", ("failed",)),
        (
            a_record(TaskStatus.QUEUED, error=fault(ErrorKind.NOT_FOUND, "no such task")),
            *("!", "trouble", ("the service does not know this ID", "unknown ID")),
        ),
        (
            a_record(
                answered=3,
                error=ApiError(ErrorKind.SERVER, "the server is ill", http_status=502),
                failures=2,
            ),
            *("!", "trouble", ("502: the server is ill",)),
        ),
        (
            a_record(added=-60, answered=29),
            *("!", "trouble", ("90 min, longer than any task before", "90 min, longer than ever")),
        ),
    ],
    ids=["failed", "failed, no reason", "not found", "trouble", "overdue"],
)
def test_what_needs_attention_says_why(
    record: Record, glyph: str, look: str, notes: tuple[str, ...]
) -> None:
    row = task_row(record, longest=60 * 60)
    assert row.section is Section.ATTENTION
    assert row.needs_look
    assert (row.glyph, row.look, row.notes) == (glyph, look, notes)
    assert not row.is_stale


def test_a_state_that_is_not_in_the_contract_is_told_as_it_was_sent() -> None:
    record = a_record(TaskStatus.UNKNOWN, answered=9)
    assert record.task is not None
    row = task_row(record._replace(task=record.task._replace(status_sent="[b]排队中[/]")))
    assert (row.section, row.glyph, row.look) == (Section.ATTENTION, "?", "unknown")
    assert row.notes == ("unknown state: [b]排队中[/]",)


@pytest.mark.parametrize(
    ("kind", "http_status", "words"),
    [
        (ErrorKind.OFFLINE, None, "offline"),
        (ErrorKind.TIMEOUT, None, "timeout"),
        (ErrorKind.CERTIFICATE, None, "certificate"),
        (ErrorKind.NOT_FOUND, 404, "not found"),
        (ErrorKind.KEY_REFUSED, 401, "401"),
        (ErrorKind.NOT_THE_API, 302, "not the API"),
        (ErrorKind.OTHER_TASK, None, "another task"),
        (ErrorKind.RATE_LIMITED, 429, "429"),
        (ErrorKind.RATE_LIMITED, 503, "503"),
        (ErrorKind.SERVER, 502, "502"),
        (ErrorKind.REJECTED, 400, "400"),
        (ErrorKind.REJECTED, None, "refused"),
        (ErrorKind.SERVER, 204, "server error"),
        (ErrorKind.SERVER, 304, "304"),
        (ErrorKind.UNEXPECTED, None, "bug"),
    ],
)
def test_why_data_are_stale_takes_a_word_or_two(
    kind: ErrorKind, http_status: int | None, words: str
) -> None:
    error = ApiError(kind, "what it said", http_status=http_status)
    failed = a_record(answered=9, error=error)
    assert tasks.stale_reason(failed) == words
    row = task_row(failed)
    assert (row.is_stale, row.notes) == (True, (f"! {words}",))
    assert tasks.stale_reason(failed._replace(resting=True)) == f"{words}, resting"


def test_a_failed_request_never_looks_like_a_failed_task() -> None:
    for kind in ErrorKind:
        row = task_row(a_record(answered=9, error=ApiError(kind, "no")))
        assert (row.glyph, row.state, row.section) == ("»", "In progress", Section.RUNNING)


def test_equal_records_give_equal_words() -> None:
    one = task_row(a_record(added=20, answered=30, frame_count=2, label="批次"))
    assert one == task_row(a_record(added=19.99, answered=29.9, frame_count=2, label="批次"))


def test_no_duration_is_below_zero_whatever_the_clock_did() -> None:
    set_back = a_record(added=90, answered=30)
    assert task_row(set_back).time == "<1 min"
    assert task_row(set_back._replace(added_at=1200.0)).time == "10 min"
    ended = a_record(TaskStatus.COMPLETED, added=30, ended=-20)
    assert task_row(ended).time == ""
    assert task_row(ended._replace(took=timedelta(minutes=10))).time == "10 min"


def row(task_id: str, label: str = "", state: str = "In progress", **more: object) -> TaskRowData:
    """Return a row of a running task."""
    parts = {"look": "in-progress", "glyph": "»", "state": state, "label": label, **more}
    return TaskRowData(task_id, Section.RUNNING, **parts)  # type: ignore[arg-type]


def test_a_query_matches_what_has_it_as_it_stands_or_else_all_of_its_words() -> None:
    rows = [
        row("3e0f-77", "batch 1"),
        row("90ab-12", "Batch 3", "Failed", notes=("公式无法编译 (LaTeX error)",))._replace(
            section=Section.ATTENTION
        ),
        row("45ef-31", "quiet", notes=("no new frame since 14:13",)),
        row("33cd-45", "batch 30"),
        row("12ef-30", "other", title="光合作用讲解视频"),
    ]

    def keys(query: str) -> list[str]:
        return [match.key for match in filter(matcher(query, rows), rows)]

    assert keys("batch 3") == ["90ab-12", "33cd-45"]
    assert keys(" BATCH 3 ") == ["90ab-12", "33cd-45"]
    assert keys("batch failed") == keys("failed 3") == keys("latex") == ["90ab-12"]
    assert keys("progress 3e") == ["3e0f-77"], "a match must not span two fields"
    assert keys("光合") == ["12ef-30"]
    assert keys("14:13") == [], "that is known only of rows in view"
    assert keys("nothing") == []
    assert len(keys("")) == 5
    assert list(filter(matcher("zz", ()), rows)) == []


def test_that_nothing_needs_a_look_is_said_of_what_can_be_seen() -> None:
    calm, new = row("a"), row("b", is_new=True)
    assert rows.nothing_to_look_at(calm, filtered=False) == "Nothing needs a look."
    assert rows.nothing_to_look_at(new, filtered=False) == "Nothing else needs a look."
    assert rows.nothing_to_look_at(new, filtered=True) == "Nothing else that is shown needs a look."
