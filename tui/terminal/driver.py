"""Textual's Linux driver with an input thread that sleeps while idle, and with flow control.

The stock input thread polls several times a second for the end of the program, which is most of the
CPU time of an idle dashboard and delays every exit.
"""

from __future__ import annotations

import os
import selectors
import time
from collections import deque
from contextlib import suppress
from threading import Event, Thread, current_thread
from typing import TYPE_CHECKING, Final

from textual.drivers.linux_driver import LinuxDriver
from textual.events import CursorPosition
from textual.message import Message

from tui.terminal.flow_control import MAX_REPLY_TIMEOUT, PROBE, FlowController
from tui.terminal.input.input_reader import InputReader
from tui.terminal.input.line_jitter import LineJitter

if TYPE_CHECKING:
    from tui.terminal.app import TunedApp

LAST_REPLY_TIMEOUT: Final = 1.0
"""Seconds that the exit waits for a reply in flight; longer where replies take longer."""
_REST_TIMEOUT: Final = 0.5
"""Seconds that the exit waits for the rest of a sequence or of a paste."""
_MAX_READ_BYTES: Final = 4096


class _WakeEvent(Event):
    """An event that a selector can wait for as well."""

    def __init__(self) -> None:
        super().__init__()
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)

    def fileno(self) -> int:
        return self._reader

    def set(self) -> None:
        super().set()
        os.write(self._writer, b"!")

    def clear(self) -> None:
        super().clear()
        with suppress(BlockingIOError):
            os.read(self._reader, _MAX_READ_BYTES)


class TerminalDriver(LinuxDriver):
    """Read input without polling, and probe the terminal to pace the output."""

    exit_event: _WakeEvent

    def __init__(
        self,
        app: TunedApp,
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        """Register with the app, which asks for `is_free` before it paints."""
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.exit_event = _WakeEvent()
        self._parser_debug = debug
        self._input_thread: Thread | None = None
        self._flow = FlowController()
        self._unanswered: deque[float] = deque()
        self._jitter = LineJitter()
        self._reader: InputReader | None = None
        app.terminal_driver = self

    def start_application_mode(self) -> None:
        """Take over the terminal, and send the first probe.

        After SIGSTOP and SIGCONT Textual starts a second time without having stopped, so the first
        start is undone here.
        """
        self._flow = FlowController()
        # A reply that got lost before a suspension must not be waited for at every later exit.
        self._unanswered.clear()
        modes, reader = self.attrs_before, self._input_thread
        restarted = reader is not None and reader.is_alive()
        if reader is not None and restarted:
            self.exit_event.set()
            reader.join()
            self.exit_event.clear()
            self.close()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if restarted:
            self.attrs_before = modes
        self._probe()

    def run_input_thread(self) -> None:
        """Read and dispatch input until the exit, or until the terminal hangs up."""
        self._input_thread = current_thread()
        self._reader = reader = InputReader(debug=self._parser_debug)
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self.exit_event, selectors.EVENT_READ)
            while True:
                deadline = reader.filter.deadline
                wait = None if deadline is None else max(0.0, deadline - time.monotonic())
                ready = [key.fd for key, _ in selector.select(wait)]
                if self.exit_event.is_set():
                    return
                now = time.monotonic()
                reader.filter.escape_delay = self._jitter.escape_delay(
                    awaiting=self._is_awaiting_reply(now)
                )
                if self.fileno not in ready:
                    messages = reader.tick(now)
                elif data := os.read(self.fileno, _MAX_READ_BYTES):
                    messages = reader.feed(data, now)
                else:
                    return
                for message in messages:
                    self.process_message(message)

    def process_message(self, message: Message) -> None:
        """Count the replies to probes, in the thread that reads them."""
        if isinstance(message, CursorPosition) and self._unanswered:
            self._jitter.record(time.monotonic() - self._unanswered.popleft())
        super().process_message(message)

    def disable_input(self) -> None:
        """Stop reading once the last reply has come; otherwise the shell would get it as input.

        The same goes for the rest of a key or a paste, which the shell would run.
        """
        began = time.monotonic()
        timeout = max(LAST_REPLY_TIMEOUT, self._flow.reply_timeout)
        while (self._unanswered and time.monotonic() - self._unanswered[-1] < timeout) or (
            self._is_inside and time.monotonic() - began < _REST_TIMEOUT
        ):
            time.sleep(0.002)
        super().disable_input()

    def _is_awaiting_reply(self, now: float) -> bool:
        """Return whether a reply may come: a terminal that is silent so long never answers."""
        return bool(self._unanswered) and now - self._unanswered[-1] < MAX_REPLY_TIMEOUT

    @property
    def _is_inside(self) -> bool:
        return self._reader is not None and self._reader.filter.is_inside

    @property
    def is_free(self) -> bool:
        """Whether another frame may be sent."""
        return self._flow.may_send(time.monotonic())

    def write(self, data: str) -> None:
        """Write, and count what is in flight."""
        super().write(data)
        self._flow.record_sent(len(data))

    def end_frame(self) -> None:
        """Send a probe behind a frame if it is worth it."""
        if self._flow.should_probe(time.monotonic()):
            self._probe()

    def record_reply(self) -> None:
        """Note that the terminal has answered a probe."""
        if self._flow.record_reply(time.monotonic()):
            self._probe()

    def _probe(self) -> None:
        now = time.monotonic()
        while self._unanswered and now - self._unanswered[0] > MAX_REPLY_TIMEOUT:
            self._unanswered.popleft()
        self._unanswered.append(now)
        super().write(PROBE)
        self._flow.record_probe(now)
