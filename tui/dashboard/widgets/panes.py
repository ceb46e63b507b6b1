"""The parts of the dashboard that hold others and draw nothing themselves."""

from __future__ import annotations

from textual.containers import Horizontal, Vertical


class Panes(Horizontal):
    """The list, and the task beside it or in its place."""

    BLANK = True


class ListPane(Vertical):
    """The list, and what belongs to it."""

    BLANK = True
