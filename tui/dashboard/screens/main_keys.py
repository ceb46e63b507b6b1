"""The keys of the main screen as data; footer, help and palette are derived from them."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

MAIN_KEYS: Final[list[BindingType]] = [
    Binding("enter", "frames", "Task", tooltip="Go to the task's frames", id="frames"),
    Binding("escape", "back", "Back", tooltip="Back to the list", id="back"),
    Binding(
        "question_mark", "app.help", "Help", tooltip="Show all keys", key_display="?", id="help"
    ),
    Binding("q", "app.quit", tooltip="Quit; nothing is lost", show=False, id="dashboard.quit"),
    Binding("slash", "filter", "Filter", key_display="/", tooltip="Filter"),
    Binding(
        "o",
        "open",
        "Open",
        tooltip="Open the frame; of a task its video, or newest frame",
        id="open",
    ),
    Binding("a", "add", "Add", tooltip="Watch more tasks", id="add"),
    Binding("x", "remove", "Remove", tooltip="Stop watching", id="remove"),
    Binding("u", "undo", "Undo", tooltip="Bring back the task removed last", id="undo"),
    Binding("r", "refresh", "Refresh", tooltip="Refresh this task", id="refresh"),
    Binding("R", "refresh_all", "Refresh all", tooltip="Refresh all", show=False, id="refresh_all"),
    Binding("y", "copy", "Copy", tooltip="Copy the link that o opens", id="copy"),
    Binding("Y", "copy_id", tooltip="Copy the task's ID", show=False, id="copy_id"),
    Binding("p", "preview", "Preview", tooltip="Show the frame's picture here", id="preview"),
    Binding(
        "plus,equals_sign",
        "enlarge(True)",
        "Zoom",
        tooltip="Enlarge the picture",
        key_display="+",
        id="enlarge",
    ),
    Binding(
        "minus",
        "enlarge(False)",
        "Smaller",
        tooltip="Make the picture small",
        key_display="-",
        id="shrink",
    ),
    Binding("d", "download", "Save", tooltip="Save what o opens as a file", id="download"),
    Binding(
        "D",
        "download_all",
        tooltip="Save all frames of the task, and its video",
        show=False,
        id="download_all",
    ),
    Binding("c", "copy_path", "Copy path", tooltip="Copy the saved file's path", id="path"),
]
