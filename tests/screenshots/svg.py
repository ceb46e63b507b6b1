"""Textual's SVG export, made the same in every run and aligned in every viewer. Pure."""

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
"""Rich's rows are 24.4 high and its text 20: lines would have gaps, wide characters stand apart."""

_LINES: Final = re.compile("[\u2500-\u259f]")
_FORBIDDEN: Final = ("Signature", "OSSAccessKeyId", "Expires=", "127.0.0.1", "/frame_img/")
_FONT_FACE: Final = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_TEXT: Final = re.compile(
    r'<text class="(?P<style>[^"]*)" x="(?P<x>[^"]*)" y="(?P<y>[^"]*)"'
    r' textLength="[^"]*" clip-path="(?P<clip>[^"]*)">(?P<text>[^<]*)</text>'
)
_ROW: Final = re.compile(r'y="([^"]*)"[^>]*clip-path[^>]*>([^<]*)</text>')


def polish(drawing: str, name: str) -> str:
    """Return Rich's SVG with local fonts, an ID of its own, and text that keeps to the cells.

    Rich asks a CDN for its font, derives the ID from content that carries signed links, and gives
    a run of wide characters half its width.
    """
    drawing = _FONT_FACE.sub("", drawing)
    drawing = re.sub(r"terminal-\d+", name, drawing)
    fonts = f'"{NARROW_FONT}", Menlo, Consolas, monospace'
    drawing = drawing.replace("Fira Code, monospace", fonts).replace("arial", fonts)
    drawing = drawing.replace("</style>", f"{_STYLES}\n    </style>", 1)
    return _TEXT.sub(_on_cells, drawing)


def words(drawing: str) -> str:
    """Return the text of a polished SVG, a line for each row, with single spaces."""
    rows: dict[str, list[str]] = {}
    for y, text in _ROW.findall(drawing):
        rows.setdefault(y, []).append(html.unescape(text).replace("\xa0", " "))
    return "\n".join(" ".join(" ".join(row).split()) for row in rows.values())


def refuse_secrets(drawing: str, secrets: Iterable[str]) -> None:
    """Raise if the picture holds one of `secrets`, or a piece of a signed link."""
    for secret in (*_FORBIDDEN, *secrets):
        if secret in drawing:
            raise ValueError("a picture holds a link or a key")


def _on_cells(match: re.Match[str]) -> str:
    """Return one element for each run of characters of one kind."""
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
    shown = html.escape(run).replace(" ", "&#160;")
    return (
        f'<text class="{style}" x="{float(match["x"]) + column * CELL:g}" y="{match["y"]}"'
        f' textLength="{cells * CELL:g}" clip-path="{match["clip"]}">{shown}</text>'
    )


def _runs(text: str) -> Sequence[str]:
    """Cut `text` between characters of different kinds, and around two or more spaces."""
    pieces = re.split(r"( {2,})", text)
    return ["".join(run) for piece in pieces for _, run in groupby(piece, _kind)]


def _kind(character: str) -> str:
    if _LINES.match(character):
        return "lines"
    return "wide" if cell_len(character) == 2 else ""
