"""What sixel pictures need of each frame: cells that wipe, and pictures drawn behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from textual.geometry import Region
from textual.strip import Strip

from tui.terminal.disputed_strips import Piece
from tui.terminal.disputed_width import is_disputed
from tui.terminal.pictures.placement import Placement
from tui.terminal.pictures.sixel_screen import Change, Lines, SixelScreen, unmarked


class SixelFrames:
    """Follows the frames, and has pictures drawn where and when it is necessary."""

    as_sent: Final = staticmethod(unmarked)
    """Return a strip without the marks of pictures, which the terminal does not see."""

    def __init__(
        self,
        draw: Callable[[Placement, Region], None],
        stop: Callable[[int], None],
    ) -> None:
        """Have pictures drawn by `draw`, once the frame is sent; `stop` is told what is gone."""
        self.screen = SixelScreen()
        self._draw, self._stop = draw, stop
        self._change: Change | None = None

    def add_wipes(
        self, lines: Lines, pieces: list[Piece], place: Callable[[int, int, Strip], Iterable[Piece]]
    ) -> None:
        """Add to the pieces of a frame the cells under pictures that are shown no more.

        `lines` is what the screen shows then; `place` yields the pieces of a strip of it.
        """
        shown = self.screen.find(lines)
        written = [Region(x, y, strip.cell_length, 1) for x, y, strip in pieces]
        for y, start, end in self.screen.stale(shown, written):
            for x, strip in lines.get(y, {}).items():
                left, right = max(start, x), min(end, x + strip.cell_length)
                if left < right and is_disputed(strip.text):
                    pieces += place(y, x, strip)
                elif left < right:
                    # Of a copy, since a strip caches its pieces for as long as it lives.
                    part = Strip(strip, strip.cell_length).crop(left - x, right - x)
                    pieces.append(Piece(left, y, part))
        written = [Region(x, y, strip.cell_length, 1) for x, y, strip in pieces]
        touched = {
            number
            for number, region in shown.items()
            if any(region.overlaps(each) for each in written)
        }
        self._change = Change(shown, frozenset(touched))

    def commit(self) -> None:
        """Draw what the frame needs: it has been sent, or nothing was to be sent."""
        if self._change is None:
            return
        gone, new = self.screen.settle(self._change)
        self._change = None
        for number in gone:
            self._stop(number)
        for placement, region in new:
            self._draw(placement, region)
