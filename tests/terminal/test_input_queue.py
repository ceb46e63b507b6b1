"""Each event finds what the one before it has done, whatever comes when."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Key
from textual.widget import Widget
from textual.widgets import Input

from tui.terminal.input_queue import InputQueueApp


class Rows(Widget, can_focus=True):
    """What has the focus first."""


class App(InputQueueApp):
    """Moves the focus by a key, and types the next one while that key is handled."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("slash", "filter", "filter")]

    def __init__(self) -> None:
        super().__init__()
        self.ended = asyncio.Event()

    def compose(self) -> ComposeResult:
        """Yield the list and the field."""
        yield Rows()
        yield Input()

    async def action_filter(self) -> None:
        """Move the focus as `Widget.focus` does: by a callback behind what has come already."""
        # The barrier of this key arrives meanwhile, and the next key behind it.
        await asyncio.sleep(0.02)
        self.post_message(Key("a", "a"))
        self.query_one(Input).focus()
        self.call_after_refresh(self.post_message, Key("full_stop", "."))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Note the last key."""
        if event.value.endswith("."):
            self.ended.set()


async def test_a_key_that_comes_before_the_focus_has_moved_goes_where_it_moves() -> None:
    app = App()
    async with app.run_test():
        app.set_focus(app.query_one(Rows))
        app.post_message(Key("slash", "/"))
        async with asyncio.timeout(30):
            await app.ended.wait()
        assert app.query_one(Input).value == "a."
