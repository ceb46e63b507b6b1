"""Puts a frame together from what changed alone.

Textual renders every widget in the rectangle around all changes, which with a list on the left and
its selected task on the right is the whole screen (measured with textual 8.2.8: 60 widgets for a
step of the cursor that changes 13).
"""

from __future__ import annotations

from collections.abc import Iterable

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip


class SpareCompositor(Compositor):
    """Renders for a partial update the lines of widgets that have a part in it."""

    _changed: dict[int, tuple[int, int]] | None = None
    """Of each line that changed, the cells from the first to the last; None for all there are."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """Return what changed since the last update; None where nothing did."""
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
