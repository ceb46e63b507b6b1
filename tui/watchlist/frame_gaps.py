"""How long tasks go without a new frame, and for which of them that is unusual. Pure.

A task that renders has no new frame for minutes, so only what is longer than for every earlier task
is worth telling. All times are those of answers: what happens while none comes is not known.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from tui.scenext.models import TaskStatus
from tui.watchlist.answers import MAX_POLL_GAP
from tui.watchlist.records import Record, Watchlist

MIN_TASKS: Final = 20
"""Tasks without whose gaps nothing is claimed."""


class FrameGaps:
    """The longest time without a new frame of all tasks that were seen from their first frame.

    Until the end counts as well: rendering is part of the usual.
    """

    def __init__(self, watchlist: Watchlist) -> None:
        """Learn from the answers about tasks of `watchlist`."""
        self._watchlist = watchlist
        self._open: dict[str, float] = {}
        """The longest gap so far, in seconds, of each task that was seen since its first frame."""
        self._count = 0
        self._longest = 0.0

    def observe(self, before: Record, after: Record) -> None:
        """Learn from a result: the record of its task before and after.

        A task is given up once nothing was heard of it for longer than `MAX_POLL_GAP`: frames may
        have come at any time in between.
        """
        if after.polled_at is None or after.polled_at == before.polled_at:
            return  # A failed request tells nothing.
        if before.task is None or before.polled_at is None:
            self._open.pop(after.id, None)
            return
        is_first_frame = not before.frames and after.frames
        if after.polled_at - before.polled_at > MAX_POLL_GAP:
            self._open.pop(after.id, None)
        elif is_first_frame and not before.status.terminal and not after.status.terminal:
            self._open[after.id] = 0.0
            self._forget_removed()
        elif after.id in self._open:
            self._measure(before, after)

    def _measure(self, before: Record, after: Record) -> None:
        since, until = before.newest_frame_at, after.newest_frame_at
        if since is None or until is None:
            del self._open[after.id]
            return
        gap = until - since
        if not after.status.terminal:
            self._open[after.id] = max(gap, self._open[after.id])
            return
        self._longest = max(self._longest, self._open.pop(after.id), gap, after.told_at - until)
        self._count += 1

    def quiet_since(self, record: Record) -> datetime | None:
        """Return when the newest frame of a running task came, if that is unusually long ago.

        By its last answer: a claim neither begins nor ends while nothing is heard of the task.
        """
        if record.status is not TaskStatus.IN_PROGRESS or self._count < MIN_TASKS:
            return None
        newest = record.newest_frame_at
        if newest is None or record.answered_at is None:
            return None
        silence = record.told_at - newest
        if silence <= self._longest:
            return None
        return record.answered_at - timedelta(seconds=silence)

    def _forget_removed(self) -> None:
        if len(self._open) > len(self._watchlist):
            watched = set(self._watchlist.ids)
            self._open = {key: gap for key, gap in self._open.items() if key in watched}
