"""What workers and widgets tell the app: facts in the past tense, wishes as `…Requested`.

Only the app does I/O, so a widget or a screen that wants some asks for it here. A message that
one widget alone sends is nested in that widget.
"""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message

from tui.poller import Outcome


@dataclass
class TaskAnswered(Message):
    """A query came to its end, well or not."""

    outcome: Outcome


class WatchlistChanged(Message):
    """Another program changed the watchlist."""


@dataclass
class Troubled(Message):
    """Something (a short name) is wrong (one line that says how), or well again (an empty one)."""

    what: str
    words: str


@dataclass
class AddRequested(Message):
    """These tasks are to be watched."""

    task_ids: list[str]
    label: str


@dataclass
class RemoveRequested(Message):
    """A task is to be watched no longer."""

    task_id: str


class UndoRequested(Message):
    """The task that was removed last is to come back."""


@dataclass
class RefreshRequested(Message):
    """Tasks are to be asked about now; all of them where none is named."""

    task_ids: tuple[str, ...]


@dataclass
class FilterChanged(Message):
    """Only tasks that match these words are to be shown; all where there are none."""

    words: str


@dataclass
class DetailRequested(Message):
    """Another task was selected: its detail is wanted."""

    task_id: str


@dataclass
class OpenRequested(Message):
    """A link of a task is to be opened; its newest frame where none is named."""

    task_id: str
    link_key: str = ""


@dataclass
class CopyRequested(Message):
    """A link of a task is to be copied; its newest frame's where none is named."""

    task_id: str
    link_key: str = ""


@dataclass
class CopyTextRequested(Message):
    """A text that is no secret is to be copied."""

    words: str
    name: str
    """What it is, for the message that says so."""


@dataclass
class PreviewRequested(Message):
    """The dashboard's preview is to show a link of a task; its newest frame where none is named."""

    task_id: str
    link_key: str = ""


@dataclass
class DownloadRequested(Message):
    """A link of a task is to be saved; its newest frame where none is named."""

    task_id: str
    link_key: str = ""
    everything: bool = False
    """Whether all frames are wanted, and the video if there is one."""


class CancelRequested(Message):
    """The download is to end."""


@dataclass
class ViewChanged(Message):
    """Other tasks are in view now."""

    task_ids: tuple[str, ...]
