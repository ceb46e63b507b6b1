"""When the terminal and tmux are asked again, and what that changes."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import fake_terminals as fakes
from tests.support import virtual_time
from tests.terminal.graphics.asking import Stage
from tests.terminal.graphics.test_choice import FACTS
from tui.graphics import CellSize, Protocol
from tui.terminal.graphics import questions
from tui.terminal.graphics.finder import DEBOUNCE, FOCUS_INTERVAL, WINDOW

IN_TMUX = {"TMUX": "/tmp/tmux,1,0", "TERM": "tmux-256color"}


def test_nothing_is_told_while_nothing_has_changed() -> None:
    async def ask_often() -> None:
        stage = Stage(fakes.FOOT)
        stage.finder.ask()
        await asyncio.sleep(1)
        (first,) = stage.told
        for _ in range(3):
            stage.finder.ask()
            await asyncio.sleep(1)
        stage.finder.on_resize()
        await asyncio.sleep(1)
        assert stage.told == [first]
        assert stage.confirmed == 0, "it keeps no pictures"
        assert stage.asked == [questions.FIRST] * 5

    virtual_time.run(ask_often())


def test_after_a_resize_the_terminal_may_be_another_one_of_the_same_kind() -> None:
    """dtach tells by a resize alone that another terminal was attached."""

    async def go() -> None:
        stage = Stage(fakes.KITTY)
        for ask, confirmed in ((stage.finder.ask, 0), (stage.finder.on_resize, 1)) * 2:
            stage.confirmed = 0
            ask()
            await asyncio.sleep(1)
            assert stage.confirmed == confirmed
        assert len(stage.told) == 1
        # Another font: all is encoded anew anyway.
        stage.terminal = fakes.KITTY._replace(cell=(12, 25))
        stage.finder.on_resize()
        await asyncio.sleep(1)
        assert (stage.confirmed, len(stage.told)) == (1, 2)

    virtual_time.run(go())


def test_a_window_that_is_dragged_is_asked_once() -> None:
    async def drag() -> None:
        stage = Stage(fakes.FOOT)
        for _ in range(20):
            stage.finder.on_resize()
            await asyncio.sleep(DEBOUNCE / 2)
        assert stage.asked == []
        await asyncio.sleep(1)
        assert stage.asked == [questions.FIRST]

    virtual_time.run(drag())


def test_another_font_and_another_terminal_are_noticed() -> None:
    async def change() -> None:
        stage = Stage(fakes.KITTY)
        stage.finder.ask()
        await asyncio.sleep(1)
        stage.terminal = fakes.KITTY._replace(cell=(12, 25))
        stage.finder.on_resize()
        await asyncio.sleep(1)
        assert stage.finder.graphics.cell == CellSize(12, 25)
        stage.terminal = fakes.XTERM
        stage.finder.on_resize()
        await asyncio.sleep(1)
        assert stage.finder.graphics.protocol is Protocol.SYMBOLS
        # What another one does not answer, is not taken from the one before.
        stage.terminal = fakes.SILENT
        stage.finder.on_resize()
        await asyncio.sleep(WINDOW + 1)
        assert stage.finder.graphics.terminal == ""

    virtual_time.run(change())


def test_what_is_shown_stays_until_the_answers_are_there() -> None:
    async def go() -> None:
        stage = Stage(fakes.KITTY)
        stage.finder.ask()
        await asyncio.sleep(1)
        stage.terminal = fakes.KITTY._replace(delay=3.0)
        for _ in range(4):
            stage.finder.on_resize()
            await asyncio.sleep(1)
        await asyncio.sleep(WINDOW)
        assert {each.protocol for each in stage.told} == {Protocol.KITTY}

    virtual_time.run(go())


@pytest.mark.parametrize("delay", [WINDOW - 1, WINDOW + 1, 60.0])
def test_answers_count_whenever_they_come(delay: float) -> None:
    async def go() -> None:
        stage = Stage(fakes.KITTY._replace(delay=delay))
        stage.finder.ask()
        await asyncio.sleep(3 * delay)
        assert stage.finder.graphics.protocol is Protocol.KITTY

    virtual_time.run(go())


def test_wide_ambiguous_characters_leave_half_blocks() -> None:
    async def go() -> None:
        stage = Stage(fakes.FOOT)
        stage.finder.wide_ambiguous = True
        stage.finder.ask()
        await asyncio.sleep(1)
        assert stage.finder.graphics.symbols.value == "halves"

    virtual_time.run(go())


def test_another_client_of_tmux_has_none_of_the_pictures() -> None:
    async def attach() -> None:
        stage = Stage(fakes.SILENT, environ=IN_TMUX, facts=[FACTS])
        for again in (stage.finder.ask, stage.finder.on_focus, stage.finder.on_resize):
            again()
            await asyncio.sleep(FOCUS_INTERVAL)
        assert len(stage.told) == 1
        stage.facts = [FACTS._replace(client="4712")]
        stage.finder.on_focus()
        stage.finder.on_focus()
        await asyncio.sleep(FOCUS_INTERVAL)
        one, other = stage.told
        assert one._replace(client=other.client) == other != one
        assert stage.times_tmux_asked == 4
        # Detached, nobody sees it: what was there is the best guess for the next one.
        stage.facts = [FACTS._replace(client="", terminal="")]
        stage.finder.on_resize()
        await asyncio.sleep(1)
        assert len(stage.told) == 2

    virtual_time.run(attach())


def test_tmux_is_asked_again_once_its_client_is_gone_and_another_is_there(tmp_path: Path) -> None:
    socket = tmp_path / "socket"
    socket.touch(0o600)
    with subprocess.Popen([sys.executable, "-c", ""]) as client:
        gone = str(client.pid)

    async def attach() -> None:
        environ = {**IN_TMUX, "TMUX": f"{socket},1,0"}
        living = FACTS._replace(client=str(os.getpid()))
        stage = Stage(fakes.SILENT, environ=environ, facts=[living])
        stage.finder.look()
        stage.finder.ask()
        await asyncio.sleep(1)
        socket.chmod(0o700)
        stage.finder.look()
        assert stage.times_tmux_asked == 1
        stage.facts = [FACTS._replace(client=gone), living]
        stage.finder.on_focus()
        stage.finder.ask()
        await asyncio.sleep(1)
        socket.chmod(0o600)
        stage.finder.look()
        assert stage.times_tmux_asked == 2
        # tmux marks its socket while somebody is attached.
        socket.chmod(0o700)
        stage.finder.look()
        assert stage.times_tmux_asked == 3
        await asyncio.sleep(1)
        assert len(stage.told) == 3

    virtual_time.run(attach())
