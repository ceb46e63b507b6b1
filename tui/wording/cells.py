"""Text in a number of cells, cut with `..` where it is too long. Pure."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size


def fit(text: str, width: int) -> str:
    """Return `text` cut (with `..`) or filled to exactly `width` cells."""
    if cell_len(text) > width:
        # A wide character that does not fit leaves no blank before the sign.
        return set_cell_size(set_cell_size(text, max(0, width - 2)).rstrip() + "..", width)
    return set_cell_size(text, width)


def cut_middle(text: str, width: int) -> str:
    """Return `text` in at most `width` cells, its middle replaced by `..`."""
    if cell_len(text) <= width:
        return text
    if width < 2:
        return "." * max(0, width)
    tail_width = (width - 2) // 2
    # As in `fit`: a wide character that does not fit leaves no blank before the sign.
    head = set_cell_size(text, width - 2 - tail_width).rstrip()
    tail = ""
    for character in reversed(text):
        if cell_len(character + tail) > tail_width:
            break
        tail = character + tail
    return f"{head}..{tail}"
