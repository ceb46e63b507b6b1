"""The command line's grammar and its help."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NoReturn

from tui import __version__
from tui.cli import output
from tui.cli.exit_codes import USAGE
from tui.config import APP
from tui.sanitize import clean

_EPILOG = """\
examples:
  scenext-tui add 12345 67890 --label "first try"
  scenext-tui                    the dashboard; press ? in it for its keys

The API key is read from SCENEXT_API_KEY, or as config.toml says (its place:
scenext-tui paths).

Exit codes: 0 done, 1 could not, 2 wrong usage.
"""


class Parser(argparse.ArgumentParser):
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


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = Parser(
        APP,
        usage=f"{APP} [OPTIONS] [COMMAND]",
        description="Keeps watch over Scenext video tasks in a terminal.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    version = "show program's version number and exit"
    parser.add_argument("--version", action=_PrintVersion, nargs=0, help=version)
    _add_files(parser, None)
    parser.add_argument("--demo", action="store_true", help="try it: no key, no network needed")
    parser.add_argument(
        "--low-bandwidth",
        action="store_true",
        help="save bandwidth on slow connections: no mouse, no pictures",
    )
    parser.add_argument("--verbose", action="store_true", help="log every query, not only faults")
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", prog=APP, parser_class=Parser
    )
    common = Parser(add_help=False)
    # Before the command or behind it; one that is not given must not hide the other.
    _add_files(common, argparse.SUPPRESS)
    _add_dashboard(commands, [common])
    _add_writers(commands, [common])
    commands.add_parser(
        "paths", help="print where configuration, watchlist and log are", parents=[common]
    )
    return parser


def _add_files(parser: argparse.ArgumentParser, default: str | None) -> None:
    parser.add_argument(
        "--config", metavar="FILE", type=Path, default=default, help="read this config.toml instead"
    )
    parser.add_argument(
        "--watchlist", metavar="FILE", type=Path, default=default, help="use this watchlist instead"
    )


def _add_dashboard(commands: argparse._SubParsersAction[Parser], parents: list[Parser]) -> None:
    help_ = "open the dashboard (the default), adding IDs"
    watch = commands.add_parser("watch", help=help_, parents=parents)
    watch.add_argument("ids", nargs="*", metavar="ID", help="a task's ID or status URL")


def _add_writers(commands: argparse._SubParsersAction[Parser], parents: list[Parser]) -> None:
    """Add what changes the watchlist."""
    add = commands.add_parser("add", help="add tasks to the watchlist", parents=parents)
    add.add_argument("ids", nargs="+", metavar="ID", help="an ID or status URL; - reads lines")
    add.add_argument("--label", metavar="TEXT", default="", help="a name for all of them")
