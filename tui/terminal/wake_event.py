"""An event that a selector can wait for too."""

from __future__ import annotations

import os
from contextlib import suppress
from threading import Event


class WakeEvent(Event):
    """A `threading.Event` with a descriptor that is readable while it is set."""

    def __init__(self) -> None:
        """Start unset."""
        super().__init__()
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._reader

    def set(self) -> None:
        """Set it, and wake all waiters."""
        super().set()
        os.write(self._writer, b"!")

    def clear(self) -> None:
        """Unset it."""
        super().clear()
        with suppress(BlockingIOError):
            os.read(self._reader, 4096)
