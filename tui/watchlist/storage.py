"""The watchlist on disk: lock, merge, atomic replace, backup.

Owns `watchlist.toml` and the files next to it: `.lock` (never removed, so that all programs lock
the same file), `.bak` (what the last save replaced), `.broken-<time>` (a copy of a damaged file)
and temporary files. Every call blocks.

Several dashboards may write at once. Each save therefore reads the file again under the lock and
replays its own changes on it.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from tui.atomic_file import AtomicFiles, Filesystem, is_ours, sibling
from tui.os_errors import describe_os_error
from tui.sanitize import display_path
from tui.watchlist.codec import Document, UnreadableError, decode, encode
from tui.watchlist.entries import Change, Entry, replay, replay_history
from tui.watchlist.history import Sample

LOCK_TIMEOUT: Final = 5.0
"""Seconds that a save waits for the lock."""

_NO_LOCK_SUPPORT: Final = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}


class StorageError(Exception):
    """A save failed, or may have; nothing stored before is lost. The message is one line."""


class Snapshot(NamedTuple):
    """What the file holds at one time."""

    entries: tuple[Entry, ...]
    warning: str = ""
    """One line for the user: what is wrong and where the copy is; empty if nothing is."""
    unreadable: bool = False
    """Whether the file exists but could not be read, so that the entries are its backup's."""
    stamp: tuple[int, int, int] | None = None
    """After a save: what `WatchlistFile.stamp` returns until somebody else writes; else None."""
    added: tuple[str, ...] = ()
    """After a save: the IDs that it added to what the file held by then, under the lock."""
    removed: tuple[str, ...] = ()
    """After a save: the IDs that it removed from what the file held by then."""
    history: tuple[Sample, ...] = ()
    """How long earlier tasks took, the oldest first."""
    damaged: bool = False
    """Whether something that the file held could not be read; the next save mends it."""
    missing: bool = False
    """Whether there is no file."""


class _ReadResult(NamedTuple):
    """What was read, and what that means for the next save."""

    document: Document = Document()
    warning: str = ""
    sound: bool = True
    """Whether the file may become the backup: a damaged one must not replace a good backup."""
    refusal: str = ""
    """Why a save must not replace the file; empty if it may."""
    unreadable: bool = False
    missing: bool = False


class WatchlistFile:
    """One watchlist file. Safe to use from one thread at a time; other processes may use it too.

    A symbolic link is followed, so that a file kept among dotfiles stays there, but not another
    user's: it could lead to any file of ours, which a save would replace. The lock, the backup and
    the temporary files are next to the real file, where a rename is atomic.
    """

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        fs: Filesystem | None = None,
    ) -> None:
        """Prepare; nothing is read or written yet. `now` must return aware times."""
        self._path = path
        self._now = now
        self._fs = fs or Filesystem()
        self._files = AtomicFiles(self._fs)
        self._warned_about_locks = False

    @property
    def path(self) -> Path:
        """The path of the file, which may be a link to it."""
        return self._path

    def load(self, *, keep_copy: bool = True) -> Snapshot:
        """Read the file, without a lock, as saves replace it atomically. Never raises.

        A missing file is an empty watchlist. A damaged one is copied aside and what is readable is
        loaded, from the backup if necessary; the warning says so. Without `keep_copy` nothing is
        written: a save keeps the copy.
        """
        if refusal := self._refused_link():
            return Snapshot((), f"{refusal}. Changes are not saved.", True)
        result = self._read(self._target(), keep_copy=keep_copy)
        return Snapshot(
            result.document.entries,
            result.warning,
            result.unreadable,
            history=result.document.history,
            damaged=not result.sound,
            missing=result.missing,
        )

    def save(self, changes: Sequence[Change]) -> Snapshot:
        """Replay the changes on the current file, and return what it then holds.

        On return everything is on disk (fsync of file and directory). A sound file is not written
        if the changes make no difference. Raises `StorageError` if the save failed: the file holds
        its old contents or already all of the changes; retrying is safe, as they are idempotent.
        """
        if refusal := self._refused_link():
            raise StorageError(f"Not saved: {refusal}")
        target = self._target()
        try:
            self._files.make_directories(target.parent)
            with self._locked(target) as lock_warning:
                snapshot = self._rewrite(target, changes)
                # Under the lock, so that it cannot be the stamp of another program's write.
                stamp = None if lock_warning else self.stamp()
        except OSError as error:
            raise StorageError(f"Not saved: {describe_os_error(target, error)}") from error
        return snapshot._replace(warning=snapshot.warning or lock_warning, stamp=stamp)

    def stamp(self) -> tuple[int, int, int] | None:
        """Return (mtime in ns, size, inode) of the file, which every write changes.

        None if it is missing or inaccessible. Polled rather than watched: inotify does not report
        what other machines write over NFS.
        """
        try:
            status = self._fs.stat(self._path)
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def holds(self, task_id: str) -> bool:
        """Return whether the file holds a watched task, without reading it: it holds each."""
        return True

    def is_gone(self) -> bool:
        """Return whether the file is missing, and its lock with it.

        Nobody empties a watchlist that way. Who removes the file alone leaves the lock; with both
        goes the folder: a disk was unmounted, or a clean-up went too far.
        """
        target = self._target()
        return all(map(self._is_missing, (target, sibling(target, ".lock"))))

    def _is_missing(self, path: Path) -> bool:
        try:
            self._fs.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            return True
        except OSError:
            pass
        return False

    def _target(self) -> Path:
        # Resolved on every call: the link may change while the program runs.
        return Path(os.path.realpath(self._path))

    def _refused_link(self) -> str:
        """Return why the path must not be followed; empty if it may, or is no link."""
        with suppress(OSError):
            status = self._path.lstat()
            # Root may do anything in any case.
            if not stat.S_ISLNK(status.st_mode) or status.st_uid in (os.geteuid(), 0):
                return ""
            with suppress(OSError):
                if is_ours(status, self._path.parent):
                    return ""
            what = f"is a symbolic link of another user (uid {status.st_uid})"
            return f"{display_path(self._path)} {what}; move it away"
        return ""

    def _read(self, target: Path, *, keep_copy: bool = True) -> _ReadResult:
        try:
            data, modified = self._files.read(target)
        except FileNotFoundError:
            return _ReadResult(missing=True)
        except OSError as error:
            why = describe_os_error(target, error)
            backup = self._backup(target)
            warning = f"Could not read {why}. {backup.warning}"
            return backup._replace(warning=warning, refusal=why, unreadable=True)
        try:
            document = decode(data, modified)
        except UnreadableError as error:
            return self._damaged(target, self._backup(target), str(error), keep_copy)
        if document.newer:
            why = f"{display_path(target)} was written by a newer scenext-tui; update this one"
            return _ReadResult(document, f"{why}. Changes are not saved.", refusal=why)
        if document.problems:
            why = " and ".join(document.problems)
            return self._damaged(target, _ReadResult(document), why, keep_copy)
        return _ReadResult(document)

    def _backup(self, target: Path) -> _ReadResult:
        """Read the backup; the warning is a sentence about it."""
        path = sibling(target, ".bak")
        try:
            document = decode(*self._files.read(path))
        except FileNotFoundError:
            return _ReadResult(warning="There is no backup yet.", sound=False)
        except UnreadableError as error:
            return _ReadResult(warning=f"Its backup {path.name} {error}.", sound=False)
        except OSError as error:
            # It may hold all tasks, and a save would replace it.
            why = f"cannot read the backup {describe_os_error(path, error)}"
            return _ReadResult(warning=f"And {why}.", sound=False, refusal=why)
        note = f"Its backup {path.name} was loaded ({len(document.entries)} tasks)."
        newer = f"{display_path(path)} was written by a newer scenext-tui; update this one"
        return _ReadResult(document, note, sound=False, refusal=newer if document.newer else "")

    def _damaged(
        self, target: Path, recovered: _ReadResult, why: str, keep_copy: bool
    ) -> _ReadResult:
        """Copy a damaged file and its backup aside, before anything replaces them."""
        if not keep_copy:
            warning = f"{display_path(target)} {why}; the next change replaces it, and keeps a copy"
            return recovered._replace(
                warning=f"{warning}. {recovered.warning}".rstrip(), sound=False
            )
        try:
            copy = self._files.copy_aside(target, self._now()).name
            with suppress(FileNotFoundError):
                self._files.copy_aside(sibling(target, ".bak"), self._now())
        except OSError as error:
            not_kept = f"no copy could be kept: {describe_os_error(target, error)}"
            refusal = f"{display_path(target)} {why}, and {not_kept}"
            warning = f"{refusal}. {recovered.warning}".rstrip()
            return recovered._replace(warning=warning, sound=False, refusal=refusal)
        warning = f"{display_path(target)} {why}; a copy is in {copy}. {recovered.warning}"
        return recovered._replace(warning=warning.rstrip(), sound=False)

    @contextmanager
    def _locked(self, target: Path) -> Iterator[str]:
        """Hold the lock. Yield a warning, once, if the file system does not support locks."""
        path, warning = sibling(target, ".lock"), ""
        with ExitStack() as stack:
            try:
                stack.enter_context(self._fs.lock(path, LOCK_TIMEOUT))
            except TimeoutError as error:
                held = f"another program holds the lock {display_path(path)}; close it if it hangs"
                raise StorageError(f"Not saved: {held}") from error
            except OSError as error:
                if error.errno not in _NO_LOCK_SUPPORT:
                    raise StorageError(f"Not saved: {describe_os_error(path, error)}") from error
                if not self._warned_about_locks:
                    warning = (
                        f"No file locks at {display_path(path)}: use one dashboard at a time there."
                    )
                self._warned_about_locks = True
            yield warning

    def _rewrite(self, target: Path, changes: Sequence[Change]) -> Snapshot:
        current = self._read(target)
        if current.refusal:
            raise StorageError(f"Not saved: {current.refusal}")
        document = current.document._replace(
            entries=replay(current.document.entries, changes),
            history=replay_history(current.document.history, changes),
        )
        warning = current.warning
        if document != current.document or not current.sound:
            self._files.remove_stray_files(target, self._now())
            data, note = self._encode(target, document)
            warning = warning or note
            self._files.replace(target, data, backup=current.sound)
        # Even if nothing changed: this may be the retry of a save that failed at this very step.
        self._files.sync_directory(target.parent)
        known = dict.fromkeys(entry.id for entry in current.document.entries)
        after = {entry.id for entry in document.entries}
        added = tuple(entry.id for entry in document.entries if entry.id not in known)
        removed = tuple(task_id for task_id in known if task_id not in after)
        return Snapshot(
            document.entries, warning, added=added, removed=removed, history=document.history
        )

    def _encode(self, target: Path, document: Document) -> tuple[bytes, str]:
        """Return the bytes to write, and a warning.

        Unknown keys that cannot be written are dropped, after the file was copied aside.
        """
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
        copy = self._files.copy_aside(target, self._now()).name
        return data, f"{display_path(target)} lost keys that are not ours; a copy is in {copy}."
