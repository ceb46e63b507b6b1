"""The command line: parse the arguments and run one command."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from tui import __version__, bytecode
from tui.cli import output
from tui.cli.exit_codes import FAILED, USAGE
from tui.config import APP, Paths
from tui.errors import UserError
from tui.os_errors import os_error_reason, shortage
from tui.sanitize import clean
from tui.scenext.task_ids import parse_task_ids

_EPILOG = """\
examples:
  scenext-tui add 12345 67890 --label "first try"
  scenext-tui                    the dashboard; press ? in it for its keys

The API key is read from SCENEXT_API_KEY, or as config.toml says (see: scenext-tui paths).
Exit codes: 0 done, 1 could not, 2 wrong usage.
"""


class _Parser(argparse.ArgumentParser):
    """A parser that prints as the commands do, and nothing that a terminal would interpret."""

    def error(self, message: str) -> NoReturn:
        """Print the usage and a clean message, and exit with 2."""
        text = clean(message, output.MAX_MESSAGE)
        output.write_error(f"{self.format_usage()}{self.prog}: error: {text}\n")
        self.exit(USAGE)

    def print_help(self, file: object = None) -> None:
        """Print the help. Raises as `print_result` does: argparse itself ignores errors."""
        output.print_result(self.format_help().rstrip("\n"))


class _PrintVersion(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *arguments: object) -> None:
        output.print_result(f"{APP} {__version__}")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        APP,
        usage=f"{APP} [OPTIONS] [COMMAND]",
        description="Keeps watch over Scenext video tasks in a terminal.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    version = "show program's version number and exit"
    parser.add_argument("--version", action=_PrintVersion, nargs=0, help=version)
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
    output.prepare_streams()
    parser = _parser()
    try:
        return _run_command(parser.parse_args(arguments), parser)
    except UserError as error:
        output.print_error(str(error))
    except BrokenPipeError:
        pass
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        output.print_error(f"{where}{os_error_reason(error)}")
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
    bytecode.adapt()
    _keep_own_rights()
    code = FAILED
    try:
        code = main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else FAILED
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BaseException as error:
        _report(error)
    output.discard_unwritten()
    end_now(code)


def _report(error: BaseException) -> None:
    """Say what the system lacks, in a line; anything else is a fault of ours."""
    if lacking := shortage(error):
        output.print_error(lacking)
        return
    from tui.terminal import crash_report

    crash_report.print_crash(error, "the command failed")


def _keep_own_rights() -> None:
    """Have no umask take rights from ourselves: what we write we could not read again."""
    os.umask(os.umask(0o077) & 0o077)
