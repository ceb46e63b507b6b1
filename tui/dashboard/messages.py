"""Messages to the app: facts in the past tense, requests as `…Requested`.

A message that only one widget sends is nested in that widget. These are plain classes, and values
elsewhere are named tuples: dataclasses are compiled at each start.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.message import Message

from tui.scenext.models import PollResult

if TYPE_CHECKING:
    from tui.watchlist.events import Event


class TaskPolled(Message):
    """A poll has ended, well or not."""

    def __init__(self, result: PollResult) -> None:
        super().__init__()
        self.result = result


class WatchlistChanged(Message):
    """Another program changed the watchlist."""


class EventLogged(Message):
    """Something happened to the watchlist, and is in the engine's events now."""

    def __init__(self, event: Event) -> None:
        super().__init__()
        self.event = event


class ViewExpired(Message):
    """What is shown has not been up to date for a moment."""


class TaskSeen(Message):
    """Somebody has looked at a task whose end was new."""

    def __init__(self, task_id: str) -> None:
        super().__init__()
        self.task_id = task_id


class ProblemChanged(Message):
    """A problem, by a short name, appeared or changed; `message` is empty once it is resolved."""

    def __init__(self, problem: str, message: str) -> None:
        super().__init__()
        self.problem = problem
        self.message = message


class AddRequested(Message):
    """Watch these tasks."""

    def __init__(self, task_ids: list[str], label: str) -> None:
        super().__init__()
        self.task_ids = task_ids
        self.label = label


class RemoveRequested(Message):
    """Stop watching a task."""

    def __init__(self, task_id: str) -> None:
        super().__init__()
        self.task_id = task_id


class QuitRequested(Message):
    """End the program."""


class UndoRequested(Message):
    """Bring back the task that was removed last."""


class RefreshRequested(Message):
    """Query tasks now; all of them where none is named."""

    def __init__(self, task_ids: tuple[str, ...]) -> None:
        super().__init__()
        self.task_ids = task_ids


class FilterChanged(Message):
    """Show only tasks that match this query; all where it is empty."""

    def __init__(self, query: str) -> None:
        super().__init__()
        self.query = query


class DetailRequested(Message):
    """Show the selected task in full now."""


class _LinkRequested(Message):
    """Do something with a link of a task; its video or newest frame where none is named."""

    def __init__(self, task_id: str, link_key: str = "") -> None:
        super().__init__()
        self.task_id = task_id
        self.link_key = link_key


class OpenRequested(_LinkRequested):
    """Open a link of a task."""


class CopyRequested(_LinkRequested):
    """Copy a link of a task."""


class PreviewRequested(_LinkRequested):
    """Show the picture of a link beside the list."""

    def __init__(self, task_id: str, link_key: str = "", asked: bool = False) -> None:
        super().__init__(task_id, link_key)
        self.asked = asked
        """Whether somebody asked for this one, so that the service may be asked for its link."""


class PicturesToggled(Message):
    """Pictures are shown by themselves from now on, or no longer."""

    def __init__(self, shown: bool) -> None:
        super().__init__()
        self.shown = shown


class DownloadRequested(_LinkRequested):
    """Save what is behind a link of a task."""

    def __init__(self, task_id: str, link_key: str = "", everything: bool = False) -> None:
        super().__init__(task_id, link_key)
        self.everything = everything
        """Whether to save all frames, and the video if there is one."""


class CopyTextRequested(Message):
    """Copy a text that is no secret."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__()
        self.text = text
        self.name = name
        """What the text is, for the message that tells of it."""


class CancelDownloadRequested(Message):
    """Cancel the download that is running, or hide the result of the last one."""


class EventsRequested(Message):
    """Show all events since the start."""


class VisibleTasksChanged(Message):
    """These tasks have scrolled into view."""

    def __init__(self, task_ids: Sequence[str]) -> None:
        super().__init__()
        self.task_ids = task_ids
