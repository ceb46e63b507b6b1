"""The controllers for links, previews and downloads, imported on their first request."""

from __future__ import annotations

from collections.abc import Callable

from tui.dashboard.controllers.downloads import DownloadController
from tui.dashboard.controllers.links import LinkController
from tui.dashboard.controllers.pictures import PictureController
from tui.dashboard.screens.main import MainScreen
from tui.dependencies import Dependencies
from tui.engine import Engine
from tui.links.resolver import LinkResolver
from tui.saving.saver import Saver
from tui.terminal.app import StockApp


class LinkServices:
    """All that is done with the links of a task; the controllers share one resolver."""

    def __init__(
        self,
        app: StockApp,
        screen: MainScreen,
        engine: Engine,
        dependencies: Dependencies,
        notify: Callable[[str], None],
    ) -> None:
        """Connect the controllers; `notify` shows a line for a moment."""
        config, environ = dependencies.config, dependencies.environ
        resolver = LinkResolver(
            get_record=engine.watchlist.get,
            ask=engine.ask,
            now=engine.server_clock.now,
            on_refresh=lambda: notify("Asking the service for a fresh link."),
            sleep=dependencies.sleep,
        )
        saver = Saver(resolver, engine.media, dependencies.downloads, engine.threads)
        self.pictures = PictureController(app, engine, resolver, config=config, environ=environ)
        self.downloads = DownloadController(screen, engine, resolver, saver)
        self.links = LinkController(
            app,
            engine,
            resolver,
            environ=environ,
            open_command=config.open_command,
            show_saved=self.downloads.show_saved,
        )
