"""Run commands in the process of the test, with the files of a home: a start costs 0.3 s."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.home import Home
from tui.cli.main import main


class Finished(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def columns(self) -> list[tuple[str, str]]:
        """State and ID of each line that was printed."""
        lines = [line.split("\t") for line in self.out.splitlines()]
        return [(line[0], line[1]) for line in lines]

    @property
    def errors(self) -> list[tuple[str, str | None]]:
        """Code and task of each error that was printed as JSON."""
        objects = [json.loads(line) for line in self.err.splitlines()]
        return [(error["code"], error["task_id"]) for error in objects]


class Commands:
    """Runs commands as a shell would, but for the new process."""

    def __init__(
        self, home: Home, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[Any]
    ) -> None:
        self.home = home
        self._patch = patch
        self._capture = capture

    def __call__(self, *arguments: str | Path, stdin: str | bytes | None = None) -> Finished:
        """Run a command whose standard input holds `stdin`, and is empty where that is None."""
        with _kept_process(), self._patch.context() as patch:
            for name in [name for name in os.environ if name.startswith(("SCENEXT_", "XDG_"))]:
                patch.delenv(name)
            for name, value in self.home.environment().items():
                patch.setenv(name, value)
            patch.chdir(self.home.folder)
            data = stdin.encode() if isinstance(stdin, str) else stdin or b""
            path = self.home.folder / "standard-input"
            path.write_bytes(data)
            with path.open("rb") as file, io.TextIOWrapper(file) as stream:
                patch.setattr(sys, "stdin", stream)
                try:
                    code = main([str(argument) for argument in arguments])
                except SystemExit as ended:
                    code = ended.code if isinstance(ended.code, int) else 1
        captured = self._capture.readouterr()
        return Finished(code, captured.out, captured.err)


@contextmanager
def _kept_process() -> Iterator[None]:
    """Put back what a command changes in its process: logs and hooks, also where it fails."""
    root = logging.getLogger()
    # Those of the libraries too: a later test reads what they log.
    loggers = [root, *map(logging.getLogger, ("tui", "httpx", "httpcore", "asyncio"))]
    handlers, levels = list(root.handlers), [logger.level for logger in loggers]
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook, logging.raiseExceptions
    try:
        yield
    finally:
        sys.excepthook, sys.unraisablehook, threading.excepthook, logging.raiseExceptions = hooks
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        for handler in set(root.handlers).difference(handlers):
            root.removeHandler(handler)
            handler.close()
