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

_MIN_REASON_WIDTH: Final = 12
"""Cells that are left for the reason of the host's trouble, where any of it is shown."""


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
    trouble = _trouble(data.trouble, data.trouble_reason, width)
    return (*_counts_and_state(data, width), *trouble)


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


def _trouble(text: str, reason: str, width: int) -> Iterator[Line]:
    """Yield the trouble whole, with the age of what is shown, and as much of its reason as fits."""
    if not text:
        return
    *above, last = wrap(text, width)
    if reason and width - cell_len(last) >= _MIN_REASON_WIDTH:
        last = fit(f"{last} ({reason})", width).rstrip()
    for line in (*above, last):
        yield (Part(line, "host-trouble"),)
