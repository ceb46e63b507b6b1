"""What a whole sequence means: a key, a report of the mouse, an answer, or nothing.

The rule: what is handed on can be read by Textual's parser without an error and without a rest.
Numbers are bounded, characters exist, and what nobody here asked for is dropped.
"""

from __future__ import annotations

import re
from typing import Final

from tui.terminal.input.grammar import (
    GRAPHICS_ANSWER,
    MAX_PARSED_BYTES,
    MAX_SEQUENCE_BYTES,
    MAX_STRING_BYTES,
    PASTE_END,
)
from tui.terminal.input.pieces import FOCUS_IN, FOCUS_OUT, Kind, Piece

_TOO_LONG: Final = Piece(Kind.DROPPED, "a sequence that is too long")
UNKNOWN: Final = Piece(Kind.DROPPED, "an unknown sequence")
_UNASKED: Final = Piece(Kind.DROPPED)
"""A well-known answer or report that nothing here uses; not worth a line in the log."""

_KEY: Final = re.compile(
    rb"\x1b\[(?!u)(?:[0-9]{1,4}(?:;[0-9]{0,3}(?:;(?:3[2-9]|[4-9][0-9]|[1-9][0-9]{2,3}))?)?)?"
    rb"[A-HP-Za-du~^@$]"
)
"""A key that needs no second look: the numbers stand for characters that exist."""
# What a start does not need is compiled on first use.
_MOUSE: Final = rb"\x1b\[<([0-9]{1,3});(-?[0-9]{1,6});(-?[0-9]{1,6})[Mm]"
_CURSOR: Final = re.compile(rb"\x1b\[([0-9]{1,5});([0-9]{1,5})R")
_MODE: Final = re.compile(rb"\x1b\[\?([0-9]{1,5});([0-9])\$y")
_SIZE: Final = rb"\x1b\[(?:48|8)((?:;[0-9]{1,6}(?::[0-9]*)*){2,4})t"
_ANSWER: Final = (
    # Private ones: cursor with page, modes, kitty's flags, device attributes; then sizes, status,
    # parameters, and the mouse as urxvt reports it.
    rb"\x1b\[(?:[<=>?][ -?]*[@-~]|[0-9;:]+[ctnxyM]|[0-9;:]*[ !\"'$&*][a-zA-Z])"
)
_OTHER_KEY: Final = rb"\x1b\[27;([0-9]{1,3});([0-9]{1,7})~"
"""Keys as xterm's modifyOtherKeys has them."""
_EXTENDED_KEY: Final = (
    rb"\x1b\[([0-9]{0,7})(?::[0-9]{0,7}){0,2}"
    rb"(?:;([0-9]{0,3})(?::([0-9]))?(?:;([0-9:]*))?)?([u~A-HP-S])"
)
_EXTRA_BUTTON: Final = 128
"""Buttons 8 to 11 of a mouse: Textual takes them for the first three."""
_MAX_DIGITS: Final = 8
"""Enough to tell that a number is too large; a longer one may take Python for ever."""
_RELEASED: Final = b"3"
_SHIFT: Final = 2
"""Shift alone, among modifiers."""


def meaning(match: re.Match[bytes]) -> Piece:
    """Return what a match of `grammar.SEQUENCE` means."""
    data = match[0]
    match match.lastgroup:
        case "csi" | "rxvt":
            return _control_sequence(data)
        case "ss3" | "console":
            return Piece(Kind.SEQUENCE, data.decode("ascii"))
        case "alt":
            return Piece(Kind.ALT, data[1:].decode("utf-8", "replace"))
    if _is_graphics(data):
        return _graphics(data)
    # Another string, or the mouse as X10 has it, which Textual does not read.
    return Piece(Kind.DROPPED)


def _is_graphics(data: bytes) -> bool:
    is_short = len(data) <= MAX_STRING_BYTES
    return is_short and re.fullmatch(GRAPHICS_ANSWER, data) is not None


def _graphics(data: bytes) -> Piece:
    return Piece(Kind.GRAPHICS, data.decode("utf-8", "replace"))


def _control_sequence(data: bytes) -> Piece:
    """Return what a control sequence (`CSI …`) means."""
    if len(data) > MAX_SEQUENCE_BYTES:
        return _TOO_LONG
    if data == PASTE_END:
        return Piece(Kind.DROPPED, "the end of a paste without its beginning")
    if match := re.fullmatch(_OTHER_KEY, data):
        return _character_key(int(match[2]), int(match[1]))
    if match := _CURSOR.fullmatch(data):
        return Piece(Kind.CURSOR, numbers=(int(match[1]), int(match[2])))
    if _KEY.fullmatch(data):
        return Piece(Kind.SEQUENCE, data.decode("ascii"))
    if match := re.fullmatch(_MOUSE, data):
        known = int(match[1]) < _EXTRA_BUTTON
        return Piece(Kind.SEQUENCE, data.decode("ascii")) if known else _UNASKED
    if data == b"\x1b[I":
        return FOCUS_IN
    if data == b"\x1b[O":
        return FOCUS_OUT
    if match := _MODE.fullmatch(data):
        return Piece(Kind.MODE, numbers=(int(match[1]), int(match[2])))
    if match := re.fullmatch(_SIZE, data):
        parts = match[1].split(b";")[1:]
        return Piece(Kind.SIZE, numbers=tuple(int(part.partition(b":")[0]) for part in parts))
    if match := re.fullmatch(_EXTENDED_KEY, data):
        return _extended_key(*match.groups(default=b""))
    if _is_graphics(data):
        return _graphics(data)
    if re.fullmatch(_ANSWER, data):
        return _UNASKED
    if len(data) > MAX_PARSED_BYTES:
        return _TOO_LONG
    return UNKNOWN


def _character_key(code: int, modifiers: int) -> Piece:
    if not _is_character(code):
        return UNKNOWN
    if modifiers == _SHIFT and chr(code).isprintable() and code != ord(" "):
        return Piece(Kind.TEXT, chr(code))
    return Piece(Kind.SEQUENCE, f"\x1b[{code};{modifiers}u")


def _extended_key(code: bytes, modifiers: bytes, event: bytes, text: bytes, end: bytes) -> Piece:
    """Return a key of kitty's protocol in the plainest form, which Textual can read."""
    if event == _RELEASED:
        return _UNASKED
    characters = [int(part[:_MAX_DIGITS]) for part in text.split(b":") if part]
    if not all(map(_is_character, [int(code or b"0"), *characters])):
        return UNKNOWN
    if end == b"u" and not code and not characters:
        return UNKNOWN
    if len(characters) > 1 or (characters and not code.strip(b"0")):
        # What an input method made: there is no one key for it.
        return Piece(Kind.TEXT, "".join(c for c in map(chr, characters) if c.isprintable()))
    sequence = f"\x1b[{code.decode()}"
    if modifiers or characters:
        sequence += f";{modifiers.decode()}"
    if characters and chr(characters[0]).isprintable():
        sequence += f";{characters[0]}"
    return Piece(Kind.SEQUENCE, sequence + end.decode())


def _is_character(code: int) -> bool:
    return code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF
