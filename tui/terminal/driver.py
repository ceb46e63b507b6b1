"""Textual's Linux driver with an input thread that sleeps while idle, output that never blocks, and
flow control.

The stock input thread polls several times a second for the end of the program, which is most of the
CPU time of an idle dashboard and delays every exit.
"""

from __future__ import annotations

import asyncio
import math
import os
import selectors
import signal
import termios
import time
from contextlib import suppress
from functools import partial
from threading import Thread, current_thread
from typing import TYPE_CHECKING, Final

from textual.drivers.linux_driver import LinuxDriver
from textual.events import CursorPosition, Resize
from textual.geometry import Size
from textual.message import Message

from tui.terminal import modes
from tui.terminal.ambiguous_width import WidthProbe
from tui.terminal.flow_control import PROBE, FlowController
from tui.terminal.graphics.questions import is_fence
from tui.terminal.input.events import GraphicsAnswer
from tui.terminal.input.input_reader import InputReader
from tui.terminal.input.line_jitter import MAX_ESCAPE_DELAY, LineJitter
from tui.terminal.output import OutputWriter
from tui.terminal.pending_replies import LAST_PROBE, PendingReplies
from tui.terminal.restore import TERMINAL, in_background
from tui.terminal.wake_event import WakeEvent
from tui.terminal.window_size import UNKNOWN, ResizeWatch, WindowSize
from tui.terminal.window_title import WindowTitle

if TYPE_CHECKING:
    from tui.terminal.app import TunedApp

STDERR: Final = 2
"""Where Textual draws."""
_REST_TIMEOUT: Final = 0.5
"""Seconds that the exit waits for the rest of a sequence or of a paste."""
_BACKGROUND_GRACE: Final = 0.05
"""Seconds before a start in the background, where the terminal belongs to another job."""
_REPLY_CHECK_INTERVAL: Final = 0.002
_MAX_READ_BYTES: Final = 4096


class TerminalDriver(LinuxDriver):
    """Read input without polling, write without waiting, and probe the terminal to pace it."""

    exit_event: WakeEvent

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
        self.exit_event = WakeEvent()
        self._input_thread: Thread | None = None
        self._flow = FlowController()
        self._jitter = LineJitter()
        self._replies = PendingReplies(self._jitter)
        self._reader = InputReader(debug=debug)
        """One for all starts: what has begun before a suspension may end after it."""
        self.width_probe = WidthProbe()
        self._starts = 0
        """How many starts were asked for while one is under way, with that one."""
        self._gave_back = False
        """Whether everything was put back; it may still have to be written."""
        self._output = OutputWriter(STDERR, self._on_drained)
        self._on_free = app.on_line_free
        self._pictures = app.pictures
        TERMINAL.drawn_by(lambda: self._output.fileno)
        app.terminal_driver = self
        self._window = WindowSize(size or UNKNOWN)
        self.resizes = ResizeWatch(
            asyncio.get_running_loop(),
            self._window.get,
            lambda size: app.post_message(Resize(Size(*size), Size(*size))),
        )
        """Notices that the window has another size."""
        self._size_reports = False
        self.title = WindowTitle(self.write, self._may_set_title)

    @property  # type: ignore[override]
    def _writer_thread(self) -> OutputWriter:
        """What Textual starts, writes to and stops: our writer in the place of its thread."""
        return self._output

    @_writer_thread.setter
    def _writer_thread(self, writer: object) -> None:
        """Let go of Textual's thread, which is not started yet."""

    def start_application_mode(self) -> None:
        """Start, and once more where SIGCONT has interrupted that.

        Its handler must not start anything then: the main thread may hold locks that a new thread
        needs. `cpulimit` stops and continues a program many times a second.
        """
        self._starts += 1
        if self._starts > 1:
            return
        if in_background():
            # A shell's `kill` continues what it stopped: let its signal act before the attempt to
            # use the terminal stops this program again.
            time.sleep(_BACKGROUND_GRACE)
        try:
            starts = 0
            while starts < self._starts:
                starts = self._starts
                self._start()
        finally:
            self._starts = 0

    def _start(self) -> None:
        """Take over the terminal, and send the first probe.

        After SIGSTOP and SIGCONT Textual starts a second time without having stopped, so the first
        start is undone here.
        """
        TERMINAL.take()
        self._gave_back = False
        self._flow = FlowController()
        # A reply that got lost before a suspension must not be waited for at every later exit.
        self._replies.forget()
        attributes, reader = self.attrs_before, self._input_thread
        restarted = reader is not None and reader.is_alive()
        is_cut = False
        if reader is not None and restarted:
            self.exit_event.set()
            reader.join()
            self.exit_event.clear()
            # What is written now must not become a part of a frame that was interrupted.
            is_cut = self._output.discard_frames()
            # Kitty would need two pops later.
            self.write(modes.off(modes.KEYBOARD))
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if restarted:
            self.attrs_before = attributes
        # Textual's own handler lays out at each of the signals.
        signal.signal(signal.SIGWINCH, lambda *_: self.resizes.on_signal())
        # The first probe asks for the width of ambiguous characters as well.
        self._probe(self.width_probe.ask())
        self.title.write()
        resume = partial(self._pictures.resume, cut=is_cut)
        asyncio.get_running_loop().call_soon_threadsafe(resume)
        # A signal handler may have started it: the loop may sleep.
        self._output.flush()

    def _get_terminal_size(self) -> tuple[int, int]:
        """Return the size of the window: the kernel's, where it knows one."""
        size = self._window.get()
        self.resizes.note_applied(size)
        return size

    def _query_in_band_window_resize(self) -> None:
        """Switch off what an earlier program left on: mouse positions in pixels, size reports.

        The latter are of use only where the kernel knows no size.
        """
        self._size_reports = not self._window.is_known
        reports = modes.SIZE_REPORTS_ON if self._size_reports else modes.SIZE_REPORTS_OFF
        self.write(f"{modes.MOUSE_IN_CELLS}{reports}")

    def _disable_in_band_window_resize(self) -> None:
        if self._size_reports:
            self.write(modes.SIZE_REPORTS_OFF)

    def run_input_thread(self) -> None:
        """Read and dispatch input until the exit, or until the terminal hangs up.

        Goes on with what the last thread has left unfinished. Time has passed for it: it ends as
        it does by silence, unless its rest waits already, since nobody knows when that has come.
        """
        self._input_thread = current_thread()
        reader = self._reader
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
                self._update_escape_delay(now)
                if self.fileno not in ready:
                    messages = reader.tick(now)
                elif data := os.read(self.fileno, _MAX_READ_BYTES):
                    messages = reader.feed(data, now)
                else:
                    return
                for message in messages:
                    self.process_message(message)

    def _update_escape_delay(self, now: float) -> None:
        keys = self._reader.filter
        if self._replies.is_answer_due(now):
            # Nobody knows the line yet, and its answers begin with an ESC.
            keys.escape_delay = MAX_ESCAPE_DELAY
        else:
            keys.escape_delay = self._jitter.escape_delay(awaiting=self._replies.is_due(now))

    def show_until_back(self, text: str) -> None:
        """Show a text on the terminal's normal screen, while suspended, until a key leads back.

        What has begun before ends here, and what begins here may end behind it.
        """
        from tui.terminal.normal_screen import show_until_back

        self._update_escape_delay(time.monotonic())
        show_until_back(text, self._reader.filter)

    def process_message(self, message: Message) -> None:
        """Count the replies to probes, in the thread that reads them; look at reported sizes."""
        if isinstance(message, Resize):
            self._window.note_report(*message.size)
            self.resizes.on_report()
            return
        if isinstance(message, GraphicsAnswer) and is_fence(message.text):
            self._replies.record_answered()
        if isinstance(message, CursorPosition):
            self._replies.record_reply(time.monotonic(), message.y + 1, message.x + 1)
        super().process_message(message)

    def disable_input(self) -> None:
        """Stop reading once the last reply has come; otherwise the shell would get it as input.

        A terminal that takes nothing does not reply. The rest of a key or a paste is waited for as
        well, since the shell would run it.
        """
        if self._gave_back:
            # Textual asks a second time.
            return
        self._output.discard_frames()
        can_reply = self._output.drain()
        began = now = time.monotonic()
        timeout = self._replies.exit_timeout
        while (can_reply and self._replies.is_due(now) and now - began < timeout) or (
            self._reader.filter.is_inside and now - began < _REST_TIMEOUT
        ):
            time.sleep(_REPLY_CHECK_INTERVAL)
            now = time.monotonic()
        if self._replies and self._flow.is_answered:
            # It stalls. What it has not got is of no use to it, and would be replied to some day.
            self._output.discard_sent()
        self._replies.forget()
        super().disable_input()

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was found: see `modes`."""
        self._pictures.pause()
        self.write(modes.SILENCE)
        if self._flow.is_answered:
            # Its reply comes behind all that the terminal had sent before it fell silent.
            self._probe(LAST_PROBE)
        self.disable_input()
        if self.attrs_before is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
        self.write(TERMINAL.reset)
        self._gave_back = True

    def close(self) -> None:
        """Send what the terminal takes, and close it; see that it gets the reset in any case."""
        all_sent = self._output.drain()
        super().close()
        if not self._gave_back:
            return
        if not all_sent:
            TERMINAL.give_back()
        TERMINAL.release()

    @property
    def is_free(self) -> bool:
        """Whether another frame may be sent: all before it was taken, and the line has room."""
        if not self._output.is_open:
            return False
        self._output.flush()
        return self._output.is_drained and self._flow.may_send(time.monotonic())

    @property
    def takes_output(self) -> bool:
        """Whether the terminal takes what is written to it now."""
        return self._output.takes_output

    @property
    def is_stalled(self) -> bool:
        """Whether the terminal takes nothing, or has shown nothing of the latest for too long."""
        return not self.takes_output or self._flow.is_stalled(time.monotonic())

    def _may_set_title(self) -> bool:
        return self._output.is_open and not self._gave_back

    @property
    def retry_in(self) -> float:
        """Seconds after which to ask `is_free` again even if nothing has happened."""
        return self._flow.retry_in(time.monotonic()) if self._output.is_drained else math.inf

    def may_send_picture(self, size: int) -> bool:
        """Return whether a piece of a picture may follow; ask a terminal that has fallen silent."""
        if not self._output.is_open:
            return False
        self._output.flush()
        now = time.monotonic()
        if not self._output.is_drained:
            return False
        if self._flow.is_stalled(now) and self._flow.may_send(now):
            # A reply was lost, perhaps, and no frame may follow that would ask for another.
            self._probe()
            self._output.flush()
        return self._flow.may_send_picture(size, now)

    def send_picture(self, text: str) -> None:
        """Send a piece of a picture, with a probe behind it if it is worth it."""
        self._output.write_picture(text)
        now = time.monotonic()
        self._flow.record_sent(len(text), picture=True)
        if self._flow.should_probe(now):
            self._probe()
            self._output.flush()

    def write(self, data: str) -> None:
        """Write, and count what is in flight."""
        super().write(data)
        self._flow.record_sent(len(data))

    def begin_frame(self) -> None:
        """Take what is written until `end_frame` for one frame."""
        self._output.begin_frame()

    def end_frame(self) -> None:
        """Send the frame, with a probe behind it if it is worth it."""
        self._output.end_frame()
        if self._flow.should_probe(time.monotonic()):
            self._probe()
        self._output.flush()

    def record_reply(self) -> None:
        """Note that the terminal has answered a probe."""
        if self._flow.record_reply(time.monotonic()):
            self._probe()

    def record_key(self) -> None:
        """Note that somebody is there."""
        self._flow.retry_soon(time.monotonic())

    def _on_drained(self) -> None:
        self._flow.record_drained(time.monotonic())
        self._on_free()

    def _sigtstp_application(self, *arguments: object) -> None:
        """Suspend; later where the signal has interrupted the output in the middle of a frame."""
        if self._output.is_interrupted:
            loop = asyncio.get_running_loop()
            loop.call_soon_threadsafe(self._sigtstp_application, *arguments)
        else:
            super()._sigtstp_application(*arguments)

    def renew_modes(self) -> None:
        """Ask the terminal again for its reports, and hide its cursor, unless it was given back.

        It may be another one than at the start: dtach and abduco know no modes, and tell by
        SIGWINCH alone that a terminal was attached (martanne/abduco#9). Left out is what is more
        than a mode: kitty's keyboard protocol is pushed on a stack, and switching to the alternate
        screen a second time forgets where the shell's cursor was. Such a terminal goes to a cursor
        that it never saved when it is to leave that screen, so one is saved for it, in the last
        row: the alternate screen has one of its own (xterm, VTE, kitty, tmux), except on the Linux
        console, whose only one is the shell's (`enter_alt_screen` in its vt.c).
        """
        if self._input_thread is not None and self._input_thread.is_alive():
            if not os.environ.get("TERM", "").startswith("linux"):
                self.write("\x1b[999;1H\x1b7")
            # As Textual sets them at the start: cursor, line wrap, reports of focus and pastes.
            self.write("\x1b[?25l\x1b[?7l\x1b[?1004h\x1b[?2004h")
            self._enable_mouse_support()
            self.title.write()

    def ask(self, question: str) -> None:
        """Ask the terminal how it shows pictures; each answer is a `GraphicsAnswer` to the app."""
        if self._gave_back or not self._output.is_open:
            return
        self._reader.filter.takes_graphics = True
        self._replies.record_question(time.monotonic())
        super().write(question)

    def _probe(self, probe: str = PROBE) -> None:
        now = time.monotonic()
        self._replies.record_probe(now, is_last=probe is LAST_PROBE)
        super().write(probe)
        self._flow.record_probe(now)
