"""Place cells whose columns terminals may dispute, so that what stands beside them survives.

A run of disputed characters (see `disputed_width`) is sent onto blanks. What follows it is placed
by a move of the cursor of its own, and so is everything to the right that the run might have
covered in a terminal that draws it wider than Rich counts. Lines do not wrap: Textual has switched
that off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.control import Control
from rich.segment import Segment
from textual.strip import Strip

from tui.graphics import PLACEHOLDER
from tui.terminal.disputed_width import (
    disputed_runs,
    is_disputed,
    is_extender,
    max_columns,
    with_stand_ins,
)


class Piece(NamedTuple):
    """Cells of a line, with the column and the row at which they begin."""

    x: int
    y: int
    strip: Strip

    def render(self, console: Console) -> str:
        """Return the cells behind a move of the cursor."""
        strip = self.strip
        if PLACEHOLDER in strip.text:
            # Their cells stand in many segments, each of which would repeat the colour.
            strip = Strip(Segment.simplify(strip))
        return Control.move_to(self.x, self.y).segment.text + strip.render(console)


def prepare(strip: Strip, *, wide_ambiguous: bool) -> Strip:
    """Return a strip as it is to be shown: of its width, and joined to nothing before it.

    With `wide_ambiguous` narrow characters stand for those of ambiguous width.
    """
    text, width = strip.text, strip.cell_length
    if text.isascii():
        if len(text) == width:
            return strip
    elif not (wide_ambiguous or is_disputed(text)) and cell_len(text) == width:
        return strip
    segments = list(strip)
    if wide_ambiguous:
        segments = [Segment(with_stand_ins(text), style) for text, style, _ in segments]
    if text and is_extender(text[0]):
        segments = _without_leading_extenders(segments)
    # Textual counts a whole text, of which parts may count differently, and filters drop some.
    return Strip(Segment.simplify(segments)).adjust_cell_length(width)


def place(
    y: int,
    line: Mapping[int, Strip],
    changes: Mapping[int, tuple[int, Strip]],
    *,
    wide_ambiguous: bool,
) -> Iterator[Piece]:
    """Yield the changes of line `y`, by the column of the strip that each is a part of.

    `line` holds all its strips by their columns. Those that a terminal might have covered from the
    left follow, though they are unchanged.
    """
    texts = (strip.text for _, strip in changes.values())
    if not any(is_disputed(text, wide_ambiguous=wide_ambiguous) for text in texts):
        yield from (Piece(x, y, strip) for x, strip in changes.values())
        return
    strips = sorted(line.items())
    width = max(x + strip.cell_length for x, strip in strips)
    covered_to = 0
    for start, whole in strips:
        change = (start, whole) if start < covered_to else changes.get(start)
        if change is None:
            continue
        for piece, reach in _place_apart(y, *change, width, wide_ambiguous=wide_ambiguous):
            covered_to = max(covered_to, reach)
            yield piece


def _place_apart(
    y: int, x: int, strip: Strip, width: int, *, wide_ambiguous: bool
) -> Iterator[tuple[Piece, int]]:
    """Yield the runs of a strip, each onto blanks, and what stands between them.

    With each comes the column up to which a terminal might draw it. The line has `width` cells;
    nothing disputed begins in the last of them: a terminal that finds it wide moves it back.
    """
    text, position = strip.text, 0
    for start, end in disputed_runs(text, wide_ambiguous=wide_ambiguous):
        if before := _slice(strip, position, start):
            yield Piece(x, y, before), 0
            x += before.cell_length
        run, position = _slice(strip, start, end), end
        stop = x + run.cell_length
        blanks = Strip([Segment(" " * each.cell_length, each.style) for each in run])
        rest = _slice(strip, end, len(text))
        if rest.text.isspace():
            # It may take that room, since nothing stands there that it could cover.
            blanks, position = Strip.join([blanks, rest]), len(text)
        yield Piece(x, y, blanks), 0
        if stop == width:
            run = run.crop(0, run.cell_length - 1)
        reach = x + max_columns(run.text)
        yield Piece(x, y, run), reach
        x = stop
    if rest := _slice(strip, position, len(text)):
        yield Piece(x, y, rest), 0


def _slice(strip: Strip, start: int, end: int) -> Strip:
    """Return the part of a strip between two positions in its text."""
    parts, position = [], 0
    for text, style, _ in strip:
        if part := text[max(0, start - position) : max(0, end - position)]:
            parts.append(Segment(part, style))
        position += len(text)
    return Strip(parts)


def _without_leading_extenders(segments: list[Segment]) -> list[Segment]:
    """Put blanks in place of what a terminal would draw into the cell before the segments."""
    text = "".join(segment.text for segment in segments)
    count = len(list(takewhile(is_extender, text)))
    kept = _slice(Strip(segments), count, len(text))
    return [Segment(" " * cell_len(text[:count]), segments[0].style), *kept]
