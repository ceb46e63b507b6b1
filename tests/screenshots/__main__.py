"""`python -m tests.screenshots [NAME ...]`: write all screenshots or the named ones.

`--scenes FOLDER` draws the scenes of `tests.support.scenarios` at four sizes instead, for a review.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.screenshots import png, scenes
from tests.screenshots.capture import Screenshot, capture

FOLDER: Final = Path(__file__).parents[2] / "screenshots"
WIDE: Final = (120, 40)
"""Columns and rows."""
NARROW: Final = (80, 24)
TINY: Final = (60, 20)

_LIST: Final = ("✗", "»", "✓", "live", "48370")
_TASK: Final = ("9 frames", "frame4.png", "Clear, well paced")
_PANEL: Final = ("open frame9", "sent to your terminal", "raw link")
_LARGE: Final = ("frame 9 of 9", "▀")
_TYPED: Final = ("a", *"48391", "space", *"48392", "tab", *"Euler", "space", *"identity")

SCREENSHOTS: Final = (
    Screenshot("dashboard-wide", WIDE, (), (*_LIST, *_TASK, "▀")),
    Screenshot("dashboard-narrow", NARROW, (), _LIST),
    Screenshot("dashboard-tiny", TINY, (), (*_LIST[:3], "all done", "48370")),
    Screenshot("task-narrow", NARROW, ("enter",), _TASK),
    Screenshot("task-tiny", TINY, ("enter",), ("9 frames",)),
    Screenshot("open-wide", WIDE, ("enter", "end", "o"), _PANEL),
    Screenshot("preview-wide", WIDE, ("enter", "end"), ("frame9, the newest of 9", "▀")),
    Screenshot("preview-narrow", NARROW, ("enter", "end", "p"), ("the newest of 9", "▀")),
    Screenshot("preview-large", WIDE, ("enter", "end", "plus"), _LARGE),
    Screenshot("open-narrow", NARROW, ("enter", "end", "o"), _PANEL),
    Screenshot("add-narrow", NARROW, _TYPED, ("Add tasks", "48391 48392", "Euler identity")),
    Screenshot("help-wide", WIDE, ("question_mark",), ("Keys", "Watch more tasks")),
    Screenshot("help-narrow", NARROW, ("question_mark",), ("Keys",)),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the screenshots to `screenshots/`, and return the exit code."""
    all_names = [screenshot.name for screenshot in SCREENSHOTS]
    parser = argparse.ArgumentParser("python -m tests.screenshots", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(all_names))
    parser.add_argument("--scenes", metavar="FOLDER", type=Path, help="draw scenes into a folder")
    options = parser.parse_args(arguments)
    # What the program logs about the faults that it shows is not for standard error.
    logging.getLogger("tui").addHandler(logging.NullHandler())
    names = options.names or all_names
    if options.scenes is not None:
        return scenes.write(options.scenes, options.names)
    if unknown := set(names) - set(all_names):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    return _write([screenshot for screenshot in SCREENSHOTS if screenshot.name in names])


def _write(screenshots: Sequence[Screenshot]) -> int:
    FOLDER.mkdir(exist_ok=True)
    no_png_reason = png.unavailable_reason()
    for screenshot in screenshots:
        drawing = asyncio.run(capture(screenshot))
        path = FOLDER / f"{screenshot.name}.svg"
        path.write_text(drawing, "utf-8")
        if not no_png_reason:
            path.with_suffix(".png").write_bytes(png.render(drawing))
        sys.stdout.write(f"{screenshot.name}\n")
    if no_png_reason:
        sys.stderr.write(f"{no_png_reason}\n")
    return 1 if no_png_reason else 0


if __name__ == "__main__":
    sys.exit(main())
