"""Textual's driver, whose thread for the input sleeps until there is some.

Textual's own (8.2.8) wakes ten times a second to see whether it is to end: most of what an idle app
takes of the processor, and up to 0.2 s of each end.
"""

from __future__ import annotations

import os
import selectors
from codecs import getincrementaldecoder
from contextlib import suppress
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver

if TYPE_CHECKING:
    from textual.app import App

STEP: Final = 0.02
"""Seconds between two looks whether a lone escape is the key, while it may begin a sequence."""
_AT_ONCE: Final = 4096


class _Bell(Event):
    """An event that a selector can wait for, too."""

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
            os.read(self._reader, _AT_ONCE)


class QuietDriver(LinuxDriver):
    """Reads what is typed, and wakes for nothing else."""

    exit_event: _Bell

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        """Take what Textual's takes."""
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.exit_event = _Bell()

    def start_application_mode(self) -> None:
        """Take the terminal; anew, if it was taken already.

        A program that is stopped without being asked, and continued, starts again without an end.
        """
        before, reader = self.attrs_before, self._key_thread
        again = reader is not None and reader.is_alive()
        if reader is not None and again:
            self.exit_event.set()
            reader.join()
            self.exit_event.clear()
            self.close()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if again:
            self.attrs_before = before

    def run_input_thread(self) -> None:
        """Read and tell what comes until the end, or until the terminal hangs up."""
        parser = XTermParser(self._debug)
        # What is no UTF-8 is typed on a terminal that was set up otherwise: no reason to end.
        decode = getincrementaldecoder("utf-8")("replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self.exit_event, selectors.EVENT_READ)
            while True:
                wait = None if parser._timeout_time is None else STEP
                ready = [key.fd for key, _ in selector.select(wait)]
                if self.exit_event.is_set():
                    return
                if self.fileno in ready:
                    data = os.read(self.fileno, _AT_ONCE)
                    if not data:
                        return
                    # An empty text would be taken for the end of all input.
                    for message in parser.feed(text) if (text := decode(data)) else ():
                        self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)
