"""The watchlist that the user named: by a flag, or in the configuration."""

from __future__ import annotations

import argparse
import os
import stat
from pathlib import Path

from tui.atomic_file import AtomicFiles, Filesystem, sibling
from tui.cli.errors import CommandError, ErrorCode
from tui.config import Paths, load_watchlist_path
from tui.sanitize import display_path
from tui.watchlist.codec import UnreadableError, decode
from tui.watchlist.storage import Snapshot, WatchlistFile


def find_paths(config: Path | None, watchlist: Path | None) -> Paths:
    """Return where the files are, as the two flags and the configuration say.

    Raises `UserError` if the configuration cannot be read, or names no possible watchlist.
    """
    paths = Paths.standard(config)
    setting = None
    if watchlist is None:
        setting = load_watchlist_path(paths.config, required=config is not None)
    return choose_watchlist(paths, watchlist, setting)


def choose_watchlist(paths: Paths, flag: Path | None, setting: Path | None) -> Paths:
    """Return the paths with the watchlist of the flag, else of the configuration.

    Raises `CommandError` for what a save would replace although it is no watchlist: a mistyped
    name may be that of any file of the user's.
    """
    named = flag or setting
    if named is None:
        return paths
    if reason := _refusal(Path(os.path.realpath(named))):
        source = "--watchlist" if flag else f"{display_path(paths.config)}: watchlist"
        message = f"{source}: {display_path(named.absolute())} {reason}"
        raise CommandError(message, ErrorCode.WATCHLIST)
    return paths.with_watchlist(named)


def load_watchlist(options: argparse.Namespace, paths: Paths) -> Snapshot:
    """Read the watchlist, and write nothing. Its warning also tells of one that is not there.

    That counts as empty, but a mistyped name must not pass for a watchlist without tasks. Where
    nobody named it, it is that of somebody who has added nothing yet.
    """
    snapshot = WatchlistFile(paths.watchlist).load(keep_copy=False)
    standard = Paths.standard(paths.config).watchlist
    if not snapshot.missing or (options.watchlist is None and paths.watchlist == standard):
        return snapshot
    path = display_path(paths.watchlist)
    return snapshot._replace(warning=f"{path}: there is no such file; it counts as empty.")


def _refusal(target: Path) -> str:
    """Return why a file must not become the watchlist, to follow its name; empty if it may.

    One that has been a watchlist has its lock beside it: should it be damaged, saves mend it.
    """
    try:
        mode = target.stat().st_mode
        if stat.S_ISDIR(mode):
            return "is a folder; name a file in it"
        if not stat.S_ISREG(mode):
            return "is not a regular file; name another"
        if sibling(target, ".lock").exists():
            return ""
        data, modified = AtomicFiles(Filesystem()).read(target)
        if data:
            decode(data, modified)
    except UnreadableError as error:
        return f"{error}; name another file"
    except OSError:
        pass  # Reading and saving say what to do.
    return ""
