"""The command line: reads the arguments, builds the parts and hands them to each other."""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from tui import __version__
from tui.config import APP, Config, Paths, load, read_table
from tui.credentials import CurrentKey, KeySettings, KeySource, Secret
from tui.errors import UserError
from tui.scenext.task_ids import task_id, task_ids
from tui.terminal import gc_tuning

if TYPE_CHECKING:
    from tui.demo import DemoService
    from tui.engine import ClientSource
    from tui.redact import Redactor

DONE, COULD_NOT, WRONG_USAGE = 0, 1, 2

DEMO_INTERVAL = 3.0
"""Seconds: the demo's tasks are done in a minute or two, so it is asked more often."""

_EPILOG = """\
examples:
  scenext-tui add 12345 67890 --label "first try"
  scenext-tui                    the dashboard; press ? in it for its keys

The API key is read from SCENEXT_API_KEY, or as config.toml says (see: scenext-tui paths).
Exit codes: 0 done, 1 could not, 2 wrong usage.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        APP,
        usage=f"{APP} [OPTIONS] [COMMAND]",
        description="Keeps watch over Scenext video tasks in a terminal.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"{APP} {__version__}")
    parser.add_argument("--config", metavar="FILE", type=Path, help="read this config.toml instead")
    parser.add_argument("--demo", action="store_true", help="try it: no key, no network needed")
    parser.add_argument(
        "--low-bandwidth", action="store_true", help="for thin lines: no mouse, no pictures"
    )
    parser.add_argument("--verbose", action="store_true", help="log every query, not only faults")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", prog=APP)
    watch = commands.add_parser("watch", help="open the dashboard (the default), adding IDs")
    watch.add_argument("ids", nargs="*", metavar="ID", help="a task's ID or status URL")
    add = commands.add_parser("add", help="add tasks to the watchlist")
    add.add_argument("ids", nargs="+", metavar="ID", help="an ID or status URL; - reads lines")
    add.add_argument("--label", metavar="TEXT", default="", help="a name for all of them")
    commands.add_parser("paths", help="print where configuration, watchlist and log are")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; nothing foreseeable ends in a traceback."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        code = _command(options, parser)
        sys.stdout.flush()
        return code
    except UserError as error:
        print(f"{APP}: {error}", file=sys.stderr)
        return COULD_NOT
    except OSError as error:
        # Python would complain once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            # Else whoever read our output has enough.
            print(f"{APP}: {error.filename or 'output'}: {error.strerror}", file=sys.stderr)
        return COULD_NOT
    except KeyboardInterrupt:
        return COULD_NOT


def _command(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    paths = Paths.standard(options.config)
    ids = _ids(getattr(options, "ids", []), parser)
    if options.demo:
        if ids or options.command not in (None, "watch"):
            parser.error("--demo brings its own tasks and takes no command")
        return _demo(options)
    match options.command:
        case "paths":
            return _paths(paths)
        case "add":
            return _add(paths, ids, options.label)
    return _dashboard(options, paths, ids)


def _ids(words: Sequence[str], parser: argparse.ArgumentParser) -> list[str]:
    """IDs from the arguments, a lone `-` standing for the lines of standard input."""
    if words == ["-"]:
        return _ids_of_lines(_standard_input())
    try:
        if "-" in words:
            raise UserError("“-” stands for standard input and comes alone")
        return task_ids(words)
    except UserError as error:
        parser.error(str(error))


def _ids_of_lines(lines: Sequence[str]) -> list[str]:
    ids: list[str] = []
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip(" \t,;\"'")
        try:
            ids += [task_id(text)] if text else []
        except UserError as error:
            raise UserError(f"line {number}: {error}; nothing was added") from None
    return list(dict.fromkeys(ids))


def _standard_input() -> list[str]:
    try:
        return sys.stdin.buffer.read().decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise UserError("standard input is not UTF-8 text") from None


def _paths(paths: Paths) -> int:
    for name, path in (
        ("config", paths.config),
        ("watchlist", paths.watchlist),
        ("log", paths.log),
    ):
        print(f"{name:<10} {path}")
    return DONE


def _add(paths: Paths, ids: list[str], label: str) -> int:
    from tui.sanitize import clean
    from tui.watchlist.storage import Add, Entry, StorageError, WatchlistFile
    from tui.wording.tasks import added

    file = WatchlistFile(paths.watchlist)
    now = datetime.now(UTC)
    known = {entry.id for entry in file.load().entries}
    label = clean(label, 200).strip()
    try:
        loaded = file.save([Add(Entry(task_id, now, label)) for task_id in ids])
    except StorageError as error:
        raise UserError(str(error)) from None
    if loaded.warning:
        print(f"{APP}: {loaded.warning}", file=sys.stderr)
    new = len(set(ids) - known)
    print(added(new, len(ids) - new, label))
    return DONE


def _dashboard(options: argparse.Namespace, paths: Paths, ids: list[str]) -> int:
    _refuse_without_terminal()
    config = _config(options, paths)
    source = KeySource(
        paths.config,
        lambda: KeySettings.from_table(read_table(paths.config), paths.config),
        os.environ,
    )
    key = CurrentKey(source)
    warning = source.too_open()
    start = Start(
        paths, config, paths.config, key, config.host, options.verbose, tuple(ids), warning
    )
    return _run(start)


def _demo(options: argparse.Namespace) -> int:
    _refuse_without_terminal()
    from tui.demo import DemoService

    own = Paths.standard(options.config)
    config = _config(options, own)
    with tempfile.TemporaryDirectory(prefix=f"{APP}-demo-") as folder, DemoService() as service:
        paths = Paths.inside(Path(folder))
        _save_demo_tasks(paths, service)
        config = config._replace(
            base_url=service.base_url, poll_interval=DEMO_INTERVAL, trust_env=False
        )
        settings = KeySettings(inline=Secret(service.api_key))
        key = CurrentKey(KeySource(paths.config, lambda: settings, {}))
        return _run(Start(paths, config, own.config, key, "demo", options.verbose))


def _save_demo_tasks(paths: Paths, service: DemoService) -> None:
    from tui.watchlist.storage import Add, Entry, WatchlistFile

    now = datetime.now(UTC)
    entries = [Entry(task_id, now, service.labels[task_id]) for task_id in service.task_ids]
    WatchlistFile(paths.watchlist).save([Add(entry) for entry in entries])


def _refuse_without_terminal() -> None:
    from tui.terminal.lifecycle import unsupported_reason

    hint = f"To add tasks from a script: {APP} add ID"
    if reason := unsupported_reason(os.environ, hint):
        print(f"{APP}: {reason}", file=sys.stderr)
        sys.exit(WRONG_USAGE)


def _config(options: argparse.Namespace, paths: Paths) -> Config:
    config = load(paths.config, os.environ, required=options.config is not None)
    return config._replace(low_bandwidth=config.low_bandwidth or options.low_bandwidth)


class Start(NamedTuple):
    """All that was read and decided before the dashboard opens."""

    paths: Paths
    config: Config
    config_file: Path
    """Where `config` came from."""
    key: CurrentKey
    place: str
    """The host, as the status line names it."""
    verbose: bool
    ids: tuple[str, ...] = ()
    """Tasks to add."""
    warning: str = ""
    """What the banner is to say from the beginning."""


def _run(start: Start) -> int:
    """Build the app and run it until it ends; return its exit code.

    A fault of ours on the way is told and logged as one in the app is: without secrets.
    """
    from tui import log
    from tui.redact import Redactor
    from tui.terminal import crash_report

    redact = Redactor()
    redact.learn(start.key.key.secret)
    crash_report.install(redact)
    no_log = log.start(start.paths.log, redact, verbose=start.verbose)
    try:
        return _open(start, redact, no_log)
    except UserError:
        raise
    except Exception as error:
        crash_report.print_crash(error, "the dashboard could not start")
        return COULD_NOT


def _open(start: Start, redact: Redactor, no_log: str) -> int:
    config, paths = start.config, start.paths
    gc_tuning.postpone()
    # A thread that works gives way to the event loop after so long, at each of the loop's system
    # calls: with Python's 5 ms a key waited 70 ms while 5,000 tasks were saved, and waits 12 so.
    sys.setswitchinterval(0.001)
    _prepare_terminal(config)
    from tui.clock import Clock
    from tui.dashboard.app import ScenextApp
    from tui.engine import Parts
    from tui.terminal import overrides
    from tui.terminal.lifecycle import TerminalWatchdog
    from tui.watchlist.storage import WatchlistFile

    if misfit := overrides.misfit():
        logging.getLogger(__name__).warning(
            "this Textual has changed, so it runs without its overrides: %s", misfit
        )
    parts = Parts(
        config=config,
        key=start.key,
        file=WatchlistFile(paths.watchlist),
        connect=_connector(config),
        environ=dict(os.environ),
        clock=Clock(),
        place=start.place,
        downloads=config.download_dir or Paths.downloads(),
        redact=redact,
        warnings=(start.warning, no_log),
    )
    try:
        app = ScenextApp(parts, start.ids)
    except UserError as error:
        raise UserError(f"{start.config_file}: {error}") from None
    TerminalWatchdog(app.request_exit).install()
    app.run(mouse=not config.low_bandwidth)
    return app.return_code or DONE


def _connector(config: Config) -> Callable[[], ClientSource]:
    def connect() -> ClientSource:
        # After the first paint, and side by side: httpx takes 30-50 ms to import, and most of the
        # time that the certificates take is OpenSSL's, which leaves Python to others.
        from concurrent.futures import ThreadPoolExecutor

        from tui.scenext.tls import ssl_context

        with ThreadPoolExecutor(1, thread_name_prefix="certificates") as thread:
            tls = thread.submit(ssl_context, config)
            import anyio

            from tui.scenext.client import Connector

            # What httpcore would import at the first query, on the event loop: 20 ms.
            anyio.run(anyio.sleep, 0)
            return Connector(config, tls.result())

    return connect


def _prepare_terminal(config: Config) -> None:
    """Set what Textual reads while it is imported, or when the app is made."""
    if config.low_bandwidth:
        os.environ["TEXTUAL_ANIMATIONS"] = "none"
        os.environ["TEXTUAL_SMOOTH_SCROLL"] = "0"
        os.environ["TEXTUAL_FPS"] = "10"
    # Paint twice as often as by default: a key that follows a frame waits half as long.
    os.environ.setdefault("TEXTUAL_FPS", "120")
    if "NO_COLOR" in os.environ and not config.theme:
        # Without it Textual answers NO_COLOR with greys in true colour.
        os.environ.setdefault("TEXTUAL_THEME", "ansi-dark")
    stream = sys.__stderr__
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="replace")


def run() -> NoReturn:
    """Run the command as a program: end with its exit code although threads may hang."""
    code = COULD_NOT
    try:
        code = main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else COULD_NOT
    except BaseException as error:
        from tui.terminal import crash_report

        crash_report.print_crash(error, "the command failed")
    from tui.terminal.lifecycle import end_now

    end_now(code)
