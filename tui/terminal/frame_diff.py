"""Of each frame, what the terminal does not show yet.

Textual sends all that was painted: after a layout the whole screen (13 to 20 kB at 120x40, seven
times while the program starts), and of a changed widget all from its left edge on. So what is on
the screen is remembered here, and of what was painted only the cells from the first to the last
that differ are sent (measured: 80 of 145 kB of a start say nothing new).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import cast

from rich.console import Console, RenderableType
from rich.control import Control
from rich.segment import Segment
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip


class _Pieces(CompositorUpdate):
    """Pieces of lines, each with the cell and the line at which it begins."""

    def __init__(self, pieces: list[tuple[int, int, Strip]]) -> None:
        self._pieces = pieces

    def render_segments(self, console: Console) -> str:
        """Return them, each at its place."""
        return "".join(
            Control.move_to(x, y).segment.text + strip.render(console)
            for x, y, strip in self._pieces
        )


class FrameDiff:
    """Knows what the terminal shows."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._lines: dict[int, dict[int, Strip]] = {}

    def forget(self) -> None:
        """Know nothing any more: the terminal's own size or content has changed."""
        self._lines.clear()

    def news(self, update: RenderableType | None) -> RenderableType | None:
        """Return what of an update is new, and take it for shown; None where nothing is."""
        if isinstance(update, LayoutUpdate):
            pieces = _of_layout(update)
        elif isinstance(update, ChopsUpdate):
            pieces = _of_chops(update)
        else:
            return update
        new = [
            (news[0], y, news[1])
            for x, y, strip in pieces
            if (news := self._news(x, y, strip)) is not None
        ]
        # Textual's own updates are drawn by `render_segments` alone, too.
        return cast("RenderableType", _Pieces(new)) if new else None

    def _news(self, x: int, y: int, strip: Strip) -> tuple[int, Strip] | None:
        line = self._lines.setdefault(y, {})
        known = line.get(x)
        if known is None or known.cell_length != strip.cell_length:
            known = _cut_out(line, x, x + strip.cell_length)
        line[x] = strip
        if known is None:
            return x, strip
        return None if known == strip else _difference(known, strip, x)


def _of_layout(update: LayoutUpdate) -> Iterator[tuple[int, int, Strip]]:
    for y, strips in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in strips:
            yield x, y, strip
            x += strip.cell_length


def _of_chops(update: ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    for y, start, end in update.spans:
        for stop, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x < end and stop > start:
                yield x, y, strip


def _cut_out(line: dict[int, Strip], start: int, end: int) -> Strip | None:
    """Take the cells of a span out of what is known of a line; None where some are not known."""
    taken, known_to = [], start
    for x, strip in sorted(line.items()):
        stop = x + strip.cell_length
        if x >= end or stop <= start:
            continue
        del line[x]
        cuts = sorted({max(x, start), min(stop, end), stop} - {x})
        # Of a copy: a strip keeps its pieces for as long as it lives, on the screen or off.
        pieces = Strip(strip, strip.cell_length).divide([cut - x for cut in cuts])
        parts = dict(zip((x, *cuts), pieces, strict=False))
        if "".join(part.text for part in parts.values()) != strip.text:
            # A cut goes through a wide character: what a terminal shows of it then is its own.
            continue
        part = parts.pop(max(x, start))
        line.update(parts)
        if max(x, start) == known_to:
            known_to = min(stop, end)
            taken.append(part)
    return Strip.join(taken) if known_to == end else None


def _difference(old: Strip, new: Strip, x: int) -> tuple[int, Strip] | None:
    """Return where two strips of one width begin to differ, and the new one up to the last cell."""
    before, after = list(Segment.simplify(old)), list(Segment.simplify(new))
    while before and after and before[0] == after[0]:
        x += after.pop(0).cell_length
        del before[0]
    while before and after and before[-1] == after[-1]:
        del before[-1], after[-1]
    if not after:
        return None
    if before and _alike(before[0], after[0]):
        same = _same(before[0].text, after[0].text)
        x += same
        before[0], after[0] = (Segment(one.text[same:], one.style) for one in (before[0], after[0]))
    if before and _alike(before[-1], after[-1]):
        last = after[-1]
        same = _same(reversed(before[-1].text), reversed(last.text))
        after[-1] = Segment(last.text[: len(last.text) - same], last.style)
    return x, Strip([segment for segment in after if segment.text])


def _alike(one: Segment, other: Segment) -> bool:
    """Whether two segments differ in their text alone, a cell for each character."""
    return one.style == other.style and one.text.isascii() and other.text.isascii()


def _same(one: Iterable[str], other: Iterable[str]) -> int:
    """How many characters are the same before the first that differ."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
