"""Atomic replacement of files, with backups and copies. Knows nothing of their content.

Every call blocks, and raises `OSError` where the file system does.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
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
    """The system calls of this module, one method each, so that tests can inject faults.

    Every method raises `OSError`; Python itself retries on EINTR (PEP 475).
    """

    def open(self, path: Path, flags: int, mode: int = 0o600) -> int:
        """Open a file; `mode` applies if it is created."""
        return os.open(path, flags, mode)

    def read(self, fd: int, size: int) -> bytes:
        """Read at most `size` bytes; empty at the end of the file."""
        return os.read(fd, size)

    def write(self, fd: int, data: memoryview) -> int:
        """Write some of `data`; return the number of bytes written."""
        return os.write(fd, data)

    def fsync(self, fd: int) -> None:
        """Flush a file or directory to the disk."""
        os.fsync(fd)

    def close(self, fd: int) -> None:
        """Close a file. On NFS a full disk may only be reported here (close(2))."""
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
        """Rename over the target atomically."""
        source.replace(target)

    def unlink(self, path: Path) -> None:
        """Remove a name."""
        path.unlink()

    def mkdir(self, path: Path) -> None:
        """Create one directory that only its owner can access."""
        path.mkdir(mode=0o700)

    def listdir(self, directory: Path) -> list[str]:
        """Return the names in a directory."""
        return os.listdir(directory)  # noqa: PTH208 - iterdir() would build a Path for each.

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
        """Return the contents and the modification time of a file. Raises `OSError`."""
        fd = self._fs.open(path, _READ_FLAGS)
        try:
            status = self._fs.fstat(fd)
            if stat.S_ISDIR(status.st_mode):
                raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), path)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.ENXIO, os.strerror(errno.ENXIO), path)
            if status.st_size > _MAX_FILE_BYTES:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
            chunks = []
            while chunk := self._fs.read(fd, 1 << 20):
                chunks.append(chunk)
        finally:
            with suppress(OSError):
                self._fs.close(fd)
        return b"".join(chunks), _moment(status.st_mtime)

    def make_directories(self, directory: Path) -> None:
        """Create the missing directories, each with mode 0700. Raises `OSError`.

        `os.makedirs` applies its mode to the last one only.
        """
        missing = []
        while not self._directory_exists(directory):
            missing.append(directory)
            directory = directory.parent
        for path in reversed(missing):
            with suppress(FileExistsError):  # Another dashboard is starting too.
                self._fs.mkdir(path)
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

        Raises `OSError`; the file then holds its old contents or already `data`.
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
        """Create a complete file on disk, mode 0600, or none. Raises `OSError`."""
        fd = self._fs.open(path, _CREATE_FLAGS, 0o600)
        try:
            try:
                remaining = memoryview(data)
                while remaining:
                    remaining = remaining[self._fs.write(fd, remaining) :]
                self._sync(fd)
            finally:
                self._fs.close(fd)
        except BaseException:
            self._discard(path)
            raise

    def sync_directory(self, directory: Path) -> None:
        """Make names durable: fsync of a file does not include its directory (fsync(2)).

        Raises `OSError`.
        """
        try:
            fd = self._fs.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except PermissionError:
            return  # A directory without read permission cannot be opened for fsync.
        try:
            self._sync(fd)
        finally:
            self._fs.close(fd)

    def _sync(self, fd: int) -> None:
        try:
            self._fs.fsync(fd)
        except OSError as error:
            if error.errno not in _SYNC_UNSUPPORTED:
                raise

    def remove_stray_files(self, target: Path, now: datetime) -> None:
        """Remove the temporary files that killed saves left; errors are ignored.

        The caller holds the lock.
        """
        prefix, suffix = _temporary_affixes(target)
        modified_before = now.timestamp() - _MIN_STRAY_AGE
        with suppress(OSError):
            for name in self._fs.listdir(target.parent):
                path = target.with_name(name)
                if (
                    name.startswith(prefix)
                    and name.endswith(suffix)
                    and self._fs.stat(path).st_mtime < modified_before
                ):
                    self._discard(path)

    def _discard(self, path: Path) -> None:
        with suppress(OSError):
            self._fs.unlink(path)

    def copy_aside(self, path: Path, now: datetime) -> Path:
        """Copy a file to `.broken-<time>`, unless a copy of the same content exists.

        Returns the path of the copy. Raises `OSError`.
        """
        data, _ = self.read(path)
        prefix = f"{path.name}.broken-"
        for name in self._fs.listdir(path.parent):
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


def sibling(target: Path, suffix: str) -> Path:
    """Return the path with `suffix` appended to its name."""
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
