"""A small app with a fault: `python -m tests.support.crashing_terminal WHERE LOG KEY`.

The fault is raised at the key `x`. Its message quotes the secret, as does a local variable; another
local holds a value that no redactor knows.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from rich.panel import Panel
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.message import Message
from textual.widgets import Static

from tui import log
from tui.credentials import Secret
from tui.redactor import Redactor
from tui.terminal import crash_report
from tui.terminal.app import TerminalApp
from tui.terminal.lifecycle import TerminalWatchdog
from tui.terminal.process_end import end_now
from tui.terminal.run import run_to_its_end

LOCAL = "LOCAL-7fE2"
"""Found only in a report that shows local variables."""


class Fault(ValueError):
    """An error whose message quotes the key."""


class FaultWithRich(Fault):
    """An error that renders itself."""

    def __rich__(self) -> Panel:
        return Panel(Text(f"shown as a panel: {self}"), width=30)


class Dying:
    """An object whose finalizer fails."""

    def __init__(self, strike: Callable[[], NoReturn]) -> None:
        self._strike = strike

    def __del__(self) -> None:
        self._strike()


class Word(Static):
    """A word to wait for, whose painting or composing may fail."""

    def __init__(self, app: CrashingApp) -> None:
        super().__init__()
        self._crashing = app

    def compose(self) -> ComposeResult:
        """Show nothing more."""
        self._crashing.strike_if_struck("compose")
        return []

    def render(self) -> str:
        """Return the word."""
        self._crashing.strike_if_struck("paint")
        return "ready"


class CrashingApp(TerminalApp):
    """Show a word, and crash at a key."""

    def __init__(self, where: str, key: str) -> None:
        super().__init__()
        self._where, self._key = where, key
        self._task: asyncio.Task[None] | None = None
        self._struck = False

    def compose(self) -> ComposeResult:
        """Show a word to wait for."""
        yield Word(self)

    def strike_if_struck(self, where: str) -> None:
        """Raise the fault where it is due, once the key was pressed."""
        if self._struck and self._where == where:
            self.strike()

    def strike(self, kind: type[Fault] = Fault) -> NoReturn:
        """Raise the fault."""
        beside = "-".join(("LOCAL", "7fE2"))
        authorization = f"Bearer {self._key}"
        raise kind(f"a fault quotes {authorization}, of {len(beside)}")

    async def strike_later(self) -> None:
        """Raise the fault in a task."""
        await asyncio.sleep(0.01)
        self.strike()

    def on_mount(self) -> None:
        """Plant a fault in the input thread."""
        driver = getattr(self, "terminal_driver", None)
        if self._where == "input" and driver is not None:
            process = driver.process_message

            def strike_at_a_key(message: Message) -> None:
                if isinstance(message, events.Key):
                    self.strike()
                process(message)

            vars(driver)["process_message"] = strike_at_a_key

    def on_key(self, event: events.Key) -> None:
        """Crash, or exit."""
        match event.key, self._where:
            case "q", _:
                self.exit()
            case "x", "handler" | "redactor" | "no redactor":
                self.strike()
            case "x", "rich":
                self.strike(FaultWithRich)
            case "x", "timer":
                self.set_timer(0.01, self.strike)
            case "x", "worker":
                self.run_worker(self.strike_later())
            case "x", "thread worker":
                self.run_worker(self.strike, thread=True)
            case "x", "paint":
                self._struck = True
                self.query_one(Word).refresh()
            case "x", "compose":
                self._struck = True
                self.query_one(Word).refresh(recompose=True)
            case "x", "callback":
                asyncio.get_running_loop().call_soon(self.strike)
            case "x", "giving back":
                # Also what gives the terminal back fails.
                vars(self.terminal_driver)["stop_application_mode"] = self.strike
                self.exit()
            case "x", "system exit":
                raise SystemExit(0)
            case "x", "exit in a callback":
                asyncio.get_running_loop().call_soon(sys.exit, 0)
            case "x", "cancelled":
                raise asyncio.CancelledError
            case "x", "recursion":
                self.recurse()
            case "x", "memory":
                raise MemoryError
            case "x", "watched thread":
                threading.Thread(target=self.strike).start()
            case "x", "message":
                self.exit(return_code=1, message=Text(f"a message quotes {self._key}"))
            case "x", "background":
                asyncio.get_running_loop().create_task(self.strike_later()).add_done_callback(
                    lambda task: self.crash(task.exception() or RuntimeError("no fault"))
                )
            case "x", other:
                self.fail_harmlessly(other)

    def recurse(self) -> None:
        """Recurse without an end."""
        self.recurse()

    def fail_harmlessly(self, where: str) -> None:
        """Cause a fault that does not end the program."""
        if where == "thread":
            threading.Thread(target=self.strike).start()
        elif where == "unraisable":
            Dying(self.strike)
        elif where == "task":
            self._task = asyncio.get_running_loop().create_task(self.strike_later())
            self.set_timer(0.1, self.forget_task)

    def forget_task(self) -> None:
        """Drop a failed task whose exception was never retrieved."""
        self._task = None
        gc.collect()


class Broken(Redactor):
    """A redactor that fails."""

    def __call__(self, text: str) -> str:
        """Fail."""
        raise RuntimeError(f"cannot redact {text}")


def main(where: str, path: Path, key: str) -> None:
    """Run the app until it crashes or is told to end."""
    redact = Redactor()
    redact.learn(Secret(key))
    if where == "redactor":
        log.start(path, Broken())
        crash_report.install(Broken())
    elif where == "no redactor":
        log.start(path, Broken())
    else:
        log.start(path, redact)
        crash_report.install(redact)
    app = CrashingApp(where, key)
    if where == "watched thread":
        TerminalWatchdog(app.request_exit).install()
    end_now(run_to_its_end(app, mouse=True))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
