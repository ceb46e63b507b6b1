"""The grammar of the command line. What the help says beyond the arguments is in `help_texts`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final, NoReturn, TypeAlias

from tui import __version__
from tui.cli.arguments import help_texts
from tui.cli.arguments.argument_types import decoded_text, file_path
from tui.cli.arguments.durations import parse_duration
from tui.cli.arguments.help_texts import HelpText
from tui.cli.arguments.suggestions import suggestion
from tui.cli.errors import UsageError
from tui.cli.printing import output
from tui.config import APP
from tui.sanitize import clean
from tui.wording.states import STATES

SHELLS: Final = ("bash", "zsh", "fish")
"""Those that `completions` knows."""

_MAX_WORD: Final = 60
"""Characters of a word of the command line that an error quotes."""


class ParseError(UsageError):
    """The parser does not understand the command line."""

    def __init__(self, message: str, parser: argparse.ArgumentParser) -> None:
        super().__init__(message, hint=f"See “{parser.prog} --help”.")
        self.usage = f"{parser.format_usage()}{parser.prog}: error: "
        """What stands before the message for people."""


class Parser(argparse.ArgumentParser):
    """A parser that prints as the commands do, and nothing that a terminal would interpret."""

    def settle(self) -> Parser:
        """Set what holds for the whole command line, and return the parser itself.

        Flags are written in full: an abbreviation that is clear today may be ambiguous in the
        next release, and would then break a script.
        """
        self.allow_abbrev = False
        self.formatter_class = argparse.RawDescriptionHelpFormatter
        self.color = False  # Python 3.14 would send escape sequences, to standard error too.
        return self

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse all arguments: IDs on both sides of a flag, too, and whatever is unknown fails."""
        options, rest = super().parse_known_args(args, namespace)
        ids = getattr(options, "ids", None)
        words = list(args or ())
        literal = words[words.index("--") :] if "--" in words else []
        for word in rest:
            if ids is None or (_is_flag(word) and word not in literal):
                self._refuse(word)
        if ids is not None:
            options.ids = [*ids, *(word for word in rest if word != "--")]
        return options, []

    def error(self, message: str) -> NoReturn:
        """Raise `ParseError`: what is printed depends on `--json`."""
        if message == "argument --label: expected one argument":
            message += "; one that begins with - is written --label=-..."
        raise ParseError(message, self)

    def print_help(self, file: object = None) -> None:
        """Print the help. Raises as `print_result` does: argparse itself ignores errors."""
        output.print_result(self.format_help().rstrip("\n"))

    def _refuse(self, word: str) -> NoReturn:
        known = self._flags()
        kind = "flag" if _is_flag(word) else "argument"
        flag = clean(word.partition("=")[0], _MAX_WORD)
        commands = [action.choices for action in self._actions if isinstance(action.choices, dict)]
        if any(flag in command._flags() for choices in commands for command in choices.values()):
            self.error(f"“{flag}” goes after the command")
        hint = suggestion(flag, known)
        names = {action.dest for action in self._actions}
        if not hint and "ids" in names:
            hint = f"; if it is {'a label' if 'text' in names else 'an ID'}, write -- before it"
        self.error(f"unknown {kind} “{flag}”{hint}")

    def _flags(self) -> list[str]:
        return [flag for action in self._actions for flag in action.option_strings]

    def _check_value(self, action: argparse.Action, value: object) -> None:
        """Refuse what is none of the choices; argparse itself suggests from Python 3.14 on only."""
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        word = clean(str(value), _MAX_WORD)
        if action.dest == "command":
            hint = suggestion(word, [*choices, "--help"]) or f"; see {APP} --help"
            message = f"there is no command “{word}”{hint}"
            raise argparse.ArgumentError(None, message)
        message = f"“{word}” is none of {', '.join(choices)}{suggestion(word, choices)}"
        raise argparse.ArgumentError(action, message)


class _PrintVersion(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *arguments: object) -> None:
        output.print_result(f"{APP} {__version__}")
        parser.exit()


_Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = Parser(
        APP,
        usage=f"{APP} [OPTIONS] [COMMAND ...]",
        description=help_texts.DESCRIPTION,
        epilog=help_texts.EPILOG,
    ).settle()
    version = "print the version"
    parser.add_argument("--version", action=_PrintVersion, nargs=0, help=version)
    _add_files(parser, None)
    parser.add_argument("--demo", action="store_true", help="try it: no key, no network needed")
    _add_low_bandwidth(parser, False)
    _add_verbose(parser, False)
    # The description lists the commands by what they are for, which argparse cannot.
    commands = parser.add_subparsers(
        dest="command",
        metavar="COMMAND",
        prog=APP,
        parser_class=Parser,
        help=argparse.SUPPRESS,
    )
    for add in (_add_watch, _add_list, _add_status, _add_wait, _add_add, _add_label, _add_rm):
        add(commands)
    _add_command(commands, "paths", help_texts.PATHS)
    completions = _add_command(commands, "completions", help_texts.COMPLETIONS)
    completions.add_argument(
        "shell", metavar="|".join(SHELLS), choices=SHELLS, help="the shell to print them for"
    )
    for command in commands.choices.values():
        # Behind the command, too; one that is not given there must not hide the other.
        _add_files(command, argparse.SUPPRESS)
    return parser


def _add_watch(commands: _Commands) -> None:
    watch = _add_command(commands, "watch", help_texts.WATCH)
    watch.add_argument("ids", nargs="*", default=(), metavar="ID", help="a task's ID or status URL")
    _add_low_bandwidth(watch, argparse.SUPPRESS)
    _add_verbose(watch, argparse.SUPPRESS)


def _add_list(commands: _Commands) -> None:
    list_ = _add_command(commands, "list", help_texts.LIST)
    _add_selection(list_)
    list_.add_argument(
        "--state",
        metavar="STATE",
        choices=STATES.values(),
        help=f"only tasks in this state: {', '.join(STATES.values())}",
    )
    form = list_.add_mutually_exclusive_group()
    _add_json(form)
    form.add_argument("--line", action="store_true", help="one short line, for tmux's status bar")
    form.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of the objects of --json"
    )


def _add_status(commands: _Commands) -> None:
    status = _add_command(commands, "status", help_texts.STATUS)
    _add_selection(status)
    _add_json(status)
    _add_links(status)
    _add_verbose(status, argparse.SUPPRESS)


def _add_wait(commands: _Commands) -> None:
    wait = _add_command(commands, "wait", help_texts.WAIT)
    _add_selection(wait)
    wait.add_argument("--any", action="store_true", help="stop as soon as one task has ended")
    wait.add_argument(
        "--fail-fast", action="store_true", help="stop as soon as one task has failed"
    )
    wait.add_argument(
        "--timeout",
        metavar="TIME",
        type=parse_duration,
        help="give up after this long: 90s, 45m, 2h, 1h30m",
    )
    _add_json(wait)
    _add_links(wait)
    _add_verbose(wait, argparse.SUPPRESS)


def _add_add(commands: _Commands) -> None:
    add = _add_command(commands, "add", help_texts.ADD)
    add.add_argument(
        "ids", nargs="+", metavar="ID", help="an ID or status URL; - reads IDs from standard input"
    )
    add.add_argument(
        "--label", metavar="TEXT", type=decoded_text, default="", help="a name for all of them"
    )


def _add_label(commands: _Commands) -> None:
    label = _add_command(commands, "label", help_texts.LABEL)
    label.add_argument(
        "text", metavar="TEXT", type=decoded_text, help="the label; an empty one takes it away"
    )
    _add_selection(label)


def _add_rm(commands: _Commands) -> None:
    remove = _add_command(commands, "rm", help_texts.REMOVE)
    _add_selection(remove)
    remove.add_argument(
        "--finished", action="store_true", help="all tasks that have ended: completed or failed"
    )


def _add_command(commands: _Commands, name: str, text: HelpText) -> Parser:
    return commands.add_parser(
        name,
        usage=f"{APP} {name} [OPTIONS] {text.arguments}".rstrip(),
        help=text.summary,
        description=text.description,
        epilog=text.epilog,
    ).settle()


def _add_selection(parser: argparse.ArgumentParser) -> None:
    """Add what names tasks; `selection` reads it."""
    parser.add_argument(
        "ids",
        nargs="*",
        default=(),
        metavar="ID",
        help="an ID or status URL; - reads IDs from standard input",
    )
    parser.add_argument(
        "--label",
        metavar="GLOB",
        dest="glob",
        type=decoded_text,
        help="tasks whose label matches; * is any text: 'batch *'",
    )


def _add_json(parser: argparse._ActionsContainer) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def _add_links(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--links",
        action="store_true",
        help="with --json: the signed links, too; they are secrets",
    )


def _add_files(parser: argparse.ArgumentParser, default: str | None) -> None:
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=file_path,
        default=default,
        help="read this file instead of config.toml",
    )
    parser.add_argument(
        "--watchlist",
        metavar="FILE",
        type=file_path,
        default=default,
        help="use this file as the watchlist",
    )


def _add_low_bandwidth(parser: argparse.ArgumentParser, default: bool | str) -> None:
    help_ = "for slow connections: no mouse, no pictures before p"
    parser.add_argument("--low-bandwidth", action="store_true", default=default, help=help_)


def _add_verbose(parser: argparse.ArgumentParser, default: bool | str) -> None:
    help_ = "log every query, not only faults"
    parser.add_argument("--verbose", action="store_true", default=default, help=help_)


def _is_flag(word: str) -> bool:
    return word.startswith("-") and word != "-"
