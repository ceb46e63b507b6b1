"""What the dashboard remembers of how it was used: `state.toml`, which is optional.

Owns the file and what lies next to it: `.lock`, `.broken-<time>` (what could not be read) and
temporary files. Nothing that goes wrong with any of it stops the program: what cannot be read has
its default, and what cannot be written is forgotten. It holds no secrets. Every call blocks.

Several dashboards may write: each save reads the file again, changes its own keys and leaves all
others as they are, those of another release too.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from tui import toml
from tui.atomic_file import AtomicFiles, Filesystem, sibling
from tui.os_errors import os_error_reason
from tui.sanitize import display_path

VERSION: Final = 1
"""Of the file; a later release's may mean something else by the same keys."""
LOCK_TIMEOUT: Final = 1.0
"""Seconds that a save waits for another one; then it goes on all the same."""
MAX_BYTES: Final = 1 << 20

_NEVER_READ: Final = {errno.EFBIG, errno.EISDIR, errno.ELOOP, errno.ENXIO}
"""Errors of what is too large, or no file at all: it is not read another time either."""

Value = bool | str
"""What a key may be set to."""

_log = logging.getLogger(__name__)


class State(NamedTuple):
    """All that is remembered, a key each; a default is what counts where nothing is."""

    pictures: bool = True
    """Whether pictures are shown by themselves."""


class _Contents(NamedTuple):
    """What was read."""

    table: dict[str, Any]
    reason: str = ""
    """Why the file cannot be read; empty if it can, or is not there."""
    is_broken: bool = False
    """Whether it can never be read."""


class StateFile:
    """One state file. Safe to use from one thread at a time; other programs may use it too."""

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        fs: Filesystem | None = None,
    ) -> None:
        """Prepare; nothing is read or written yet."""
        self._path = path
        self._now = now
        self._fs = fs or Filesystem()
        self._files = AtomicFiles(self._fs)

    def load(self) -> tuple[State, str]:
        """Return what is remembered, and a line for the user where the file is broken.

        It is set aside then. Never raises.
        """
        contents = self._read()
        if not contents.reason:
            return _state(contents.table), ""
        line = f"{display_path(self._path)} cannot be read ({contents.reason})"
        _log.warning("%s", line)
        if not contents.is_broken:
            return State(), ""
        if (aside := self._set_aside()) is not None:
            line = f"{line}. It is {display_path(aside)} now"
        return State(), f"{line}; the dashboard starts as it does for the first time."

    def save(self, changes: Mapping[str, Value]) -> None:
        """Set keys in the file, and leave all others as they are. Never raises.

        A later version's file, and one that cannot be read now, stays as it is.
        """
        try:
            self._files.make_directories(self._path.parent)
            with self._locked():
                self._rewrite(changes)
        except OSError as error:
            _log.warning("%s is not saved: %s", self._path.name, os_error_reason(error))

    def _rewrite(self, changes: Mapping[str, Value]) -> None:
        contents = self._read()
        if contents.reason and not (contents.is_broken and self._set_aside()):
            _log.warning("%s is left as it is: %s", self._path.name, contents.reason)
            return
        table = {"version": VERSION, **contents.table, **changes}
        if table != contents.table and table["version"] == VERSION:
            # Imported here because it is not needed before.
            import tomli_w

            try:
                data = tomli_w.dumps(table).encode()
            except (ValueError, RecursionError):
                # A number of thousands of digits, or what is nested in hundreds of levels.
                _log.warning("%s is left as it is: parts cannot be written", self._path.name)
                return
            target = self._target()
            self._files.replace(target, data, backup=False)
            self._files.remove_stray_files(target, self._now())

    def _read(self) -> _Contents:
        try:
            data, _ = self._files.read(self._path)
        except FileNotFoundError:
            return _Contents({})
        except OSError as error:
            never = error.errno in _NEVER_READ
            return _Contents({}, os_error_reason(error), is_broken=never)
        if len(data) > MAX_BYTES:
            return _Contents({}, "it is too large", is_broken=True)
        try:
            return _Contents(toml.loads(data.decode()))
        except (ValueError, RecursionError):
            return _Contents({}, "it is not valid TOML", is_broken=True)

    def _set_aside(self) -> Path | None:
        """Rename the broken file as the watchlist's copies are named; None where that fails."""
        target = self._target()
        try:
            try:
                aside = self._files.copy_aside(target, self._now())
                self._fs.unlink(target)
            except OSError as error:
                if error.errno not in _NEVER_READ:
                    raise
                # A link itself, not what it leads to: that may be a device.
                aside = self._files.move_aside(self._path, self._now())
        except OSError as error:
            _log.warning("%s cannot be set aside: %s", target.name, os_error_reason(error))
            return None
        return aside

    def _target(self) -> Path:
        """Return the real file behind a link of ours; another user's link is replaced instead."""
        with suppress(OSError, RuntimeError):  # Links in a circle, before Python 3.13.
            if self._path.is_symlink() and self._path.lstat().st_uid in (os.geteuid(), 0):
                return self._path.resolve()
        return self._path

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock, unless another program does for long, or there are no locks here."""
        with ExitStack() as stack:
            with suppress(OSError):  # A `TimeoutError` is one, too.
                stack.enter_context(self._fs.lock(sibling(self._path, ".lock"), LOCK_TIMEOUT))
            yield


def _state(table: Mapping[str, Any]) -> State:
    """Return what a table says; a value of another type counts as none."""
    defaults = State()._asdict()
    known = {
        key: value
        for key, value in table.items()
        if key in defaults and type(value) is type(defaults[key])
    }
    return State(**known)
