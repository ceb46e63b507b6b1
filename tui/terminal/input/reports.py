"""Reports that later ones replace: the position of the mouse, the focus of the terminal.

A terminal may send hundreds of them, and a key behind them would wait for seconds. The rule: of
reports of the same thing only the last one counts, unless a key, a click or a paste comes between.
"""

from __future__ import annotations

from typing import Final

from tui.terminal.input.pieces import Kind, Piece

_MOTION: Final = 32
"""The bit of a report of the mouse that tells a move."""
_WHEEL: Final = 64
_ANSWERS: Final = (Kind.CURSOR, Kind.MODE, Kind.SIZE, Kind.GRAPHICS, Kind.DROPPED)
"""What only answers, or means nothing."""


def is_report(piece: Piece) -> bool:
    """Return whether a piece is something that the terminal said by itself: no key, no click."""
    return piece.kind in _ANSWERS or _subject(piece) is not None


def remove_replaced(pieces: list[Piece], piece: Piece) -> None:
    """Remove the report that `piece`, which comes behind these, makes worthless, if any."""
    subject = _subject(piece)
    if subject is None:
        return
    for at in range(len(pieces) - 1, -1, -1):
        if _subject(pieces[at]) == subject:
            del pieces[at]
            return
        if not is_report(pieces[at]):
            return


def _subject(piece: Piece) -> str | None:
    """Return what is reported: the focus, or the buttons of a moving mouse; None for all else."""
    if piece.kind is Kind.FOCUS:
        return "focus"
    if piece.kind is not Kind.SEQUENCE or not piece.text.startswith("\x1b[<"):
        return None
    buttons = piece.text[3 : piece.text.index(";")]
    return buttons if int(buttons) & (_MOTION | _WHEEL) == _MOTION else None
