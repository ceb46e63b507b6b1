"""Which sixel pictures the terminal shows, and what has to be drawn or wiped after a frame.

A sixel picture is drawn over its cells, which are blanks that carry its mark. It is drawn only
where all of them are on the screen, and again only when a frame has written on one of them; where
some are covered, or scrolled out, all of it is wiped. Pure: draws nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from tui.terminal.pictures.placement import Placement, mark_of
from tui.terminal.pictures.sixel_pieces import raster

Lines = Mapping[int, Mapping[int, Strip]]
"""By row and column: the strips that the terminal shows."""


class Change(NamedTuple):
    """What becomes of the pictures with a frame."""

    shown: dict[int, Region]
    """Where pictures are that can be shown whole, by their numbers."""
    touched: frozenset[int]
    """Those of them on whose cells the frame writes."""


class SixelScreen:
    """Knows which pictures are drawn, and where."""

    def __init__(self) -> None:
        """Start with none."""
        self._placements: dict[int, Placement] = {}
        self._drawn: dict[int, Region] = {}
        self._sizes: dict[int, bytes] = {}
        """What tells the size of each in pixels, as long as the terminal may show it."""

    @property
    def any_drawn(self) -> bool:
        """Whether the terminal shows a picture."""
        return bool(self._drawn)

    def add(self, placement: Placement) -> None:
        """Draw a picture wherever its cells are from now on."""
        self._placements[placement.number] = placement
        self._sizes[placement.number] = raster(placement.picture.data)

    def discard(self, placement: Placement) -> None:
        """Draw a picture no more; it is wiped with the next frame, unless another covers it."""
        self._placements.pop(placement.number, None)
        if placement.number not in self._drawn:
            self._sizes.pop(placement.number, None)

    def forget(self) -> None:
        """Note that the terminal shows none of them."""
        self._drawn.clear()
        self._sizes = {number: self._sizes[number] for number in self._placements}

    def find(self, lines: Lines) -> dict[int, Region]:
        """Return where pictures can be shown whole, not in the last row: a terminal may scroll."""
        found: dict[int, dict[int, list[Region]]] = {}
        for y, x, segment in _segments(lines):
            if (mark := mark_of(segment.style)) and mark[0] in self._placements:
                rows = found.setdefault(mark[0], {})
                rows.setdefault(mark[1], []).append(Region(x, y, segment.cell_length, 1))
        last = max(lines, default=0)
        regions = {number: _whole(self._placements[number], rows) for number, rows in found.items()}
        return {n: region for n, region in regions.items() if region and region.bottom <= last}

    def stale(
        self, shown: Mapping[int, Region], written: Sequence[Region]
    ) -> Iterator[tuple[int, int, int]]:
        """Yield what is to be wiped, row by row: the row, and the columns from and up to.

        What is written anyway is not, nor what another picture is about to cover, which would be
        blank for a moment.
        """
        for number, region in self._drawn.items():
            if shown.get(number) == region:
                continue
            covers = [self._covered(number, other, shown[other]) for other in shown]
            covers += written
            for y in region.line_range:
                for start, end in _uncovered(region, y, covers):
                    yield y, start, end

    def _covered(self, old: int, new: int, region: Region) -> Region:
        """Return where a new picture surely covers the old one: its last cells may not be full."""
        if self._sizes.get(old) == self._sizes[new]:
            return region
        return Region(region.x, region.y, region.width - 1, region.height - 1)

    def settle(self, change: Change) -> tuple[list[int], list[tuple[Placement, Region]]]:
        """Note that a frame was sent; return what is shown no more, and what is to be drawn."""
        gone = [number for number, at in self._drawn.items() if change.shown.get(number) != at]
        for number in gone:
            del self._drawn[number]
            if number not in self._placements:
                del self._sizes[number]
        new = [
            (self._placements[number], region)
            for number, region in change.shown.items()
            if number not in self._drawn or number in change.touched
        ]
        self._drawn.update({placement.number: region for placement, region in new})
        return gone, new


def unmarked(strip: Strip) -> Strip:
    """Return a strip without marks: as the terminal sees it."""
    if not any(mark_of(style) for _, style, _ in strip):
        return strip
    segments = [
        Segment(text, style and (style.clear_meta_and_links() if mark_of(style) else style))
        for text, style, _ in strip
    ]
    return Strip(segments, strip.cell_length)


def _segments(lines: Lines) -> Iterator[tuple[int, int, Segment]]:
    for y, line in lines.items():
        for start, strip in line.items():
            x = start
            for segment in strip:
                yield y, x, segment
                x += segment.cell_length


def _whole(placement: Placement, rows: Mapping[int, list[Region]]) -> Region | None:
    """Return where a picture is, of which these cells are on the screen; None if some are not."""
    if len(rows) != placement.rows:
        return None
    lines = [(row, Region.from_union(parts)) for row, parts in sorted(rows.items())]
    x, top = lines[0][1].offset
    for row, line in lines:
        cells = sum(part.width for part in rows[row])
        if line != (x, top + row, placement.columns, 1) or cells != placement.columns:
            return None
    return Region(x, top, placement.columns, placement.rows)


def _uncovered(region: Region, y: int, covers: Iterable[Region]) -> Iterator[tuple[int, int]]:
    """Yield the columns of a row of `region` that none of `covers` takes."""
    start = region.x
    spans = sorted(cover.column_span for cover in covers if y in cover.line_range)
    for left, right in spans:
        if left > start:
            yield start, min(left, region.right)
        start = max(start, right)
        if start >= region.right:
            return
    yield start, region.right
