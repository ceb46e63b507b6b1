"""`scenext-tui watch` and `--demo`: build the parts of the dashboard and start it."""

from __future__ import annotations

import io
import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tui.cli.arguments.watchlist_path import choose_watchlist
from tui.cli.exit_codes import FAILED, USAGE
from tui.cli.printing.output import print_error
from tui.cli.running import services
from tui.cli.running.permissions import permission_warnings
from tui.cli.running.resources import require_resources
from tui.config import APP, Config, Paths, load
from tui.credentials import VARIABLE, CurrentKey, KeySettings, KeySource, Secret
from tui.errors import UserError
from tui.os_errors import shortage
from tui.sanitize import clean
from tui.terminal import gc_tuning, textual_variables

if TYPE_CHECKING:
    from tui.dashboard.app import ScenextApp
    from tui.dependencies import Dependencies

DEMO_INTERVAL: Final = 3.0
"""Seconds between two polls in the demo, whose tasks end within a minute or two."""
SWITCH_INTERVAL: Final = 0.001
"""Seconds after which a working thread yields to the event loop: with Python's own 5 ms, a key
waits several times as long while a large watchlist is saved."""

_log = logging.getLogger(__name__)


class WatchOptions(NamedTuple):
    """The options of the command line that concern the dashboard."""

    config: Path | None
    """The configuration file that the user named."""
    watchlist: Path | None
    """The watchlist that the user named."""
    low_bandwidth: bool
    verbose: bool
    ids: list[str]
    """Tasks to add; none in the demo."""


def watch(options: WatchOptions) -> int:
    """Open the dashboard on the watchlist; return the exit code."""
    if not _is_usable_terminal():
        return USAGE
    require_resources()
    paths = Paths.standard(options.config)
    config = _load_config(options, paths.config)
    paths = choose_watchlist(paths, options.watchlist, config.watchlist)
    key = services.read_key(paths.config, config)
    warnings = services.warnings(paths.config, config)
    return _launch(options, paths, config, key, config.host, warnings)


def demo(options: WatchOptions) -> int:
    """Open the dashboard on the demo's own service and files; return the exit code."""
    if not _is_usable_terminal():
        return USAGE
    require_resources()
    from tui.demo import DemoService
    from tui.demo.folder import demo_folder

    # The user's own key has no business here.
    os.environ.pop(VARIABLE, None)
    own = _find_config(options)
    config = _load_config(options, own) if own is not None else Config()
    with demo_folder() as folder, DemoService() as service:
        paths = Paths.inside(folder)
        _save_demo_tasks(paths)
        config = config._replace(
            base_url=service.base_url, poll_interval=DEMO_INTERVAL, trust_env=False
        )
        settings = KeySettings(inline=Secret(service.api_key))
        key = CurrentKey(KeySource(paths.config, lambda: settings, {}))
        # The demo runs the user's open_command, but does not use their key.
        warnings = permission_warnings(own, KeySettings()) if own is not None else ()
        if own is None:
            config = config._replace(download_dir=folder / "downloads")
        paths = paths._replace(config=own or paths.config)
        return _launch(options, paths, config, key, "demo", warnings, is_demo=True)


def _find_config(options: WatchOptions) -> Path | None:
    """Return the configuration file; None where there is no home folder, which the demo can miss.

    Below one that is a file, such as the /dev/null of users of services, there is none either.
    """
    if options.config is not None:
        return options.config
    try:
        path = Paths.standard().config
        path.stat()
    except (UserError, NotADirectoryError):
        return None
    except OSError:
        pass
    return path


def _save_demo_tasks(paths: Paths) -> None:
    from tui.cli import demo_tasks
    from tui.watchlist.storage import StorageError, WatchlistFile

    try:
        WatchlistFile(paths.watchlist).save(demo_tasks.changes(datetime.now(UTC)))
    except StorageError as error:
        raise UserError(str(error)) from None


def _is_usable_terminal() -> bool:
    from tui.terminal.unsupported import unsupported_reason

    hint = f"For scripts there are other commands: {APP} --help"
    if reason := unsupported_reason(os.environ, hint):
        print_error(reason)
    return not reason


def _load_config(options: WatchOptions, path: Path) -> Config:
    config = load(path, os.environ, required=options.config is not None)
    return config._replace(low_bandwidth=config.low_bandwidth or options.low_bandwidth)


def _launch(
    options: WatchOptions,
    paths: Paths,
    config: Config,
    key: CurrentKey,
    host: str,
    warnings: tuple[str, ...],
    *,
    is_demo: bool = False,
) -> int:
    """Build the app and run it until it ends; return its exit code.

    A fault of ours on the way is reported and logged like one in the app: without secrets.
    """
    from tui.terminal import crash_report

    redact, more_warnings = services.begin_reports(paths.log, key, verbose=options.verbose)
    try:
        _prepare_process(config)
        from tui.state_file import StateFile
        from tui.watchlist.storage import WatchlistFile

        dependencies = services.dependencies(
            config, key, WatchlistFile(paths.watchlist), redact, host=host
        )
        dependencies = dependencies._replace(
            warnings=(*warnings, *more_warnings),
            downloads=config.download_dir or Paths.downloads(),
            is_demo=is_demo,
            state=StateFile(paths.state),
        )
        return _open(dependencies, paths.config, options.ids)
    except UserError:
        raise
    except Exception as error:
        if lacking := shortage(error):
            raise UserError(lacking) from None
        crash_report.print_crash(error, "the dashboard could not start")
        return FAILED


def _open(dependencies: Dependencies, config_file: Path, ids: list[str]) -> int:
    from tui.dashboard.app import ScenextApp
    from tui.terminal import overrides, window_size
    from tui.terminal.lifecycle import TerminalWatchdog
    from tui.terminal.run import run_to_its_end

    size = window_size.take_size(os.environ)
    if misfit := overrides.misfit():
        _log.warning("overrides of Textual are off, since these no longer fit it: %s", misfit)
    try:
        app = ScenextApp(dependencies, ids)
    except UserError as error:
        raise UserError(f"{config_file}: {error}") from None
    TerminalWatchdog(app.request_exit).install()
    code = run_to_its_end(app, mouse=not dependencies.config.low_bandwidth, size=size)
    return code if dependencies.is_demo else _tell_unsaved(app, dependencies.file.path, code)


def _tell_unsaved(app: ScenextApp, watchlist: Path, code: int) -> int:
    """Name what is lost, or where it is; return the exit code, which is never 0 if it is lost."""
    lost = app.engine.lost()
    if app.written_to is None and not any(lost):
        return code
    from tui.cli.printing.output import MAX_MESSAGE
    from tui.terminal.restore import TERMINAL
    from tui.wording.unsaved import kept_elsewhere, lost_changes

    if app.written_to is not None:
        has_folder, is_folder = watchlist.parent.is_dir(), watchlist.is_dir()
        message = kept_elsewhere(
            app.written_to, watchlist, has_folder=has_folder, is_folder=is_folder
        )
    else:
        message = lost_changes(lost, app.engine.save_problem)
        _log.error("%s", message)
        code = code or FAILED
    # The terminal may take nothing still.
    TERMINAL.tell(f"{APP}: {clean(message, MAX_MESSAGE)}\n")
    return code


def _prepare_process(config: Config) -> None:
    """Set what Textual reads at import or when the app is created; tune the interpreter."""
    gc_tuning.postpone()
    sys.setswitchinterval(SWITCH_INTERVAL)
    textual_variables.settle(
        os.environ,
        low_bandwidth=config.low_bandwidth,
        plain="NO_COLOR" in os.environ and not config.theme,
    )
    stream = sys.__stderr__
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="replace")
