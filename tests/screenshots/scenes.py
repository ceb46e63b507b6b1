"""Pictures of all scenes at four sizes, to be looked at one by one: SVG, PNG and text."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.screenshots import png, svg
from tests.support.scenarios import SCENARIOS
from tests.support.scenes import Scenario
from tests.support.stage import play

SIZES: Final = ((60, 20), (80, 24), (120, 40), (200, 50))
"""Columns and rows."""


def write(folder: Path, names: Sequence[str] = ()) -> int:
    """Draw the named scenes, or all of them, into `folder`; return the exit code."""
    known = [scenario.name for scenario in SCENARIOS]
    if unknown := set(names).difference(known):
        sys.stderr.write(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(known)}\n")
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    if reason := png.unavailable_reason():
        sys.stderr.write(f"{reason}\n")
    for scenario in SCENARIOS:
        for size in SIZES if not names or scenario.name in names else ():
            name = "{}-{}x{}".format(scenario.name, *size)
            text, drawing = asyncio.run(draw(scenario, size, name))
            (folder / f"{name}.txt").write_text(f"{text}\n", "utf-8")
            (folder / f"{name}.svg").write_text(drawing, "utf-8")
            if not reason:
                (folder / f"{name}.png").write_bytes(png.render(drawing, zoom=1.0))
            sys.stdout.write(f"{name}\n")
    return 0


async def draw(scenario: Scenario, size: tuple[int, int], name: str) -> tuple[str, str]:
    """Return the screen of a scene as text and as an SVG without secrets."""
    async with play(scenario, size) as stage:
        drawing = svg.normalize(stage.app.export_screenshot(), name)
        svg.check_no_secrets(drawing, stage.secrets)
        return stage.text(), drawing
