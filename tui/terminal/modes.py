"""What a dashboard turns on in a terminal, and the bytes that put it back, in one table.

The rule: whatever Textual, this program or a program started from it may have turned on is put
back, whether or not it was on; terminals ignore sequences that they do not know. What was on before
the dashboard started cannot be known and is not guessed. So the table leaves out what only other
programs set and want to keep, such as the shape of the cursor. The window's title is put back where
it was saved (`title.py`), and then alone: terminals keep a stack of titles. Pictures are removed
where there are any, one by one (`pictures/layer.py`): first what was begun and half sent.

The order matters. First, half-sent output is cut off: until then a terminal takes whatever follows
for the rest of a string. Everything else is put back while the
alternate screen is still shown, since kitty keeps a stack of keyboard modes for each screen
(https://sw.kovidgoyal.net/kitty/keyboard-protocol/). The screen is left last.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tui.terminal import title


class Mode(NamedTuple):
    """One thing that is turned on, and how it is put back."""

    name: str
    off: str
    """The bytes that put it back. They change nothing if it was not turned on."""
    private: tuple[int, ...] = ()
    """The numbers of the DEC private modes that `off` sets or resets."""


def _reset(name: str, *numbers: int) -> Mode:
    return Mode(name, "".join(f"\x1b[?{number}l" for number in numbers), numbers)


CUT_SHORT: Final = (
    # CAN drops a half-sent sequence or string in every state of the parser of DEC's terminals
    # (vt100.net/emu/dec_ansi_parser; xterm, VTE, kitty), so that half a text is not copied; ST
    # ends the string where CAN is part of it.
    Mode("a string that was half sent", "\x18\x1b\\"),
    # While it lasts, for up to a second, a terminal shows nothing.
    _reset("synchronized output", 2026),
)
REPORTS: Final = (
    _reset("mouse reports", 1000, 1002, 1003),
    _reset("formats of mouse reports: SGR, urxvt, pixels", 1006, 1015, 1016),
    _reset("focus reports", 1004),
    _reset("marks around pasted text", 2004),
    _reset("reports of the window's size", 2048),
)
"""Modes in which the terminal sends reports, which a shell would take for typing."""
TITLE: Final = (Mode("the window's title, where it was saved", title.RESTORE),)
LOOKS: Final = (
    Mode("colours", "\x1b[m"),
    Mode("a hyperlink", "\x1b]8;;\x1b\\"),
)
DRAWING: Final = (
    *LOOKS,
    Mode("another character set", "\x0f\x1b(B"),
    Mode("insertion", "\x1b[4l"),
    _reset("lines that count from the scrolling region", 6),
    # Moves the cursor to the first line, unlike all others.
    Mode("a scrolling region", "\x1b[r"),
    Mode("lines that do not wrap", "\x1b[?7h", (7,)),
)
KEYBOARD: Final = (Mode("kitty's keyboard protocol, once for each start", "\x1b[<u"),)
SCREEN: Final = (
    # Seen only where there is no alternate screen (the Linux console before 6.16, a VT100, GNU
    # screen by default): the prompt follows what remains instead of lying over it. Where there is
    # one, leaving it puts the cursor back to where it was.
    Mode("a cursor amid what remains", "\x1b[999;1H\x1b[J"),
    _reset("the alternate screen", 1049),
    Mode("a hidden cursor", "\x1b[?25h", (25,)),
)
MODES: Final = (*CUT_SHORT, *REPORTS, *DRAWING, *KEYBOARD, *SCREEN)
"""All of them, in the order in which they are put back."""


def off(modes: tuple[Mode, ...]) -> str:
    """Return what puts modes back, in their order."""
    return "".join(mode.off for mode in modes)


RESET: Final = off(MODES)
"""The bytes that put everything back, but for pictures and the window's title."""
RESET_WITH_TITLE: Final = off((*CUT_SHORT, *TITLE, *MODES))
"""The bytes that put everything back but for pictures, where the window's title was saved."""


def reset(pictures: str, *, with_title: bool) -> str:
    """Return the bytes that put everything back, and remove pictures by the bytes `pictures`."""
    rest = RESET_WITH_TITLE if with_title else RESET
    return f"{off(CUT_SHORT)}{pictures}{rest}" if pictures else rest


CANCEL: Final = off((*CUT_SHORT, *LOOKS))
"""The bytes that end whatever an incomplete frame has begun."""
CLEAR_SCREEN: Final = "\x1b[m\x1b[2J"
"""Blanks the screen, what is left of sixel pictures included."""
SILENCE: Final = off(REPORTS)
"""The bytes that keep the terminal from sending reports."""
AGAIN: Final = off((*REPORTS, DRAWING[-1], SCREEN[-1]))
"""The bytes that are safe on a screen that was restored already: they move nothing, and turn off
nothing that a shell needs."""
MOUSE_IN_CELLS: Final = "\x1b[?1016l"
"""Mouse positions in cells; to be sent before mode 1006, which xterm switches off as well."""
SIZE_REPORTS_ON: Final = "\x1b[?2048h"
SIZE_REPORTS_OFF: Final = "\x1b[?2048l"
