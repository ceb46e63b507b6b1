"""The command line: parse the arguments and run one command."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

from tui import __version__
from tui.cli.exit_codes import FAILED
from tui.config import APP, Paths
from tui.errors import UserError
from tui.sanitize import clean
from tui.scenext.task_ids import parse_task_ids

_EPILOG = """\
examples:
  scenext-tui add 12345 67890 --label "first try"
  scenext-tui                    the dashboard; press ? in it for its keys

The API key is read from SCENEXT_API_KEY, or as config.toml says (see: scenext-tui paths).
Exit codes: 0 done, 1 could not, 2 wrong usage.
"""


MAX_MESSAGE: Final = 4000
"""Characters of an error; some list what there is."""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors quote the command line without what a terminal would interpret."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and a clean message, and exit with 2."""
        super().error(clean(message, MAX_MESSAGE))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
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
        "--low-bandwidth",
        action="store_true",
        help="save bandwidth on slow connections: no mouse, no pictures",
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
    # In another encoding than UTF-8 not all that paths and labels hold can be written.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        code = _run_command(options, parser)
        sys.stdout.flush()
        return code
    except UserError as error:
        print(f"{APP}: {clean(str(error), MAX_MESSAGE)}", file=sys.stderr)
    except OSError as error:
        # Keep Python from complaining about the stream once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        # A broken pipe needs no words: whoever read our output has enough.
        if not isinstance(error, BrokenPipeError):
            text = clean(f"{error.filename or 'output'}: {error.strerror}")
            print(f"{APP}: {text}", file=sys.stderr)
    return FAILED


def _run_command(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    """Run one command; each is imported only when it is the one."""
    ids = _ids(getattr(options, "ids", []), parser)
    if options.demo and (ids or options.command not in (None, "watch")):
        parser.error("--demo brings its own tasks and takes no command")
    match options.command:
        case "paths":
            from tui.cli.paths import print_paths

            return print_paths(Paths.standard(options.config))
        case "add":
            from tui.cli.add import add

            return add(Paths.standard(options.config).watchlist, ids, options.label)
    from tui.cli.watch import WatchOptions, demo, watch

    chosen = WatchOptions(options.config, options.low_bandwidth, options.verbose, ids)
    return demo(chosen) if options.demo else watch(chosen)


def _ids(words: Sequence[str], parser: argparse.ArgumentParser) -> list[str]:
    """Return the IDs in the arguments; a lone `-` stands for the lines of standard input."""
    if words == ["-"]:
        from tui.cli.add import read_ids

        return read_ids()
    try:
        if "-" in words:
            raise UserError("“-” stands for standard input and comes alone")
        return parse_task_ids(words)
    except UserError as error:
        parser.error(str(error))


def run() -> NoReturn:
    """Run the command as a program: end with its exit code although threads may hang."""
    from tui.terminal.process_end import INTERRUPTED, disable_core_files, end_now

    disable_core_files()
    _replace_closed_streams()
    code = FAILED
    try:
        code = main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else FAILED
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BaseException as error:
        from tui.terminal import crash_report

        crash_report.print_crash(error, "the command failed")
    end_now(code)


def _replace_closed_streams() -> None:
    """Put the null device in the place of each standard stream that whoever started us closed.

    Python has no object for such a stream, and the next file that is opened would get its number:
    what anything prints would be written into that file.
    """
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, number)
            if null != number:
                os.close(null)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", errors="replace"))
