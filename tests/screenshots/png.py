"""Conversion of SVG to PNG by resvg, with fixed fonts for reproducible output."""

from __future__ import annotations

import io
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Final

FONTS: Final = (
    "DejaVuSansMono.ttf",
    "DejaVuSansMono-Bold.ttf",
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJK-Bold.ttc",
)
MAX_COLOURS: Final = 96
"""Enough for text on a few backgrounds, and much smaller than true colour."""

_FOLDERS: Final = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts")
_USER_FOLDERS: Final = (".fonts", ".local/share/fonts", "Library/Fonts")


def unavailable_reason() -> str:
    """Return a line that says what to install for PNGs; empty if nothing is missing."""
    if find_spec("resvg_py") is None:
        return "no PNGs: pip install resvg-py"
    installed = fonts()
    if missing := [name for name in FONTS if name not in installed]:
        return f"no PNGs: apt install fonts-dejavu-core fonts-noto-cjk ({missing[0]} is missing)"
    return ""


def fonts() -> dict[str, Path]:
    """Return the paths of the installed `FONTS` by name."""
    folders = [Path(folder) for folder in _FOLDERS]
    folders += [Path.home() / folder for folder in _USER_FOLDERS]
    paths: dict[str, Path] = {}
    for folder in folders:
        for parent, _, names in os.walk(folder):
            paths.update({name: Path(parent, name) for name in names if name in FONTS})
    return paths


def render(drawing: str, *, zoom: float = 1.5) -> bytes:
    """Return a normalized SVG as PNG."""
    from PIL import Image
    from resvg_py import svg_to_bytes

    rendered = svg_to_bytes(
        svg_string=drawing,
        zoom=zoom,
        skip_system_fonts=True,
        font_files=[str(path) for path in fonts().values()],
    )
    with Image.open(io.BytesIO(rendered)) as image:
        reduced = image.quantize(MAX_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    output = io.BytesIO()
    reduced.save(output, "PNG", optimize=True)
    return output.getvalue()
