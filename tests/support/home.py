"""A temporary home for the program: configuration, watchlist and log."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.fake_terminals import FakeTerminal
from tests.support.terminal import Terminal
from tui.state_file import StateFile

COMMAND = (sys.executable, "-m", "tui")


@dataclass
class Home:
    """The files of the program under test, and how to start it with them."""

    folder: Path
    command: tuple[str, ...] = COMMAND
    env: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        """The path of `config.toml`."""
        return self.folder / "config" / "scenext-tui" / "config.toml"

    @property
    def watchlist(self) -> Path:
        """The path of `watchlist.toml`."""
        return self.folder / "data" / "scenext-tui" / "watchlist.toml"

    @property
    def log(self) -> Path:
        """The path of the log."""
        return self.folder / "state" / "scenext-tui" / "scenext-tui.log"

    @property
    def state(self) -> Path:
        """The path of `state.toml`."""
        return self.folder / "state" / "scenext-tui" / "state.toml"

    def hide_pictures(self) -> None:
        """Hide all pictures, as if `p` had hidden them before."""
        StateFile(self.state).save({"pictures": False})

    def configure(self, **settings: str | float | bool) -> None:
        """Write `config.toml`."""
        self.config.parent.mkdir(parents=True, exist_ok=True)
        # JSON strings, numbers and booleans are valid TOML.
        lines = (f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
        self.config.write_text("".join(lines), "utf-8")

    def environment(self, added: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment variables that make the program use this home."""
        return {
            "HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_DATA_HOME": str(self.folder / "data"),
            "XDG_STATE_HOME": str(self.folder / "state"),
            **self.env,
            **(added or {}),
        }

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command without a terminal, and wait until it ends."""
        return subprocess.run(
            [*self.command, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            cwd=self.folder,
            env={"PATH": "/usr/bin:/bin", **self.environment()},
        )

    def open(
        self,
        *arguments: str,
        cols: int = 120,
        rows: int = 40,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        columns_of: Callable[[str], int] | None = None,
        answers: bool | FakeTerminal = True,
    ) -> Terminal:
        """Start the program in a terminal, in `cwd` or else in the home. See `Terminal`."""
        argv = [*self.command, *arguments]
        return Terminal(
            argv,
            cols=cols,
            rows=rows,
            env=self.environment(env),
            cwd=cwd,
            columns_of=columns_of,
            answers=answers,
            prefork=self.command == COMMAND,
        )
