"""Keep a watchlist that cannot be saved in another file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from tui.atomic_file import AtomicFiles, Filesystem
from tui.watchlist.codec import Document, UnreadableError, decode, encode
from tui.watchlist.entries import Entry
from tui.watchlist.history import Sample


def export(
    entries: Sequence[Entry],
    path: Path,
    original: Path,
    name: str,
    history: Sequence[Sample] = (),
) -> Path:
    """Write a watchlist to a new file, mode 0600, in the same format; return its absolute path.

    The file can replace `original`: it also has the keys there that this program does not know.
    `~` is the home folder; if the path is a folder, the file in it is called `name`. Blocks.

    Raises:
        FileExistsError: there is a file of that name, which stays as it is.
        OSError: the file cannot be written.
        RuntimeError: `~` names an unknown user.
        ValueError: the path is invalid.
    """
    files = AtomicFiles(Filesystem())
    path = path.expanduser().absolute()
    if path.is_dir():
        path /= name
    files.create(path, _encode(entries, history, original, files))
    files.sync_directory(path.parent)
    return path


def suggest_path(
    entries: Sequence[Entry], original: Path, now: datetime, history: Sequence[Sample] = ()
) -> Path:
    """Return a path for `export` in the first folder that has room for the file.

    Each folder is tried by writing as much there; the home folder is the first one, and the answer
    if none has room. Blocks.
    """
    size = len(_encode(entries, history, original, AtomicFiles(Filesystem())))
    folders = list(dict.fromkeys(_folders()))
    best = next((folder for folder in folders if _takes(folder, size)), folders[0])
    return best / f"scenext-tui-watchlist-{now:%Y%m%d-%H%M%S}.toml"


def _encode(
    entries: Sequence[Entry], history: Sequence[Sample], original: Path, files: AtomicFiles
) -> bytes:
    document = Document(tuple(entries), history=tuple(history))
    with suppress(OSError, UnreadableError, ValueError):
        data, modified = files.read(original)
        known = decode(data, modified)
        return encode(document._replace(top_extras=known.top_extras, task_extras=known.task_extras))
    return encode(document)


def _folders() -> Iterator[Path]:
    with suppress(RuntimeError):  # Nobody knows it.
        yield Path.home()
    for name in (os.environ.get("TMPDIR"), "/tmp", "/var/tmp", "/dev/shm"):  # noqa: S108
        if name and Path(name).is_absolute():
            yield Path(name)


def _takes(folder: Path, size: int) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(size))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        return False
    return True
