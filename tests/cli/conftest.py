"""Fixtures of the commands' tests."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from tests.support.commands import Commands
from tests.support.home import Home
from tests.support.service import ScriptedService


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Commands:
    """Return what runs commands in a home that has no configuration, without a service."""
    return Commands(Home(tmp_path), monkeypatch, capfd)


@pytest.fixture
def shell(home: Home) -> Home:
    """Return a home in whose environment `scenext-tui` is found, for scripts."""
    program = home.folder / "bin" / "scenext-tui"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m tui "$@"\n')
    program.chmod(0o755)
    home.env["PATH"] = f"{program.parent}:/usr/bin:/bin"
    return home


@pytest.fixture
def ask(run: Commands, service: ScriptedService) -> Commands:
    """Return what runs commands that ask the stand-in for the service, once a second."""
    run.home.configure(base_url=service.base_url, api_key=service.api_key, poll_interval=1)
    run.home.config.chmod(0o600)
    return run
