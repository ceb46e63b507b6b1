"""The pictures whose data the terminal holds, and what removes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from tui.graphics import Graphics
from tui.pictures import kitty
from tui.terminal import modes
from tui.terminal.pictures.slots import slot

MAX_LIVE: Final = 24
"""Pictures whose data the terminal holds, at most."""
_END_STRING_IN_TMUX: Final = "\x1bPtmux;\x1b\x1b\\\x1b\\"
"""Ends what was half sent to the terminal behind tmux, as `modes.CUT_SHORT` does in tmux."""


class LivePictures:
    """Knows the ids of kitty's pictures in the terminal, and whether there are sixel pictures."""

    def __init__(self, note_cleanup: Callable[[str], None]) -> None:
        """Begin with none; `note_cleanup` is told what removes all, each time that it changes."""
        self._note_cleanup = note_cleanup
        self._graphics: dict[int, Graphics] = {}
        """By id the terminal that a picture was sent to, the oldest first."""
        self.doomed: set[int] = set()
        """What is wanted no more, and to be deleted once no cell shows it."""
        self._has_sixels = False

    def __len__(self) -> int:
        """Return the number of kitty's pictures."""
        return len(self._graphics)

    def __iter__(self) -> Iterator[int]:
        """Yield the ids of kitty's pictures."""
        return iter(self._graphics)

    def __contains__(self, number: int) -> bool:
        """Return whether the terminal has anything of one of kitty's pictures."""
        return number in self._graphics

    def add(self, number: int, graphics: Graphics) -> None:
        """Note that a picture goes to a terminal."""
        self._graphics[number] = graphics

    def add_sixel(self) -> None:
        """Note that the screen may show a sixel picture from now on."""
        self._has_sixels = True

    def discard(self, number: int) -> None:
        """Note that a picture is deleted."""
        self._graphics.pop(number, None)
        self.doomed.discard(number)

    def doom(self, number: int) -> None:
        """Note that a picture is wanted no more."""
        if number in self._graphics:
            self.doomed.add(number)

    def delete(self, number: int) -> str:
        """Return what deletes a picture."""
        return kitty.delete(number, wrap=self._graphics[number].in_tmux)

    def first_to_go(self, shown: set[int]) -> int:
        """Return the picture that others need least: doomed, or not shown, or else the oldest."""
        return min(self, key=lambda each: (each not in self.doomed, slot(each) in shown))

    def of_other_terminals(self, graphics: Graphics) -> list[int]:
        """Return the pictures that another terminal got than that of `graphics`."""
        return [n for n, each in self._graphics.items() if not _is_same_terminal(each, graphics)]

    def clear(self) -> None:
        """Note that the terminal has nothing."""
        self._graphics.clear()
        self.doomed.clear()
        self._has_sixels = False

    def note(self) -> None:
        """Note what removes everything.

        A picture is always closed, since nobody knows what of the last pieces arrives.
        """
        wraps = {graphics.in_tmux for graphics in self._graphics.values()}
        parts = [_END_STRING_IN_TMUX] if True in wraps else []
        parts += [kitty.close_transfer(wrap=wrap) for wrap in sorted(wraps)]
        if self._has_sixels:
            # Leaving the alternate screen may leave them (Konsole).
            parts.append(modes.CLEAR_SCREEN)
        parts += map(self.delete, self._graphics)
        self._note_cleanup("".join(parts))


def _is_same_terminal(one: Graphics, other: Graphics) -> bool:
    # Another client of tmux may be one more beside the last one, which still has them.
    return (one.terminal, one.in_tmux) == (other.terminal, other.in_tmux)
