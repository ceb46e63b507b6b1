"""Copying through tmux or OSC 52, with messages that claim no more than is known."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.home import Home
from tests.support.service import ScriptedService, frame_url, task
from tests.support.terminal import Terminal
from tui.links.clipboard import COPIED_BY_TMUX, SENT, SENT_LONG, copy

TMUX = {"TMUX": "/tmp/tmux-1000/default,42,0"}
URL = frame_url("12345", 1)

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


def fake_tmux(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Put a program named tmux first on PATH."""
    program = folder / "tmux"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


def test_outside_tmux_the_terminal_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_tmux(tmp_path, monkeypatch, f"touch {tmp_path}/started")
    sent: list[str] = []
    for environ in ({}, {"TMUX": ""}):
        assert copy(URL, environ, sent.append) == SENT
    assert sent == [URL, URL]
    assert not (tmp_path / "started").exists()


def test_what_a_terminal_may_not_take_is_sent_with_a_warning() -> None:
    sent: list[str] = []
    assert copy("x" * 3_000, {}, sent.append) == SENT
    assert copy("x" * 3_001, {}, sent.append) == SENT_LONG
    assert [len(text) for text in sent] == [3_000, 3_001]


def test_inside_tmux_it_alone_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_tmux(tmp_path, monkeypatch, f'echo "$@" > {tmp_path}/args; cat > {tmp_path}/stdin')
    sent: list[str] = []
    assert copy(URL, TMUX, sent.append) == COPIED_BY_TMUX
    assert sent == []
    # The link is not an argument, because every user of the machine can see those.
    assert (tmp_path / "args").read_text() == "load-buffer -w -\n"
    assert (tmp_path / "stdin").read_text() == URL


@pytest.mark.parametrize("body", ["echo usage: load-buffer >&2; exit 1", "exec sleep 20"])
def test_where_tmux_does_not_copy_the_terminal_is_asked_after_all(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    body: str,
) -> None:
    fake_tmux(tmp_path, monkeypatch, body)
    sent: list[str] = []
    assert copy(URL, TMUX, sent.append) == SENT
    assert sent == [URL]
    assert capfd.readouterr() == ("", "")


def test_a_tmux_that_is_gone_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    sent: list[str] = []
    assert copy(URL, TMUX, sent.append) == SENT
    assert sent == [URL]


# The program in a real tmux


@dataclass
class Tmux:
    """A private tmux server with an empty configuration."""

    socket: str

    def argv(self, *words: str) -> list[str]:
        """Return the command line of a tmux command for this server."""
        return ["tmux", "-L", self.socket, "-f", "/dev/null", *words]

    def run(self, *words: str) -> str:
        """Run a tmux command and return its output."""
        completed = subprocess.run(
            self.argv(*words), capture_output=True, text=True, check=False, timeout=10
        )
        return completed.stdout


@pytest.fixture
def tmux() -> Iterator[Tmux]:
    """Return a tmux server that is killed after the test."""
    server = Tmux(f"scenext-test-{uuid.uuid4().hex[:12]}")
    yield server
    server.run("kill-server")


@needs_tmux
def test_in_a_default_tmux_the_link_lands_in_its_buffer_and_in_the_terminal(
    home: Home, service: ScriptedService, tmux: Tmux
) -> None:
    service.script("t1", task("t1", "COMPLETED", frames=[URL]))
    argv = tmux.argv("new-session", sys.executable, "-m", "tui", "watch", "t1")
    with Terminal(argv, env=home.environment()) as terminal:
        terminal.wait_for_text("frame1.png")
        assert tmux.run("show-buffer") == ""
        terminal.press("y")
        terminal.wait_for_text("Link of frame1 copied by tmux.")
        assert tmux.run("show-buffer") == URL
        terminal.wait_for(lambda _: URL in terminal.clipboards())
        terminal.press("q")
        assert terminal.wait_exit() == 0


@needs_tmux
def test_in_tmux_the_raw_link_can_be_taken_whole(
    home: Home, service: ScriptedService, tmux: Tmux
) -> None:
    service.script("t1", task("t1", "COMPLETED", frames=[URL]))
    argv = tmux.argv("new-session", sys.executable, "-m", "tui", "watch", "t1")
    env = home.environment({"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"})
    with Terminal(argv, env=env, cols=80, rows=24) as terminal:
        terminal.wait_for("✓ t1")
        terminal.press("o")
        terminal.wait_for_text("Link copied by tmux.")
        terminal.press("u")
        terminal.wait_for_text("Press enter to go back.")
        # The link is wider than the pane; -J joins the lines that the terminal wrapped.
        assert URL in tmux.run("capture-pane", "-p", "-J").splitlines()
        terminal.press("enter")
        terminal.wait_for_text("Link copied by tmux.")
