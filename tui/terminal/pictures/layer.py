"""Pictures in the terminal: sends them between frames, keeps count of them, and removes them.

A picture goes in pieces as the line has room, so that a key is never held up by it. Data are
deleted once no cell shows them any more, and not before: the picture would be gone for a moment.
For a picture in the place of another: send the new one, draw its cells in `on_sent`, and remove the
old one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Final, NamedTuple, Protocol

from rich.control import Control
from textual.geometry import Region

from tui.graphics import Graphics
from tui.pictures import kitty
from tui.pictures.encoding import EncodedPicture
from tui.terminal.pictures.live import MAX_LIVE, LivePictures
from tui.terminal.pictures.placement import Placement
from tui.terminal.pictures.sixel_frames import SixelFrames
from tui.terminal.pictures.sixel_pieces import split
from tui.terminal.pictures.slots import Slots, slot
from tui.terminal.pictures.transfers import Step, Transfer, Transfers

TMUX_INTERVAL: Final = 0.05
"""Seconds between two pieces in tmux: it answers probes itself, and drops what its own terminal
does not take in time."""
_MIN_WAIT, _MAX_WAIT = 0.02, 5.0
"""Seconds after which a transfer that had to wait is tried again, whatever happens meanwhile."""


class Line(Protocol):
    """The way to the terminal."""

    def may_send_picture(self, size: int) -> bool:
        """Return whether a piece of `size` bytes may follow now."""

    def send_picture(self, text: str) -> None:
        """Send a piece."""

    @property
    def retry_in(self) -> float:
        """Seconds after which to ask again even if nothing has happened."""


class Cells(Protocol):
    """What the terminal shows."""

    def shown_slots(self) -> set[int]:
        """Return the slots of the pictures whose cells are on the screen."""

    def draw_again(self, slot: int) -> None:
        """Send the cells of a picture again, though they have not changed."""

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row of the cursor between two frames."""


class _Sender(NamedTuple):
    """Who sent a picture, and is told about it, in the context that it was sent in."""

    on_sent: Callable[[Placement], None]
    on_lost: Callable[[Placement], None] | None
    context: Context


class PictureLayer:
    """The pictures of one terminal. All methods belong to the thread of the event loop."""

    def __init__(
        self,
        line: Line,
        cells: Cells,
        graphics: Callable[[], Graphics],
        low: int,
        note_cleanup: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Send over `line` for the terminal that `graphics` tells; `low` is the low byte of ids.

        `note_cleanup` is told what removes all pictures, each time that this changes, and before
        the terminal gets anything.
        """
        self._line, self._cells, self._graphics = line, cells, graphics
        self._slots = Slots(low)
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._transfers = Transfers()
        self._placements: dict[int, Placement] = {}
        """What is wanted, the longest wanted first."""
        self._senders: dict[int, _Sender] = {}
        self._live = LivePictures(note_cleanup)
        self._unannounced: set[int] = set()
        """What is wanted, and was never shown yet."""
        self.sixels = SixelFrames(self._draw, self._transfers.cancel)
        self._paused = self._is_to_check = False
        self._checked: set[int] = set()
        """The pictures that the terminal was asked about, to which it may still answer."""
        self._not_before = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def live(self) -> int:
        """The number of pictures whose data the terminal holds."""
        return len(self._live)

    def send(
        self,
        picture: EncodedPicture,
        on_sent: Callable[[Placement], None],
        on_lost: Callable[[Placement], None] | None = None,
    ) -> Placement:
        """Send a picture in pieces, and return the placement that draws it.

        Both functions are called on the event loop, never before `send` has returned, and only
        while the placement is wanted.

        Args:
            picture: Encoded for kitty or sixel.
            on_sent: Called once the terminal can show it: its cells may be drawn now.
            on_lost: Called when it had to make room for others, after which it counts as removed:
                the terminal holds `MAX_LIVE` pictures, and the one longest not shown goes first.
        """
        number = self._slots.take({*self._live, *self._placements})
        placement = Placement(number, picture, self._graphics())
        self._placements[number] = placement
        self._senders[number] = _Sender(on_sent, on_lost, copy_context())
        if placement.is_kitty:
            self._unannounced.add(number)
            self._enqueue(placement)
            self.pump()
        else:
            self.sixels.screen.add(placement)
            self._announce(placement)
        return placement

    def remove(self, placement: Placement) -> None:
        """Note that a picture is wanted no more: send it no further, and delete it."""
        number = placement.number
        if self._placements.get(number) is not placement:
            return
        del self._placements[number], self._senders[number]
        self._unannounced.discard(number)
        self._transfers.cancel(number)
        if placement.is_kitty:
            self._live.doom(number)
            self._loop.call_soon(self.after_frame)
        else:
            self.sixels.screen.discard(placement)

    def after_frame(self) -> None:
        """Delete what no cell shows any more, and go on sending."""
        if self._live.doomed and not self._paused:
            shown = self._cells.shown_slots()
            for number in sorted(self._live.doomed):
                if slot(number) not in shown:
                    self._delete(number)
        self.pump()

    def pump(self) -> None:
        """Send what the line has room for."""
        while not self._paused:
            if number := self._transfers.next_picture:
                self._make_room(number)
            step = self._transfers.peek()
            if step is None and self._is_to_check:
                self._check()
                continue
            if step is None:
                return
            if self._clock() < self._not_before or not self._line.may_send_picture(len(step.text)):
                self._retry_later()
                return
            self._send(step)

    def send_anew(self) -> None:
        """Send everything again, first what is on the screen: the terminal may have lost it."""
        if self._paused:
            return
        shown = self._cells.shown_slots()
        kitties = [each for each in self._placements.values() if each.is_kitty]
        for placement in sorted(kitties, key=lambda each: slot(each.number) not in shown):
            self._send_again(placement)
        self.pump()

    def pause(self) -> None:
        """Send nothing more: the terminal is given back, with what was noted for the cleanup."""
        self._paused = True

    def resume(self, *, cut: bool = False) -> bool:
        """Send everything again if it was paused, since the cleanup has removed it; return that.

        Otherwise, where what was sent last was `cut`, repair that. Sixel pictures are drawn behind
        the next frame, which is sent whole.
        """
        if self._paused:
            self._paused = False
            self._forget_terminal()
            self.send_anew()
            return True
        if cut:
            placement = self._placements.get(self._transfers.undo_last())
            if placement is not None and placement.is_kitty:
                self._send_again(placement)
            self.pump()
        return False

    def check(self) -> None:
        """Send again what the terminal lacks, as soon as it has said so; see `take_answer`."""
        self._is_to_check = True
        self.pump()

    def take_answer(self, text: str) -> None:
        """Take what the terminal says, about a picture or anything else."""
        number = kitty.lacked(text)
        placement = self._placements.get(number)
        if number in self._checked and placement is not None:
            self._send_again(placement)
            self.pump()
        self._checked.discard(number)

    def change_graphics(self, graphics: Graphics) -> None:
        """Drop what was sent for another terminal, or in another way.

        A terminal that has none of it is sent nothing.
        """
        for number in self._live.of_other_terminals(graphics):
            self._live.discard(number)
            self._transfers.forget(number)
        for placement in list(self._placements.values()):
            if placement.graphics != graphics:
                self.remove(placement)
        self._live.note()
        self.pump()

    def _draw(self, placement: Placement, at: Region) -> None:
        """Draw a sixel picture, behind the frame that was just sent, unless it was removed."""
        number = placement.number
        if self._placements.get(number) is not placement:
            return
        self._transfers.cancel(number)
        back = _move(*self._cells.cursor)
        texts = (
            _move(at.x + piece.column, at.y + piece.row) + piece.data.decode("latin-1") + back
            for piece in split(placement.picture.data, placement.graphics.cell)
        )
        self._transfers.add(Transfer(number, texts, ""))

    def _check(self) -> None:
        """Ask about each picture that is wanted. None is on its way."""
        self._is_to_check = False
        self._checked = {number for number in self._live if number in self._placements}
        for number in self._checked:
            self._transfers.command(kitty.check(number, self._placements[number].picture))

    def _send_again(self, placement: Placement) -> None:
        self._transfers.cancel(placement.number)
        self._enqueue(placement)

    def _enqueue(self, placement: Placement) -> None:
        wrap = placement.graphics.in_tmux
        pieces = kitty.transmit(placement.number, placement.picture, wrap=wrap)
        close = kitty.close_transfer(wrap=wrap)
        self._transfers.add(Transfer(placement.number, pieces, close))

    def _send(self, step: Step) -> None:
        placement = self._placements.get(step.picture_id)
        self._transfers.advance()
        if placement is not None:
            if placement.is_kitty:
                self._live.add(placement.number, placement.graphics)
            else:
                self._live.add_sixel()
            # Before the terminal gets it, whatever ends the program meanwhile.
            self._live.note()
            if placement.graphics.in_tmux:
                self._not_before = self._clock() + TMUX_INTERVAL
        self._line.send_picture(step.text)
        if placement is None:
            self._live.discard(step.deletes)
            self._live.note()
        elif step.is_last and placement.is_kitty:
            self._on_whole(placement)

    def _on_whole(self, placement: Placement) -> None:
        if placement.number in self._unannounced:
            self._unannounced.discard(placement.number)
            self._announce(placement)
        else:
            # A terminal draws what is sent anew only where its cells come behind it.
            self._cells.draw_again(slot(placement.number))

    def _announce(self, placement: Placement) -> None:
        def announce() -> None:
            sender = self._senders.get(placement.number)
            if sender is not None and self._placements.get(placement.number) is placement:
                sender.on_sent(placement)

        self._loop.call_soon(announce, context=self._senders[placement.number].context)

    def _make_room(self, number: int) -> None:
        """Delete the picture that is longest not shown if there is no room for another."""
        is_kitty = self._placements[number].is_kitty
        if len(self._live) < MAX_LIVE or number in self._live or not is_kitty:
            return
        oldest = self._live.first_to_go(self._cells.shown_slots())
        placement = self._placements.get(oldest)
        if placement is not None:
            sender = self._senders[oldest]
            self.remove(placement)
            if sender.on_lost is not None:
                self._loop.call_soon(sender.on_lost, placement, context=sender.context)
        self._delete(oldest)

    def _delete(self, number: int) -> None:
        self._live.doomed.discard(number)
        self._transfers.delete(number, self._live.delete(number))

    def _forget_terminal(self) -> None:
        self._transfers.clear()
        self.sixels.screen.forget()
        self._live.clear()
        self._live.note()
        self._checked.clear()

    def _retry_later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        wait = max(self._not_before - self._clock(), self._line.retry_in)
        self._timer = self._loop.call_later(min(_MAX_WAIT, max(_MIN_WAIT, wait)), self.pump)


def _move(x: int, y: int) -> str:
    return Control.move_to(x, y).segment.text
