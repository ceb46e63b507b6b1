"""Textual's Linux driver with an input thread that sleeps while idle, and with flow control.

The stock input thread polls several times a second for the end of the program, which is most of the
CPU time of an idle dashboard and delays every exit.
"""

from __future__ import annotations

import os
import selectors
import time
from codecs import getincrementaldecoder
from collections import deque
from contextlib import suppress
from threading import Event, Thread, current_thread
from typing import TYPE_CHECKING, Final

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import CursorPosition
from textual.message import Message

from tui.terminal.flow_control import MAX_REPLY_TIMEOUT, PROBE, FlowController

if TYPE_CHECKING:
    from tui.terminal.app import TunedApp

ESCAPE_CHECK_INTERVAL: Final = 0.02
"""Seconds between checks whether a lone escape is the key or the start of a sequence."""
LAST_REPLY_TIMEOUT: Final = 1.0
"""Seconds that the exit waits for a reply in flight; longer where replies take longer."""
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
        parser = XTermParser(self._parser_debug)
        # Invalid UTF-8 comes from a terminal with another encoding: no reason to stop reading.
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self.exit_event, selectors.EVENT_READ)
            while True:
                wait = None if parser._timeout_time is None else ESCAPE_CHECK_INTERVAL
                ready = [key.fd for key, _ in selector.select(wait)]
                if self.exit_event.is_set():
                    return
                if self.fileno in ready:
                    data = os.read(self.fileno, _MAX_READ_BYTES)
                    if not data:
                        return
                    # The parser takes an empty text for the end of all input.
                    for message in parser.feed(text) if (text := decode(data)) else ():
                        self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)

    def process_message(self, message: Message) -> None:
        """Count the replies to probes, in the thread that reads them."""
        if isinstance(message, CursorPosition) and self._unanswered:
            self._unanswered.popleft()
        super().process_message(message)

    def disable_input(self) -> None:
        """Stop reading once the last reply has come; otherwise the shell would get it as input."""
        timeout = max(LAST_REPLY_TIMEOUT, self._flow.reply_timeout)
        while self._unanswered and time.monotonic() - self._unanswered[-1] < timeout:
            time.sleep(0.002)
        super().disable_input()

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

    def renew_modes(self) -> None:
        """Ask the terminal again for its reports, and hide its cursor, unless it was given back.

        It may be another one than at the start: dtach and abduco know no modes, and tell by
        SIGWINCH alone that a terminal was attached (martanne/abduco#9). Left out is what is more
        than a mode: kitty's keyboard protocol is pushed on a stack, and switching to the alternate
        screen a second time forgets where the shell's cursor was.
        """
        if self._input_thread is not None and self._input_thread.is_alive():
            # As Textual sets them at the start: cursor, line wrap, reports of focus and pastes.
            self.write("\x1b[?25l\x1b[?7l\x1b[?1004h\x1b[?2004h")
            self._enable_mouse_support()

    def _probe(self) -> None:
        now = time.monotonic()
        while self._unanswered and now - self._unanswered[0] > MAX_REPLY_TIMEOUT:
            self._unanswered.popleft()
        self._unanswered.append(now)
        super().write(PROBE)
        self._flow.record_probe(now)
