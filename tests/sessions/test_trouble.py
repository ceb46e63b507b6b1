"""One task's trouble, and the service's own: the real program in a terminal, with real HTTP."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

from tests.support.home import Home
from tests.support.service import (
    Reply,
    Request,
    ScriptedService,
    completed,
    error,
    frame_url,
    task,
    unauthorized,
)

STOPPED = r": stopped since \d\d:\d\d"


def busy(seconds: int) -> Reply:
    return replace(error(429, "Too many requests"), headers={"Retry-After": str(seconds)})


def test_one_refused_task_stops_no_other_and_nothing_asks_for_another_key(
    home: Home, service: ScriptedService
) -> None:
    service.script("mine1", task("mine1"))
    service.script("mine2", task("mine2"))
    service.script("theirs", unauthorized())
    service.script("hidden", error(403, "No access"))
    with home.open("watch", "theirs", "hidden", "mine1", "mine2") as terminal:
        terminal.wait_for(r"theirs +! 401")
        terminal.wait_for(r"hidden +! 403")
        service.wait_for_requests(12)
        text = terminal.wait_for(r"» mine1(.|\n)*» mine2")
        assert "The service refused the key from" not in text
        terminal.wait_for(" live")
        terminal.wait_for_text("401: the service refused the")


def test_a_task_that_is_to_wait_says_so_when_it_is_asked_about(
    home: Home, service: ScriptedService
) -> None:
    service.script("slow", busy(600))
    service.script("fine", task("fine"))
    with home.open("watch", "slow", "fine") as terminal:
        terminal.wait_for(r"slow +! 429")
        terminal.wait_for(r"» fine")
        terminal.press("r")
        terminal.wait_for_text("Not refreshed: the service asked to wait with this task")
        terminal.press("R")
        terminal.wait_for_text("The service asked to wait: 1 task will be polled by")
        assert len(service.for_task("slow")) == 1
        assert " live" in terminal.text()


def test_a_pause_of_all_is_not_broken_by_a_refresh(home: Home, service: ScriptedService) -> None:
    service.script("a", busy(600))
    with home.open("watch", "a") as terminal:
        terminal.wait_for(r"told to pause until \d\d:\d\d:\d\d")
        terminal.press("R")
        terminal.wait_for_text("Not refreshed: the service asked for a pause until")
        assert len(service.requests) == 1
        terminal.press("x")
        terminal.wait_gone("told to pause")


def test_a_base_url_without_api_is_asked_about(home: Home, service: ScriptedService) -> None:
    home.configure(
        base_url=service.base_url.removesuffix("/api"), api_key=service.api_key, poll_interval=1
    )
    with home.open("watch", "a", "b") as terminal:
        terminal.wait_for_text("404 for all: is base_url right?")
        terminal.wait_for(r"- a +! not found")


def test_ids_that_the_service_does_not_know_say_nothing_about_its_address(
    home: Home, service: ScriptedService
) -> None:
    service.script("a", error(404, "Task not found"))
    service.script("b", error(404, "任务不存在"))
    with home.open("watch", "a", "b") as terminal:
        terminal.wait_for(r"! a .*unknown ID(.|\n)*! b .*unknown ID")
        service.wait_for_requests(4)
        assert "base_url" not in terminal.text()
        terminal.wait_for(" live")


def test_a_video_that_comes_after_the_end_is_shown(home: Home, service: ScriptedService) -> None:
    frames = [frame_url("t", 1)]
    bare = task("t", "COMPLETED", frames=frames)
    service.script("t", task("t", frames=frames), bare, bare, completed("t", frames=frames))
    with home.open("watch", "t") as terminal:
        terminal.wait_for(r"✓ t\b")
        terminal.wait_for_text("✓ 1 done")
        terminal.wait_for_text("Video, 1 frame", timeout=15)
        terminal.wait_for_text("nothing left to poll")
    assert len(service.for_task("t")) == 4


def test_a_task_that_runs_again_is_shown_running_and_the_file_keeps_its_end(
    home: Home, service: ScriptedService
) -> None:
    again = list[Request]()

    def respond(request: Request) -> Reply:
        again.append(request)
        return task("t") if 2 <= len(again) <= 3 else completed("t")

    service.script("t", respond)
    home.configure(base_url=service.base_url, api_key=service.api_key, poll_interval=1)
    assert home.run("add", "t").returncode == 0
    with home.open() as terminal:
        terminal.wait_for(r"✓ t\b")
        terminal.wait_for_text("nothing left to poll")
        terminal.wait_for(lambda _: "COMPLETED" in home.watchlist.read_text("utf-8"))
        terminal.press("r")
        terminal.wait_for(r"» t")
        stored = tomllib.loads(home.watchlist.read_text("utf-8"))
        assert [entry["status"] for entry in stored["task"]] == ["COMPLETED"]
        terminal.wait_for(r"✓ t\b", timeout=10)
        terminal.wait_for_text("nothing left to poll")
    assert len(again) == 4


def test_a_key_that_a_command_prints_is_read_again_when_it_was_refused(
    home: Home, service: ScriptedService, tmp_path: Path
) -> None:
    key_file = tmp_path / "printed"
    key_file.write_text("sk-wrong-0123456789\n")
    home.configure(base_url=service.base_url, api_key_command=f"cat {key_file}", poll_interval=1)
    service.script("a", task("a"))
    with home.open("watch", "a") as terminal:
        terminal.wait_for_text("The service refused the key from")
        terminal.wait_for(STOPPED)
        key_file.write_text(f"{service.api_key}\n")
        terminal.press("r")
        terminal.wait_for(r"» a")
        terminal.wait_gone("refused the key")


def test_an_empty_answer_is_not_taken_for_a_portal(home: Home, service: ScriptedService) -> None:
    home.configure(base_url=service.base_url, api_key=service.api_key, poll_interval=1)
    for name, status in (("a", 204), ("b", 202), ("c", 200)):
        service.script(name, Reply(status), Reply(status), task(name))
    with home.open("watch", "a", "b", "c") as terminal:
        assert "captive portal" not in terminal.wait_for_text(": server errors since ")
        terminal.wait_for(r"» a(.|\n)*» c", timeout=10)
        terminal.wait_for(" live")


def test_a_service_that_is_down_for_all_is_not_called_live(
    home: Home, service: ScriptedService
) -> None:
    service.script("a", error(500, "Internal error"))
    service.script("b", error(200, "Server error: database is locked"))
    with home.open("watch", "a", "b") as terminal:
        terminal.wait_for(r": server errors since \d\d:\d\d")
        # What the header tells is not told again by each row.
        terminal.wait_for(r"- a +no answer yet(.|\n)*- b +no answer yet")
        assert " live" not in terminal.text()


def test_a_command_that_failed_once_is_not_held_against_it(
    home: Home, service: ScriptedService, tmp_path: Path
) -> None:
    key_file = tmp_path / "printed"
    key_file.write_text("sk-wrong-0123456789\n")
    home.configure(base_url=service.base_url, api_key_command=f"cat {key_file}", poll_interval=1)
    with home.open("watch", "a") as terminal:
        terminal.wait_for_text("The service refused the key from")
        terminal.wait_for(STOPPED)
        key_file.unlink()
        terminal.press("r")
        terminal.wait_for_text("api_key_command ended with")
        assert "The service refused the key from" not in terminal.text()
        key_file.write_text("sk-wrong-0123456789\n")
        terminal.press("r")
        terminal.wait_gone("api_key_command ended with")
        terminal.wait_for_text("The service refused the key from")
