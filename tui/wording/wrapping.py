"""Wrap text to a width in cells, in linear time: Rich's takes seconds for a long one. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len, get_character_cell_size


def wrap(text: str, width: int) -> list[str]:
    """Return `text` as lines of at most `width` cells, broken at spaces where there are any."""
    width = max(2, width)
    return [line for paragraph in text.split("\n") for line in _wrap_paragraph(paragraph, width)]


def _wrap_paragraph(text: str, width: int) -> Iterator[str]:
    if len(text) <= width and cell_len(text) <= width:
        yield text
        return
    is_ascii = text.isascii()
    start = 0
    while start < len(text):
        end = start + width if is_ascii else _end_of_line(text, start, width)
        if end < len(text) and text[end] != " ":
            space = text.rfind(" ", start, end)
            end = space if space > start else end
        yield text[start:end]
        start = end
        while text[start : start + 1] == " ":
            start += 1


def _end_of_line(text: str, start: int, width: int) -> int:
    for index in range(start, len(text)):
        width -= get_character_cell_size(text[index])
        if width < 0:
            return index
    return len(text)
