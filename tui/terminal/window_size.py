"""The size of the window in cells: which source to believe, and when to look again.

The rule: believe the kernel's size of the terminal that is drawn on, at the start and at each sign
of a change. Only where the kernel gives 0 for a side (a serial line, some containers), the other
sources count, in this order: the size that the terminal last reported (mode 2048), the variables
COLUMNS and LINES, 80x24. Those variables are unreliable: a shell exports them once
(`eval $(resize)`, `docker run -e`), and they do not follow the window.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, MutableMapping, Sequence
from typing import Final

Cells = tuple[int, int]
"""Columns and rows; 0 where a side is not known."""

UNKNOWN: Final[Cells] = (0, 0)
DEFAULT: Final[Cells] = (80, 24)
LARGEST: Final[Cells] = (2000, 1000)
"""The largest size that is drawn: an 8K display has fewer cells, but the kernel repeats any number
that it was told, up to 65,535. The rest of a larger window stays blank."""
QUIET_SECONDS: Final = 0.08
"""Time without a sign of a change after which the window counts as still."""
RESTLESS_SECONDS: Final = 1.5
"""Time after which a window is laid out even if it is never still."""
RECHECK_SECONDS: Final = 0.5
"""Time after which the kernel is asked again: a program that forwards SIGWINCH, such as `docker
exec`, may send it before the new size."""

_STANDARD_STREAMS: Final = (2, 1, 0)
"""Standard error first: that is what the dashboard is drawn on."""
_VARIABLES: Final = ("COLUMNS", "LINES")


def kernel_size(descriptors: Sequence[int] = _STANDARD_STREAMS) -> Cells:
    """Return the kernel's size of the first descriptor that is a terminal. Never raises."""
    for descriptor in descriptors:
        try:
            size = os.get_terminal_size(descriptor)
        except (OSError, ValueError):
            continue
        return size.columns, size.lines
    return UNKNOWN


def choose(*sources: Cells) -> Cells:
    """Return each side from the first source that knows it, or else from `DEFAULT`.

    A side is known if it is positive. At most `LARGEST` is returned.
    """
    columns, rows = (
        next(side for side in sides if side > 0) for sides in zip(*sources, DEFAULT, strict=True)
    )
    return min(columns, LARGEST[0]), min(rows, LARGEST[1])


def take_size(environ: MutableMapping[str, str], kernel: Cells | None = None) -> Cells:
    """Return the size to start with, and remove COLUMNS and LINES from the environment.

    Textual and Rich prefer them to the kernel, and Rich raises on some values (`COLUMNS=²`).
    """
    columns, lines = (_side(environ.pop(name, "")) for name in _VARIABLES)
    return choose(kernel_size() if kernel is None else kernel, (columns, lines))


def _side(text: str) -> int:
    """Return a side from the environment; 0 if it is no possible number of cells."""
    text = text.strip()
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(max(LARGEST))):
        return 0
    return int(text) if int(text) <= max(LARGEST) else 0


class WindowSize:
    """What is known of one window."""

    def __init__(
        self, initial: Cells = UNKNOWN, ask_kernel: Callable[[], Cells] = kernel_size
    ) -> None:
        """Start with the size found before; it is used where the kernel knows none."""
        self._initial = initial
        self._ask_kernel = ask_kernel
        self._reported = UNKNOWN

    @property
    def is_known(self) -> bool:
        """Whether the kernel knows the size; the terminal's reports mean nothing then."""
        return all(self._ask_kernel())

    def note_report(self, columns: int, rows: int) -> None:
        """Note the size that the terminal reported, unless it is impossible."""
        if 0 < columns <= LARGEST[0] and 0 < rows <= LARGEST[1]:
            self._reported = columns, rows

    def get(self) -> Cells:
        """Return the current size."""
        return choose(self._ask_kernel(), self._reported, self._initial)


class ResizeWatch:
    """Turns signs of a change into as few layouts as possible.

    While somebody drags the edge of a window, a hundred signals come a second. They are acted on
    once the window has been still for `QUIET_SECONDS`, or after `RESTLESS_SECONDS` at the latest;
    and the size is checked once more after `RECHECK_SECONDS`.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        get_size: Callable[[], Cells],
        apply: Callable[[Cells], object],
    ) -> None:
        """Call `apply` on the loop, with the size that `get_size` returns then."""
        self._loop = loop
        self._get_size = get_size
        self._apply = apply
        self._applied = UNKNOWN
        self._forced = False
        self._timer: asyncio.TimerHandle | None = None
        self._restless_since = 0.0

    def note_applied(self, size: Cells) -> None:
        """Note a size that was laid out already."""
        self._applied = size

    def on_signal(self) -> None:
        """Note SIGWINCH. The screen is repainted even if the size turns out to be the same: the
        terminal had another size for a moment, or is another terminal now.
        """
        self._notice(forced=True)

    def on_report(self) -> None:
        """Note that the terminal reported a size: only a hint. Safe in any thread."""
        self._notice(forced=False)

    def look(self) -> None:
        """Check the size now, on the loop; do nothing if it is the last one."""
        if (size := self._get_size()) != self._applied:
            self._applied = size
            self._apply(size)

    def _notice(self, *, forced: bool) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wait, forced)

    def _wait(self, forced: bool) -> None:
        now = self._loop.time()
        if self._timer is None:
            self._restless_since = now
        else:
            self._timer.cancel()
        self._forced |= forced
        quiet_at = min(now + QUIET_SECONDS, self._restless_since + RESTLESS_SECONDS)
        self._timer = self._loop.call_at(quiet_at, self._settle)

    def _settle(self) -> None:
        self._timer = None
        forced, self._forced = self._forced, False
        if forced:
            self._applied = UNKNOWN
            self._loop.call_later(RECHECK_SECONDS, self.look)
        self.look()
