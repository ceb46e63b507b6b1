"""Without a key that could be sent: the dashboard opens, says where it belongs, and goes on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.home import Home
from tests.support.service import ScriptedService, task
from tests.support.terminal import Terminal

STOPPED = r": stopped since \d\d:\d\d"


def words(terminal: Terminal) -> str:
    """Return what is shown, as running text."""
    return re.sub(r"\s+", " ", terminal.text())


def test_without_a_key_the_watchlist_is_shown_and_polled_once_there_is_one(
    home: Home, service: ScriptedService
) -> None:
    home.configure(base_url=service.base_url)
    service.script("t1", task("t1"))
    assert home.run("add", "t1").returncode == 0
    with home.open() as terminal:
        terminal.wait_for(STOPPED)
        terminal.wait_for(lambda _: "API Keys. Polling begins by itself" in words(terminal))
        said = words(terminal)
        assert "No API key. Put api_key_file or api_key_command into " in said
        assert "config.toml, or restart with SCENEXT_API_KEY set." in said
        assert said.count("No API key") == 1
        assert "t1" in said
        terminal.press("R")
        terminal.read_for(1)
        assert service.requests == []
        home.configure(base_url=service.base_url, api_key=service.api_key)
        terminal.wait_for(r"» In progress .* t1|» t1")
        terminal.wait_gone("No API key")
        terminal.wait_for(" live")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert len(service.requests) == 1


def test_a_command_that_fails_is_run_again_when_asked_for(
    home: Home, service: ScriptedService, tmp_path: Path
) -> None:
    printed = tmp_path / "printed"
    home.configure(base_url=service.base_url, api_key_command=f"cat {printed}")
    with home.open() as terminal:
        terminal.wait_for(r"api_key_command ended with 1: .*printed")
        # Also with nothing on the watchlist.
        terminal.wait_for_text("Press a and paste")
        printed.write_text("sk with spaces\n")
        terminal.press("r")
        terminal.wait_for_text("The key from api_key_command has a space at position 3")
        printed.write_text(f"{service.api_key}\n")
        terminal.press("r")
        terminal.wait_gone("api_key_command")
        terminal.wait_for_text("nothing left to poll")
    assert service.requests == []


def test_a_key_in_the_environment_that_cannot_be_sent_needs_a_restart(
    home: Home, service: ScriptedService
) -> None:
    env = {"SCENEXT_API_KEY": "sk canary-0123456789"}
    with home.open("watch", "t1", env=env) as terminal:
        terminal.wait_for(STOPPED)
        terminal.wait_for_text("The key from SCENEXT_API_KEY has a space at position 3")
        said = words(terminal)
        assert "copy it again and restart." in said
        assert "by itself" not in said
        assert "canary" not in said
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert b"canary" not in terminal.raw
    assert "canary" not in home.log.read_text("utf-8")
    assert service.requests == []


@pytest.mark.parametrize("setting", ["api_key = 5", "api_key_command = 'a \"b'", "broken"])
def test_a_configuration_that_cannot_be_read_is_an_error_still(home: Home, setting: str) -> None:
    home.config.write_text(setting)
    with home.open() as terminal:
        assert terminal.wait_exit() == 1
        assert terminal.text().startswith("scenext-tui: ")


def test_a_refusal_stays_while_the_list_is_empty_and_nothing_is_made_up(
    home: Home, service: ScriptedService, tmp_path: Path
) -> None:
    key_file = tmp_path / "key"
    key_file.write_text("sk-wrong-0123456789\n")
    home.configure(base_url=service.base_url, api_key_file=str(key_file), poll_interval=1)
    service.script("later", task("later"))
    with home.open("watch", "a", "b") as terminal:
        terminal.wait_for(STOPPED)
        asked = {request.task_id for request in service.requests}
        sent = len(service.requests)
        terminal.press("xx")
        terminal.wait_for_text("Press a and paste")
        terminal.press("r")
        terminal.read_for(2)
        assert "The service refused the key from" in terminal.text()
        assert re.search(STOPPED, terminal.text())
        assert "live" not in terminal.text()
        assert len(service.requests) == sent
        assert asked <= {"a", "b"}
        key_file.write_text(f"{service.api_key}\n")
        terminal.wait_gone("refused the key")
        terminal.wait_for_text("nothing left to poll")
        assert home.run("add", "later").returncode == 0
        terminal.wait_for(" live")
    assert {request.task_id for request in service.requests} == asked | {"later"}
