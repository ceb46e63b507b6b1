"""Hold frames back while the line takes none, and paint the newest once it does.

Rendering a frame that cannot be sent is wasted work, and a frame that waits is out of date when it
is sent. So nothing is rendered meanwhile; changes stay marked, and one frame shows them all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

MAX_HOLD_SECONDS: Final = 1.0
"""Seconds after which a screen may update once although its frame will be dropped: its layout and
its after-refresh callbacks must not wait for hours."""
_MIN_HOLD_SECONDS: Final = 0.01


class PaintGate:
    """Closed while no frame may be sent; opens by `open`, or by itself after a while."""

    def __init__(
        self,
        is_free: Callable[[], bool],
        retry_in: Callable[[], float],
        paint: Callable[[bool], None],
    ) -> None:
        """Ask `is_free` whether a frame may be sent, and `retry_in` when to ask again, in seconds.

        `paint` is called when something was held back and may be painted; its argument says whether
        a frame was dropped, so that the whole screen has to be painted.
        """
        self._is_free, self._retry_in, self._paint = is_free, retry_in, paint
        self._dropped = self._pass_once = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_holding(self) -> bool:
        """Whether something is held back."""
        return self._timer is not None

    def may_paint(self) -> bool:
        """Return whether a screen may update itself now; if not, `paint` is called later."""
        if self._is_free():
            return True
        if self._pass_once:
            self._pass_once = False
            return True
        self._hold()
        return False

    def may_send(self) -> bool:
        """Return whether a frame may be sent; if not, drop it: `paint` is called later."""
        if self._is_free():
            return True
        self._dropped = True
        self._hold()
        return False

    def open(self) -> None:
        """Paint what was held back, if a frame may be sent now."""
        if self._timer is None or not self._is_free():
            return
        self._timer.cancel()
        self._timer = None
        dropped, self._dropped, self._pass_once = self._dropped, False, False
        self._paint(dropped)

    def _hold(self) -> None:
        if self._timer is None:
            seconds = min(MAX_HOLD_SECONDS, max(_MIN_HOLD_SECONDS, self._retry_in()))
            self._timer = asyncio.get_running_loop().call_later(seconds, self._check)

    def _check(self) -> None:
        self.open()
        if self._timer is not None:
            self._timer = None
            self._hold()
            self._pass_once = True
            self._paint(False)
