"""Fixtures of the commands' tests."""

from __future__ import annotations

import logging
import shlex
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import Commands
from tests.support.home import Home
from tests.support.service import ScriptedService


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Commands]:
    """Return what runs commands in a home that has no configuration, without a service.

    Whatever a command changes in the process, also one that then fails, is put back.
    """
    root = logging.getLogger()
    # Those of the libraries too: a later test reads what they log.
    loggers = [root, *map(logging.getLogger, ("tui", "httpx", "httpcore", "asyncio"))]
    handlers, levels = list(root.handlers), [logger.level for logger in loggers]
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook, logging.raiseExceptions
    yield Commands(Home(tmp_path), monkeypatch, capfd)
    sys.excepthook, sys.unraisablehook, threading.excepthook, logging.raiseExceptions = hooks
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    for handler in set(root.handlers).difference(handlers):
        root.removeHandler(handler)
        handler.close()


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
