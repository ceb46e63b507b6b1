"""The order in which pictures go to the terminal, a piece at a time.

Pictures cannot be mixed: one whose pieces are missing spoils the next, and has to be closed. So one
is sent after the other. Any command between two pieces spoils their picture, too (seen in kitty
0.41.1), so commands go between two pictures. Pure: sends nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple


class Step(NamedTuple):
    """What is to be sent next: a piece of a picture, or a command."""

    text: str
    picture_id: int = 0
    """The picture that a piece belongs to."""
    is_last: bool = False
    """Whether the picture is whole with this piece."""
    closes: int = 0
    """The id of the picture that a command ends before its last piece."""
    deletes: int = 0
    """The id of the picture that a command deletes."""


class Transfer(NamedTuple):
    """A picture that is to be sent."""

    picture_id: int
    pieces: Iterator[str]
    """At least one."""
    close: str
    """The command that ends it before its last piece."""


class Transfers:
    """Pictures that wait, the one that is being sent, and the commands before the next one."""

    def __init__(self) -> None:
        """Begin with nothing to send."""
        self._commands: deque[Step] = deque()
        self._waiting: deque[Transfer] = deque()
        self._current: Transfer | None = None
        self._pieces: deque[str] = deque()
        """The next piece of the current picture, and the one behind it."""
        self._last: tuple[Step, str] | None = None
        """What was sent last, and the command that ends a picture of which it is a piece."""
        self.close = ""
        """What ends the picture whose pieces the terminal waits for; empty where it waits for
        none."""

    @property
    def next_picture(self) -> int:
        """The id of the picture that would begin with the next piece; 0 where none would."""
        if self._commands or self._current is not None or not self._waiting:
            return 0
        return self._waiting[0].picture_id

    def add(self, transfer: Transfer) -> None:
        """Send a picture when those before it are sent."""
        self._waiting.append(transfer)

    def command(self, text: str) -> None:
        """Send a command before the next picture."""
        self._commands.append(Step(text))

    def delete(self, picture_id: int, text: str) -> None:
        """Delete a picture by a command, before the next one is sent."""
        self._commands.append(Step(text, deletes=picture_id))

    def cancel(self, picture_id: int) -> None:
        """Send a picture no further, and close what was begun."""
        if self._current is not None and self._current.picture_id == picture_id:
            self._current = None
            if self.close:
                self._commands.appendleft(Step(self.close, closes=picture_id))
        self._waiting = deque(each for each in self._waiting if each.picture_id != picture_id)

    def undo_last(self) -> int:
        """Note that what was sent last was cut; return the picture it is a piece of, 0 for none.

        A command is sent once more. After the last piece of a picture that is to be begun again.
        """
        if self._last is None:
            return 0
        step, close = self._last
        self._last = None
        if not step.picture_id:
            self._commands.appendleft(step)
        elif step.is_last and close:
            self._commands.appendleft(Step(close, closes=step.picture_id))
        return step.picture_id

    def clear(self) -> None:
        """Send nothing of all this, nor what closes it: the terminal was given away."""
        self._commands.clear()
        self._waiting.clear()
        self._current, self.close, self._last = None, "", None

    def forget(self, picture_id: int) -> None:
        """Send nothing more of a picture, nor what closes it: its terminal is gone."""
        self.cancel(picture_id)
        about = [each for each in self._commands if picture_id in (each.closes, each.deletes)]
        if any(each.closes for each in about):
            self.close = ""
        self._commands = deque(each for each in self._commands if each not in about)

    def peek(self) -> Step | None:
        """Return what is to be sent next; None where there is nothing."""
        if self._is_command_next:
            return self._commands[0]
        if self._current is None:
            if not self._waiting:
                return None
            self._current = self._waiting.popleft()
            self._pieces = deque([next(self._current.pieces)])
        if len(self._pieces) < 2 and (piece := next(self._current.pieces, None)) is not None:
            self._pieces.append(piece)
        return Step(self._pieces[0], self._current.picture_id, len(self._pieces) == 1)

    def advance(self) -> None:
        """Note that what `peek` returned is sent."""
        step = self.peek()
        if step is None:
            return
        if self._is_command_next:
            self._last = self._commands.popleft(), ""
            if step.closes:
                self.close = ""
        elif self._current is not None:
            self._last = step, self._current.close
            self._pieces.popleft()
            self.close = self._current.close if self._pieces else ""
            if not self._pieces:
                self._current = None

    @property
    def _is_command_next(self) -> bool:
        return bool(self._commands) and (self._current is None or not self.close)
