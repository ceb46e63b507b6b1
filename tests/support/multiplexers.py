"""What may stand between the program and the terminal: GNU screen, tmux, dtach, mosh.

Each keeps a session in a folder of its own, apart from those of whoever runs the tests.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from tests.support.terminal import Terminal

_COMMAND_TIMEOUT = 10


class Multiplexer(ABC):
    """A program that runs another one in a terminal that it emulates or passes on."""

    program: ClassVar[str]
    rows: ClassVar[int] = 0
    """How many lines of the terminal it keeps for itself."""
    holds_escape: ClassVar[bool] = False
    """Whether it keeps a lone escape until the next key, while the program uses the mouse."""

    def __init__(self, folder: Path, config: str = "") -> None:
        """Use `folder`, whose path must be short, with a configuration that is empty by default."""
        self._folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)
        self._config = folder / "config"
        self._config.write_text(config, "utf-8")
        self._leader = folder / "leader"

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that its clients need."""
        return {}

    @abstractmethod
    def start(self, command: Sequence[str]) -> list[str]:
        """Return the command line of a client that runs a command in a new session."""

    def shown(self) -> str:
        """Return the screen as the multiplexer itself knows it; empty where it tells nobody."""
        return ""

    def close(self) -> None:
        """End the session and all that runs in it."""
        with suppress(FileNotFoundError, ProcessLookupError):
            # The kernel hangs up on all others of the session.
            os.kill(int(self._leader.read_text()), signal.SIGKILL)

    def _noted(self, command: Sequence[str]) -> list[str]:
        """Return the command, run so that its process ID is known."""
        return ["sh", "-c", f'echo $$ >{self._leader}; exec "$@"', "sh", *command]

    def _run(self, *argv: str) -> str:
        return subprocess.run(
            argv,
            env={**os.environ, "LANG": "C.UTF-8", **self.environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=_COMMAND_TIMEOUT,
        ).stdout


class SessionKeeper(Multiplexer):
    """One whose client may leave the session, so that another client can take it up."""

    @abstractmethod
    def attach(self) -> list[str]:
        """Return the command line of a client that takes up the session."""

    @abstractmethod
    def detach(self, terminal: Terminal) -> None:
        """Press the keys with which the client leaves the session."""


class GnuScreen(SessionKeeper):
    """GNU screen."""

    program = "screen"
    holds_escape = True

    @property
    def environment(self) -> Mapping[str, str]:
        """The folder of its sockets."""
        return {"SCREENDIR": str(self._folder)}

    def start(self, command: Sequence[str]) -> list[str]:
        """Return a client that creates the session."""
        return ["screen", "-c", str(self._config), "-S", "t", *self._noted(command)]

    def attach(self) -> list[str]:
        """Return a client that reattaches."""
        return ["screen", "-c", str(self._config), "-r", "t"]

    def detach(self, terminal: Terminal) -> None:
        """Press ctrl+a d."""
        terminal.press("ctrl+a", "d")

    def hardcopy(self) -> bytes:
        """Return the lines of the window as screen has them, a byte for each column."""
        copy = self._folder / "copy"
        self._run("screen", "-S", "t", "-X", "hardcopy", str(copy))
        deadline = time.monotonic() + _COMMAND_TIMEOUT
        while not copy.exists() or copy.read_bytes()[-1:] != b"\n":
            assert time.monotonic() < deadline, "screen has written no copy"
            time.sleep(0.02)
        return copy.read_bytes()

    def close(self) -> None:
        """Quit."""
        super().close()
        self._run("screen", "-S", "t", "-X", "quit")


class Tmux(SessionKeeper):
    """tmux."""

    program = "tmux"
    rows = 1

    @property
    def environment(self) -> Mapping[str, str]:
        """The folder of its socket."""
        return {"TMUX_TMPDIR": str(self._folder)}

    @property
    def _argv(self) -> list[str]:
        return ["tmux", "-L", "t", "-f", str(self._config)]

    def start(self, command: Sequence[str]) -> list[str]:
        """Return a client that creates the session."""
        return [*self._argv, "new-session", *self._noted(command)]

    def attach(self) -> list[str]:
        """Return a client that attaches."""
        return [*self._argv, "attach"]

    def detach(self, terminal: Terminal) -> None:
        """Press ctrl+b d."""
        terminal.press("ctrl+b", "d")

    def shown(self) -> str:
        """Return the captured pane."""
        return _without_padding(self._run(*self._argv, "capture-pane", "-p"))

    def close(self) -> None:
        """Kill the server."""
        super().close()
        self._run(*self._argv, "kill-server")


class Dtach(SessionKeeper):
    """dtach: it knows no screen, and has the program redraw for each client, by SIGWINCH."""

    program = "dtach"

    def start(self, command: Sequence[str]) -> list[str]:
        """Return a client that creates the session."""
        return ["dtach", "-A", str(self._folder / "t"), "-r", "winch", *self._noted(command)]

    def attach(self) -> list[str]:
        """Return a client that attaches."""
        return ["dtach", "-a", str(self._folder / "t"), "-r", "winch"]

    def detach(self, terminal: Terminal) -> None:
        """Press ctrl+backslash, which dtach looks for at the beginning of a read alone.

        A reply of the terminal to a probe may be there before it.
        """
        terminal.wait_quiet(0.2)
        terminal.write(b"\x1c")


class Mosh(Multiplexer):
    """mosh, with both its ends on this machine. Its client is the session: it never comes back."""

    program = "mosh"

    @property
    def environment(self) -> Mapping[str, str]:
        """A server whose client is gone ends after seconds."""
        return {"MOSH_SERVER_NETWORK_TMOUT": "20"}

    def start(self, command: Sequence[str]) -> list[str]:
        """Return a client with a server of its own."""
        local = ["mosh", "--local", "--bind-server=127.0.0.1", "127.0.0.1", "--"]
        return [*local, *self._noted(command)]


def missing(kind: type[Multiplexer]) -> str:
    """Return what a test that is skipped says; empty where the program is installed."""
    return "" if shutil.which(kind.program) else f"{kind.program} is not installed"


def _without_padding(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines())
