"""`wait`: what counts as an end, what it prints, and how it leaves."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.support.commands import Commands
from tests.support.service import (
    FAILURE,
    Reply,
    Request,
    ScriptedService,
    completed,
    error,
    frame_url,
    task,
    unauthorized,
)
from tui.cli.arguments.go_on import command_to_go_on
from tui.cli.arguments.parser import build_parser
from tui.scenext.models import TaskStatus
from tui.watchlist.asked import marker
from tui.watchlist.entries import Add, Entry, Remove
from tui.watchlist.storage import WatchlistFile

UNKNOWN = error(404, "Task not found")


@pytest.fixture
def scripted(service: ScriptedService) -> ScriptedService:
    """Return a service with a task of each kind."""
    service.script("done", completed("done"))
    service.script("bad", task("bad", "FAILED", result=FAILURE))
    service.script("run", task("run"))
    service.script("down", error(503, "maintenance"))
    service.script("own", unauthorized())
    return service


@pytest.mark.parametrize(
    ("arguments", "code", "ended"),
    [
        (["done"], 0, ["done"]),
        (["done", "bad"], 3, ["done", "bad"]),
        (["lost", "bad"], 5, ["bad"]),
        (["--any", "run", "done"], 0, ["done"]),
        (["--any", "run", "bad"], 3, ["bad"]),
        (["--any", "run", "lost"], 5, []),
        (["--fail-fast", "run", "bad"], 3, ["bad"]),
        (["--fail-fast", "done", "lost"], 5, ["done"]),
        (["own"], 6, []),
    ],
)
def test_the_exit_code_tells_how_it_ended(
    ask: Commands, scripted: ScriptedService, arguments: list[str], code: int, ended: list[str]
) -> None:
    done = ask("wait", *arguments)
    assert done.code == code
    # As they ended, which two that are asked about at once do in either order.
    assert sorted(task_id for _, task_id in done.columns) == sorted(ended)
    assert not ask.home.watchlist.parent.exists(), "nothing is added, nor any file made"


def test_a_blip_is_no_failure_and_absence_no_end(ask: Commands, service: ScriptedService) -> None:
    service.script("a", UNKNOWN, completed("a"))
    service.script("b", Reply(body=b""), completed("b"))
    service.script("c", task("another", "COMPLETED"), completed("c"))
    service.script("d", error(500, "boom"), completed("d"))
    service.script("e", Reply(drop=True), completed("e"))
    service.script("f", task("f", "FINISHED"), completed("f"))
    service.script("g", error(401, "Unauthorized: Invalid API key"), completed("g"))
    done = ask("wait", *"abcdefg", "--timeout", "20")
    assert (done.code, done.err) == (0, "")
    assert sorted(done.columns) == [("completed", task_id) for task_id in "abcdefg"]


def test_a_task_of_another_account_ends_without_the_others(
    ask: Commands, scripted: ScriptedService
) -> None:
    """Refused twice, while the key is accepted for another task that runs on."""

    def answer(request: Request) -> Reply:
        return completed("long") if len(scripted.for_task("own")) > 1 else task("long")

    scripted.script("long", answer)
    done = ask("wait", "own", "long", "--json")
    assert (done.code, done.errors) == (6, [("key_refused", "own")])
    assert json.loads(done.out)["task_id"] == "long"


def test_a_key_that_was_replaced_meanwhile_is_used(
    ask: Commands, service: ScriptedService, tmp_path: Path
) -> None:
    key_file = tmp_path / "key"
    key_file.write_text(service.api_key)
    key_file.chmod(0o600)
    ask.home.configure(base_url=service.base_url, api_key_file=str(key_file), poll_interval=1)

    def rotate(request: Request) -> Reply:
        service.api_key = "sk-rotated-0123456789"
        key_file.write_text(service.api_key)
        return task("a")

    service.script("a", rotate, completed("a"))
    done = ask("wait", "a")
    assert (done.code, done.columns) == (0, [("completed", "a")])


def test_what_had_ended_before_counts_by_its_end_and_is_not_asked_about(
    ask: Commands, scripted: ScriptedService
) -> None:
    ask("add", "bad", "done", "run", "--label", "batch")
    assert ask("wait", "bad", "done").code == 3
    asked = len(scripted.requests)
    ask.home.configure()  # Neither key nor service.
    again = ask("wait", "bad", "done")
    assert (again.code, again.columns) == (3, [("failed", "bad"), ("completed", "done")])
    assert ask("wait", "--any").columns == [("failed", "bad"), ("completed", "done")]
    assert ask("wait", "--fail-fast", "--label", "batch").columns == [
        *(("failed", "bad"), ("completed", "done")),
    ]
    assert len(scripted.requests) == asked


def test_links_are_asked_for_once_where_a_task_had_ended_before(
    ask: Commands, service: ScriptedService
) -> None:
    service.script("a", completed("a", [frame_url("a", 1)]))
    service.script("b", task("b", "COMPLETED", result=[]), completed("b"))
    ask("add", "a", "b")
    assert ask("wait", "a").code == 0
    done = ask("wait", "--json", "--links")
    told = {each["task_id"]: each for each in map(json.loads, done.out.splitlines())}
    assert done.code == 0
    assert len(service.for_task("a")) == 2
    assert all("Signature=" in each["video_url"] for each in told.values()), (
        "of a task that has completed, the video is worth another poll"
    )
    assert "Signature" not in ask.home.watchlist.read_text() + ask.home.log.read_text()


def test_an_end_that_is_known_counts_although_its_links_cannot_be_had(
    ask: Commands, service: ScriptedService
) -> None:
    service.script("a", completed("a"))
    ask("add", "a")
    assert ask("wait").code == 0
    service.stop()
    done = ask("wait", "--json", "--links", "--timeout", "1")
    told = json.loads(done.out)
    assert (done.code, told["state"], told["video_url"]) == (0, "completed", None)


def test_the_watchlist_is_kept_up_to_date_and_nothing_is_added(
    ask: Commands, service: ScriptedService
) -> None:
    ask("add", "a", "other")
    service.script("a", task("a"), completed("a"))
    service.script("new", completed("new"))
    assert ask("wait", "a", "new").code == 0
    a, other = WatchlistFile(ask.home.watchlist).load().entries
    assert (a.status, other.status) == (TaskStatus.COMPLETED, TaskStatus.QUEUED)
    assert a.ended is not None
    assert a.is_new
    assert a.first_frames == 0
    assert [sample.id for sample in WatchlistFile(ask.home.watchlist).load().history] == ["a"]
    assert service.for_task("other") == []
    assert marker(ask.home.watchlist).exists()


def test_a_task_that_is_removed_meanwhile_is_still_waited_for(
    ask: Commands, service: ScriptedService
) -> None:
    ask("add", "a", "b")
    file = WatchlistFile(ask.home.watchlist)

    def remove(request: Request) -> Reply:
        file.save([Remove("a")])
        return task("a")

    service.script("a", remove, task("a"), completed("a"))
    service.script("b", completed("b"))
    done = ask("wait", "--json")
    assert done.code == 0
    assert [json.loads(line)["watched"] for line in done.out.splitlines()] == [True, False]
    assert [entry.id for entry in file.load().entries] == ["b"]


def test_an_end_that_another_program_has_seen_counts(
    ask: Commands, service: ScriptedService
) -> None:
    file = WatchlistFile(ask.home.watchlist)
    ask("add", "a")

    def end(request: Request) -> Reply:
        entry = Entry("a", file.load().entries[0].added, status=TaskStatus.FAILED)
        file.save([Remove("a"), Add(entry)])
        return error(500, "boom")

    service.script("a", end)
    assert ask("wait", "a", "--timeout", "20").columns == [("failed", "a")]


@pytest.mark.parametrize("as_json", [False, True])
def test_when_the_time_is_up_each_last_answer_and_the_command_to_go_on_are_printed(
    ask: Commands, scripted: ScriptedService, as_json: bool
) -> None:
    words = ["wait", "--timeout", "2", *(["--json"] if as_json else []), "--", "run", "done", "-x"]
    scripted.script("-x", task("-x"))
    ask("status", "run")  # What is imported by then takes none of the time.
    done = ask(*words)
    assert done.code == 4
    if as_json:
        told = [json.loads(line) for line in done.out.splitlines()]
        states = [(each["state"], each["task_id"]) for each in told]
        assert done.errors == [("timed_out", None)]
        hint = json.loads(done.err)["hint"]
    else:
        states, hint = done.columns, done.err.strip()
    assert states == [("completed", "done"), ("running", "run"), ("running", "-x")]
    command = shlex.split(hint.partition("To go on: ")[2])
    flags = ["--json"] if as_json else []
    assert command == ["scenext-tui", "wait", *flags, "--timeout", "2s", "--", "run", "-x"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", "wait"),
        ("--label 'it*'", "wait '--label=it*'"),
        ("--label=-x", "wait --label=-x"),
        ("--watchlist 'my list' --config c", "wait --config c --watchlist 'my list'"),
        ("--any --fail-fast a b", "wait --any --fail-fast a"),
        ("--timeout 90m a b", "wait --timeout 1h30m a"),
        ("--json --links -", "wait --json --links a"),
    ],
)
def test_the_command_to_go_on_names_the_tasks_as_they_were_named(words: str, expected: str) -> None:
    options = build_parser().parse_args(["wait", *shlex.split(words)])
    assert command_to_go_on(options, ["a"]) == f"To go on: scenext-tui {expected}"
    shown = shlex.split(expected)
    again = build_parser().parse_args(shown)
    assert command_to_go_on(again, ["a"]) == f"To go on: scenext-tui {expected}"


def test_a_command_that_is_too_long_to_be_printed_is_not_cut() -> None:
    options = build_parser().parse_args(["wait", "a"])
    told = command_to_go_on(options, [f"task-{number}" for number in range(1_000)])
    assert told == "To go on, run the same command again."


def test_without_any_answer_in_time_it_could_not(ask: Commands, scripted: ScriptedService) -> None:
    done = ask("wait", "down", "--timeout", "1", "--json")
    assert (done.code, done.errors) == (1, [("no_answer", "down")])
    assert json.loads(done.out)["state"] == "waiting"
    scripted.stop()
    done = ask("wait", "run", "done", "--timeout", "1", "--json")
    assert (done.code, done.errors) == (1, [("no_answer", None)])
    assert "offline" in done.err


def test_an_empty_watchlist_ends_at_once_and_says_so(ask: Commands) -> None:
    done = ask("wait")
    assert (done.code, done.out) == (0, "")
    assert done.err == "scenext-tui: The watchlist is empty: there is nothing to wait for.\n"
    assert ask("wait", "--label", "none").code == 2
    assert ask("wait", "-").code == 2
    assert ask("wait", "--timeout", "soon").code == 2
    assert ask("wait", "a", "--label", "b").code == 2
