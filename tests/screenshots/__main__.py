"""`python -m tests.screenshots [NAME ...]`: write the pictures, all or those that are named."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.screenshots import png
from tests.screenshots.stage import Picture, take

FOLDER: Final = Path(__file__).parents[2] / "screenshots"
WIDE: Final = (120, 40)
"""Columns and rows."""
NARROW: Final = (80, 24)
TINY: Final = (60, 20)

_SKY: Final = "Why the sky is blue"
_COUNTS: Final = "6 tasks: 2 in progress, 3 completed, 1 failed"
_LIST: Final = (
    _COUNTS,
    "demo: live",
    "Completed",
    "In progress",
    "Failed",
)
_TASK: Final = (_COUNTS, "9 frames", "frame4.png", "Clear, well paced")
_PANEL: Final = ("open frame9", "sent to your terminal", "raw link")
_LARGE: Final = ("Preview of frame9", "▀" * 90)
_TYPED: Final = ("down", "a", *"48391", "space", *"48392", "tab", *"Euler", "space", *"identity")

PICTURES: Final = (
    Picture("dashboard-wide", WIDE, ("down",), (*_LIST, *_TASK)),
    Picture("dashboard-narrow", NARROW, ("down",), _LIST),
    Picture("dashboard-tiny", TINY, ("down",), _LIST),
    Picture("task-narrow", NARROW, ("down", "enter"), _TASK),
    Picture("task-tiny", TINY, ("down", "enter"), ("9 frames",)),
    Picture("open-wide", WIDE, ("down", "o"), _PANEL),
    Picture("preview-wide", WIDE, ("down", "enter", "end", "p"), ("Preview of frame9", "▀")),
    Picture("preview-narrow", NARROW, ("down", "enter", "end", "p"), ("Preview of frame9", "▀")),
    Picture("preview-large", WIDE, ("down", "enter", "end", "p", "plus"), _LARGE),
    Picture("open-narrow", NARROW, ("down", "o"), _PANEL),
    Picture("add-narrow", NARROW, _TYPED, ("Add tasks", "48391 48392", "Euler identity")),
    Picture("help-wide", WIDE, ("down", "question_mark"), ("Keys", "Watch more tasks")),
    Picture("help-narrow", NARROW, ("down", "question_mark"), ("Keys",)),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pictures into `screenshots/` and return the exit code."""
    known = [picture.name for picture in PICTURES]
    parser = argparse.ArgumentParser("python -m tests.screenshots", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(known))
    names = parser.parse_args(arguments).names or known
    if unknown := set(names) - set(known):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return _write([picture for picture in PICTURES if picture.name in names])


def _write(pictures: Sequence[Picture]) -> int:
    FOLDER.mkdir(exist_ok=True)
    why_no_png = png.why_not()
    for picture in pictures:
        drawing = asyncio.run(take(picture))
        path = FOLDER / f"{picture.name}.svg"
        path.write_text(drawing, "utf-8")
        if not why_no_png:
            path.with_suffix(".png").write_bytes(png.render(drawing))
        sys.stdout.write(f"{picture.name}\n")
    if why_no_png:
        sys.stderr.write(f"{why_no_png}\n")
    return 1 if why_no_png else 0


if __name__ == "__main__":
    sys.exit(main())
