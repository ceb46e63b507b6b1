"""The watchlist on disk: lock, merge, atomic replace, backup.

Owns `watchlist.toml` and the files beside it: `.lock` (kept for ever, so that all programs lock
the same file), `.bak` (what the last save replaced), `.broken-<time>` (a damaged file, kept for
its owner) and temporary files. It knows no task and no screen. Every call blocks: run it in a
thread of its own, since a save shares no executor with a hanging name lookup.

Several dashboards may write at once. None writes what it remembers: each save reads the file
afresh under the lock and replays its own changes on it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tui.atomic_file import Filesystem, WholeFiles, beside, describe_os_error
from tui.sanitize import display_path
from tui.watchlist.codec import Document, UnreadableError, decode, encode
from tui.watchlist.entries import Change, Entry, replay

LOCK_SECONDS = 5.0
"""How long a save waits for another program's. A whole write of 5,000 tasks took 0.2 s."""

_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}


class StorageError(Exception):
    """A save did not succeed for sure; nothing that was there is lost. One line for the user."""


class Loaded(NamedTuple):
    """What the file holds now."""

    entries: tuple[Entry, ...]
    warning: str = ""
    """One line for the user: what is wrong and where the copy is. Empty where all is well."""
    unread: bool = False
    """Whether the file is there and could not be read, so that these are its backup's entries."""
    stamp: tuple[int, int, int] | None = None
    """After a save, what `WatchlistFile.stamp` says while nobody else has written; else None."""


class _Found(NamedTuple):
    """What reading gave: the document, and what it means for a save."""

    document: Document = Document()
    warning: str = ""
    sound: bool = True
    """Whether the file may become the backup: a damaged one must not push out a good one."""
    refusal: str = ""
    """Why a save must leave the file alone; empty where it may go on."""
    unread: bool = False


class WatchlistFile:
    """One watchlist file. Safe to use from one thread at a time; other processes may use it too.

    A symbolic link is followed, so that a file kept among dotfiles stays there; the lock, the
    backup and the temporary files lie beside the real file, where a rename is atomic.
    """

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        fs: Filesystem | None = None,
    ) -> None:
        """Name the file; nothing is touched yet. `now` must return aware times."""
        self._path = path
        self._now = now
        self._fs = fs or Filesystem()
        self._files = WholeFiles(self._fs)
        self._told_of_locks = False

    def load(self) -> Loaded:
        """Read the file, without a lock: a save replaces it in one step. Never raises.

        A missing file is an empty watchlist. Of a damaged one a copy is kept, and what can be
        read is loaded, from the backup where need be; the warning says so.
        """
        found = self._read(self._target())
        return Loaded(found.document.entries, found.warning, found.unread)

    def save(self, changes: Sequence[Change]) -> Loaded:
        """Replay the changes on the file as it is now, and return what it then holds.

        On return all of it is on the disk (fsync of file and directory). Raises `StorageError`
        where that fails; the file then holds what it held, or already all of the changes. Keep
        them and try again: replaying them twice does no harm. Where they change nothing, a sound
        file is not written.
        """
        target = self._target()
        try:
            self._files.make_directories(target.parent)
            with self._locked(target) as unlocked:
                loaded = self._rewrite(target, changes)
                # Nobody else can have written it yet, if the lock is one.
                stamp = None if unlocked else self.stamp()
        except OSError as error:
            raise StorageError(f"Not saved: {describe_os_error(target, error)}") from error
        return loaded._replace(warning=loaded.warning or unlocked, stamp=stamp)

    def stamp(self) -> tuple[int, int, int] | None:
        """(mtime in ns, size, inode) of the file: differs whenever somebody wrote it.

        `None` where there is none or it cannot be looked at. Polling it serves NFS too, where
        inotify is silent about other machines.
        """
        try:
            found = self._fs.stat(self._path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _target(self) -> Path:
        # Asked anew each time: the link may be moved while we run.
        return Path(os.path.realpath(self._path))

    def _read(self, target: Path) -> _Found:
        try:
            data, changed = self._files.read(target)
        except FileNotFoundError:
            return _Found()
        except OSError as error:
            why = describe_os_error(target, error)
            backup = self._backup(target)
            said = f"Could not read {why}. {backup.warning}"
            return backup._replace(warning=said, refusal=why, unread=True)
        try:
            document = decode(data, changed)
        except UnreadableError as error:
            return self._damaged(target, self._backup(target), str(error))
        if document.newer:
            why = f"{display_path(target)} was written by a newer scenext-tui; update this one"
            return _Found(document, f"{why}. Changes are not saved.", refusal=why)
        if document.problems:
            return self._damaged(target, _Found(document), " and ".join(document.problems))
        return _Found(document)

    def _backup(self, target: Path) -> _Found:
        """What the backup says, and a sentence about it."""
        path = beside(target, ".bak")
        try:
            document = decode(*self._files.read(path))
        except FileNotFoundError:
            return _Found(warning="There is no backup yet.", sound=False)
        except UnreadableError as error:
            note = f"Its backup {path.name} {error}."
            return _Found(warning=note, sound=False)
        except OSError as error:
            # It may well hold all tasks: a save would go on without them.
            why = f"cannot read the backup {describe_os_error(path, error)}"
            return _Found(warning=f"And {why}.", sound=False, refusal=why)
        note = f"Its backup {path.name} was loaded ({len(document.entries)} tasks)."
        newer = f"{display_path(path)} was written by a newer scenext-tui; update this one"
        return _Found(document, note, sound=False, refusal=newer if document.newer else "")

    def _damaged(self, target: Path, found: _Found, why: str) -> _Found:
        """Keep copies of a damaged file and of its backup before anything replaces them."""
        try:
            copy = self._files.keep(target, self._now())
            with suppress(FileNotFoundError):
                self._files.keep(beside(target, ".bak"), self._now())
        except OSError as error:
            not_kept = f"no copy could be kept: {describe_os_error(target, error)}"
            refusal = f"{display_path(target)} {why}, and {not_kept}"
            warning = f"{refusal}. {found.warning}".rstrip()
            return found._replace(warning=warning, sound=False, refusal=refusal)
        warning = (
            f"{display_path(target)} {why}; a copy is in {copy.name}. {found.warning}".rstrip()
        )
        return found._replace(warning=warning, sound=False)

    @contextmanager
    def _locked(self, target: Path) -> Iterator[str]:
        """Hold the lock; yields a warning, once, where the file system has none to give."""
        path, warning = beside(target, ".lock"), ""
        with ExitStack() as stack:
            try:
                stack.enter_context(self._fs.lock(path, LOCK_SECONDS))
            except TimeoutError as error:
                held = f"another program holds the lock {display_path(path)}; close it if it hangs"
                raise StorageError(f"Not saved: {held}") from error
            except OSError as error:
                if error.errno not in _NO_LOCKS:
                    raise StorageError(f"Not saved: {describe_os_error(path, error)}") from error
                if not self._told_of_locks:
                    warning = (
                        f"No file locks at {display_path(path)}: use one dashboard at a time there."
                    )
                self._told_of_locks = True
            yield warning

    def _rewrite(self, target: Path, changes: Sequence[Change]) -> Loaded:
        found = self._read(target)
        if found.refusal:
            raise StorageError(f"Not saved: {found.refusal}")
        document = found.document._replace(entries=replay(found.document.entries, changes))
        warning = found.warning
        if document.entries != found.document.entries or not found.sound:
            self._files.sweep(target, self._now())
            data, note = self._encoded(target, document)
            warning = warning or note
            self._files.replace(target, data, backup=found.sound)
        # Also after no change: a save that failed just here may be the one that is tried again.
        self._files.sync_directory(target.parent)
        return Loaded(document.entries, warning)

    def _encoded(self, target: Path, document: Document) -> tuple[bytes, str]:
        """The bytes to write; foreign keys that cannot be written go, after a copy was kept."""
        try:
            return encode(document), ""
        except ValueError:
            bare = document._replace(top_extras={}, task_extras={})
        try:
            data = encode(bare)
        except ValueError as error:
            raise StorageError(
                f"Not saved: {display_path(target)} would not read back right; please report this"
            ) from error
        copy = self._files.keep(target, self._now())
        return (
            data,
            f"{display_path(target)} lost keys that are not ours; a copy is in {copy.name}.",
        )
