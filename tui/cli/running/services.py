"""What the dashboard and the commands that ask the service are built from. Imports no Textual.

What costs time to import is imported by the function that needs it.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli.running.permissions import permission_warnings
from tui.config import Config, load_key_settings
from tui.credentials import CurrentKey, KeySource
from tui.http.proxies import proxy_environment, proxy_warnings

if TYPE_CHECKING:
    from tui.dependencies import ClientFactory, Dependencies
    from tui.redactor import Redactor
    from tui.watchlist.storage import WatchlistFile


def read_key(config_file: Path, config: Config, *, goes_on: bool = True) -> CurrentKey:
    """Return the key for the configured service, and how to read it again. Blocks.

    `goes_on` tells whether the program runs without a key, too.
    """
    source = KeySource(
        config_file,
        lambda: load_key_settings(config_file, os.environ),
        os.environ,
        base_url=config.base_url,
        goes_on=goes_on,
    )
    return CurrentKey(source)


def warnings(config_file: Path, config: Config) -> tuple[str, ...]:
    """Return what the user should know of their files and proxies, a line each."""
    lines = permission_warnings(config_file, config.key)
    if config.trust_env:
        lines += proxy_warnings(proxy_environment(), config.base_url)
    return lines


def begin_reports(
    log_file: Path, key: CurrentKey, *, verbose: bool
) -> tuple[Redactor, tuple[str, ...]]:
    """Keep the key out of every report, settle the time zone, and log from now on.

    Several programs append to one log. Return what redacts, and warnings, empty ones among them.
    """
    from tui import log, time_zone
    from tui.redactor import Redactor
    from tui.terminal import crash_report

    redact = Redactor()
    if key.key is not None:
        redact.learn(key.key.secret)
    crash_report.install(redact)
    return redact, (time_zone.settle(os.environ), log.start(log_file, redact, verbose=verbose))


def dependencies(
    config: Config, key: CurrentKey, file: WatchlistFile, redact: Redactor, *, host: str
) -> Dependencies:
    """Return what the engine is built from."""
    from tui.clock import Clock
    from tui.dependencies import Dependencies

    return Dependencies(
        config=config,
        key=key,
        file=file,
        connect=partial(connect, config),
        environ=dict(os.environ),
        clock=Clock(),
        host=host,
        downloads=Path(),
        redact=redact,
    )


def connect(config: Config) -> ClientFactory:
    """Return what makes clients. Blocks; raises `UserError`."""
    # After the first paint, and in parallel: importing httpx takes a while, and most of the time
    # for the certificates is OpenSSL's, which releases Python's lock.
    from concurrent.futures import ThreadPoolExecutor

    from tui.http.tls import ssl_context

    with ThreadPoolExecutor(1, thread_name_prefix="certificates") as thread:
        tls = thread.submit(ssl_context, config)
        import anyio

        from tui.scenext.client import HttpClientFactory

        # Import now what httpcore would otherwise import at the first query, on the event loop.
        anyio.run(anyio.sleep, 0)
        return HttpClientFactory(config, tls.result())
