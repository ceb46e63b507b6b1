"""What the terminal holds: sent once, in pieces, at most 24, and deleted when nothing shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.kitty_pictures import KittyPictures, picture_bytes, unwrapped
from tui.graphics import CellSize, Graphics, Protocol, SymbolSet
from tui.pictures.encoding import EncodedPicture
from tui.terminal.pictures.layer import PictureLayer
from tui.terminal.pictures.live import MAX_LIVE
from tui.terminal.pictures.placement import Placement
from tui.terminal.pictures.slots import MAX_SLOT, Slots, slot

KITTY = Graphics(Protocol.KITTY, cell=CellSize(10, 20), terminal="kitty(1)", client="1")
IN_TMUX = KITTY._replace(in_tmux=True)


def picture(name: str = "a", size: int = 9000) -> EncodedPicture:
    """Return a picture of 4 by 2 cells."""
    return EncodedPicture(Protocol.KITTY, SymbolSet.HALVES, 4, 2, name.encode().ljust(size, b"."))


@dataclass
class Terminal:
    """A line that has room for so many pieces, and a screen that shows so many slots."""

    room: float = float("inf")
    sent: list[str] = field(default_factory=list)
    shown: set[int] = field(default_factory=set)
    drawn_again: list[int] = field(default_factory=list)
    cleanup: str = ""
    retry_in = 60.0
    cursor = 0, 0
    graphics: Graphics = KITTY
    on_send: Callable[[], object] = lambda: None

    def may_send_picture(self, size: int) -> bool:
        """Return whether there is room."""
        return self.room > 0

    def send_picture(self, text: str) -> None:
        """Take a piece."""
        self.room -= 1
        self.sent.append(text)
        self.on_send()

    def shown_slots(self) -> set[int]:
        """Return the slots on the screen."""
        return self.shown

    def draw_again(self, slot: int) -> None:
        """Note what is to be drawn again."""
        self.drawn_again.append(slot)

    def note(self, cleanup: str) -> None:
        """Note what removes everything."""
        self.cleanup = cleanup

    @property
    def raw(self) -> bytes:
        """All that was sent."""
        return "".join(self.sent).encode()

    @property
    def pictures(self) -> KittyPictures:
        """What a terminal holds after all that."""
        return KittyPictures(self.raw)


@pytest.fixture
def terminal() -> Terminal:
    """Return a terminal that takes everything."""
    return Terminal()


@pytest.fixture
async def layer(terminal: Terminal) -> PictureLayer:
    """Return the layer on it."""
    return PictureLayer(terminal, terminal, lambda: terminal.graphics, 200, terminal.note)


async def turn() -> None:
    """Let callbacks run."""
    for _ in range(3):
        await asyncio.sleep(0)


async def show(layer: PictureLayer, terminal: Terminal, name: str = "a") -> Placement:
    """Send a picture, and draw its cells."""
    sent: list[Placement] = []
    placement = layer.send(picture(name), sent.append)
    await turn()
    assert sent == [placement]
    terminal.shown.add(slot(placement.number))
    layer.after_frame()
    return placement


async def test_a_picture_is_sent_once_and_then_its_sender_is_told(
    layer: PictureLayer, terminal: Terminal
) -> None:
    told: list[Placement] = []
    terminal.room = 2
    placement = layer.send(picture(), told.append)
    await turn()
    assert (len(terminal.sent), told) == (2, [])
    terminal.room = 99
    layer.pump()
    assert told == [], "never before the sender is ready for it"
    await turn()
    assert told == [placement]
    assert terminal.pictures.live == {placement.number: picture().data}
    assert terminal.pictures.largest <= 4096
    count = len(terminal.sent)
    layer.pump()
    layer.after_frame()
    assert len(terminal.sent) == count


async def test_a_picture_is_deleted_once_no_cell_shows_it(
    layer: PictureLayer, terminal: Terminal
) -> None:
    placement = await show(layer, terminal)
    layer.remove(placement)
    layer.remove(placement)
    await turn()
    layer.after_frame()
    assert len(terminal.pictures.live) == 1, "it would be gone before the cells are"
    terminal.shown.clear()
    layer.after_frame()
    assert terminal.pictures.live == {}
    assert terminal.cleanup == ""
    assert layer.live == 0


async def test_what_is_not_wanted_any_more_is_closed_and_its_sender_is_not_told(
    layer: PictureLayer, terminal: Terminal
) -> None:
    told: list[Placement] = []
    terminal.room = 1
    first = layer.send(picture("a"), told.append)
    second = layer.send(picture("b"), told.append)
    third = layer.send(picture("c"), told.append)
    assert "m=0" in terminal.cleanup, "an end now has to close it"
    layer.remove(first)
    layer.remove(second)
    terminal.room = 99
    layer.pump()
    await turn()
    assert told == [third]
    assert [name[:1] for name in terminal.pictures.live.values()] == [b"c"]
    assert terminal.pictures.faults == []
    assert str(second.number) not in "".join(terminal.sent), "it was never begun"


async def test_the_terminal_holds_24_and_the_one_longest_not_shown_makes_room(
    layer: PictureLayer, terminal: Terminal
) -> None:
    lost: list[Placement] = []
    placements = [layer.send(picture(str(n)), lambda _: None, lost.append) for n in range(MAX_LIVE)]
    terminal.shown = {slot(placements[0].number)}
    placements += [layer.send(picture(str(n)), lambda _: None, lost.append) for n in range(3)]
    await turn()
    assert lost == placements[1:4]
    assert terminal.pictures.most == MAX_LIVE
    assert set(terminal.pictures.live) == {p.number for p in placements if p not in lost}
    layer.remove(lost[0])


async def test_a_thousand_pictures_leave_nothing_behind(
    layer: PictureLayer, terminal: Terminal
) -> None:
    old: Placement | None = None
    used: dict[int, int] = {}
    for number in range(1000):
        new = await show(layer, terminal, str(number))
        assert number - used.get(new.number, -MAX_SLOT) > 200, "used again late"
        used[new.number] = number
        if old is not None:
            layer.remove(old)
            terminal.shown.discard(slot(old.number))
            layer.after_frame()
        old = new
        if number % 100 == 99:
            held = terminal.pictures
            assert held.most <= 3
            assert held.faults == []
            assert layer.live == 1
            assert len(held.live) == 1
            terminal.sent.clear()
            terminal.sent.append(f"\x1b_Ga=T,q=2,i={new.number},m=0;\x1b\\")


async def test_ctrl_l_sends_all_again_and_their_cells_behind_it(
    layer: PictureLayer, terminal: Terminal
) -> None:
    hidden = await show(layer, terminal, "hidden")
    shown = await show(layer, terminal, "shown")
    terminal.shown = {slot(shown.number)}
    terminal.sent.clear()
    layer.send_anew()
    assert list(terminal.pictures.live) == [shown.number, hidden.number], "what is seen goes first"
    assert terminal.drawn_again == [slot(shown.number), slot(hidden.number)]
    assert terminal.pictures.faults == []


async def test_ctrl_l_in_the_middle_of_a_picture_begins_it_again(
    layer: PictureLayer, terminal: Terminal
) -> None:
    told: list[Placement] = []
    terminal.room = 2
    placement = layer.send(picture(), told.append)
    layer.send_anew()
    terminal.room = 99
    layer.pump()
    await turn()
    assert told == [placement]
    assert terminal.pictures.live[placement.number] == picture().data
    assert terminal.pictures.faults == []


async def test_a_terminal_that_may_be_another_one_gets_only_what_it_lacks(
    layer: PictureLayer, terminal: Terminal
) -> None:
    kept = await show(layer, terminal, "kept")
    lost = await show(layer, terminal, "lost")
    terminal.room = 1
    half = layer.send(picture("half"), lambda _: None)
    layer.check()
    terminal.room = 99
    answer = f"\x1b_Gi={lost.number},p=1;ENOENT:gone\x1b\\"
    layer.take_answer(answer)
    assert terminal.pictures.sent == [kept.number, lost.number, half.number], "not asked yet"
    layer.pump()
    asked = terminal.raw.count(b"a=p,q=1,U=1,")
    assert asked == 3
    assert terminal.pictures.faults == [], "between two pieces kitty answers nothing"
    assert terminal.pictures.lacked == [], "it changes nothing"
    terminal.sent.clear()
    for each in (answer, f"\x1b_Gi={kept.number};OK\x1b\\", "\x1b_Gi=7;ENOENT\x1b\\", answer):
        layer.take_answer(each)
    assert terminal.pictures.sent == [lost.number], "once, whatever it answers"
    assert terminal.drawn_again[-1:] == [slot(lost.number)]


@pytest.mark.parametrize("pieces", [1, 2, 4, 5])
async def test_a_piece_that_was_dropped_when_the_program_was_stopped_spoils_nothing(
    layer: PictureLayer, terminal: Terminal, pieces: int
) -> None:
    terminal.room = pieces
    first = layer.send(picture(), lambda _: None)
    if pieces == 5:
        terminal.shown.clear()
        layer.remove(first)
        await turn()
        assert "a=d" in terminal.sent[-1]
    terminal.sent.pop()
    terminal.room = 99
    assert not layer.resume(cut=True)
    layer.send(picture("b"), lambda _: None)
    await turn()
    pictures = terminal.pictures
    assert (pictures.open, pictures.faults) == (None, [])
    assert [data[:1] for data in pictures.live.values()] == [b"a", b"b"][pieces == 5 :]


async def test_while_the_terminal_is_given_away_nothing_is_sent_and_then_everything(
    layer: PictureLayer, terminal: Terminal
) -> None:
    placement = await show(layer, terminal)
    layer.pause()
    cleanup, count = terminal.cleanup, len(terminal.sent)
    waiting = layer.send(picture("b"), lambda _: None)
    layer.send_anew()
    layer.after_frame()
    assert (terminal.cleanup, len(terminal.sent)) == (cleanup, count)
    assert KittyPictures(terminal.raw + cleanup.encode()).live == {}
    terminal.sent.clear()
    layer.resume()
    assert set(terminal.pictures.live) == {placement.number, waiting.number}


async def test_at_each_moment_the_cleanup_removes_all_there_is(
    layer: PictureLayer, terminal: Terminal
) -> None:
    def check() -> None:
        left = KittyPictures(terminal.raw + terminal.cleanup.encode())
        assert (left.live, left.open, left.faults) == ({}, None, [])

    terminal.on_send = check
    placements = [await show(layer, terminal, str(number)) for number in range(30)]
    terminal.room = 1
    for placement in (layer.send(picture("x"), lambda _: None), *placements):
        layer.remove(placement)
    terminal.room = 99
    terminal.shown.clear()
    layer.after_frame()
    await turn()
    assert (terminal.pictures.live, terminal.cleanup) == ({}, "")


async def test_in_tmux_all_is_wrapped_and_what_was_half_sent_behind_it_is_ended(
    terminal: Terminal,
) -> None:
    terminal.graphics = IN_TMUX
    now = [0.0]
    layer = PictureLayer(
        terminal, terminal, lambda: terminal.graphics, 200, terminal.note, lambda: now[0]
    )
    placement = layer.send(picture(), lambda _: None)
    assert len(terminal.sent) == 1, "tmux drops what its own terminal does not take in time"
    while layer.live and len(terminal.sent) < 4:
        now[0] += 1
        layer.pump()
    passed_on = unwrapped(terminal.raw)
    assert KittyPictures(passed_on).live == {placement.number: picture().data}
    assert b"\x1b_G" not in terminal.raw.replace(b"\x1b\x1b", b"")
    cleanup = unwrapped(terminal.cleanup.encode())
    assert cleanup.startswith(b"\x1b\\\x1b_Gq=2,m=0;\x1b\\\x1b_Ga=d")
    assert KittyPictures(passed_on + cleanup).live == {}


CHANGES: dict[str, tuple[dict[str, Any], bool]] = {
    "another size of cells": ({"cell": CellSize(8, 16)}, True),
    "no pictures wanted": ({"protocol": Protocol.SYMBOLS}, True),
    # Perhaps beside the last one, which still has them.
    "another client": ({"client": "2"}, True),
    "another terminal": ({"terminal": "foot(1)", "protocol": Protocol.SIXEL}, False),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_only_a_terminal_that_has_a_picture_is_told_to_delete_it(
    layer: PictureLayer, terminal: Terminal, change: str
) -> None:
    differs, is_same_terminal = CHANGES[change]
    whole = await show(layer, terminal)
    terminal.room = 1
    layer.send(picture("half"), lambda _: pytest.fail("it was dropped"))
    terminal.room = 99
    terminal.graphics = KITTY._replace(**differs)
    count = len(terminal.sent)
    layer.change_graphics(terminal.graphics)
    terminal.shown.clear()
    layer.after_frame()
    await turn()
    assert bool(picture_bytes("".join(terminal.sent[count:]).encode())) == is_same_terminal
    assert layer.live == 0
    assert terminal.cleanup == ""
    if is_same_terminal:
        assert terminal.pictures.live == {}
        assert terminal.pictures.faults == []
    layer.remove(whole)


async def test_what_was_sent_for_the_new_terminal_already_stays(
    layer: PictureLayer, terminal: Terminal
) -> None:
    old = await show(layer, terminal, "old")
    terminal.graphics = KITTY._replace(client="2")
    new = await show(layer, terminal, "new")
    layer.change_graphics(terminal.graphics)
    await turn()
    terminal.shown.discard(slot(old.number))
    layer.after_frame()
    assert new.number in terminal.pictures.live
    assert layer.live == 1


def test_slots_run_out_only_where_all_are_used() -> None:
    slots = Slots(200)
    used = {slots.take(()) for _ in range(MAX_SLOT)}
    assert len(used) == MAX_SLOT
    with pytest.raises(LookupError):
        slots.take(used)
    assert slots.take(used - {7 << 24 | 200}) == 7 << 24 | 200
