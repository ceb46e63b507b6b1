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

from tui.atomic_file import AtomicFiles, Filesystem, rename_without_replacing
from tui.sanitize import display_path
from tui.saving import partial_names

# O_PATH: a folder that may be written to need not be readable.
_FOLDER_FLAGS: Final = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
# O_NONBLOCK: opening a FIFO of that name must not block for ever.
_READ_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_CHUNK_BYTES: Final = 1 << 20


class SaveError(Exception):
    """A file could not be written; the message is one line that says which and why."""

    def __init__(self, message: str, *, ends_all: bool = False) -> None:
        super().__init__(message)
        self.ends_all = ends_all
        """Whether no other file can be written into the same folder either."""


class TaskFolder:
    """An open folder. Methods raise `OSError` unless they say otherwise."""

    def __init__(self, path: Path) -> None:
        """Open the folder, and create it and the download folder, its parent, if missing.

        Raises:
            OSError: one of them cannot be opened.
            SaveError: the folder is a symbolic link.
        """
        self._path = path
        self._downloads = _open_downloads(path.parent)
        try:
            self._is_new, self._fd = _open_folder(path, self._downloads)
        except BaseException:
            os.close(self._downloads)
            raise

    def close(self) -> None:
        """Close the descriptors."""
        os.close(self._fd)
        os.close(self._downloads)

    def remove_if_new(self) -> None:
        """Remove the folder if it was created here and is empty; ignore errors."""
        if self._is_new:
            with suppress(OSError):
                os.rmdir(self._path.name, dir_fd=self._downloads)

    def create(self) -> tuple[str, int]:
        """Create a file and return its name and a descriptor.

        The name is empty where the system has files without one (Linux, on most local file
        systems): a killed program leaves nothing of them. Elsewhere it is a hidden one. The kernel
        applies the umask, so that nothing has to change it in a thread.

        Raises:
            OSError: the file cannot be created.
            SaveError: the folder is another user's.
        """
        fd = self._open_nameless()
        return self._checked("", fd) if fd is not None else self.create_named()

    def create_named(self) -> tuple[str, int]:
        """Create a file with a hidden name, as `create` does where there are only such files."""
        try:
            name, fd = partial_names.create(self._fd)
        except PermissionError:
            owner = os.fstat(self._fd).st_uid
            if owner != os.geteuid():
                raise self._not_ours(owner) from None
            raise
        return self._checked(name, fd)

    def _checked(self, name: str, fd: int) -> tuple[str, int]:
        """Return a file just created, if the folder has its owner, and remove what was left."""
        owner, ours = os.fstat(self._fd).st_uid, os.fstat(fd)
        if ours.st_uid != owner:
            os.close(fd)
            if name:
                with suppress(OSError):
                    self.unlink(name)
            raise self._not_ours(owner)
        partial_names.sweep(self._fd, ours)
        return name, fd

    def _open_nameless(self) -> int | None:
        """Return a new file without a name; None where that cannot be had, or cannot be named."""
        # None where the system does not know it; older Linux takes it for opening the folder.
        flag = getattr(os, "O_TMPFILE", 0)
        if not flag:
            return None
        try:
            fd = os.open(".", flag | os.O_RDWR | os.O_CLOEXEC, 0o666, dir_fd=self._fd)
        except OSError:
            return None
        with suppress(OSError, ValueError):
            status = os.fstat(fd)
            # Before Linux 6.0 some file systems did not apply the umask here.
            if os.path.samestat(status, Path(_path(fd)).stat()) and not status.st_mode & _umask():
                return fd
        os.close(fd)
        return None

    def _not_ours(self, owner: int) -> SaveError:
        return SaveError(
            f"Not saved: {display_path(self._path)} belongs to another user (uid {owner}); "
            "move it away, or set download_dir."
        )

    def unlink(self, name: str) -> None:
        """Remove a name."""
        os.unlink(name, dir_fd=self._fd)

    def claim(self, fd: int, temporary: str, name: str) -> bool:
        """Give a file its name without ever replacing another; return whether that was free.

        Args:
            fd: The file.
            temporary: The name that it has so far, and keeps at most until `discard`; or none.
            name: The name to give.
        """
        try:
            if temporary:
                os.link(
                    temporary, name, src_dir_fd=self._fd, dst_dir_fd=self._fd, follow_symlinks=False
                )
            else:
                # What open(2) says about O_TMPFILE: any other way needs a privilege.
                os.link(_path(fd), name, dst_dir_fd=self._fd, follow_symlinks=True)
        except FileExistsError:
            return False
        except OSError:
            if not temporary:
                raise
            return self._claim_without_links(temporary, name)
        return True

    def _claim_without_links(self, temporary: str, name: str) -> bool:
        """Rename, for file systems without hard links, as FAT and some network ones."""
        try:
            rename_without_replacing(self._fd, temporary, name)
        except FileExistsError:
            return False
        except OSError:
            return self._reserve_and_rename(temporary, name)
        return True

    def _reserve_and_rename(self, temporary: str, name: str) -> bool:
        """Reserve the name, then replace it: a kill in between leaves an empty file."""
        try:
            os.close(os.open(name, partial_names.CREATE_FLAGS, 0o600, dir_fd=self._fd))
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


def _open_folder(path: Path, downloads: int) -> tuple[bool, int]:
    """Return whether the folder had to be created, and its descriptor."""
    is_new = False
    with suppress(FileExistsError):
        os.mkdir(path.name, dir_fd=downloads)
        is_new = True
    try:
        return is_new, os.open(path.name, _FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=downloads)
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


def _open_downloads(path: Path) -> int:
    AtomicFiles(Filesystem()).make_directories(path)
    return os.open(path, _FOLDER_FLAGS)


def _path(fd: int) -> str:
    """Return the path by which Linux gives an open file."""
    return f"/proc/self/fd/{fd}"


def _umask() -> int:
    """Return the umask, which cannot be read without /proc unless by changing it for a moment.

    Raises:
        OSError: there is no /proc.
        ValueError: it does not tell, as before Linux 4.7.
    """
    status = Path("/proc/self/status").read_bytes()
    return int(status.partition(b"\nUmask:")[2].partition(b"\n")[0], 8)


def _have_same_content(one: int, other: int) -> bool:
    position = 0
    while chunk := os.pread(one, _CHUNK_BYTES, position):
        if chunk != os.pread(other, len(chunk), position):
            return False
        position += len(chunk)
    return True
