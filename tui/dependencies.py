"""What the engine and the dashboard are built from: all that touches the world is passed in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tui.clock import Clock
from tui.config import Config
from tui.credentials import CurrentKey, Secret
from tui.polling.poller import Client
from tui.redactor import Redactor
from tui.watchlist.storage import WatchlistFile

if TYPE_CHECKING:
    from tui.scenext.media import Media
    from tui.state_file import StateFile


class ClientFactory(Protocol):
    """Makes clients; `scenext.client.HttpClientFactory` is the real one."""

    def status_client(self, key: Secret) -> Client:
        """Return a client of its own that sends `key`."""

    def media_client(self) -> Media:
        """Return a client of its own that has no key."""


class Dependencies(NamedTuple):
    """Everything that an engine is built from, and a dashboard around it."""

    config: Config
    key: CurrentKey
    file: WatchlistFile
    connect: Callable[[], ClientFactory]
    """Makes the client factory. Blocks, since it imports httpx and makes an SSL context: called in
    a thread, after the first paint. Raises `UserError`."""
    environ: Mapping[str, str]
    clock: Clock
    host: str
    """The polled host, as the status bar names it."""
    downloads: Path
    """The folder for saved files; each task gets a folder of its own in it."""
    redact: Redactor
    warnings: tuple[str, ...] = ()
    """What the banner says from the start."""
    is_demo: bool = False
    """Whether the watchlist need not outlive the program."""
    state: StateFile | None = None
    """What the dashboard remembers of how it was used; None: nothing."""
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    """Waits before what failed for a moment is tried again."""
