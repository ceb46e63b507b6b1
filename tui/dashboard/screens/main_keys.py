"""The keys of the main screen as data, and when each does something.

Footer, help and palette are derived from them. The footer shows them in this order, as many as
fit; the help shows them in groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.binding import Binding, BindingType

from tui.dashboard.screens.pane_layout import Place

if TYPE_CHECKING:
    from tui.dashboard.screens.deferred_widgets import DeferredWidgets
    from tui.dashboard.screens.main import MainScreen

OPEN_KEY: Final = "o"

_GO: Final = (
    Binding("enter", "frames", "frames", tooltip="Go to the task's frames", id="frames"),
    Binding("escape", "back", "back", tooltip="One step back", id="back"),
    Binding("shift+tab", "text", "text", tooltip="To the task's text, to scroll it", id="text"),
    Binding("l,right", "frames", tooltip="To the task, on the right", show=False, id="right_pane"),
    Binding("h,left", "list_pane", tooltip="Back to the list", show=False, id="left_pane"),
    Binding("tab", "other_pane", tooltip="To the other pane", show=False, id="other_pane"),
)
_FRAMES: Final = (
    Binding(
        OPEN_KEY,
        "open",
        "open",
        tooltip="Open the frame; of a task its video, or newest frame",
        id="open",
    ),
    Binding(
        "p", "preview", "picture", tooltip="Show pictures with the task, or hide them", id="preview"
    ),
    Binding("d", "download", "save", tooltip="Save what o opens as a file", id="download"),
    Binding(
        "D",
        "download_all",
        tooltip="Save all frames of the task, and its video",
        show=False,
        id="download_all",
    ),
    Binding("c", "copy_path", tooltip="Copy the saved file's path", show=False, id="path"),
)
_PICTURES: Final = (
    Binding(
        "plus,equals_sign",
        "enlarge",
        "larger",
        tooltip="Show the picture over the whole screen",
        key_display="+",
        id="enlarge",
    ),
    Binding(
        "w",
        "contact_sheet",
        "sheet",
        tooltip="Show all frames side by side (contact sheet)",
        id="contact_sheet",
    ),
)
_COPY: Final = (
    Binding("y", "copy", "copy", tooltip="Copy the link that o opens", id="copy"),
    Binding("Y", "copy_id", tooltip="Copy the task's ID", show=False, id="copy_id"),
)
_UNDO: Final = Binding("u", "undo", "undo", tooltip="Bring back the task removed last", id="undo")
_FILTER: Final = Binding(
    "slash", "filter", "filter", key_display="/", tooltip="Filter", id="filter"
)
_TASKS: Final = (
    Binding(
        "n",
        "next_to_look_at(1)",
        tooltip="Next task that needs a look",
        show=False,
        id="look.next",
    ),
    Binding(
        "N",
        "next_to_look_at(-1)",
        tooltip="Previous task that needs a look",
        show=False,
        id="look.previous",
    ),
    Binding("a", "add", "add", tooltip="Watch more tasks", id="add"),
    Binding("x", "remove", "remove", tooltip="Stop watching", id="remove"),
    Binding("r", "refresh", "refresh", tooltip="Refresh this task", id="refresh"),
    Binding("R", "refresh_all", tooltip="Refresh all", show=False, id="refresh_all"),
    Binding("E", "events", tooltip="Show all events since the start", show=False, id="events"),
)
_PROGRAM: Final = (
    Binding(
        "question_mark", "app.help", "keys", tooltip="Show all keys", key_display="?", id="help"
    ),
    Binding("q", "app.quit", "quit", tooltip="Quit; nothing is lost", id="dashboard.quit"),
)

MAIN_KEYS: Final[list[BindingType]] = [
    *(*_GO, _UNDO, *_FRAMES, _FILTER, *_PROGRAM, *_PICTURES, *_TASKS, *_COPY),
]
KEY_GROUPS: Final[tuple[tuple[str, tuple[Binding, ...]], ...]] = (
    ("The watchlist", (*_TASKS, _UNDO, _FILTER)),
    ("A task's frames", (*_FRAMES, *_PICTURES, *_COPY)),
    ("Between list and task", _GO),
    ("The program", _PROGRAM),
)
"""The groups of the help."""


def does_something(screen: MainScreen, deferred: DeferredWidgets, action: str) -> bool:
    """Return whether the keys of an action do something now."""
    detail = deferred.detail
    match action:
        case "filter":
            # Where the task stands in place of the list, its keys need the room.
            replaced = screen.opened and screen.pane_layout.place is Place.INSTEAD
            can_filter = not replaced and not screen.has_class("-empty")
            return can_filter and screen.focused is not deferred.filter
        case "frames":
            return bool(screen.selected) and screen.focused is not detail.focus_target
        case "list_pane":
            return screen.is_in_detail
        case "text":
            return detail.display and detail.can_scroll_text
        case "back":
            filtered = bool(deferred.filter.value)
            return screen.saving or screen.opened or filtered or screen.is_in_detail
        case "open" | "copy" | "download" | "download_all":
            return bool(detail.frames.keys)
        case "preview" | "enlarge" | "contact_sheet":
            # Elsewhere nobody would see that pictures are hidden, or shown again.
            return detail.frames.has_frames
        case "copy_path":
            return screen.saving and bool(deferred.transfer.path)
        case "undo":
            return screen.removed_count > 0
        case "refresh" | "refresh_all":
            return bool(screen.selected) or screen.needs_key
        case "remove" | "copy_id":
            return bool(screen.selected)
    return True
