"""Makes Textual's SVG export reproducible, and aligned in every viewer. Without side effects."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from rich.cells import cell_len

CELL: Final = 12.2
"""Width of a cell in Rich's export."""
NARROW_FONT: Final = "DejaVu Sans Mono"
WIDE_FONT: Final = "Noto Sans Mono CJK SC"

_STYLES: Final = f"""\
    .wide {{ font-family: "{WIDE_FONT}", "PingFang SC", monospace; font-size: 22px; }}
    .lines {{ font-size: 22px; }}"""
"""Rich's rows are 24.4 high and its text 20, which leaves gaps in lines and between wide
characters."""

_LINES: Final = re.compile("[\u2500-\u259f]")
_FORBIDDEN: Final = ("Signature", "OSSAccessKeyId", "Expires=", "127.0.0.1", "/frame_img/")
_FONT_FACE: Final = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_TEXT: Final = re.compile(
    r'<text class="(?P<style>[^"]*)" x="(?P<x>[^"]*)" y="(?P<y>[^"]*)"'
    r' textLength="[^"]*" clip-path="(?P<clip>[^"]*)">(?P<text>[^<]*)</text>'
)
_ROW: Final = re.compile(r'y="([^"]*)"[^>]*clip-path[^>]*>([^<]*)</text>')


def normalize(drawing: str, name: str) -> str:
    """Return Rich's SVG with local fonts, `name` as its ID, and text aligned to the cells.

    Rich loads its font from a CDN, derives the ID from content that includes signed links, and
    gives runs of wide characters half their width.
    """
    drawing = _FONT_FACE.sub("", drawing)
    drawing = re.sub(r"terminal-\d+", name, drawing)
    fonts = f'"{NARROW_FONT}", Menlo, Consolas, monospace'
    drawing = drawing.replace("Fira Code, monospace", fonts).replace("arial", fonts)
    drawing = drawing.replace("</style>", f"{_STYLES}\n    </style>", 1)
    return _TEXT.sub(_align_to_cells, drawing)


def visible_text(drawing: str) -> str:
    """Return the text of a normalized SVG, a line per row, with single spaces."""
    rows: dict[str, list[str]] = {}
    for y, text in _ROW.findall(drawing):
        rows.setdefault(y, []).append(html.unescape(text).replace("\xa0", " "))
    return "\n".join(" ".join(" ".join(row).split()) for row in rows.values())


def check_no_secrets(drawing: str, secrets: Iterable[str]) -> None:
    """Raise ValueError if the SVG contains one of `secrets` or part of a signed link."""
    for secret in (*_FORBIDDEN, *secrets):
        if secret in drawing:
            raise ValueError("a picture holds a link or a key")


def _align_to_cells(match: re.Match[str]) -> str:
    """Return an element for each run of characters of one kind."""
    text = html.unescape(match["text"]).replace("\xa0", " ")
    column = 0
    parts: list[str] = []
    for run in _runs(text):
        if run.strip():
            parts.append(_element(match, run, column))
        column += cell_len(run)
    return "".join(parts)


def _element(match: re.Match[str], run: str, column: int) -> str:
    cells = cell_len(run)
    style = f"{match['style']} {_kind(run[0])}".rstrip()
    escaped = html.escape(run).replace(" ", "&#160;")
    return (
        f'<text class="{style}" x="{float(match["x"]) + column * CELL:g}" y="{match["y"]}"'
        f' textLength="{cells * CELL:g}" clip-path="{match["clip"]}">{escaped}</text>'
    )


def _runs(text: str) -> Sequence[str]:
    """Split `text` between characters of different kinds, and around two or more spaces."""
    pieces = re.split(r"( {2,})", text)
    return ["".join(run) for piece in pieces for _, run in groupby(piece, _kind)]


def _kind(character: str) -> str:
    if _LINES.match(character):
        return "lines"
    return "wide" if cell_len(character) == 2 else ""
