"""`scenext-tui paths`: print where the program's files are, and how the terminal shows pictures."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tui.cli.exit_codes import DONE
from tui.cli.printing.output import print_error, print_result
from tui.config import Paths, load_graphics, load_watchlist_path
from tui.errors import UserError
from tui.sanitize import clean

MAX_PATH_LENGTH: Final = 4096


def print_paths(config: Path | None, watchlist: Path | None) -> int:
    """Print one path a line; return the exit code. The arguments are what the flags say.

    In a terminal, what it can do about pictures follows; a script gets the paths alone.

    A configuration that cannot be read hides nothing but the watchlist that it may name: whoever
    mends it asks where it is. Raises `UserError` then, and as `print_result` does.
    """
    paths, failure = Paths.standard(config), None
    known = paths._asdict()
    try:
        named = watchlist or load_watchlist_path(paths.config, required=config is not None)
        known = paths.with_watchlist(named)._asdict()
    except UserError as error:
        del known["watchlist"]
        failure = error
    print_result(_table([(name, _in_full(path)) for name, path in known.items()]))
    if failure is not None:
        raise failure
    if sys.stdin.isatty() and sys.stdout.isatty():
        _print_graphics(paths.config)
    return DONE


def _print_graphics(config: Path) -> None:
    """Print what can be found out about pictures in the terminal. Raises `UserError`."""
    from tui.terminal.graphics.direct import find_now
    from tui.terminal.graphics.settings import Settings
    from tui.wording.graphics import KEYS_LOST, NOT_ASKED, graphics_lines

    settings = Settings(*load_graphics(config))
    found = find_now(settings)
    if found is None:
        print_result(_table([("terminal", NOT_ASKED)]))
        return
    print_result(_table(graphics_lines(found.graphics, settings.pictures)))
    if found.keys_lost:
        print_error(KEYS_LOST)


def _table(lines: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"{name:<10} {value}" for name, value in lines)


def _in_full(path: Path) -> str:
    return clean(str(path.absolute()), MAX_PATH_LENGTH)
