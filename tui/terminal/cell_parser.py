"""Textual's input parser, which counts the mouse in cells."""

from __future__ import annotations

from textual._xterm_parser import XTermParser


class CellParser(XTermParser):
    """Takes the numbers of a mouse report for cells, whatever a terminal claims.

    Textual takes them for pixels once the terminal has reported its size by itself, although that
    says nothing about the mouse (mode 2048 is not mode 1016), and divides by what was reported,
    which may be 0. We ask for cells alone.
    """

    @property
    def mouse_pixels(self) -> bool:
        """Whether mouse reports count pixels: never."""
        return False

    @mouse_pixels.setter
    def mouse_pixels(self, value: bool) -> None:
        """Ignore that a size was reported."""
