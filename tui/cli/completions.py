"""`scenext-tui completions`: print a script with which a shell completes commands and files.

Generated from the parser by shtab, which knows all three shells: the script is static, so that no
key press starts Python, and neither key nor watchlist is looked at.
"""

from __future__ import annotations

import argparse
from contextlib import suppress

import shtab

from tui.cli.arguments.parser import build_parser
from tui.cli.exit_codes import DONE
from tui.cli.printing.output import print_result


def print_completions(shell: str) -> int:
    """Print the script for a shell; return the exit code. Raises `CommandError`."""
    parser = build_parser()
    _prepare(parser)
    with suppress(BrokenPipeError):  # Whoever reads has read enough.
        print_result(shtab.complete(parser, shell).rstrip("\n"))
    return DONE


def _prepare(parser: argparse.ArgumentParser) -> None:
    """Tell shtab what the parser hides from the help, and where files are completed."""
    for action in parser._actions:
        if action.metavar == "FILE":
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        if isinstance(action, argparse._SubParsersAction):
            action.help = ""
            for summary in action._choices_actions:
                command = action.choices[summary.dest]
                command.description = summary.help
                _prepare(command)
