"""End a command at once by SIGINT or SIGTERM, whatever hangs; no terminal is needed.

The interpreter writes the number of a signal to a descriptor as soon as it arrives, and a thread of
ours reads it: the main thread may hang in a pipe that nobody reads.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Final, Self

from tui import key_command

GRACE_SECONDS: Final = 0.5
"""Seconds for an orderly end: what is pending is saved if that takes no time."""
CLEAN_UP_SECONDS: Final = 0.1
"""Seconds for what is written last."""

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_CLOSE: Final = 0
"""Sent in place of a signal's number when the command has ended by itself."""


class Interruption:
    """Handles both signals while the command runs: the exit code is 128 and the number.

    SIGINT stays ignored where it was, as behind a shell's `&`.
    """

    def __init__(
        self,
        clean_up: Callable[[], object] = lambda: None,
        resumed: Callable[[], object] = lambda: None,
    ) -> None:
        """`clean_up` is called, in a thread, before the process ends in the midst of something,
        and `resumed`, in the main thread, when the process goes on that was stopped."""
        self.code: int | None = None
        """The exit code, once a signal has come."""
        self._clean_up, self._resumed = clean_up, resumed
        self._request_end: Callable[[], object] | None = None
        self._is_over = threading.Event()
        self._previous: dict[int, object] = {}
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)
        self._thread = threading.Thread(target=self._watch, name="signals", daemon=True)

    def __enter__(self) -> Self:
        """Handle the signals from now on. Call in the main thread."""
        for number in _SIGNALS:
            if number == signal.SIGTERM or signal.getsignal(number) is not signal.SIG_IGN:
                # A handler of our own, since asyncio's would cancel the main task alone.
                self._previous[number] = signal.signal(number, _ignore)
        self._previous[signal.SIGCONT] = signal.signal(signal.SIGCONT, self._resume)
        self._previous_fd = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Handle the signals as before."""
        self._is_over.set()
        os.write(self._writer, bytes([_CLOSE]))
        self._thread.join()
        signal.set_wakeup_fd(self._previous_fd)
        for number, handler in self._previous.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        os.close(self._reader)
        os.close(self._writer)

    def run(self, main: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine as `asyncio.run` does, until it ends or a signal cancels it.

        Before and after that a signal ends the process, since there is nothing to be saved.
        """
        try:
            asyncio.run(self._run(main))
        except asyncio.CancelledError:
            if self.code is None:
                raise

    async def _run(self, main: Coroutine[Any, Any, None]) -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None  # noqa: S101 (there is a running one)
        self._request_end = lambda: loop.call_soon_threadsafe(task.cancel)
        try:
            await main
        finally:
            self._request_end = None

    def _resume(self, number: int, frame: FrameType | None) -> None:
        self._resumed()

    def _watch(self) -> None:
        while True:
            numbers = os.read(self._reader, 64)
            signals = [number for number in numbers if number in _SIGNALS]
            if signals:
                break
            if _CLOSE in numbers:
                return
        self.code = 128 + signals[0]
        request_end = self._request_end
        if request_end is not None:
            with suppress(RuntimeError):  # The loop was closed just now.
                request_end()
            if self._is_over.wait(GRACE_SECONDS):
                return
        # Not in this thread: the terminal may take nothing any more.
        last = threading.Thread(target=self._clean_up, daemon=True)
        last.start()
        last.join(CLEAN_UP_SECONDS)
        key_command.end_running()
        os._exit(self.code)


def _ignore(number: int, frame: FrameType | None) -> None:
    """Do nothing: the thread has been told. A handler lets the main thread notice the signal."""
