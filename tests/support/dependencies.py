"""What an engine or a dashboard is built from, in a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tui.clock import Clock
from tui.config import Config, Paths
from tui.credentials import CurrentKey, KeySettings, KeySource, Secret
from tui.dependencies import ClientFactory, Dependencies
from tui.redactor import Redactor
from tui.state_file import StateFile
from tui.watchlist.storage import WatchlistFile


def make_dependencies(
    folder: Path,
    connect: Callable[[], ClientFactory],
    *,
    key: Callable[[], str] = lambda: "sk-test-0123456789",
) -> Dependencies:
    """Return dependencies with their files in `folder` and the key that `key` returns.

    Replace what should be different; an empty key is none.
    """
    paths = Paths.inside(folder)

    def settings() -> KeySettings:
        text = key()
        return KeySettings(inline=Secret(text) if text else None)

    return Dependencies(
        config=Config(),
        key=CurrentKey(KeySource(paths.config, settings, {})),
        file=WatchlistFile(paths.watchlist),
        connect=connect,
        environ={},
        clock=Clock(),
        host="test",
        downloads=folder / "downloads",
        redact=Redactor(),
        state=StateFile(paths.state),
    )
