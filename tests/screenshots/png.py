"""SVG -> PNG by resvg, with fonts that are named, so that the picture is the same everywhere."""

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
COLOURS: Final = 96
"""Enough for text on a few backgrounds, and a third of the bytes of true colour."""

_FOLDERS: Final = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts")
_OWN_FOLDERS: Final = (".fonts", ".local/share/fonts", "Library/Fonts")


def why_not() -> str:
    """Return in one line what to install before PNGs can be made; empty where nothing lacks."""
    if find_spec("resvg_py") is None:
        return "no PNGs: pip install resvg-py"
    found = fonts()
    if missing := [name for name in FONTS if name not in found]:
        return f"no PNGs: apt install fonts-dejavu-core fonts-noto-cjk ({missing[0]} is missing)"
    return ""


def fonts() -> dict[str, Path]:
    """Return the files of those `FONTS` that are installed, by name."""
    folders = [Path(folder) for folder in _FOLDERS]
    folders += [Path.home() / folder for folder in _OWN_FOLDERS]
    found: dict[str, Path] = {}
    for folder in folders:
        for where, _, names in os.walk(folder):
            found.update({name: Path(where, name) for name in names if name in FONTS})
    return found


def render(drawing: str, *, zoom: float = 1.5) -> bytes:
    """Return a polished SVG as PNG."""
    from PIL import Image
    from resvg_py import svg_to_bytes

    rendered = svg_to_bytes(
        svg_string=drawing,
        zoom=zoom,
        skip_system_fonts=True,
        font_files=[str(path) for path in fonts().values()],
    )
    with Image.open(io.BytesIO(rendered)) as image:
        small = image.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    packed = io.BytesIO()
    small.save(packed, "PNG", optimize=True)
    return packed.getvalue()
