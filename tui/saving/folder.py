"""A task's folder below the download folder, used by its descriptor and never by its path.

The download folder is the user's choice: it may be a link, and anybody's, as /tmp is. Whoever may
write there must not decide where our files go or which file is touched. So the kernel resolves
the download folder once, and everything below it is found by name relative to a descriptor; what
is below it is never used if it is a symbolic link or another user's. Ours is what has the owner
that a file gets which we create: over sshfs or NFS, or on FAT, that may be another number than our
own. Every call blocks.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from tui.atomic_file import AtomicFiles, Filesystem
from tui.sanitize import display_path

# O_PATH: a folder that may be written to need not be readable.
_FOLDER_FLAGS: Final = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
_CREATE_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: opening a FIFO of that name must not block for ever.
_READ_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CHUNK_BYTES: Final = 1 << 20


class SaveError(Exception):
    """A file could not be written; the message is one line that says which and why."""


class TaskFolder:
    """An open folder. Methods raise `OSError` unless they say otherwise."""

    def __init__(self, path: Path) -> None:
        """Open the folder, and create it and the download folder, its parent, if missing.

        Raises:
            OSError: one of them cannot be opened.
            SaveError: the folder is a symbolic link.
        """
        self._path = path
        self._fd = _open_folder(path)

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self._fd)

    def create(self, suffix: str) -> tuple[str, int]:
        """Create a hidden file with an unused name; return the name and a descriptor.

        The kernel applies the umask, so that nothing has to read or change it in a thread.

        Raises:
            OSError: the file cannot be created.
            SaveError: the folder is another user's.
        """
        name = f".{os.urandom(8).hex()}{suffix}"
        owner = os.fstat(self._fd).st_uid
        try:
            fd = os.open(name, _CREATE_FLAGS, 0o666, dir_fd=self._fd)
        except PermissionError:
            if owner != os.geteuid():
                raise self._not_ours(owner) from None
            raise
        if os.fstat(fd).st_uid != owner:
            os.close(fd)
            with suppress(OSError):
                self.unlink(name)
            raise self._not_ours(owner)
        return name, fd

    def _not_ours(self, owner: int) -> SaveError:
        return SaveError(
            f"Not saved: {display_path(self._path)} belongs to another user (uid {owner}); "
            "move it away, or set download_dir."
        )

    def unlink(self, name: str) -> None:
        """Remove a name."""
        os.unlink(name, dir_fd=self._fd)

    def claim(self, temporary: str, name: str) -> bool:
        """Give a file its name without ever replacing another; return whether that was free."""
        try:
            os.link(
                temporary, name, src_dir_fd=self._fd, dst_dir_fd=self._fd, follow_symlinks=False
            )
        except FileExistsError:
            return False
        except OSError:
            return self._claim_without_links(temporary, name)
        return True

    def _claim_without_links(self, temporary: str, name: str) -> bool:
        """Reserve the name, then replace it: for file systems without hard links."""
        try:
            os.close(os.open(name, _CREATE_FLAGS, 0o600, dir_fd=self._fd))
        except FileExistsError:
            return False
        try:
            os.rename(temporary, name, src_dir_fd=self._fd, dst_dir_fd=self._fd)
        except OSError:
            self.unlink(name)
            raise
        return True

    def holds(self, fd: int, name: str) -> bool:
        """Return whether a name is that of an open file, or of one with the same content.

        The file behind the name must be a regular one with the same owner. The content decides
        where inode numbers do not, as on some network file systems. Never raises: False if the
        file cannot be read.
        """
        ours = os.fstat(fd)
        try:
            if os.path.samestat(ours, os.stat(name, dir_fd=self._fd, follow_symlinks=False)):
                return True
            other = os.open(name, _READ_FLAGS, dir_fd=self._fd)
        except OSError:
            return False
        try:
            status = os.fstat(other)
            return (
                stat.S_ISREG(status.st_mode)
                and (status.st_uid, status.st_size) == (ours.st_uid, ours.st_size)
                and _have_same_content(fd, other)
            )
        except OSError:
            return False
        finally:
            os.close(other)


def _open_folder(path: Path) -> int:
    downloads = _open_downloads(path.parent)
    try:
        with suppress(FileExistsError):
            os.mkdir(path.name, dir_fd=downloads)
        try:
            return os.open(path.name, _FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=downloads)
        except OSError as error:
            status = os.stat(path.name, dir_fd=downloads, follow_symlinks=False)
            if stat.S_ISLNK(status.st_mode):
                raise SaveError(
                    f"Not saved: {display_path(path)} is a symbolic link, which is not followed; "
                    "move it away."
                ) from None
            if not stat.S_ISDIR(status.st_mode):
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
            raise error
    finally:
        os.close(downloads)


def _open_downloads(path: Path) -> int:
    AtomicFiles(Filesystem()).make_directories(path)
    return os.open(path, _FOLDER_FLAGS)


def _have_same_content(one: int, other: int) -> bool:
    position = 0
    while chunk := os.pread(one, _CHUNK_BYTES, position):
        if chunk != os.pread(other, len(chunk), position):
            return False
        position += len(chunk)
    return True
