"""What workers and widgets tell the app: facts in the past tense, wishes as `…Requested`.

Only the app does I/O, so a widget or a screen that wants some asks for it here. A message that
one widget alone sends is nested in that widget. Plain classes, and named tuples for values
elsewhere: as dataclasses, which are compiled at each start, all of them took 40 ms of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from tui.scenext.models import PollResult


class TaskAnswered(Message):
    """A query came to its end, well or not."""

    def __init__(self, outcome: PollResult) -> None:
        super().__init__()
        self.outcome = outcome


class WatchlistChanged(Message):
    """Another program changed the watchlist."""


class Troubled(Message):
    """Something (a short name) is wrong (one line that says how), or well again (an empty one)."""

    def __init__(self, what: str, words: str) -> None:
        super().__init__()
        self.what = what
        self.words = words


class AddRequested(Message):
    """These tasks are to be watched."""

    def __init__(self, task_ids: list[str], label: str) -> None:
        super().__init__()
        self.task_ids = task_ids
        self.label = label


class RemoveRequested(Message):
    """A task is to be watched no longer."""

    def __init__(self, task_id: str) -> None:
        super().__init__()
        self.task_id = task_id


class QuitRequested(Message):
    """The program is to end."""


class UndoRequested(Message):
    """The task that was removed last is to come back."""


class RefreshRequested(Message):
    """Tasks are to be asked about now; all of them where none is named."""

    def __init__(self, task_ids: tuple[str, ...]) -> None:
        super().__init__()
        self.task_ids = task_ids


class FilterChanged(Message):
    """Only tasks that match these words are to be shown; all where there are none."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words


class DetailRequested(Message):
    """The selected task is wanted in full now."""

    def __init__(self, task_id: str) -> None:
        super().__init__()
        self.task_id = task_id


class OpenRequested(Message):
    """A link of a task is to be opened; its newest frame where none is named."""

    def __init__(self, task_id: str, link_key: str = "") -> None:
        super().__init__()
        self.task_id = task_id
        self.link_key = link_key


class CopyRequested(Message):
    """A link of a task is to be copied; its newest frame's where none is named."""

    def __init__(self, task_id: str, link_key: str = "") -> None:
        super().__init__()
        self.task_id = task_id
        self.link_key = link_key


class CopyTextRequested(Message):
    """A text that is no secret is to be copied."""

    def __init__(self, words: str, name: str) -> None:
        super().__init__()
        self.words = words
        self.name = name
        """What it is, for the message that says so."""


class PreviewRequested(Message):
    """The dashboard's preview is to show a link of a task; its newest frame where none is named."""

    def __init__(self, task_id: str, link_key: str = "") -> None:
        super().__init__()
        self.task_id = task_id
        self.link_key = link_key


class DownloadRequested(Message):
    """A link of a task is to be saved; its newest frame where none is named."""

    def __init__(self, task_id: str, link_key: str = "", everything: bool = False) -> None:
        super().__init__()
        self.task_id = task_id
        self.link_key = link_key
        self.everything = everything
        """Whether all frames are wanted, and the video if there is one."""


class CancelRequested(Message):
    """The download is to end."""


class ViewChanged(Message):
    """These tasks are in view now, and were not before."""

    def __init__(self, task_ids: Sequence[str]) -> None:
        super().__init__()
        self.task_ids = task_ids
