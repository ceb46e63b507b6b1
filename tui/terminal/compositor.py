"""Render only the widgets that changed.

Textual renders every widget in the rectangle around all changes. With a list on the left and its
selected task on the right, that is the whole screen for each step of the cursor.
"""

from __future__ import annotations

from collections.abc import Iterable

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip


class SparseCompositor(Compositor):
    """For a partial update, render the changed lines of the widgets that have a part in it."""

    _changed: dict[int, tuple[int, int]] | None = None
    """The first and the last changed column of each line; None while everything is rendered."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """Return what has changed since the last update; None where nothing has."""
        self._changed = {}
        for region in self._dirty_regions:
            for y in region.line_range:
                start, end = self._changed.get(y, region.column_span)
                self._changed[y] = min(start, region.x), max(end, region.right)
        try:
            return super().render_partial_update()
        finally:
            self._changed = None

    def _get_renders(
        self, crop: Region | None = None
    ) -> Iterable[tuple[Region, Region, list[Strip]]]:
        if self._changed is None:
            yield from super()._get_renders(crop)
            return
        for widget, (region, clip) in self.visible_widgets.items():
            shown = region.intersection(clip)
            lines = [
                y
                for y in shown.line_range
                if (span := self._changed.get(y)) and span[0] < shown.right and span[1] > shown.x
            ]
            if lines:
                part = Region(shown.x, lines[0], shown.width, lines[-1] + 1 - lines[0])
                yield region, part, widget.render_lines(part.translate(-region.offset))
