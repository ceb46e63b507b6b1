"""One bracketed paste, from behind its first mark to its end."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from tui.terminal.input.grammar import ESC, PASTE_END, PASTE_START

MAX_PASTE_BYTES: Final = 1 << 20
"""Limit of a paste: some 30,000 IDs. The rest is read and dropped."""
PASTE_TIMEOUT: Final = 3.0
"""Seconds of silence that end a paste without its end mark: the line broke in the middle."""
TYPED_SECONDS: Final = 30.0
"""Seconds after which what may be keys keeps no paste alive. Long, since a bad line may bring the
bytes of a paste one by one, as far apart as somebody types."""
CANCEL_SECONDS: Final = 0.25
"""Seconds of silence behind a ctrl+c that tell the key from a character of the text."""

_MARK: Final = re.compile(rb"\x1b\[20[01]~")
_CANCEL: Final = re.compile(
    # As a byte, in kitty's protocol (with ctrl, whatever the locks are), and as xterm may send it.
    rb"(?:\x03|\x1b\[99(?::[0-9]{0,7}){0,2};(?:5|69|133|197)(?::[12]?)?(?:;[0-9:]{0,20})?u"
    rb"|\x1b\[27;5;99~)"
)
_MAX_KEY_BYTES: Final = 8
_KEY_GAP: Final = 0.08
"""Seconds between two reads that may be keys; those of a key that is held come closer."""
_MAX_TYPED_AHEAD: Final = 16
"""Bytes that may follow a ctrl+c that is a key."""
_MAX_CANCEL_BYTES: Final = 48
_CONTROL: Final = re.compile(
    # Sequences, then what is left of controls; line breaks and tabs are text.
    r"\x1b(?:\[[ -?]*[@-~]?|O[ -~]?|[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -~])?"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
)


class Ended(NamedTuple):
    """A paste that is over."""

    text: str
    rest: bytes
    """What came behind it: ordinary input."""
    restarts: bool = False
    """Whether the rest is another paste, whose first mark was found inside this one."""
    overflowed: bool = False


class PasteBuffer:
    """Collect a paste; nothing in it is a key. All times are in seconds, on any clock.

    It ends by its mark, wherever reads cut that; by silence, or by half a minute of nothing but
    what may be keys and reports; and at ctrl+c. In each case what came so far is the paste: whoever
    pasted it can see it and delete it; text that is thrown away cannot be recovered. The ctrl+c
    itself is not handed on as a key; input after it is ordinary input.
    """

    def __init__(self) -> None:
        self._data = bytearray()
        self._overflowed = False
        self._deadline = 0.0
        self._last_at = 0.0
        """When the last bytes came."""
        self._text_at: float | None = None
        """When the last bytes came that cannot be keys; None at the beginning."""
        self._cancel_at = -1
        """Where the rest begins behind a ctrl+c that silence may prove to be the key."""

    @property
    def deadline(self) -> float:
        """When `tick` will end the paste if nothing comes."""
        return self._deadline

    def feed(self, data: bytes, now: float) -> Ended | None:
        """Take the bytes that came; return the paste if they have ended it."""
        searched = max(0, len(self._data) - len(PASTE_END) + 1)
        self._data += data
        if match := _MARK.search(self._data, searched):
            return self._at_mark(match)
        if self._text_at is None or not _may_be_typed(data, now - self._last_at):
            self._text_at = now
        self._last_at = now
        self._cancel_at = self._find_cancel()
        if self._cancel_at < 0:
            self._deadline = min(now + PASTE_TIMEOUT, self._text_at + TYPED_SECONDS)
        else:
            self._deadline = now + CANCEL_SECONDS
        self._forget_surplus()
        return None

    def tick(self) -> Ended:
        """End the paste because of silence."""
        if self._cancel_at < 0:
            return self._ended(len(self._data), b"")
        return self._ended(self._cancel_at, bytes(self._data[self._cancel_at :]))

    @property
    def missing(self) -> bytes:
        """What is missing of the last mark, if that has begun; empty where it has not."""
        lengths = range(1, len(PASTE_END))
        begun = (n for n in lengths if self._data.endswith(PASTE_END[:n]))
        return PASTE_END[next(begun, len(PASTE_END)) :]

    def _at_mark(self, match: re.Match[bytes]) -> Ended:
        if match[0] == PASTE_START:
            # The end of the first one got lost.
            return self._ended(match.start(), bytes(self._data[match.end() :]), restarts=True)
        # A text that holds the mark itself must not come out of its paste: the last one counts, of
        # those that no other paste comes before.
        end = match
        for later in _MARK.finditer(self._data, match.end()):
            if later[0] == PASTE_START:
                break
            end = later
        return self._ended(end.start(), bytes(self._data[end.end() :]))

    def _ended(self, length: int, rest: bytes, *, restarts: bool = False) -> Ended:
        text = bytes(self._data[: min(length, MAX_PASTE_BYTES)]).decode("utf-8", "replace")
        if self._overflowed:
            # What was cut may be an ID, and the half of one is another.
            text = text[: max(map(text.rfind, " \t\r\n")) + 1]
        return Ended(_CONTROL.sub("", text), rest, restarts, self._overflowed)

    def _find_cancel(self) -> int:
        found = -1
        tail = max(0, len(self._data) - _MAX_TYPED_AHEAD - _MAX_CANCEL_BYTES)
        for match in _CANCEL.finditer(self._data, tail):
            if len(self._data) - match.end() <= _MAX_TYPED_AHEAD:
                found = match.end()
        return found

    def _forget_surplus(self) -> None:
        surplus = len(self._data) - _MAX_CANCEL_BYTES - _MAX_TYPED_AHEAD
        if surplus > MAX_PASTE_BYTES:
            self._overflowed = True
            del self._data[MAX_PASTE_BYTES:surplus]
            if self._cancel_at >= 0:
                self._cancel_at -= surplus - MAX_PASTE_BYTES


def _may_be_typed(data: bytes, gap: float) -> bool:
    """Return whether a read may be a key or a report rather than pasted text."""
    return data.startswith(ESC) or (len(data) <= _MAX_KEY_BYTES and gap >= _KEY_GAP)
