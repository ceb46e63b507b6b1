"""Files that are read whole, and written whole or not at all: atomic replace, backup, copies.

Takes no decision about content. Every call blocks, and raises `OSError` where the disk does.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tui.sanitize import display_path

_MAX_FILE_BYTES = 64 * 1024 * 1024
_MIN_STRAY_AGE = 3600
_NO_SYNC = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: a FIFO under the watchlist's name must not hold the thread for ever.
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC

_OS_ERRORS: Final[Mapping[int, tuple[str, str]]] = {
    errno.ENOSPC: ("the disk is full", "free some space"),
    errno.EDQUOT: ("your disk quota is used up", "free some space"),
    errno.EROFS: ("read-only file system", "make it writable or set another data folder"),
    errno.EACCES: ("permission denied", "check who owns the file and its folder"),
    errno.EPERM: ("not permitted", "check who owns the file and its folder"),
    errno.EIO: ("the disk reports an error", "check its health and copy your files"),
    errno.EEXIST: ("a file has the name of the folder", "move it away"),
    errno.EISDIR: ("it is a folder", "move it away"),
    errno.ENOTDIR: ("a part of its path is not a folder", "move that file away"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter one"),
    errno.ELOOP: ("too many symbolic links", "check where it points"),
    errno.EMFILE: ("too many open files", "close some programs"),
    errno.ENFILE: ("too many open files", "close some programs"),
    errno.EFBIG: ("it is too large", "move it away"),
    errno.ENXIO: ("it is not a regular file", "move it away"),
    errno.EINTR: ("a signal interrupted it", "it is tried again"),
}
"""For each errno the reason, and what to do about it."""


class Filesystem:
    """The system calls that storage makes, one method each, so that tests can fail any of them.

    Every method raises `OSError` as its call does; Python itself retries on EINTR (PEP 475).
    """

    def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
        """Open a file; the mode is that of a file made."""
        return os.open(path, flags, mode)

    def read(self, fd: int, size: int) -> bytes:
        """Read at most `size` bytes; none at the end."""
        return os.read(fd, size)

    def write(self, fd: int, data: memoryview) -> int:
        """Write what can be written; returns how many bytes that was."""
        return os.write(fd, data)

    def fsync(self, fd: int) -> None:
        """Wait until the file, or the directory, is on the disk."""
        os.fsync(fd)

    def close(self, fd: int) -> None:
        """Close a file. On NFS this may be the first call to report a full disk (close(2))."""
        os.close(fd)

    def fstat(self, fd: int) -> os.stat_result:
        """Stat an open file."""
        return os.fstat(fd)

    def stat(self, path: Path) -> os.stat_result:
        """Stat a path, following links."""
        return path.stat()

    def link(self, source: Path, target: Path) -> None:
        """Give a file a second name."""
        os.link(source, target)

    def replace(self, source: Path, target: Path) -> None:
        """Rename over the target, in one step."""
        source.replace(target)

    def unlink(self, path: Path) -> None:
        """Remove a name."""
        path.unlink()

    def mkdir(self, path: Path) -> None:
        """Make one directory that is its owner's alone."""
        path.mkdir(mode=0o700)

    def names(self, directory: Path) -> list[str]:
        """The names in a directory."""
        return os.listdir(directory)  # noqa: PTH208 - iterdir() would build a Path for each.

    def lock(self, path: Path, timeout: float) -> AbstractContextManager[object]:
        """Hold an exclusive lock (flock) on a file, which is made and never removed.

        Entering raises `TimeoutError` where another program holds on to it, and `OSError` with
        ENOSYS or ENOLCK where the file system has no locks.
        """
        # 67 ms to import (measured): not before the first paint, so not at the top.
        from filelock import FileLock

        # Its fallback, a lock by existence, would outlive a kill.
        return FileLock(path, timeout, 0o600, fallback_to_soft=False, poll_interval=0.02)


class WholeFiles:
    """Reads and replaces files through a `Filesystem`."""

    def __init__(self, fs: Filesystem) -> None:
        """Nothing is touched yet."""
        self._fs = fs

    def read(self, path: Path) -> tuple[bytes, datetime]:
        """The whole file and when it was changed. Raises `OSError`."""
        fd = self._fs.open(path, _READ)
        try:
            found = self._fs.fstat(fd)
            if stat.S_ISDIR(found.st_mode):
                raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), path)
            if not stat.S_ISREG(found.st_mode):
                raise OSError(errno.ENXIO, os.strerror(errno.ENXIO), path)
            if found.st_size > _MAX_FILE_BYTES:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
            chunks = []
            while chunk := self._fs.read(fd, 1 << 20):
                chunks.append(chunk)
        finally:
            with suppress(OSError):
                self._fs.close(fd)
        return b"".join(chunks), _moment(found.st_mtime)

    def make_directories(self, directory: Path) -> None:
        """Make what is missing, each 0700: the mode of `os.makedirs` reaches only the last one.

        Raises `OSError`.
        """
        missing = []
        while not self._is_there(directory):
            missing.append(directory)
            directory = directory.parent
        for path in reversed(missing):
            with suppress(FileExistsError):  # Another dashboard starts at the same moment.
                self._fs.mkdir(path)
            self.sync_directory(path.parent)

    def _is_there(self, path: Path) -> bool:
        try:
            found = self._fs.stat(path)
        except FileNotFoundError:
            return False
        if not stat.S_ISDIR(found.st_mode):
            raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
        return True

    def replace(self, target: Path, data: bytes, *, backup: bool) -> None:
        """Put `data` in place of the file in one step; `backup` keeps what was there as `.bak`.

        Raises `OSError`; the file then holds what it held, or already `data`.
        """
        temporary = _temporary(target)
        self.create(temporary, data)
        try:
            if backup:
                self._back_up(target)
            self._rename(temporary, target, data)
        except BaseException:
            with suppress(OSError):
                self._fs.unlink(temporary)
            raise

    def _rename(self, temporary: Path, target: Path, data: bytes) -> None:
        try:
            self._fs.replace(temporary, target)
        except OSError as error:
            # rename(2): over NFS it may have been done although it failed.
            with suppress(OSError):
                if self.read(target)[0] == data:
                    self._discard(temporary)
                    return
            raise error

    def _back_up(self, target: Path) -> None:
        """Make what is there now the backup, never without one on the way."""
        backup, temporary = beside(target, ".bak"), _temporary(target)
        try:
            try:
                self._fs.link(target, temporary)
            except FileNotFoundError:
                return  # The first save of all.
            except OSError:
                # FAT, some network and container file systems have no hard links.
                self.create(temporary, self.read(target)[0])
            self._fs.replace(temporary, backup)
        finally:
            # rename(2) leaves both names where they are one file already, as after a kill
            # between this and the replace.
            self._discard(temporary)

    def create(self, path: Path, data: bytes) -> None:
        """Make a new file, 0600, whole and on the disk, or not at all. Raises `OSError`."""
        fd = self._fs.open(path, _NEW, 0o600)
        try:
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[self._fs.write(fd, rest) :]
                self._sync(fd)
            finally:
                self._fs.close(fd)
        except BaseException:
            self._discard(path)
            raise

    def sync_directory(self, directory: Path) -> None:
        """Make names durable: fsync of a file says nothing about its directory (fsync(2)).

        Raises `OSError`.
        """
        try:
            fd = self._fs.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except PermissionError:
            return  # A folder that may be written in but not listed cannot be synced by us.
        try:
            self._sync(fd)
        finally:
            self._fs.close(fd)

    def _sync(self, fd: int) -> None:
        try:
            self._fs.fsync(fd)
        except OSError as error:
            if error.errno not in _NO_SYNC:
                raise

    def sweep(self, target: Path, now: datetime) -> None:
        """Remove temporary files that killed saves left. Under the lock; failing does no harm."""
        prefix, suffix = _temporary_affixes(target)
        oldest = now.timestamp() - _MIN_STRAY_AGE
        with suppress(OSError):
            for name in self._fs.names(target.parent):
                path = target.with_name(name)
                if (
                    name.startswith(prefix)
                    and name.endswith(suffix)
                    and self._fs.stat(path).st_mtime < oldest
                ):
                    self._discard(path)

    def _discard(self, path: Path) -> None:
        with suppress(OSError):
            self._fs.unlink(path)

    def keep(self, path: Path, now: datetime) -> Path:
        """Copy a file aside, once for the same content. Returns where. Raises `OSError`."""
        data, _ = self.read(path)
        prefix = f"{path.name}.broken-"
        for name in self._fs.names(path.parent):
            with suppress(OSError):
                if name.startswith(prefix) and self.read(path.with_name(name))[0] == data:
                    return path.with_name(name)
        stem, number = f"{prefix}{now:%Y%m%d-%H%M%S}", 1
        while True:
            copy = path.with_name(stem if number == 1 else f"{stem}-{number}")
            try:
                self.create(copy, data)
            except FileExistsError:
                number += 1
            else:
                self.sync_directory(path.parent)
                return copy


def beside(target: Path, suffix: str) -> Path:
    """The file of the same name with one more suffix."""
    return target.with_name(target.name + suffix)


def _temporary_affixes(target: Path) -> tuple[str, str]:
    return f".{target.name}.", ".tmp"


def _temporary(target: Path) -> Path:
    prefix, suffix = _temporary_affixes(target)
    return target.with_name(f"{prefix}{os.urandom(8).hex()}{suffix}")


def _moment(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)


def os_error_reason(error: OSError) -> str:
    """Return in plain words why a system call failed."""
    number = error.errno or 0
    if number in _OS_ERRORS:
        return _OS_ERRORS[number][0]
    return os.strerror(number) if number else type(error).__name__


def describe_os_error(path: Path, error: OSError) -> str:
    """Return which file failed (`path`, if it was a temporary one), why, and what to do."""
    named = Path(str(error.filename2 or error.filename or path))
    _, advice = _OS_ERRORS.get(error.errno or 0, ("", ""))
    reason = os_error_reason(error) + (f"; {advice}" if advice else "")
    return f"{display_path(path if named.suffix == '.tmp' else named)}: {reason}"
