"""Wait for tasks: when that is over, by the rules of the command line. Prints nothing."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable
from datetime import timedelta
from enum import Enum, auto
from typing import Final, NamedTuple

from tui.cli.running.polling_session import TICK_SECONDS, PollingSession
from tui.dependencies import Dependencies
from tui.polling.health import HealthKind
from tui.polling.poller import SLEEP_THRESHOLD
from tui.scenext.models import PollResult
from tui.watchlist.ends import End, EndWatch
from tui.watchlist.events import Event
from tui.watchlist.records import Record
from tui.wording import polling, waiting

MAX_KEY_AGE: Final = 60.0
"""Seconds after which a key that is refused is read again, although no file says that it changed:
a command may print another one by now."""

CATCH_UP_SECONDS: Final = 20.0
"""Seconds for which a wait goes on beyond its time after the machine slept, to ask once more."""

PROGRESS_INTERVAL: Final = 0.5
"""Seconds between two looks at how it goes: answers may come 20 times a second on a slow link."""


class Rules(NamedTuple):
    """What a wait is for."""

    any: bool = False
    """Whether one task that has ended is enough."""
    fail_fast: bool = False
    """Whether one task that has FAILED is enough."""
    links: bool = False
    """Whether each task is asked about for its links, also one that had ended before."""
    deadline: float | None = None
    """When to give up, by the monotonic clock that counts while the machine sleeps."""


class Stop(Enum):
    """Why a wait is over although tasks are open."""

    TIME_IS_UP = auto()
    KEY_REFUSED = auto()
    """The service refuses the key, and there is no other."""
    READER_GONE = auto()
    """Nobody reads any more what is printed."""
    RESTING = auto()
    """The service has told the same of each for a day, and it is not the state of a task."""


class TaskWait:
    """Collects the ends of tasks, and tells each once."""

    def __init__(
        self,
        task_ids: Iterable[str],
        rules: Rules,
        on_end: Callable[[End, Record], object],
        show_progress: Callable[[str], object] | None = None,
        on_event: Callable[[Event], object] = lambda event: None,
        on_step: Callable[[], object] = lambda: None,
    ) -> None:
        """Wait for these tasks; `on_end` gets each end, `show_progress` how it goes, again and
        again. `on_event` gets what happens to the tasks; `on_step` is called after that, and at
        least each second.

        What `on_end` raises ends the wait.
        """
        self._watch = EndWatch(task_ids)
        self._rules = rules
        self._on_end = on_end
        self._show_progress = show_progress
        self._on_event, self._on_step = on_event, on_step
        self._news: list[tuple[End, Record]] = []
        self._wake: Callable[[], object] = lambda: None
        self._unasked: set[str] = set()
        """Tasks that were not asked about again since the machine slept."""
        self._progress_at = -math.inf
        self._stepped_at, self._catch_up_until = math.inf, -math.inf
        self.stop: Stop | None = None
        """Why it is over, unless enough tasks have ended."""
        self.is_answered = False
        """Whether the service has told anything about any task since the start."""
        self.trouble = ""
        """Why it does not, in a few words, when the wait was over."""

    @property
    def ends(self) -> dict[str, End]:
        """How tasks have ended, by ID."""
        return self._watch.ends

    @property
    def open(self) -> tuple[str, ...]:
        """The tasks that have not ended, in order."""
        return self._watch.open

    @property
    def is_over(self) -> bool:
        """Whether enough tasks have ended, or nobody reads of it."""
        ends = self._watch.ends.values()
        has_enough = (self._rules.any and ends) or (self._rules.fail_fast and End.FAILED in ends)
        return bool(has_enough) or not self._watch.has_open or self.stop is not None

    def note_ended(self, records: Iterable[Record]) -> None:
        """Tell the ends of tasks that had ended before."""
        for record in records:
            if (end := self._watch.note_record(record)) is not None:
                self._on_end(end, record)

    async def run(self, dependencies: Dependencies, warn: Callable[[str], object]) -> None:
        """Poll the open tasks until the wait is over; `warn` gets trouble with the watchlist.

        Raises as `PollingSession.run` does.
        """
        self._clock = dependencies.clock
        self._key_read_at = self._clock.boot()
        self._session = PollingSession(
            dependencies,
            self._note,
            on_reload=self._note_reload,
            on_event=self._on_event,
            warn=warn,
        )
        self._engine, self._wake = self._session.engine, self._session.wake
        if self._rules.deadline is not None:
            left = max(0.0, self._rules.deadline - self._clock.boot())
            asyncio.get_running_loop().call_later(left, self._wake)
        await self._session.run(self._step)

    def leave(self) -> None:
        """End the wait, since nobody reads any more what it prints."""
        self.stop = Stop.READER_GONE
        self._wake()

    def open_records(self) -> list[Record]:
        """Return what is known of the tasks that have not ended, in order."""
        return [self._session.record(task_id) for task_id in self._watch.open]

    def _note(self, result: PollResult, record: Record) -> None:
        self._notice_sleep()  # The answer may come before the next step.
        self._unasked.discard(result.task_id)
        error = result.error
        is_told = error is None or error.is_unknown_id
        self.is_answered |= is_told
        end = self._watch.note_result(result)
        if end is None and self._has_all(record):
            end = self._watch.note_record(record)
        if end is not None:
            self._news.append((end, record))

    def _has_all(self, record: Record) -> bool:
        """Return whether nothing more is to come: with links, the video's is worth a few polls."""
        is_complete = record.task is not None and record.task.is_complete
        rests = record.id not in self._engine.schedule.active
        return not self._rules.links or is_complete or rests

    def _note_reload(self) -> None:
        if not self._rules.links:  # With links, each is asked about here in any case.
            self._note_known()

    def _note_known(self) -> None:
        for record in self.open_records():
            if (end := self._watch.note_record(record)) is not None:
                self._news.append((end, record))

    def _tell_news(self) -> None:
        news, self._news = self._news, []
        if news:  # What is printed takes the place of the line that told how it goes.
            self._progress_at = -math.inf
        for end, record in news:
            self._on_end(end, record)

    async def _step(self) -> bool:
        self._notice_sleep()
        # Since when there is trouble is known to who looks all the time.
        self._engine.health()
        self._tell_news()
        self._on_step()
        if self.is_over:
            return True
        stop = await self._find_stop() or self.stop
        if stop is not None:
            self.stop, self.trouble = stop, self._find_trouble()
            # An end that is known counts also where its links could not be had.
            self._note_known()
            self._tell_news()
        elif self._show_progress is not None:
            now = self._clock.boot()
            if now - self._progress_at >= PROGRESS_INTERVAL:
                self._progress_at = now
                self._show_progress(self._progress())
        return stop is not None

    def _notice_sleep(self) -> None:
        now = self._clock.boot()
        if now - self._stepped_at > TICK_SECONDS + SLEEP_THRESHOLD:
            self._unasked = set(self._watch.open)
            self._catch_up_until = now + CATCH_UP_SECONDS
        self._stepped_at = now

    async def _find_stop(self) -> Stop | None:
        engine = self._engine
        if engine.schedule.breaker.key_refused and not await self._has_other_key():
            return Stop.KEY_REFUSED
        deadline = self._rules.deadline
        now = self._clock.boot()
        is_catching_up = bool(self._unasked) and now < self._catch_up_until
        if deadline is not None and now >= deadline and not is_catching_up:
            return Stop.TIME_IS_UP
        return Stop.RESTING if engine.connected and not engine.schedule.active else None

    async def _has_other_key(self) -> bool:
        now = self._clock.boot()
        is_old = now - self._key_read_at > MAX_KEY_AGE
        if is_old:
            self._key_read_at = now
        return await self._engine.renew_key(always=is_old)

    def _find_trouble(self) -> str:
        """Return in a few words why the service cannot be asked; empty where it can."""
        now, health = self._clock.now(), self._engine.health()
        until = None
        if health.kind is HealthKind.PAUSED:
            left = round(health.until - asyncio.get_running_loop().time())
            until = now + timedelta(seconds=left)
        words = polling.host_trouble(health, now, until=until)
        reason = polling.trouble_reason(health)
        return f"{words} ({reason})" if words and reason else words

    def _progress(self) -> str:
        return waiting.wait_progress(
            self._watch.ends.values(),
            [record.status for record in self.open_records()],
            trouble=self._find_trouble(),
            answered_at=self._engine.answered_at,
            now=self._clock.now(),
        )
