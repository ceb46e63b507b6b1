"""Send only the part of each frame that the terminal does not show yet.

Textual sends everything that was painted: the whole screen after a layout, and a changed widget
from its left edge on. So what the terminal shows is remembered here, and each line of an update is
cut down to the cells from the first to the last that differ.
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


class _PartialUpdate(CompositorUpdate):
    """Pieces of lines, each with the column and the row at which it begins."""

    def __init__(self, pieces: list[tuple[int, int, Strip]]) -> None:
        self._pieces = pieces
        self.rendered = False

    def render_segments(self, console: Console) -> str:
        """Return the pieces, each behind a move of the cursor."""
        self.rendered = True
        return "".join(
            Control.move_to(x, y).segment.text + strip.render(console)
            for x, y, strip in self._pieces
        )


class FrameDiff:
    """Remember what the terminal shows, and reduce updates to what differs from it."""

    def __init__(self) -> None:
        """Start with an unknown screen."""
        self._lines: dict[int, dict[int, Strip]] = {}
        self._previous: dict[int, dict[int, Strip]] = {}
        """Lines as they were before the last `diff`."""
        self._update: _PartialUpdate | None = None

    def forget(self) -> None:
        """Treat the screen as unknown: the terminal's size or content has changed."""
        self._lines.clear()

    def diff(self, update: RenderableType | None) -> RenderableType | None:
        """Return what is new in an update, and note it as shown; None where nothing is new."""
        self._previous, self._update = {}, None
        if not isinstance(update, LayoutUpdate | ChopsUpdate):
            return update
        pieces = _of_layout(update) if isinstance(update, LayoutUpdate) else _of_chops(update)
        changed = [
            (change[0], y, change[1])
            for x, y, strip in pieces
            if (change := self._replace(x, y, strip)) is not None
        ]
        if not changed:
            return None
        self._update = _PartialUpdate(changed)
        # Like Textual's own updates it is drawn by `render_segments`, never by Rich.
        return cast("RenderableType", self._update)

    def settle(self) -> bool:
        """Return whether the last diff was rendered; take it back if it was not.

        Textual drops updates in the middle of a batch, before it runs and after it has ended.
        """
        if self._update is None:
            return False
        if not self._update.rendered:
            self._lines.update(self._previous)
        return self._update.rendered

    def _replace(self, x: int, y: int, strip: Strip) -> tuple[int, Strip] | None:
        line = self._lines.setdefault(y, {})
        if y not in self._previous:
            self._previous[y] = dict(line)
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
    """Remove and return the known cells of a span; None where some of them are unknown."""
    taken, known_to = [], start
    for x, strip in sorted(line.items()):
        stop = x + strip.cell_length
        if x >= end or stop <= start:
            continue
        del line[x]
        cuts = sorted({max(x, start), min(stop, end), stop} - {x})
        # Divide a copy, since a strip caches its pieces for as long as it lives.
        pieces = Strip(strip, strip.cell_length).divide([cut - x for cut in cuts])
        parts = dict(zip((x, *cuts), pieces, strict=False))
        if "".join(part.text for part in parts.values()) != strip.text:
            # A cut through a wide character: what a terminal shows of it then is undefined.
            continue
        part = parts.pop(max(x, start))
        line.update(parts)
        if max(x, start) == known_to:
            known_to = min(stop, end)
            taken.append(part)
    return Strip.join(taken) if known_to == end else None


def _difference(old: Strip, new: Strip, x: int) -> tuple[int, Strip] | None:
    """Return the column from which two strips of one width differ, and the new cells from there."""
    before, after = list(Segment.simplify(old)), list(Segment.simplify(new))
    while before and after and before[0] == after[0]:
        x += after.pop(0).cell_length
        del before[0]
    while before and after and before[-1] == after[-1]:
        del before[-1], after[-1]
    if not after:
        return None
    if before and _differ_in_text_only(before[0], after[0]):
        same = _common_prefix(before[0].text, after[0].text)
        x += same
        before[0], after[0] = (Segment(one.text[same:], one.style) for one in (before[0], after[0]))
    if before and _differ_in_text_only(before[-1], after[-1]):
        last = after[-1]
        same = _common_prefix(reversed(before[-1].text), reversed(last.text))
        after[-1] = Segment(last.text[: len(last.text) - same], last.style)
    return x, Strip([segment for segment in after if segment.text])


def _differ_in_text_only(one: Segment, other: Segment) -> bool:
    return one.style == other.style and one.text.isascii() and other.text.isascii()


def _common_prefix(one: Iterable[str], other: Iterable[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
