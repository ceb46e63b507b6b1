"""How the things that a terminal sends are written, as patterns of bytes.

Sources: ECMA-48 (control sequences, strings), xterm's `ctlseqs` (mouse, reports, modifyOtherKeys),
kitty's keyboard protocol, and the tables of keys of the Linux console and of rxvt. The forms of one
byte for ESC and a letter (C1) do not occur: in UTF-8 those bytes are parts of characters.
"""

from __future__ import annotations

import re
from typing import Final

ESC: Final = b"\x1b"
PASTE_START: Final = b"\x1b[200~"
PASTE_END: Final = b"\x1b[201~"

MAX_SEQUENCE_BYTES: Final = 1024
"""The longest sequence that may mean something; an input method's text takes some hundreds."""
MAX_PARSED_BYTES: Final = 32
"""What Textual's parser looks at before it gives a sequence out as keys."""

_CHARACTER: Final = (
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
    # Whatever stands for itself behind ESC, except what begins or ends something longer.
    rb"|[\x00-\x1a\x1c-NQ-WYZ`-\x7f]"
)
SEQUENCE: Final = re.compile(
    rb"\x1b(?:"
    rb"(?P<console>\[\[[ -~])"  # F1 to F5 of the Linux console.
    rb"|(?P<old_mouse>\[M[ -\xff]{3})"  # X10: three bytes of any value.
    rb"|(?P<rxvt>\[[0-9]{1,2}\$)"  # With shift; elsewhere `$` is followed by a letter.
    rb"|(?P<csi>\[(?![\[M])[ -?]*[@-~])"
    rb"|(?P<ss3>O[0-9;]{0,3}[ A-Za-z])"
    rb"|(?P<string>[\]P_^X][^\x07\x18\x1a\x1b]*(?:\x07|\x1b\\)|\\)"
    rb"|(?P<alt>" + _CHARACTER + rb"))"
)
"""Whatever is whole; the name of the group says what it is."""
PARTIAL: Final = re.compile(
    rb"\x1b(?:\[\[?|\[M[ -\xff]{0,2}|\[(?![\[M])[ -?]+|O[0-9;]{0,3}"
    rb"|[\]P_^X][^\x07\x18\x1a\x1b]*\x1b?"
    rb"|[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2})?\Z"
)
"""What may still become whole."""
# What is seldom needed is compiled on first use: startup does not wait for it.
LONGEST_START: Final = (
    rb"\x1b(?:\[M[ -\xff]{0,2}|\[\[?[ -?]*|O[0-9;]{0,3}|[\]P_^X][^\x07\x18\x1a\x1b]*)?"
)
"""As much as fits of what cannot become whole any more; matches at every ESC."""
REST: Final = rb"[\x00-\x1a\x1c-\x1f\x7f-\xff][ -?]*[@-~]?"
"""An illegal byte inside a sequence, and what would have ended the sequence."""
INTRODUCERS: Final = b"[O]P_^X"
"""What makes a sequence of an ESC before it; each is also a key that alt may be held with."""
STRINGS: Final = b"]P_^X"

GRAPHICS_ANSWER: Final = (
    # Name and version, what kitty's protocol says, attributes, the size of a cell.
    rb"\x1b(?:P>\|[^\x07\x18\x1a\x1b]*\x1b\\|_G[^\x07\x18\x1a\x1b]*\x1b\\"
    rb"|\[\?[0-9;]*c|\[6;[0-9]{1,5};[0-9]{1,5}t)"
)
"""Answers to what `graphics.questions` asks."""
BROKEN_ANSWER: Final = (
    rb"\x1b(?:P>\||_G)(?:[^\x07\x18\x1a\x1b]|\x1b(?![\]P_^X\\]|\[20[01]~)){0,1024}\x1b\\"
)
"""A string among them that has sequences inside, which no terminal should send. Between them
nothing begins that would be a string of its own, or a paste."""
KEPT_STRINGS: Final = (b"\x1bP>|", b"\x1b_G")
"""What the strings begin with whose text is of use."""
MAX_STRING_BYTES: Final = 256
"""The longest of them that is."""
ANSWERS: Final = (
    rb"(?:\x1b\[(?:[0-9]{1,5};[0-9]{1,5}R|\?[0-9]{1,5};[0-9]\$y)|" + GRAPHICS_ANSWER + rb")+"
)
"""Answers to our own questions: where the cursor is, which modes there are, and how pictures can be
shown."""
KNOWN: Final = (
    rb"(?s)\x1b(?:\[[A-IO-SZa-d~]|\[[0-9<=>?][0-9:;<=>?]*[ -/]?[@-~]|\[\[[A-E]|\[M[ -\xff]{3}"
    rb"|\[[0-9]{1,2}\$|O[0-9;]{0,3}[ A-FHIMP-SXa-dj-y]|[\]P_^X].*|\\)"
)
"""What terminals really send. A person who presses esc and then types may well make a sequence, but
hardly one of these."""
