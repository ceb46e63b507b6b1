"""The command line's grammar and its help."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NoReturn, TypeAlias

from tui import __version__
from tui.cli import output
from tui.cli.durations import parse_duration
from tui.cli.errors import CommandError, ErrorCode
from tui.cli.exit_codes import USAGE
from tui.config import APP
from tui.wording.states import STATES

_EPILOG = """\
examples:
  scenext-tui add 12345 67890 --label "first try"
  scenext-tui                    the dashboard; press ? in it for its keys

The API key is read from SCENEXT_API_KEY, or as config.toml says (its place:
scenext-tui paths).

Exit codes: 0 done, 1 could not, 2 wrong usage.
"""


class UsageError(CommandError):
    """The command line is wrong."""

    def __init__(self, message: str, parser: argparse.ArgumentParser) -> None:
        super().__init__(
            message, ErrorCode.USAGE, exit_code=USAGE, hint=f"See “{parser.prog} --help”."
        )
        self.usage = f"{parser.format_usage()}{parser.prog}: error: "
        """What stands before the message for people."""


class Parser(argparse.ArgumentParser):
    """A parser that prints as the commands do, and nothing that a terminal would interpret."""

    def error(self, message: str) -> NoReturn:
        """Raise `UsageError`: what is printed depends on `--json`."""
        raise UsageError(message, self)

    def print_help(self, file: object = None) -> None:
        """Print the help. Raises as `print_result` does: argparse itself ignores errors."""
        output.print_result(self.format_help().rstrip("\n"))


_Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


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
    _add_readers(commands, [common])
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


def _add_dashboard(commands: _Commands, parents: list[Parser]) -> None:
    help_ = "open the dashboard (the default), adding IDs"
    watch = commands.add_parser("watch", help=help_, parents=parents)
    watch.add_argument("ids", nargs="*", metavar="ID", help="a task's ID or status URL")


def _add_selection(parser: argparse.ArgumentParser) -> None:
    """Add what selects tasks; `selection.select` reads it."""
    parser.add_argument("ids", nargs="*", metavar="ID", help="an ID or status URL; - reads lines")
    parser.add_argument(
        "--label", metavar="GLOB", dest="glob", help="tasks of the watchlist with such a label"
    )


def _add_json(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")


def _add_links(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--links",
        action="store_true",
        help="with --json: also the signed links, which are secrets",
    )


def _add_readers(commands: _Commands, parents: list[Parser]) -> None:
    """Add what prints: `list`, `status`, `wait`."""
    list_ = commands.add_parser("list", help="print what the watchlist knows", parents=parents)
    _add_selection(list_)
    list_.add_argument("--state", choices=STATES.values(), help="only tasks in this state")
    form = list_.add_mutually_exclusive_group()
    _add_json(form)
    form.add_argument("--line", action="store_true", help="one short line, for tmux's status bar")
    form.add_argument("--schema", action="store_true", help="print the JSON Schema of --json")

    status = commands.add_parser("status", help="ask about each task once", parents=parents)
    _add_selection(status)
    _add_json(status)
    _add_links(status)

    wait = commands.add_parser("wait", help="wait until tasks have ended", parents=parents)
    _add_selection(wait)
    wait.add_argument("--any", action="store_true", help="end at the first task that has ended")
    wait.add_argument("--fail-fast", action="store_true", help="end at the first task that fails")
    wait.add_argument(
        "--timeout",
        metavar="TIME",
        type=parse_duration,
        help="give up after this: 90s, 45m, 2h, 1h30m",
    )
    _add_json(wait)
    _add_links(wait)


def _add_writers(commands: _Commands, parents: list[Parser]) -> None:
    """Add what changes the watchlist: `add`, `rm`, `label`."""
    add = commands.add_parser("add", help="add tasks to the watchlist", parents=parents)
    add.add_argument("ids", nargs="+", metavar="ID", help="an ID or status URL; - reads lines")
    add.add_argument("--label", metavar="TEXT", default="", help="a name for all of them")

    remove = commands.add_parser("rm", help="remove tasks from the watchlist", parents=parents)
    _add_selection(remove)
    remove.add_argument("--finished", action="store_true", help="all that have ended")

    label = commands.add_parser("label", help="label tasks anew", parents=parents)
    label.add_argument("text", metavar="TEXT", help="the label; an empty one takes it away")
    _add_selection(label)
