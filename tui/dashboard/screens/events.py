"""The screen with all events since the start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget

from tui.wording.wrapping import wrap

NO_EVENTS: Final = "Nothing has happened since the start."
_INDENT: Final = 6
"""Cells of an event's time and the space behind it."""


class EventText(Widget):
    """The events, wrapped; each line is painted when it comes into view."""

    ALLOW_SELECT = False

    events: reactive[tuple[str, ...]] = reactive((), repaint=False, init=False)
    """The events in words, the newest first."""

    def __init__(self, events: Sequence[str]) -> None:
        super().__init__()
        self.set_reactive(EventText.events, tuple(events))
        self._lines: list[str] = []
        self._wrapped_for: tuple[tuple[str, ...], int] = ((), -1)
        self._wrapped: dict[str, list[str]] = {}
        """The lines of each event, at the width of `_wrapped_for`."""

    def watch_events(self) -> None:
        """Show other events."""
        self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines."""
        return len(self.wrap(width))

    def render_line(self, y: int) -> Strip:
        """Return one line."""
        width = self.size.width
        lines = self.wrap(width)
        text = lines[y] if y < len(lines) else ""
        return Strip([Segment(text, self.rich_style)]).adjust_cell_length(width, self.rich_style)

    def wrap(self, width: int) -> list[str]:
        """Return the lines; what follows an event's first line stands below its words."""
        if self._wrapped_for != (wanted := (self.events, width)):
            # Of many events, only those that are new are wrapped.
            known = self._wrapped if width == self._wrapped_for[1] else {}
            events = self.events or (NO_EVENTS,)
            self._wrapped = {event: known.get(event) or _wrapped(event, width) for event in events}
            self._lines = [line for event in events for line in self._wrapped[event]]
            self._wrapped_for = wanted
        return self._lines


def _wrapped(event: str, width: int) -> list[str]:
    first, *others = wrap(event, width - _INDENT)
    return [first, *(" " * _INDENT + line for line in others)]


class EventsScreen(ModalScreen[None]):
    """A list that can be scrolled; the newest event stands first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,E", "dismiss", "Close", id="events.close"),
        Binding("q", "app.quit", "Quit", show=False, id="events.quit"),
        Binding("j", "scroll_lines(1)", show=False, id="events.down"),
        Binding("k", "scroll_lines(-1)", show=False, id="events.up"),
        Binding("g", "scroll_edge(0)", show=False, id="events.first"),
        Binding("G", "scroll_edge(1)", show=False, id="events.last"),
    ]

    def __init__(self, events: Sequence[str]) -> None:
        """Show these events, in words; the newest first."""
        super().__init__()
        self._text = EventText(events)
        self._dialog = VerticalScroll(self._text, classes="dialog", id="all-events")

    def compose(self) -> ComposeResult:
        """Yield one block of lines."""
        self._dialog.border_title = Content("Events since the start")
        self._dialog.border_subtitle = Content("esc: close")
        yield self._dialog

    def show(self, events: Sequence[str]) -> None:
        """Show other events; where it is scrolled, what is read stays where it is."""
        if (events := tuple(events)) == self._text.events:
            return
        before = self._text.size.height
        self._text.events = events
        if top := self._dialog.scroll_offset.y:
            added = len(self._text.wrap(self._text.size.width)) - before
            self.call_after_refresh(
                self._dialog.scroll_to, y=top + added, animate=False, force=True
            )

    def action_scroll_lines(self, lines: int) -> None:
        """Scroll by lines."""
        self._dialog.scroll_relative(y=lines, animate=False)

    def action_scroll_edge(self, edge: int) -> None:
        """Scroll to the newest event (0) or the oldest (1)."""
        if edge:
            self._dialog.scroll_end(animate=False)
        else:
            self._dialog.scroll_home(animate=False)
