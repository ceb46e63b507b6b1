"""Replace files atomically, with backups and copies. Every call blocks and may raise `OSError`."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

_MAX_FILE_BYTES: Final = 64 * 1024 * 1024
_MIN_STRAY_AGE: Final = 3600
"""Seconds before a temporary file counts as left behind by a killed save."""
_SYNC_UNSUPPORTED: Final = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}
_CREATE_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: opening a FIFO of that name must not block for ever.
_READ_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


class Filesystem:
    """The system calls of this module, so that tests can make each of them fail.

    All raise `OSError`; Python itself retries on EINTR (PEP 475).
    """

    open = staticmethod(os.open)
    read: Callable[[int, int], bytes] = staticmethod(os.read)
    write: Callable[[int, memoryview], int] = staticmethod(os.write)
    fsync: Callable[[int], None] = staticmethod(os.fsync)
    close: Callable[[int], None] = staticmethod(os.close)
    """On NFS a full disk may only be reported here (close(2))."""
    fstat: Callable[[int], os.stat_result] = staticmethod(os.fstat)
    stat: Callable[[Path], os.stat_result] = staticmethod(os.stat)
    link: Callable[[Path, Path], None] = staticmethod(os.link)
    replace: Callable[[Path, Path], None] = staticmethod(os.replace)
    unlink: Callable[[Path], None] = staticmethod(os.unlink)
    mkdir: Callable[[Path, int], None] = staticmethod(os.mkdir)
    listdir: Callable[[Path], list[str]] = staticmethod(os.listdir)

    def lock(self, path: Path, timeout: float) -> AbstractContextManager[object]:
        """Hold an exclusive lock (flock) on a file, which is created and never removed.

        Entering raises `TimeoutError` after `timeout` seconds, and `OSError` with ENOSYS or ENOLCK
        where the file system does not support locks.
        """
        # Imported here because it is slow, and not needed for the first paint.
        from filelock import FileLock

        # The fallback, a lock by existence of the file, would outlive a killed process.
        return FileLock(path, timeout, 0o600, fallback_to_soft=False, poll_interval=0.02)


class AtomicFiles:
    """Reads and atomically replaces files through a `Filesystem`."""

    def __init__(self, fs: Filesystem) -> None:
        self._fs = fs

    def read(self, path: Path) -> tuple[bytes, datetime]:
        """Return the contents and the modification time of a file."""
        fd = self._fs.open(path, _READ_FLAGS)
        try:
            status = self._fs.fstat(fd)
            if stat.S_ISDIR(status.st_mode):
                raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), path)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.ENXIO, os.strerror(errno.ENXIO), path)
            if status.st_size > _MAX_FILE_BYTES:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
            data = b"".join(iter(lambda: self._fs.read(fd, 1 << 20), b""))
        finally:
            with suppress(OSError):
                self._fs.close(fd)
        return data, _moment(status.st_mtime)

    def make_directories(self, directory: Path) -> None:
        """Create the missing directories with mode 0700: `os.makedirs` gives it to one only."""
        missing = []
        while not self._directory_exists(directory):
            missing.append(directory)
            directory = directory.parent
        for path in reversed(missing):
            with suppress(FileExistsError):  # Another dashboard is starting too.
                self._fs.mkdir(path, 0o700)
            self.sync_directory(path.parent)

    def _directory_exists(self, path: Path) -> bool:
        try:
            status = self._fs.stat(path)
        except FileNotFoundError:
            return False
        if not stat.S_ISDIR(status.st_mode):
            raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
        return True

    def replace(self, target: Path, data: bytes, *, backup: bool) -> None:
        """Replace the contents of a file atomically; with `backup` the old ones become `.bak`.

        If it raises `OSError`, the file holds its old contents or already `data`.
        """
        temporary = _temporary(target)
        self.create(temporary, data)
        try:
            if backup:
                self._back_up(target)
            self._rename(temporary, target, data)
        except BaseException:
            self._discard(temporary)
            raise

    def _rename(self, temporary: Path, target: Path, data: bytes) -> None:
        try:
            self._fs.replace(temporary, target)
        except OSError as error:
            # Over NFS it may have succeeded although it reports failure (rename(2)).
            with suppress(OSError):
                if self.read(target)[0] == data:
                    self._discard(temporary)
                    return
            raise error

    def _back_up(self, target: Path) -> None:
        """Make the current file the backup; at every moment there is a backup."""
        backup, temporary = sibling(target, ".bak"), _temporary(target)
        try:
            try:
                self._fs.link(target, temporary)
            except FileNotFoundError:
                return  # The first save.
            except OSError:
                # FAT and some network and container file systems have no hard links.
                self.create(temporary, self.read(target)[0])
            self._fs.replace(temporary, backup)
        finally:
            # rename(2) keeps both names if they are the same file already, as they are after a
            # kill between here and the replacement of the file.
            self._discard(temporary)

    def create(self, path: Path, data: bytes) -> None:
        """Create a complete file on disk, mode 0600, or none."""
        fd = self._fs.open(path, _CREATE_FLAGS, 0o600)
        try:
            try:
                remaining = memoryview(data)
                while remaining:
                    remaining = remaining[self._fs.write(fd, remaining) :]
                self.sync(fd)
            finally:
                self._fs.close(fd)
        except BaseException:
            self._discard(path)
            raise

    def sync_directory(self, directory: Path) -> None:
        """Make names durable: fsync of a file does not include its directory (fsync(2))."""
        try:
            fd = self._fs.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except PermissionError:
            return  # A directory without read permission cannot be opened for fsync.
        try:
            self.sync(fd)
        finally:
            self._fs.close(fd)

    def sync(self, fd: int) -> None:
        """Have a file or directory on disk, where the file system can say so (fsync)."""
        try:
            self._fs.fsync(fd)
        except OSError as error:
            if error.errno not in _SYNC_UNSUPPORTED:
                raise

    def remove_stray_files(self, target: Path, now: datetime) -> None:
        """Remove the temporary files that killed saves left, ignoring errors, under the lock."""
        modified_before = now.timestamp() - _MIN_STRAY_AGE
        with suppress(OSError):
            for name in self._fs.listdir(target.parent):
                path = target.with_name(name)
                if (
                    name.startswith(f".{target.name}.")
                    and name.endswith(".tmp")
                    and self._fs.stat(path).st_mtime < modified_before
                ):
                    self._discard(path)

    def _discard(self, path: Path) -> None:
        with suppress(OSError):
            self._fs.unlink(path)

    def _create_whole(self, path: Path, data: bytes, temporary: Path) -> None:
        """Create a file that has its name only when it is complete; raise if the name is taken."""
        self.create(temporary, data)
        try:
            self._fs.link(temporary, path)
        except FileExistsError:
            raise
        except OSError:
            # FAT and some network and container file systems have no hard links.
            self.create(path, data)
        finally:
            self._discard(temporary)

    def copy_aside(self, path: Path, now: datetime) -> Path:
        """Copy a file to `.broken-<time>` unless such a copy exists; return the copy's path."""
        data, _ = self.read(path)
        prefix = f"{path.name}.broken-"
        for name in self._fs.listdir(path.parent):
            with suppress(OSError):
                if name.startswith(prefix) and self.read(path.with_name(name))[0] == data:
                    return path.with_name(name)
        for copy in _names_aside(path, now):
            with suppress(FileExistsError):
                self._create_whole(copy, data, _temporary(path))
                self.sync_directory(path.parent)
                return copy
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)

    def move_aside(self, path: Path, now: datetime) -> Path:
        """Rename what has a name, a link too, to `.broken-<time>`; return the new path."""
        aside = next(name for name in _names_aside(path, now) if not os.path.lexists(name))
        self._fs.replace(path, aside)
        return aside


def _names_aside(path: Path, now: datetime) -> Iterator[Path]:
    stem = path.with_name(f"{path.name}.broken-{now:%Y%m%d-%H%M%S}")
    yield stem
    yield from (stem.with_name(f"{stem.name}-{number}") for number in count(2))


def rename_without_replacing(folder: int, old: str, new: str) -> None:
    """Rename a file within an open folder, unless another has the name.

    By renameat2(2) of Linux, which FAT has too, or renameatx_np(2) of macOS: the standard library
    has neither.

    Raises:
        FileExistsError: another file has the name.
        OSError: the rename failed, or the system or the file system cannot do this.
    """
    # Imported here because few file systems need it.
    import ctypes

    name, flag = ("renameatx_np", 0x4) if sys.platform == "darwin" else ("renameat2", 0x1)
    try:
        rename = getattr(ctypes.CDLL(None, use_errno=True), name)
    except AttributeError:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS)) from None
    rename.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    if rename(folder, os.fsencode(old), folder, os.fsencode(new), flag):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def is_ours(status: os.stat_result, folder: Path) -> bool:
    """Return whether a file in a folder has the owner that a file gets which we create there.

    Some network file systems show another number than our own, of a new file too. The owner of the
    folder says nothing: the folder may be another user's as well. Raises `OSError`.
    """
    if status.st_uid == os.geteuid():
        return True
    path = folder / f".{os.urandom(8).hex()}.tmp"
    fd = os.open(path, _CREATE_FLAGS, 0o600)
    try:
        return os.fstat(fd).st_uid == status.st_uid
    finally:
        os.close(fd)
        with suppress(OSError):
            path.unlink()


def sibling(target: Path, suffix: str) -> Path:
    """Return the path with `suffix` appended to its name."""
    return target.with_name(target.name + suffix)


def _temporary(target: Path) -> Path:
    return target.with_name(f".{target.name}.{os.urandom(8).hex()}.tmp")


def _moment(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return datetime.fromtimestamp(0, UTC)
