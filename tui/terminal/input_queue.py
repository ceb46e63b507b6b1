"""Keys that come together are dealt with one after the other.

Textual passes each on at once to what has the focus at that moment (8.2.8). Over a slow line they
come in bundles: what the first of them opens is not there yet for the second, and what it closes is
still there. A letter after `a` went to the list, two escapes closed one dialog twice, which ended
the program, and `q` overtook the removal before it. Knows nothing of tasks.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from textual import events
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

PATIENCE: Final = 2.0
"""Seconds after which the next key is passed on in any case."""
CHECK: Final = 0.1
"""Seconds between two looks whether the messenger was lost: a widget that goes takes it along."""
_IN_ORDER: Final = (events.Key, events.Paste, events.MouseDown, events.MouseUp)


_Place = tuple[Screen[object], Widget | None]
"""The screen on top, and what has the focus: where the next key goes to."""


class Passed(Message):
    """Sent after a key on the same way: when it arrives, the key has arrived everywhere."""


class OrderlyApp(App[None]):
    """An app that may be typed at in any haste."""

    def __init__(self) -> None:
        super().__init__()
        self.held = False
        """Whether all input waits until somebody can take it; `release` ends it."""
        self._typed: deque[events.Event] = deque()
        self._messenger: Passed | None = None
        """Is on its way behind a key."""
        self._rounds = 0
        self._left: _Place | None = None
        """Where it left from."""
        self._check: asyncio.TimerHandle | None = None

    def release(self) -> None:
        """Pass on what was held, and all that comes from now on."""
        self.held = False
        if self._typed:
            self._look_behind(self._place)

    @property
    def _place(self) -> _Place:
        return self.screen, self.focused

    async def on_event(self, event: events.Event) -> None:
        """Pass on what is typed when its turn has come, and all else at once."""
        in_order = isinstance(event, _IN_ORDER) or (
            self.held and isinstance(event, events.InputEvent)
        )
        if not in_order or event.is_forwarded:
            await super().on_event(event)
            return
        self._typed.append(event)
        if not self.held and self._messenger is None:
            await self._pass_on()

    async def _pass_on(self) -> None:
        place = self._place
        await super().on_event(self._typed.popleft())
        self._rounds = 0
        self._look_behind(place)

    def _look_behind(self, place: _Place) -> None:
        """Send a messenger after a key, to come back when it has arrived everywhere."""
        screen, focused = self._left = place
        way = focused or screen
        self._messenger = Passed()
        self._rounds += 1
        loop = asyncio.get_running_loop()
        self._check_again(way, loop.time() + PATIENCE)
        if not way.post_message(self._messenger):
            self.post_message(self._messenger)

    def _check_again(self, way: Widget, until: float) -> None:
        if self._check is not None:
            self._check.cancel()
        loop = asyncio.get_running_loop()
        self._check = loop.call_later(CHECK, self._check_on_messenger, way, until)

    def _check_on_messenger(self, way: Widget, until: float) -> None:
        if self._messenger is None or self._exit:
            return
        there = way.is_attached and way.screen in self.screen_stack
        if there and asyncio.get_running_loop().time() < until:
            self._check_again(way, until)
        else:
            self.post_message(self._messenger)

    async def on_passed(self, message: Passed) -> None:
        """Pass on the next key, unless the one before it has not done all that it will.

        What widgets tell each other about it is on the same way, so a second round follows the
        first. A screen that was opened meanwhile deals with the messenger when it is mounted.
        """
        if message is not self._messenger:
            return
        if self._left != self._place or (self._typed and self._rounds < 2):
            self._look_behind(self._place)
            return
        self._messenger = None
        if self._check is not None:
            self._check.cancel()
        if self._typed:
            await self._pass_on()

    def pop_screen(self) -> AwaitComplete:
        """Close the screen on top, if it is not the last one.

        Textual's palette closes itself twice where a key comes while a command is chosen (8.2.8).
        """
        if len(self.screen_stack) > 1:
            return super().pop_screen()
        return AwaitComplete.nothing()  # type: ignore[no-any-return, no-untyped-call]
