"""Deliver input events one at a time.

Textual dispatches each event at once to whatever has the focus. Over a slow line keys arrive in
bursts, and the second one would reach the screen that the first is about to close, or miss the one
that it opens. So each event is followed by a barrier on the same path, and the next event is
dispatched when the barrier has come back.

What a key means may depend on what has the focus by then: see `AltKey` and `LineBreak`. Reports of
the focus wait in the same queue, where of several in a row only the last one counts: each restyles
the whole screen, and 400 of them kept a key waiting for five seconds.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final, Protocol, runtime_checkable

from textual import events
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget

from tui.terminal.input.events import AltKey, LineBreak

BARRIER_TIMEOUT: Final = 2.0
"""Seconds after which the next event is dispatched even if the barrier has not come back."""
BARRIER_CHECK_INTERVAL: Final = 0.1
"""Seconds between checks whether the barrier was lost: a widget that is removed takes it along."""
_FOCUS_REPORTS: Final = (events.AppFocus, events.AppBlur)
_QUEUED_EVENTS: Final = (
    *(events.Key, AltKey, LineBreak, events.Paste, events.MouseDown, events.MouseUp),
    *_FOCUS_REPORTS,
)

_Target = tuple[Screen[object], Widget | None]
"""The screen on top and its focused widget: where the next key goes."""


@runtime_checkable
class TakesLines(Protocol):
    """A widget into which many lines can be pasted, on terminals that do not mark pastes, too."""

    def take_line_break(self, character: str, rest: str, *, in_lines: bool) -> bool:
        """Return whether a line break was part of a text, and was taken; else it is a key."""
        ...


class InputBarrier(Message):
    """Posted behind an input event; its return proves that the event was fully handled."""


class InputQueueApp(App[None]):
    """An app that handles each key completely before the next one."""

    def __init__(self) -> None:
        super().__init__()
        self._input_held = False
        self._input_events: deque[events.Event] = deque()
        self._barrier: InputBarrier | None = None
        """The one in flight."""
        self._barrier_rounds = 0
        self._barrier_target: _Target | None = None
        self._barrier_check: asyncio.TimerHandle | None = None

    def hold_input(self) -> None:
        """Queue all input until `release_input`."""
        self._input_held = True

    def release_input(self) -> None:
        """Dispatch what was queued, and whatever comes from now on."""
        self._input_held = False
        if self._input_events:
            self._send_barrier(self._input_target)

    @property
    def _input_target(self) -> _Target:
        return self.screen, self.focused

    async def on_event(self, event: events.Event) -> None:
        """Queue keys, clicks and pastes; dispatch everything else at once."""
        queued = isinstance(event, _QUEUED_EVENTS) or (
            self._input_held and isinstance(event, events.InputEvent)
        )
        if not queued or event.is_forwarded:
            await super().on_event(event)
            return
        if (
            isinstance(event, _FOCUS_REPORTS)
            and self._input_events
            and isinstance(self._input_events[-1], _FOCUS_REPORTS)
        ):
            self._input_events.pop()
        self._input_events.append(event)
        if not self._input_held and self._barrier is None:
            await self._dispatch_next()

    async def _dispatch_next(self) -> None:
        target = self._input_target
        if (event := self._resolve(self._input_events.popleft())) is not None:
            await super().on_event(event)
        self._barrier_rounds = 0
        self._send_barrier(target)

    def _resolve(self, event: events.Event) -> events.Event | None:
        """Return what an event means now; None where nothing is left to do."""
        keys: list[events.Key] = []
        match event:
            case AltKey():
                bound = self.screen.active_bindings
                keys = [key for key in event.chords if key.key in bound][:1]
                keys = keys or [events.Key("escape", "\x1b"), *event.keys]
            case LineBreak():
                focused: object = self.focused
                taken = isinstance(focused, TakesLines) and focused.take_line_break(
                    event.character, event.rest, in_lines=event.in_lines
                )
                keys = [] if taken else list(event.keys)
            case _:
                return event
        for key in keys:
            key.set_sender(self)
        self._input_events.extendleft(reversed(keys[1:]))
        return keys[0] if keys else None

    def _send_barrier(self, target: _Target) -> None:
        screen, focused = self._barrier_target = target
        path = focused or screen
        self._barrier = InputBarrier()
        self._barrier_rounds += 1
        self._schedule_check(path, asyncio.get_running_loop().time() + BARRIER_TIMEOUT)
        if not path.post_message(self._barrier):
            self.post_message(self._barrier)

    def _schedule_check(self, path: Widget, deadline: float) -> None:
        if self._barrier_check is not None:
            self._barrier_check.cancel()
        self._barrier_check = asyncio.get_running_loop().call_later(
            BARRIER_CHECK_INTERVAL, self._check_barrier, path, deadline
        )

    def _check_barrier(self, path: Widget, deadline: float) -> None:
        if self._barrier is None or self.return_code is not None:
            return
        alive = path.is_attached and path.screen in self.screen_stack
        if alive and asyncio.get_running_loop().time() < deadline:
            self._schedule_check(path, deadline)
        else:
            self.post_message(self._barrier)

    async def on_input_barrier(self, message: InputBarrier) -> None:
        """Dispatch the next event, unless the last one is still being handled.

        Handling it may have posted further messages along the same path, or a callback that moves
        the focus, so a second barrier follows the first, even while no event waits: the next one
        may have come in front of that callback. A screen that was opened meanwhile handles its
        barrier once mounted.
        """
        if message is not self._barrier or not self.screen_stack:
            return
        if self._barrier_target != self._input_target or self._barrier_rounds < 2:
            self._send_barrier(self._input_target)
            return
        self._barrier = None
        if self._barrier_check is not None:
            self._barrier_check.cancel()
        if self._input_events and not self._input_held:
            await self._dispatch_next()

    def pop_screen(self) -> AwaitComplete:
        """Close the top screen unless it is the last: Textual's palette may close itself twice."""
        if len(self.screen_stack) > 1:
            return super().pop_screen()
        return AwaitComplete.nothing()  # type: ignore[no-any-return, no-untyped-call]
