"""Textual's driver, which follows frames by the question that tells when they have been shown."""

from __future__ import annotations

import time
from collections import deque
from typing import Final

from textual.events import CursorPosition
from textual.message import Message

from tui.terminal.driver import QuietDriver
from tui.terminal.flow_control import PATIENCE, QUESTION, Pacer

LAST_ANSWER: Final = 1.0
"""Seconds that the end waits for an answer that is under way; where they take long, longer."""


class PacedDriver(QuietDriver):
    """Keeps the pace. The terminal's answers come to the app, as messages."""

    _pacer: Pacer | None = None

    def start_application_mode(self) -> None:
        """Take the terminal, and ask for the first time."""
        self._pacer = Pacer()
        # An answer that was lost before ctrl+z must not be waited for at each end after it.
        self._unanswered: deque[float] = deque()
        super().start_application_mode()
        self._ask()

    def write(self, data: str) -> None:
        """Write, and take note of how much."""
        super().write(data)
        if self._pacer is not None:
            self._pacer.sent(len(data))

    def end_frame(self) -> None:
        """Ask behind a frame, if it is worth it."""
        if self._pacer is not None and self._pacer.is_to_ask(time.monotonic()):
            self._ask()

    def _ask(self) -> None:
        now = time.monotonic()
        while self._unanswered and now - self._unanswered[0] > PATIENCE:
            self._unanswered.popleft()
        self._unanswered.append(now)
        super().write(QUESTION)
        if self._pacer is not None:
            self._pacer.asked(now)

    def process_message(self, message: Message) -> None:
        """Count the answers, in the thread that reads them."""
        if isinstance(message, CursorPosition) and self._unanswered:
            self._unanswered.popleft()
        super().process_message(message)

    def disable_input(self) -> None:
        """Take in no more, once the last answer has come: the shell would get it as typed."""
        longest = max(LAST_ANSWER, self._pacer.patience if self._pacer else 0.0)
        while self._unanswered and time.monotonic() - self._unanswered[-1] < longest:
            time.sleep(0.002)
        super().disable_input()

    def answered(self) -> None:
        """Take note of the terminal's answer."""
        if self._pacer is not None and self._pacer.answered(time.monotonic()):
            self._ask()

    @property
    def is_free(self) -> bool:
        """Whether another frame may be sent."""
        return self._pacer is None or self._pacer.is_free(time.monotonic())
