"""A user's home on a fresh machine: configuration, watchlist and log in a folder of the test's."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.terminal import Terminal

COMMAND = (sys.executable, "-m", "tui")


@dataclass
class Home:
    """Where the program under test keeps its files, and how it is started there."""

    folder: Path
    command: tuple[str, ...] = COMMAND
    env: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        """`config.toml`."""
        return self.folder / "config" / "scenext-tui" / "config.toml"

    @property
    def watchlist(self) -> Path:
        """`watchlist.toml`."""
        return self.folder / "data" / "scenext-tui" / "watchlist.toml"

    @property
    def log(self) -> Path:
        """The log."""
        return self.folder / "state" / "scenext-tui" / "scenext-tui.log"

    def configure(self, **settings: str | float | bool) -> None:
        """Write `config.toml`."""
        self.config.parent.mkdir(parents=True, exist_ok=True)
        # A JSON text, number or boolean is one of TOML as well.
        lines = (f"{key} = {json.dumps(value)}\n" for key, value in settings.items())
        self.config.write_text("".join(lines), "utf-8")

    def environment(self, added: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the variables that point the program here."""
        return {
            "HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_DATA_HOME": str(self.folder / "data"),
            "XDG_STATE_HOME": str(self.folder / "state"),
            **self.env,
            **(added or {}),
        }

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command that needs no terminal, to its end."""
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
    ) -> Terminal:
        """Start the program in a terminal, in `cwd` or else in the home."""
        argv = [*self.command, *arguments]
        return Terminal(argv, cols=cols, rows=rows, env=self.environment(env), cwd=cwd)
