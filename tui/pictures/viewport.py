"""Which part of an enlarged picture is looked at. Pure."""

from __future__ import annotations

from typing import Final, NamedTuple

from tui.pictures.encoding import Area

ZOOMS: Final = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
"""How many times as large as the whole picture in its room; the first is the whole one."""
_STRIDE: Final = 0.5
"""Share of the visible part by which a key moves: what was read last stays in sight."""


class Filled(NamedTuple):
    """Shares of the room's width and height that the whole picture takes; one of them is 1."""

    width: float = 1.0
    height: float = 1.0

    @classmethod
    def by(cls, proportion: float, width: int, height: int) -> Filled:
        """Return them for a picture of a proportion, its columns by its rows, in a room of cells.

        All of it for a room of no cells.
        """
        if not width or not height or not proportion:
            return cls()
        columns = min(width, height * proportion)
        return cls(columns / width, columns / proportion / height)


class Viewport(NamedTuple):
    """A zoom, and the point of the picture that stands in the middle. The default is all of it."""

    step: int = 0
    """An index into `ZOOMS`."""
    x: float = 0.5
    """The point, as fractions of the picture; one too close to an edge stands beside the middle."""
    y: float = 0.5

    @property
    def is_zoomed(self) -> bool:
        """Whether the picture is larger than as a whole."""
        return self.step > 0

    @property
    def zoom(self) -> float:
        """How many times as large it is."""
        return ZOOMS[self.step]

    def zoomed(self, steps: int) -> Viewport:
        """Return the view some steps closer (below 0: further away), as far as there are any.

        The point stays, so that zooming out and in again leads back.
        """
        return self._replace(step=max(0, min(self.step + steps, len(ZOOMS) - 1)))

    def moved(self, across: int, down: int, filled: Filled) -> Viewport:
        """Return the view so many strides further to the right and down, within the picture."""
        area = self.area(filled)
        x, y = area.left + area.width / 2, area.top + area.height / 2
        moved = self._replace(
            x=_centre(x + across * _STRIDE * area.width, area.width),
            y=_centre(y + down * _STRIDE * area.height, area.height),
        )
        # At an edge nothing changes, so that nothing is encoded and sent again.
        return self if moved.area(filled) == area else moved

    def area(self, filled: Filled) -> Area:
        """Return the part of the picture that is visible.

        It takes the room that the whole picture leaves free, too, so its proportions may differ.
        """
        width = min(1.0, 1 / (self.zoom * filled.width))
        height = min(1.0, 1 / (self.zoom * filled.height))
        left, top = _centre(self.x, width) - width / 2, _centre(self.y, height) - height / 2
        return Area(max(0.0, left), max(0.0, top), width, height)


def _centre(wanted: float, length: float) -> float:
    """Return the centre next to the wanted one of a part that does not reach beyond an edge."""
    return min(max(wanted, length / 2), 1 - length / 2)
