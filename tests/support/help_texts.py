"""The commands, and what their help says."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from itertools import takewhile

from tui.cli.arguments.parser import build_parser


def parsers() -> Mapping[str, argparse.ArgumentParser]:
    """Return the parser of each command by its name; that of the whole command line by ""."""
    parser = build_parser()
    commands = next(
        action.choices for action in parser._actions if isinstance(action.choices, dict)
    )
    return {"": parser, **commands}


def flags_of(parser: argparse.ArgumentParser) -> set[str]:
    """Return all flags of a command, such as `--json`."""
    return {flag for action in parser._actions for flag in action.option_strings}


def examples_of(parser: argparse.ArgumentParser) -> list[str]:
    """Return the examples in a help, as they stand there; one that goes on is one."""
    _, _, text = parser.format_help().partition("\nexamples")
    block = takewhile(lambda line: not line or line.startswith("  "), text.splitlines()[1:])
    return [line.strip() for line in "\n".join(block).replace("\\\n", "").splitlines() if line]
