"""`python -m tests.real_terminals FOLDER [NAME …]`: screenshots of the program in real terminals.

In each terminal that is installed (or those named) it shows a task with slides, and writes a
picture of each step of `STEPS`, to be looked at. With `--readme` it writes the two screenshots of
the README instead, from the demo in kitty.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops

from tests.pictures.slides import NAMES, chinese_font, slide
from tests.real_terminals.stage import Stage, on_stage
from tests.real_terminals.terminals import KINDS, Kind

STEPS: Final = (
    ("start", ()),
    ("frames", ("l", "up")),
    ("help", ("?",)),
    ("after-help", ("escape",)),
    ("palette", ("ctrl+p",)),
    ("after-palette", ("escape",)),
    ("enlarged", ("+",)),
    ("zoomed", ("+",)),
    ("moved", ("down", "right")),
    ("after-enlarged", ("escape", "escape")),
    ("sheet", ("w",)),
    ("sheet-moved", ("down", "right")),
    ("sheet-enlarged", ("enter",)),
    ("after-sheet", ("escape", "escape")),
    ("hidden", ("p",)),
    ("shown", ("p",)),
    ("toast", ("y",)),
    ("redrawn", ("ctrl+l",)),
    ("suspended", ("ctrl+z",)),
)
"""What each screenshot is called, and the keys that lead to it."""
_STILL_SECONDS: Final = 2.5
"""Fetching and encoding a picture takes less."""
_DEMO_SECONDS: Final = 95
"""After which the demo's task about the sky has completed, with nine frames, and that was told."""
_COLOURS: Final = 128
"""Of a screenshot in the README: nobody sees the others, and it takes half as many bytes."""
_README: Final = (("pane-kitty", ("G",)), ("contact-sheet-kitty", ("up", "up", "w")))
"""The screenshots of the README: first the last task of the list, then one above it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the screenshots, and return the exit code."""
    parser = argparse.ArgumentParser("python -m tests.real_terminals", description=__doc__)
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.add_argument("names", metavar="NAME", nargs="*", help=", ".join(k.name for k in KINDS))
    parser.add_argument("--readme", action="store_true", help="the screenshots of the README")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    chosen = [kind for kind in KINDS if not options.names or kind.name in options.names]
    for kind in [kind for kind in chosen if kind.name == "kitty" or not options.readme]:
        if kind.missing:
            sys.stderr.write(f"{kind.name}: {kind.missing}\n")
            continue
        sys.stdout.write(f"{kind.name}\n")
        with tempfile.TemporaryDirectory() as folder:
            if options.readme:
                _write_readme(kind, Path(folder), options.folder)
            else:
                _write_steps(kind, Path(folder), options.folder)
    return 0


def _write_steps(kind: Kind, folder: Path, output: Path) -> None:
    with on_stage(kind, folder) as stage:
        names = [name for name in NAMES if name != "Chinese" or chinese_font()]
        stage.offer({name: slide(name).picture for name in names})
        before = stage.window.wait_still()
        stage.window.type("run")
        stage.window.wait_until(
            lambda shown: ImageChops.difference(shown, before).getbbox(), "nothing is shown"
        )
        for number, (name, keys) in enumerate(STEPS):
            stage.window.press(*keys)
            _save(stage, output, f"{kind.name}-{number:02d}-{name}")
        stage.window.type("fg")
        _save(stage, output, f"{kind.name}-{len(STEPS)}-continued")
        stage.resize_a_little()
        _save(stage, output, f"{kind.name}-{len(STEPS) + 1}-resized")
        stage.offer({name: slide(name).picture for name in (*names, "text")[1:]})
        _save(stage, output, f"{kind.name}-{len(STEPS) + 2}-new-frame")
        stage.window.press("q")
        _save(stage, output, f"{kind.name}-{len(STEPS) + 3}-ended")


def _save(stage: Stage, folder: Path, name: str) -> None:
    # A picture is fetched and encoded before anything is seen of it.
    stage.window.wait_still(_STILL_SECONDS).save(folder / f"{name}.png")
    sys.stdout.write(f"  {name}\n")
    sys.stdout.flush()


def _write_readme(kind: Kind, folder: Path, output: Path) -> None:
    with on_stage(kind, folder, "--demo") as stage:
        stage.window.type("run")
        time.sleep(_DEMO_SECONDS)
        for name, keys in _README:
            stage.window.press(*keys)
            shown = stage.window.wait_still(_STILL_SECONDS)
            small = shown.crop(shown.getbbox()).quantize(_COLOURS, dither=Image.Dither.NONE)
            small.save(output / f"{name}.png", optimize=True)
            sys.stdout.write(f"  {name}\n")


if __name__ == "__main__":
    sys.exit(main())
