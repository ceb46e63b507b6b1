"""`status`: each task is asked about once, and what the service tells is printed."""

from __future__ import annotations

import json

import pytest

from tests.support.commands import Commands
from tests.support.service import FAILURE, Reply, ScriptedService, completed, error, frame_url, task
from tui.scenext.models import TaskStatus
from tui.watchlist.asked import marker
from tui.watchlist.storage import WatchlistFile


def test_each_is_asked_once_and_told_in_the_order_of_the_user(
    ask: Commands, service: ScriptedService
) -> None:
    service.script("run", task("run", frames=[frame_url("run", 1)]))
    service.script("done", completed("done"))
    service.script("bad", task("bad", "FAILED", result=FAILURE))
    service.script("odd", task("odd", "REHEARSING"))
    done = ask("status", "bad", "run", "done", "odd", "run")
    assert (done.code, done.err) == (0, "")
    assert done.columns == [
        *(("failed", "bad"), ("running", "run"), ("completed", "done"), ("unknown", "odd")),
    ]
    assert sorted(str(request.task_id) for request in service.requests) == [
        *("bad", "done", "odd", "run"),
    ]
    assert not ask.home.watchlist.parent.exists(), "nothing is added, nor any file made"


@pytest.mark.parametrize(
    ("replies", "code", "told"),
    [
        ({"lost": error(404, "Task not found")}, 5, [("unknown_task", "lost")]),
        ({"down": error(500, "boom")}, 1, [("no_answer", "down")]),
        ({"no": error(401, "Unauthorized: Invalid API key")}, 6, [("key_refused", "no")]),
        (
            {"lost": error(404, "Task not found"), "down": Reply(body=b"<html>")},
            1,
            [("unknown_task", "lost"), ("no_answer", "down")],
        ),
        ({"other": task("another")}, 1, [("no_answer", "other")]),
        ({"empty": Reply(body=b"")}, 1, [("no_answer", "empty")]),
        ({"bare": Reply(404)}, 1, [("no_answer", "bare")]),
        ({"page": Reply(404, "<html>gone</html>")}, 1, [("no_answer", "page")]),
    ],
)
def test_what_was_told_is_printed_and_each_other_task_is_an_error(
    ask: Commands,
    service: ScriptedService,
    replies: dict[str, Reply],
    code: int,
    told: list[tuple[str, str]],
) -> None:
    service.script("fine", task("fine"))
    for task_id, reply in replies.items():
        service.script(task_id, reply)
    done = ask("status", "--json", *replies, "fine")
    assert (done.code, done.errors) == (code, told)
    assert json.loads(done.out)["task_id"] == "fine"


def test_a_refused_key_is_told_of_each_task_and_what_the_key_is_from(
    ask: Commands, service: ScriptedService
) -> None:
    service.api_key = "sk-another-0123456789"
    ids = [f"k{number}" for number in range(30)]
    done = ask("status", "--json", *ids)
    assert (done.code, done.out) == (6, "")
    assert done.errors == [("key_refused", task_id) for task_id in ids]
    assert len(service.requests) < 30
    assert str(ask.home.config) in done.err
    assert "sk-test" not in done.err
    assert "for this task" not in done.err


def test_a_service_that_is_away_is_asked_about_a_few_tasks_alone(
    ask: Commands, service: ScriptedService
) -> None:
    service.stop()
    ids = [f"k{number}" for number in range(50)]
    done = ask("status", "--json", *ids)
    assert (done.code, done.errors) == (1, [("no_answer", task_id) for task_id in ids])


def test_a_connection_that_was_closed_just_then_is_no_failure(
    ask: Commands, service: ScriptedService
) -> None:
    service.script("a", task("a"))
    service.script("b", Reply(drop=True), task("b"))
    # Slow enough for the first answer to be there, so that its connection is used again.
    settings = {"base_url": service.base_url, "api_key": service.api_key}
    ask.home.configure(**settings, max_requests_per_second=1)
    assert ask("status", "a", "b").columns == [("running", "a"), ("running", "b")]
    assert [request.task_id for request in service.requests] == ["a", "b", "b"]


def test_the_watchlist_is_asked_about_as_a_whole_and_kept_up_to_date(
    ask: Commands, service: ScriptedService
) -> None:
    ask("add", "b", "a", "--label", "batch 1")
    ask("add", "c")
    for task_id in "abc":
        service.script(task_id, completed(task_id))
    assert ask("status", "--label", "batch*").columns == [("completed", "b"), ("completed", "a")]
    entries = WatchlistFile(ask.home.watchlist).load().entries
    assert [entry.status for entry in entries] == [
        *(TaskStatus.COMPLETED, TaskStatus.COMPLETED, TaskStatus.QUEUED),
    ]
    assert marker(ask.home.watchlist).exists()
    assert ask("status").columns == [("completed", task_id) for task_id in "bac"]
    assert ask("status", "-", stdin="c\n# and\nb\n").columns == [
        *(("completed", "c"), ("completed", "b")),
    ]


def test_links_come_with_the_flag_alone(ask: Commands, service: ScriptedService) -> None:
    service.script("a", completed("a", [frame_url("a", 1)]))
    assert "http" not in ask("status", "a", "--json").out
    told = json.loads(ask("status", "a", "--json", "--links").out)
    assert "Signature=" in told["video_url"]
    assert ask("status", "a", "--links").code == 2
    assert "Signature" not in ask.home.log.read_text()


def test_there_is_nothing_to_ask_about(ask: Commands) -> None:
    assert ask("status") == (
        *(0, "", "scenext-tui: The watchlist is empty: there is nothing to ask about.\n"),
    )
    assert ask("status", "--label", "x").code == 2
    assert ask("status", "-", stdin="\n").code == 2


@pytest.mark.parametrize("command", ["status", "wait"])
def test_what_cannot_be_asked_at_all_is_said_at_once(ask: Commands, command: str) -> None:
    ask.home.configure(base_url="http://127.0.0.1:9/api")
    done = ask(command, "a")
    assert (done.code, done.out) == (1, "")
    assert "config.toml, or set SCENEXT_API_KEY. Keys are made on scenext.cn" in done.err
    ask.home.config.write_text("poll_interval = 0\n")
    assert "poll_interval must be a number" in ask(command, "a").err
    assert ask(command, "a", "--json").errors == [("configuration", None)]
    assert ask(command, "a", "--config", "missing.toml").code == 1


@pytest.mark.parametrize("command", ["status", "wait"])
def test_a_watchlist_that_cannot_be_written_is_one_warning(
    ask: Commands, service: ScriptedService, command: str
) -> None:
    ask("add", "a")
    newer = ask.home.watchlist.read_text().replace("version = 1", "version = 99")
    ask.home.watchlist.write_text(newer)
    service.script("a", completed("a"))
    done = ask(command, "a")
    assert (done.code, done.columns) == (0, [("completed", "a")])
    first, second = done.err.splitlines()
    assert "was written by a newer scenext-tui; update this one. Changes are not saved." in first
    assert "Not saved" in second
    assert ask.home.watchlist.read_text() == newer


def test_a_watchlist_that_cannot_be_read_matters_where_no_task_is_named(
    ask: Commands, service: ScriptedService
) -> None:
    service.script("a", completed("a"))
    ask.home.watchlist.mkdir(parents=True)
    assert ask("status").code == 1
    assert ask("wait").code == 1
    assert ask("status", "a").columns == [("completed", "a")]
    assert ask("wait", "a").code == 0


@pytest.mark.parametrize("command", ["status", "wait"])
def test_the_end_of_what_is_left_of_a_watchlist_is_not_taken_for_the_end_of_all(
    ask: Commands, service: ScriptedService, command: str
) -> None:
    service.script("a", completed("a"))
    ask("add", "a", "lost", "--label", "x")
    text = ask.home.watchlist.read_text()
    ask.home.watchlist.write_text(text.replace('id = "lost"', "id = []"))
    for words in ([], ["--label", "x"]):
        done = ask(command, "--json", *words)
        assert (done.code, done.out, done.errors) == (1, "", [("watchlist", None)])
    assert ask(command, "a").columns == [("completed", "a")]


def test_how_long_a_task_takes_is_told_by_who_knows(
    ask: Commands, service: ScriptedService
) -> None:
    """Since when a task runs that the watchlist does not hold, the service alone could tell."""
    service.script("run", task("run"))
    service.script("bad", task("bad"), task("bad", "FAILED"))
    service.script("done", task("done"), completed("done"))
    assert [line.split("\t")[3] for line in ask("status", "run", "bad").out.splitlines()] == [
        ""
    ] * 2
    assert ask("wait", "bad", "done").out.count("min") == 0
    ask("add", "run")
    assert ask("status", "run").out.split("\t")[3] == "<1 min"
