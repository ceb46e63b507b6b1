"""The header's words, laid out for a width in cells. Pure.

A count is never cut: where there is no room for its words it is shown as a glyph and a number, and
where there is none for those either, on another line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Final, NamedTuple

from rich.cells import cell_len

from tui.wording.cells import fit
from tui.wording.polling import LIVE
from tui.wording.summary import HeaderData
from tui.wording.wrapping import wrap

_ONE_LINE_WIDTH: Final = 78
"""Cells from which on the host's trouble has one line; it may have two below."""


class Part(NamedTuple):
    """Some words of one kind; spaces have none."""

    text: str
    kind: str = ""


Line = tuple[Part, ...]


def header_lines(data: HeaderData, width: int) -> tuple[Line, ...]:
    """Return the lines of the header: counts, when all is done, polling; then the host's trouble.

    That all is well with polling goes first where there is little room, then the words of the last
    count: what needs somebody comes first and keeps them longest.
    """
    return (*_counts_and_state(data, width), *_trouble(data.trouble, width))


def _counts_and_state(data: HeaderData, width: int) -> Iterator[Line]:
    forms = [_counts(data, shortened) for shortened in range(len(data.parts) + 1)]
    right = _state(data)
    rights = [right]
    if data.all_done and data.polling == LIVE:
        rights.append(_state(data._replace(polling="")))
    for form, words in product(forms, rights):
        if (gap := width - _width(form) - _width(words)) >= 2:
            yield (*form, Part(" " * gap), *words) if words else form
            return
    yield from _flow(next((form for form in forms if _width(form) <= width), forms[-1]), width)
    if right:
        yield from _flow(right, width)


def _state(data: HeaderData) -> Line:
    """Return when all is done, and how polling is doing."""
    words = (Part(data.all_done, "all-done"), Part(data.polling, "polling"))
    return _spaced((part for part in words if part.text), "   ")


def _counts(data: HeaderData, shortened: int) -> Line:
    """Return the numbers, the last `shortened` of them without their words."""
    full = len(data.parts) - shortened
    counts = [
        Part(part.text if number < full else part.short, part.kind.value)
        for number, part in enumerate(data.parts)
    ]
    return _spaced(counts, "  " if full else " ")


def _spaced(parts: Iterable[Part], space: str = "  ") -> Line:
    line = [each for part in parts for each in (Part(space), part)]
    return tuple(line[1:])


def _width(line: Iterable[Part]) -> int:
    return sum(cell_len(part.text) for part in line)


def _flow(line: Line, width: int) -> Iterator[Line]:
    """Yield a line broken between its parts; a part that is wider than a line is cut."""
    current: list[Part] = []
    space = Part("")
    for part in line:
        if not part.kind:
            space = part
            continue
        if current and _width([*current, space, part]) > width:
            yield tuple(current)
            current = []
        if cell_len(part.text) > width:
            part = part._replace(text=fit(part.text, width))
        current += [space, part] if current else [part]
    yield tuple(current)


def _trouble(text: str, width: int) -> Iterator[Line]:
    if not text:
        return
    most = 1 if width >= _ONE_LINE_WIDTH else 2
    lines = wrap(text, width)
    for number, line in enumerate(lines[:most], 1):
        cut = number == most and len(lines) > most
        yield (Part(fit(f"{line} {lines[number]}", width) if cut else line, "host-trouble"),)
