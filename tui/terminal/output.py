"""Output that never waits for the terminal.

A terminal may take nothing for hours: ctrl+s, a stalled connection, a stopped client, a serial
line without carrier. Textual hands its output to a thread through a queue of thirty, and blocks the
event loop once that is full; polling, saving and signals stop with it.

The rule: writing always returns at once. What the terminal does not take now is kept in order and
sent when it takes more. The backlog is bounded: one frame, since no other is rendered meanwhile
(`unsent`), one piece of a picture, and up to `MAX_UNSENT_BYTES` of other output, of which a newer
piece replaces an older one of the same kind (`replaceable_kind`). A piece that was sent in part is
completed, so that no escape sequence is cut in the middle, except at the end of the program.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import re
import select
import termios
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from tui.terminal import modes
from tui.terminal.output_descriptor import OutputDescriptor

MAX_UNSENT_BYTES: Final = 1 << 18
"""Limit of unsent output besides a frame; anything beyond it is dropped, and logged once."""
STOP_TIMEOUT: Final = 0.2
"""Seconds that the exit waits for a terminal that takes nothing. SIGTERM allows 0.7 s in total, and
the watchlist is saved after this wait."""

_RETRY_SECONDS: Final = 0.05
"""Retry interval where a terminal was reported ready but took nothing, or cannot be watched."""
_MAX_PIECES: Final = 64
"""Maximum number of pieces sent with one system call."""
_FRAME: Final = "frame"
_PICTURE: Final = "picture"
_DISPENSABLE: Final = frozenset({_FRAME, _PICTURE})
"""What is dropped at the end: it is of no use any more, and may be long."""
_REPLACEABLE: Final = re.compile(r"\x1b\](0|1|2|22|52;[a-z0-9]*);[^\x07\x1b]*(?:\x07|\x1b\\)")

_log = logging.getLogger(__name__)


def replaceable_kind(text: str) -> str:
    """Return the kind of unsent output that `text` replaces; empty if it replaces none.

    The bell and queries are the same each time; for the title, the pointer's shape and the
    clipboard only the last one counts.
    """
    if text in ("\a", "\x1b[6n", "\x1b[?2026$p", "\x1b[?2048$p"):
        return text
    match = _REPLACEABLE.fullmatch(text)
    return match[1] if match else ""


class _Piece:
    """One piece of output, which is sent as a whole or not at all."""

    __slots__ = ("begun", "data", "kind")

    def __init__(self, data: bytes, kind: str) -> None:
        self.data = memoryview(data)
        """The bytes that are not sent yet."""
        self.kind = kind
        self.begun = False


class OutputWriter:
    """Send text to the terminal from the event loop, as it takes it.

    It takes the place of Textual's `WriterThread`: `start`, `write`, `stop`. All methods but
    `write` belong to the thread of the event loop; a signal handler may interrupt any of them.
    """

    def __init__(self, terminal: int, on_drained: Callable[[], None]) -> None:
        """Prepare to write to the terminal that the descriptor `terminal` leads to.

        `on_drained` is called on the event loop once all output that had to wait is sent.
        """
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._terminal = terminal
        self._on_drained = on_drained
        self._descriptor: OutputDescriptor | None = None
        self._pieces: deque[_Piece] = deque()
        self._frame: list[str] | None = None
        """The parts of the frame that is being written; None outside a frame."""
        self._sending = self._waiting = self._flush_scheduled = False
        self._retry: asyncio.TimerHandle | None = None
        self._drain_until = math.inf
        self._overflowed = False

    @property
    def unsent(self) -> int:
        """The number of bytes that the terminal has not taken yet."""
        return sum(len(piece.data) for piece in tuple(self._pieces))

    @property
    def is_drained(self) -> bool:
        """Whether the terminal has taken everything."""
        return not self._pieces

    @property
    def takes_output(self) -> bool:
        """Whether the terminal takes what is written to it now, as far as the kernel knows."""
        self.flush()
        if self._pieces or self._descriptor is None:
            return False
        return bool(select.select([], [self._descriptor.fileno], [], 0)[1])

    @property
    def fileno(self) -> int:
        """The descriptor that output goes to; -1 while it is closed."""
        return -1 if self._descriptor is None else self._descriptor.fileno

    @property
    def is_open(self) -> bool:
        """Whether output goes to the terminal; otherwise it is dropped."""
        return self._descriptor is not None

    @property
    def is_interrupted(self) -> bool:
        """Whether output is being sent, or a frame made, right now; only a signal handler can find
        it so."""
        return self._sending or self._frame is not None

    def start(self) -> None:
        """Open the terminal; if it is still open (SIGCONT), only drop the unsent frame."""
        self._drain_until = math.inf
        if self._descriptor is None:
            self._descriptor = OutputDescriptor(self._terminal)
        else:
            self.discard_frames()

    def write(self, text: str) -> None:
        """Send text, or keep it until the terminal takes it. Never blocks; safe in any thread."""
        if threading.get_ident() != self._thread:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self.write, text)
        elif self._frame is not None:
            self._frame.append(text)
        else:
            self._put(text, replaceable_kind(text))
            self._schedule_flush()

    def write_picture(self, text: str) -> None:
        """Send a piece of a picture, when `is_drained` says that nothing waits."""
        self._put(text, _PICTURE)
        self.flush()

    def begin_frame(self) -> None:
        """Treat everything written until `end_frame` as one frame."""
        self._frame = []

    def end_frame(self) -> None:
        """Complete the frame; `flush` sends it, together with a probe behind it."""
        parts, self._frame = self._frame, None
        if parts:
            self._put("".join(parts), _FRAME)

    def flush(self) -> None:
        """Send what the terminal takes now; the rest follows when it takes more."""
        if not self._waiting:
            self._send()

    def drain(self) -> bool:
        """Send what is left before the exit; return whether all was sent.

        Waits `STOP_TIMEOUT` seconds in total over all calls of one ending.
        """
        deadline = min(self._drain_until, time.monotonic() + STOP_TIMEOUT)
        while self._pieces and self._descriptor is not None:
            is_interrupted = self._sending
            if self._send() or not self._pieces:
                continue
            self._drain_until = deadline
            left = deadline - time.monotonic()
            if left <= 0 or is_interrupted:
                return False
            select.select([], [self._descriptor.fileno], [], min(left, _RETRY_SECONDS))
        return not self._pieces

    def discard_frames(self) -> bool:
        """Drop the unsent frame, and the piece of a picture; cancel the part that was sent.

        Return whether there was a piece of a picture.
        """
        # While a frame is being made, what is written would become a part of it.
        self._frame = None
        if self._sending:
            # A signal handler has interrupted the sending: the frame is on its way.
            return False
        dispensable = [piece for piece in self._pieces if piece.kind in _DISPENSABLE]
        had_picture = any(piece.kind == _PICTURE for piece in dispensable)
        for piece in dispensable:
            if piece.begun:
                piece.data, piece.kind = memoryview(modes.CANCEL.encode()), ""
            else:
                self._pieces.remove(piece)
        return had_picture

    def discard_sent(self) -> None:
        """Drop output that the kernel still holds for a terminal that has stopped taking it."""
        with suppress(termios.error):
            termios.tcflush(self.fileno, termios.TCOFLUSH)

    def stop(self) -> None:
        """Send what the terminal takes within `STOP_TIMEOUT`, then close it."""
        self.discard_frames()
        self.drain()
        self.abandon()

    def abandon(self) -> None:
        """Close the terminal; drop unsent output, and all that is written later."""
        self._pieces.clear()
        self._frame = None
        self._stop_waiting()
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            descriptor.close()

    def _put(self, text: str, kind: str) -> None:
        if self._descriptor is None:
            return
        data = text.encode("utf-8", "replace")
        if kind and kind not in _DISPENSABLE and not self._sending:
            self._remove_unbegun(kind)
        if kind not in _DISPENSABLE and self.unsent + len(data) > MAX_UNSENT_BYTES:
            if not self._overflowed:
                _log.warning("the terminal takes no output, and some of it was dropped")
            self._overflowed = True
            return
        self._pieces.append(_Piece(data, kind))

    def _remove_unbegun(self, kind: str) -> None:
        for piece in tuple(self._pieces):
            if piece.kind == kind and not piece.begun:
                self._pieces.remove(piece)
                return

    def _schedule_flush(self) -> None:
        # Later in this turn of the loop, since the parts of a start or an exit come one by one.
        if not (self._flush_scheduled or self._waiting):
            self._flush_scheduled = True
            self._loop.call_soon(self._flush_now)

    def _flush_now(self) -> None:
        self._flush_scheduled = False
        self.flush()

    def _send(self) -> bool:
        """Send until all is sent or the terminal takes no more; return whether it took any."""
        if self._sending:
            return False
        self._sending, any_taken = True, False
        try:
            while self._pieces and self._descriptor is not None:
                count = min(len(self._pieces), _MAX_PIECES)
                batch = [self._pieces[index].data for index in range(count)]
                taken = os.writev(self._descriptor.fileno, batch)
                if not taken:
                    self._wait()
                    break
                any_taken = True
                self._mark_taken(taken)
        except BlockingIOError:
            self._wait()
        except OSError as error:
            # The terminal is gone (EIO, ENXIO): the watchdog ends the program.
            _log.info("the terminal takes no output any more: %s", error.strerror)
            self.abandon()
        finally:
            self._sending = False
        if not self._pieces and self._waiting:
            self._stop_waiting()
            self._on_drained()
        return any_taken

    def _mark_taken(self, size: int) -> None:
        while size:
            piece = self._pieces[0]
            part = min(size, len(piece.data))
            size -= part
            piece.data, piece.begun = piece.data[part:], True
            if not piece.data:
                self._pieces.popleft()

    def _wait(self) -> None:
        if self._waiting or self._descriptor is None:
            return
        self._waiting = True
        try:
            self._loop.add_writer(self._descriptor.fileno, self._on_writable)
        except (OSError, ValueError, NotImplementedError):
            # As for /dev/tty with macOS's kqueue.
            self._retry_later()

    def _on_writable(self) -> None:
        if not self._send() and self._waiting:
            # A terminal that is ready but takes nothing must not keep the loop busy.
            self._stop_waiting()
            self._waiting = True
            self._retry_later()

    def _retry_later(self) -> None:
        self._retry = self._loop.call_later(_RETRY_SECONDS, self._wait_again)

    def _wait_again(self) -> None:
        self._waiting = False
        self._send()
        if not self._pieces and not self._waiting:
            self._on_drained()

    def _stop_waiting(self) -> None:
        self._waiting = False
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        if self._descriptor is not None and not self._loop.is_closed():
            self._loop.remove_writer(self._descriptor.fileno)
