"""The enlarged picture and the contact sheet in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from tui.links.repeats import Scene, repeated
from tui.wording.cells import fit

NO_FRAMES = "There is no frame to show."
SEPARATOR = " · "


def position(name: str, number: int, total: int) -> str:
    """Return which frame of how many it is; its name only where it is not just its number."""
    if name.casefold() in (f"frame{number}", f"frame {number}", str(number)):
        return f"frame {number} of {total}"
    return f"{name}{SEPARATOR}{number} of {total}"


def zoom(factor: float) -> str:
    """Return how many times as large as the whole picture it is; empty for the whole one."""
    return f"{factor:g}x" if factor > 1 else ""


def newer(count: int, key: str) -> str:
    """Return that there are frames which have come meanwhile, and the key that leads there."""
    return f"{count} newer: {key}" if count else ""


def sheet_heading(scenes: Sequence[Scene], visible: range) -> str:
    """Return how many frames there are, how many of them repeat a picture, and which are seen."""
    total = sum(scene.frames for scene in scenes)
    if not total:
        return NO_FRAMES
    parts = [f"{total} {'frame' if total == 1 else 'frames'}"]
    if same := repeated(scenes):
        parts.append(f"{same} repeated")
    if len(visible) < len(scenes):
        first, last = visible.start + 1, visible.stop
        shown = f"{first}-{last}" if last > first else f"{last}"
        parts.append(f"{shown} of {len(scenes)} pictures")
    return ", ".join(parts)


def caption(scene: Scene, width: int) -> str:
    """Return the frames that a picture stands for, in `width` cells at most."""
    names = ", ".join(scene.names)
    if cell_len(names) <= width:
        return names
    if len(scene.names) > 1:
        short = f"{scene.names[0]} and {len(scene.names) - 1} more"
        if cell_len(short) <= width:
            return short
    return fit(names, width).rstrip()


def same_as(scene: Scene) -> str:
    """Return, as a sentence, which frame has the same picture; empty where no earlier one has."""
    return f"The same picture as {scene.repeats}." if scene.repeats else ""


def beside_keys(parts: Sequence[str], width: int) -> int:
    """Return the cells that words may take of a line with keys: half of them, or what is known of
    the picture needs up to four fifths. A long name leaves the keys their room."""
    known = cell_len(SEPARATOR.join(filter(None, parts)))
    return max(width // 2, min(known, width * 4 // 5))


def one_line(parts: Sequence[str], name: str, width: int) -> str:
    """Return what is known of a picture and its task's name in one line of `width` cells at most.

    The name, which may be long and stands in the list as well, is cut first.
    """
    known = SEPARATOR.join(filter(None, parts))
    room = width - cell_len(known) - len(SEPARATOR)
    if room < 4 or not name:
        return fit(known, width).rstrip() if cell_len(known) > width else known
    shown = name if cell_len(name) <= room else fit(name, room).rstrip()
    return f"{known}{SEPARATOR}{shown}"
