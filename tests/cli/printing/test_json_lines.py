"""The JSON of the commands, and the schema that describes it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

import tui
from tests.support.commands import Commands
from tests.support.home import Home
from tests.support.records import NOON, VIDEO, a_record, at, frames
from tests.support.service import ScriptedService, completed, frame_url, task
from tui.cli.errors import ErrorCode
from tui.cli.printing import json_lines
from tui.errors import ApiError, ErrorKind
from tui.scenext.models import Points, Result, Task, TaskStatus
from tui.watchlist.entries import Entry
from tui.watchlist.records import Record
from tui.wording.states import STATES

SOURCES = Path(tui.__file__).parent
SCHEMA = json.loads((SOURCES / "cli" / "printing" / "schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker())
TASK_KEYS = set(SCHEMA["$defs"]["task"]["properties"])
LINK_KEYS = {"video_url", "frame_urls"}


def checked(record: Record, *, links: bool = False, watched: bool = True) -> dict[str, object]:
    """Return the object of a record, as it comes back from a line that fits the schema."""
    line = json_lines.to_line(json_lines.task_object(record, at(30), links=links, watched=watched))
    assert line.isascii()
    assert line.isprintable()
    shown: dict[str, object] = json.loads(line)
    VALIDATOR.validate(shown)
    assert shown.keys() == (TASK_KEYS if links else TASK_KEYS - LINK_KEYS)
    return shown


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$defs"]["task"]["properties"]["state"]["enum"] == list(STATES.values())
    assert SCHEMA["$defs"]["error"]["properties"]["code"]["enum"] == [
        code.value for code in ErrorCode
    ]
    of_requests = SCHEMA["$defs"]["request_error"]["properties"]["code"]["enum"]
    assert set(of_requests) == {
        json_lines.error_code(ApiError(kind, "")).value for kind in ErrorKind
    }
    properties = SCHEMA["$defs"]["task"]["properties"].values()
    assert all(each.get("description") for each in properties), "a key is not documented"


def test_list_prints_the_schema_whatever_the_configuration_is(run: Commands) -> None:
    run.home.config.parent.mkdir(parents=True)
    run.home.config.write_text("[", "utf-8")
    done = run("list", "--schema")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out) == SCHEMA
    assert not run.home.watchlist.exists()


def test_a_task_that_waits_is_known_by_its_id_alone() -> None:
    shown = checked(a_record(TaskStatus.QUEUED, "7", first_frames=None))
    assert {key: value for key, value in shown.items() if value is not None} == {
        "schema": 1,
        "task_id": "7",
        "watched": True,
        "state": "waiting",
        "added_at": "2026-11-22T12:00:00Z",
        "age_seconds": 1800,
    }


def test_a_completed_task_is_told_whole() -> None:
    begin = datetime(2026, 11, 22, 20, 0, 0, 999, timezone(timedelta(hours=8)))
    video = Result("Video", "https://cdn.invalid/v.mp4?sig=1", True, "8.5", "clear\n清楚")
    task = Task(
        *("7", TaskStatus.COMPLETED, "completed", frames(2), (video,), Points(20.0), "", "题目"),
        created_at=begin,
        finished_at=begin + timedelta(minutes=12),
    )
    record = Record(Entry("7", at(1), "第一批\U0001f600"), task, answered_at=at(13))
    assert checked(record, links=True) == {
        "schema": 1,
        "task_id": "7",
        "watched": True,
        "state": "completed",
        "state_sent": None,
        "label": "第一批\U0001f600",
        "title": "题目",
        "added_at": "2026-11-22T12:01:00Z",
        "created_at": "2026-11-22T12:00:00Z",
        "ended_at": "2026-11-22T12:12:00Z",
        "seconds": 720,
        "age_seconds": None,
        "frames": 2,
        "points": 20,
        "score": 8.5,
        "score_detail": "clear\n清楚",
        "reason": None,
        "answered_at": "2026-11-22T12:13:00Z",
        "error": None,
        "video_url": "https://cdn.invalid/v.mp4?sig=1",
        "frame_urls": [
            {"id": "0", "url": "https://cdn.invalid/0.png?sig=1"},
            {"id": "1", "url": "https://cdn.invalid/1.png?sig=1"},
        ],
    }


def test_a_time_without_a_zone_is_no_moment() -> None:
    naive = datetime(2026, 11, 22, 20, 0)  # noqa: DTZ001
    task = Task("7", TaskStatus.COMPLETED, created_at=naive, finished_at=naive + timedelta(hours=1))
    shown = checked(Record(Entry("7", NOON), task))
    assert (shown["created_at"], shown["ended_at"], shown["seconds"]) == (None, None, 3600)


def test_a_failure_has_its_reason_and_an_unknown_state_its_word() -> None:
    reason = Result("text", "任务执行失败", is_link=False)
    failed = checked(a_record(TaskStatus.FAILED, answered=5, results=(reason,)))
    assert (failed["state"], failed["reason"]) == ("failed", "任务执行失败")
    unknown = Entry("7", NOON, "", TaskStatus.UNKNOWN, "PAUSED")
    assert checked(Record(unknown))["state_sent"] == "PAUSED"


def test_a_failed_request_is_no_state() -> None:
    error = ApiError(ErrorKind.SERVER, "502 Bad Gateway", http_status=502)
    shown = checked(a_record(TaskStatus.IN_PROGRESS, answered=5, error=error))
    assert shown["state"] == "running"
    assert shown["error"] == {
        "code": "no_answer",
        "message": "502 Bad Gateway",
        "http_status": 502,
    }


def test_of_a_task_that_is_not_watched_only_the_service_tells_times() -> None:
    record = a_record(TaskStatus.COMPLETED, answered=5, ended=5, results=(VIDEO,))
    shown = checked(record, watched=False)
    assert (shown["watched"], shown["added_at"], shown["seconds"]) == (False, None, None)


def test_links_are_secret() -> None:
    record = a_record(TaskStatus.COMPLETED, answered=5, ended=5, results=(VIDEO,), frame_count=3)
    line = json_lines.to_line(json_lines.task_object(record, NOON))
    assert "sig=" not in line
    assert "cdn.invalid" not in line


@settings(max_examples=40)
@given(
    st.sampled_from(TaskStatus),
    st.text(),
    st.floats(),
    st.one_of(st.none(), st.integers(-(10**6), 10**6)),
    st.booleans(),
)
def test_every_record_fits_the_schema(
    status: TaskStatus, text: str, number: float, minutes: int | None, watched: bool
) -> None:
    result = Result("text", text, is_link=False, score=str(number), score_detail=text)
    record = a_record(
        *(status, "a"), label=text, answered=minutes, ended=minutes, results=(result,)
    )
    checked(record, watched=watched)
    checked(record._replace(task=None), watched=watched, links=True)


def test_all_commands_print_what_the_schema_says(
    home: Home,
    service: ScriptedService,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    scripts = {
        "run": task("run", frames=[frame_url("run", 1)]),
        "done": completed("done", [frame_url("done", 1)]),
        "failed": task("failed", "FAILED", result=[{"type": "text", "content": "任务执行失败"}]),
        "odd": task("odd", "PAUSED\x1b[31m"),
    }
    for task_id, answer in scripts.items():
        service.script(task_id, answer)
    run = Commands(home, monkeypatch, capfd)
    assert run("add", "run", "done", "failed", "odd").code == 0
    lines = []
    for arguments in (
        ("status", "--json", "--links", "run", "done", "failed", "odd", "strange"),
        ("wait", "--json", "--timeout", "1s", "run", "done", "failed", "odd", "strange"),
        ("list", "--json"),
    ):
        done = run(*arguments)
        lines += [*done.out.splitlines(), *done.err.splitlines()]
    shown = [json.loads(line) for line in lines]
    for each in shown:
        VALIDATOR.validate(each)
    states = {(each["task_id"], each["state"]) for each in shown if "state" in each}
    assert states >= {
        ("run", "running"),
        ("done", "completed"),
        ("failed", "failed"),
        ("odd", "unknown"),
    }
    codes = {each["code"] for each in shown if "code" in each}
    assert codes == {"unknown_task", "timed_out"}
    keys = set().union(*(each.keys() for each in shown))
    assert keys == TASK_KEYS | set(SCHEMA["$defs"]["error"]["properties"])


# Errors


def test_every_code_of_an_error_is_used() -> None:
    sources = [path.read_text("utf-8") for path in SOURCES.rglob("*.py")]
    used = {name for text in sources for name in re.findall(r"ErrorCode\.([A-Z_]+)", text)}
    assert used == {code.name for code in ErrorCode}


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (("list", "--json", "7"), 1, {"code": "not_watched", "task_id": "7"}),
        (("list", "--json", "--label", "x\x1b[31m"), 2, {"code": "nothing_selected"}),
        (("list", "--json", "-"), 2, {"code": "nothing_selected"}),
        (("list", "--json", ".."), 2, {"code": "usage"}),
        (("list", "--json", "--nothing"), 2, {"code": "usage"}),
        (("list", "--json", "--state", "complete"), 2, {"code": "usage"}),
        (("nothing", "--json"), 2, {"code": "usage"}),
        (("list", "--json", "--config", "missing"), 1, {"code": "configuration"}),
        (("list", "--json", "--watchlist", "."), 1, {"code": "watchlist"}),
        (("label", "--json", "--", "x"), 2, {"code": "usage"}),
    ],
)
def test_an_error_is_one_object(
    run: Commands, arguments: tuple[str, ...], code: int, error: dict[str, str]
) -> None:
    done = run(*arguments)
    assert (done.code, done.out) == (code, "")
    assert done.err.isascii()
    (line,) = done.err.splitlines()
    shown = json.loads(line)
    VALIDATOR.validate(shown)
    assert shown["message"].isprintable()
    assert shown | {"task_id": None, **error} == shown


def test_a_label_is_no_flag(run: Commands) -> None:
    run("add", "1")
    done = run("label", "--", "--json", "1", "2")
    assert (done.code, done.out) == (1, "Labelled 1 task “--json”.\n")
    assert done.err.startswith("scenext-tui: 2 is not in the watchlist")


def test_each_task_that_is_not_watched_is_an_error_of_its_own(run: Commands) -> None:
    run("add", "1", "2")
    done = run("list", "--json", "9", "2", "8")
    assert done.code == 1
    assert [json.loads(line)["task_id"] for line in done.out.splitlines()] == ["2"]
    assert [json.loads(line)["task_id"] for line in done.err.splitlines()] == ["9", "8"]


def test_utc_is_written_with_a_z() -> None:
    moment = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    assert checked(Record(Entry("7", moment)))["added_at"] == "2026-11-22T12:00:00Z"
