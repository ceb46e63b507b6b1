"""A notification that stays until somebody has had the time to read it."""

from __future__ import annotations

from typing import Any, Final

from textual.app import App
from textual.notifications import Notification, Notify

from tui.clock import Clock

MAX_SHOWN_SECONDS: Final = 86_400.0
"""Seconds after which it goes without a key."""


class LastingNotice:
    """A notification that stays until a key is pressed, but long enough for who is typing."""

    def __init__(self, app: App[Any], clock: Clock, words: str, min_seconds: float) -> None:
        """Say `words` for `min_seconds` at least; call `show`."""
        self._app = app
        self._clock = clock
        self._words = words
        self._min_seconds = min_seconds
        self._shown_at: float | None = None
        self._notification: Notification | None = None
        """What is shown."""

    @property
    def is_shown(self) -> bool:
        """Whether it was shown and not taken away; the user may have clicked it away since."""
        return self._notification is not None

    def show(self) -> None:
        """Show it, for the first time or since it was cleared with all others before its time."""
        if self._shown_at is None:
            self._shown_at = self._clock.boot()
        elif self._notification is None:
            return
        self._notification = Notification(self._words, timeout=MAX_SHOWN_SECONDS)
        self._app.post_message(Notify(self._notification))

    def user_acted(self) -> None:
        """Take it away if there was time to read it."""
        if self._shown_at is not None and self._clock.boot() - self._shown_at >= self._min_seconds:
            self.close()

    def close(self) -> None:
        """Take it away."""
        if self._notification is not None:
            # Textual takes away what has expired when it is told of a notification.
            self._notification.timeout = 0.0
            self._app.post_message(Notify(self._notification))
            self._notification = None
