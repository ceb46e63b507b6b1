"""While the program starts, a line that is on the screen already is not sent again.

Textual paints everything seven times until all is in its place (measured: 145 kB for 37 tasks at
120x40, of which 80 kB say nothing new). Afterwards its own updates are as small as they can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from rich.console import Console, RenderableType
from rich.control import Control
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip


def _line(strips: Iterable[Strip | None], console: Console) -> str:
    # Put together again where another layout has cut it elsewhere.
    return Strip.join(strips).simplify().render(console)


class _Lines(CompositorUpdate):
    """Some lines of the screen, and parts of others."""

    def __init__(self, lines: dict[int, str], parts: ChopsUpdate | None = None) -> None:
        self._lines = lines
        self._parts = parts

    def render_segments(self, console: Console) -> str:
        """Return them, each at its place."""
        moves = ((Control.move_to(0, y).segment.text, line) for y, line in self._lines.items())
        lines = "".join(move + line for move, line in moves)
        return lines + (self._parts.render_segments(console) if self._parts else "")


class FirstFrames:
    """Knows the lines of the screen, and leaves out of an update those that stay the same."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: dict[int, str | list[Strip]] = {}

    def forget(self) -> None:
        """Know nothing any more: the terminal's own size or content has changed."""
        self._known.clear()

    def news(self, update: RenderableType | None, console: Console) -> RenderableType | None:
        """Return what of an update is new; None where nothing is."""
        if isinstance(update, LayoutUpdate):
            lines = {y: list(strips) for y, strips in enumerate(update.strips)}
            if not self._known:
                # The first paint does not wait until its lines are put together.
                self._known.update(lines)
                return LayoutUpdate(list(lines.values()), update.region)
            return self._unknown(lines, console)
        if isinstance(update, ChopsUpdate):
            # Each line as a whole: if a part of it were sent, the rest would not be known.
            chops = {y: list(update.chops[y].values()) for y, _, _ in update.spans}
            whole = {y: strips for y, strips in chops.items() if None not in strips}
            spans = [span for span in update.spans if span[0] not in whole]
            for y, _, _ in spans:
                self._known.pop(y, None)
            parts = ChopsUpdate(update.chops, spans, update.chop_ends) if spans else None
            return self._unknown(whole, console, parts)
        return update

    def _unknown(
        self,
        lines: Mapping[int, Iterable[Strip | None]],
        console: Console,
        parts: ChopsUpdate | None = None,
    ) -> RenderableType | None:
        put = {y: _line(strips, console) for y, strips in lines.items()}
        new = {y: line for y, line in put.items() if self._line(y, console) != line}
        self._known.update(new)
        # Textual's own updates are drawn by `render_segments` alone, too.
        return cast("RenderableType", _Lines(new, parts)) if new or parts else None

    def _line(self, y: int, console: Console) -> str:
        known = self._known.get(y, "")
        if isinstance(known, list):
            known = self._known[y] = _line(known, console)
        return known
