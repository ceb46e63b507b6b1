"""`scenext-tui paths`: print where the program's files are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tui.cli.exit_codes import DONE
from tui.cli.printing.output import print_result
from tui.config import Paths, load_watchlist_path
from tui.errors import UserError
from tui.sanitize import clean

MAX_PATH_LENGTH: Final = 4096


def print_paths(config: Path | None, watchlist: Path | None) -> int:
    """Print one path a line; return the exit code. The arguments are what the flags say.

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
    print_result("\n".join(f"{name:<10} {_in_full(path)}" for name, path in known.items()))
    if failure is not None:
        raise failure
    return DONE


def _in_full(path: Path) -> str:
    return clean(str(path.absolute()), MAX_PATH_LENGTH)
