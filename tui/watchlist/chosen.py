"""A watchlist of which a command sees the tasks that it is about, and to which it adds none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path

from tui.atomic_file import Filesystem
from tui.watchlist.entries import Change, Entry, Learn, Update, replay
from tui.watchlist.storage import Snapshot, WatchlistFile


class ChosenTasksFile(WatchlistFile):
    """The file as if it held the chosen tasks, and these alone.

    Each is there for as long as the command runs: one that the file never held, or that somebody
    removes meanwhile, is known here alone, and nothing about it is written. Of the others what is
    learnt is saved, as by the dashboard; a save that would write nothing touches no file. While the
    file cannot be read whole, it counts as holding what it held before.
    """

    def __init__(
        self,
        path: Path,
        task_ids: Iterable[str],
        *,
        now: Callable[[], datetime],
        fs: Filesystem | None = None,
    ) -> None:
        """Choose tasks; nothing is read or written yet. `now` must return aware times."""
        super().__init__(path, now=now, fs=fs)
        began = now()
        self._entries = {task_id: Entry(task_id, began) for task_id in task_ids}
        self._held = frozenset[str]()
        self._last = Snapshot(())
        self._was_read = False

    def load(self, *, keep_copy: bool = False) -> Snapshot:
        """Return the chosen tasks, as `WatchlistFile.load` does; a copy is a save's to keep."""
        return self._choose(super().load(keep_copy=keep_copy))

    def save(self, changes: Sequence[Change]) -> Snapshot:
        """Save what the changes tell of tasks that the file holds, as `WatchlistFile.save` does."""
        told = [change for change in changes if isinstance(change, Update | Learn)]
        kept = [change for change in told if self.holds(_task_id(change))]
        snapshot = super().save(kept) if kept else self._last._replace(warning="")
        self._entries = {entry.id: entry for entry in replay([*self._entries.values()], told)}
        return self._choose(snapshot)

    def is_gone(self) -> bool:
        """Return False: whoever watches all of it writes it again, not who asks about a few."""
        return False

    def holds(self, task_id: str) -> bool:
        """Return whether the file held a task when it was last read whole."""
        return task_id in self._held

    def _choose(self, snapshot: Snapshot) -> Snapshot:
        is_whole = not (snapshot.unreadable or snapshot.damaged)
        # What a backup holds, or what is left, says less than what was read before.
        if is_whole or not self._was_read:
            held = {entry.id: entry for entry in snapshot.entries if entry.id in self._entries}
            self._last, self._held = snapshot, frozenset(held)
            self._entries |= held
            self._was_read |= is_whole
        return snapshot._replace(entries=(*self._entries.values(),), added=())


def _task_id(change: Update | Learn) -> str:
    return change.sample.id if isinstance(change, Learn) else change.id
