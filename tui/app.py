"""The app: handles the messages, and alone does I/O for the screens.

Values flow one way: a worker reports an outcome, the handler gives it to the backend's watchlist,
and the presenter gives the row of that task new words. Wishes travel up as messages.
"""

from __future__ import annotations

import gc
import logging
import traceback
from collections.abc import Iterable
from typing import Any, ClassVar, Final

from rich.text import Text
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.filter import LineFilter
from textual.message import Message
from textual.screen import Screen

from tui import messages, text
from tui.backend import Backend, Listener, Parts
from tui.commands import BindingCommands, key_groups
from tui.control_filter import ControlFilter
from tui.downloads import Downloads
from tui.errors import ErrorKind, UserError
from tui.images import Pictures
from tui.links import Links
from tui.opening import Opening
from tui.presenter import Presenter
from tui.previewing import Previewing
from tui.saving import Saving
from tui.screens.dashboard import Dashboard
from tui.screens.open_panel import OpenPanel
from tui.widgets.frame_list import FrameList
from tui.widgets.frame_preview import FramePreview
from tui.widgets.row_list import RowList

TICK: Final = 1.0
"""Seconds between two looks at how polling stands."""
COUNTS_AFTER: Final = 0.25
"""Seconds after an answer at which the counts by state are brought up to date."""
AGES_EVERY: Final = 5
"""Ticks between two looks at ages, which change by the minute."""

_log = logging.getLogger(__name__)


class ScenextApp(App[None]):
    """The dashboard of one watchlist."""

    CSS_PATH = "app.tcss"
    TITLE = "scenext-tui"
    COMMANDS: ClassVar[set[Any]] = {BindingCommands} | App.COMMANDS
    BINDING_GROUP_TITLE = "Everywhere"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+z", "suspend_process", "Suspend to the shell (fg: back)", show=False),
    ]

    def __init__(self, parts: Parts, new_ids: Iterable[str] = ()) -> None:
        """Build the app around its parts; `new_ids` join the watchlist, the first is selected.

        Raises:
            UserError: the configured theme does not exist.
        """
        super().__init__()
        self._parts = parts
        self._new_ids = tuple(new_ids)
        self._ticks = 0
        self._troubled = self._counting = False
        self.backend = Backend(
            parts,
            Listener(
                answered=lambda outcome: self._tell(messages.TaskAnswered(outcome)),
                watchlist_changed=lambda: self._tell(messages.WatchlistChanged()),
                trouble=lambda what, words: self._tell(messages.Troubled(what, words)),
                crashed=self._crashed,
            ),
        )
        self._warnings = (*parts.warnings, self.backend.load())
        if self._new_ids:
            self.backend.add(self._new_ids)
        now = parts.clock.now()
        words = [text.task_words(record, now) for record in self.backend.watchlist]
        self.dashboard = Dashboard(parts.place, words)
        threads = self.backend.threads
        self._links = Links(self.backend, self._say)
        self._opening = Opening(
            self, self._links, parts.environ, parts.config.open_command, threads
        )
        pictures = Pictures(self.backend.fetch, threads)
        self._previewing = Previewing(self._links, pictures, off=_pictures_off(parts))
        self._downloads = Downloads(
            self.dashboard,
            self.backend,
            Saving(self._links, self.backend.media, parts.downloads, threads),
        )
        self._presenter = Presenter(self.dashboard, self.backend, parts.clock)
        if parts.config.theme:
            self._set_theme(parts.config.theme)

    def _set_theme(self, name: str) -> None:
        if name not in self.available_themes:
            known = ", ".join(sorted(self.available_themes))
            raise UserError(f"theme: there is no theme “{name}”. There are: {known}")
        self.theme = name

    def get_default_screen(self) -> Screen[Any]:
        """Return the dashboard."""
        return self.dashboard

    def get_line_filters(self) -> list[LineFilter]:
        """Return Textual's filters, and ours as the last net under hostile text."""
        return [*super().get_line_filters(), ControlFilter()]

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Return what the palette offers besides the keys."""
        yield SystemCommand("Theme", "Choose other colours", self.action_change_theme)

    # Life

    def on_dashboard_ready(self) -> None:
        """Show the rest of the saved watchlist before any network, then start the background."""
        for number, warning in enumerate(self._warnings):
            self._presenter.trouble(f"start {number}", warning)
        self._presenter.show_all(self._new_ids[0] if self._new_ids else "")
        self._presenter.show_pulse()
        # After ctrl+z and fg the terminal is empty, whatever Textual thinks is on it.
        self.app_resume_signal.subscribe(self, lambda _: self.refresh())
        self.call_after_refresh(self._start_background)

    def _start_background(self) -> None:
        # What was made so far stays: it need not be looked at in every collection.
        gc.freeze()
        gc.enable()
        self.backend.start(self.dashboard.tasks.keys_in_view)
        self.set_interval(TICK, self._tick)

    async def on_unmount(self) -> None:
        """End the background."""
        await self.backend.stop()

    def leave(self, code: int) -> None:
        """End with an exit code; may be called from any thread, and from a signal's handler."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(lambda: self.exit(return_code=code))

    def _tell(self, message: Message) -> None:
        self.post_message(message)

    def _say(self, words: str) -> None:
        self.notify(words, markup=False, timeout=5)

    def _crashed(self, error: Exception) -> None:
        if isinstance(error, UserError):
            self.exit(return_code=1, message=Text(f"scenext-tui: {error}"))
        else:
            try:
                raise error
            except Exception as raised:
                # Inside the handler, where the report finds its traceback.
                self._handle_exception(raised)

    def _fatal_error(self) -> None:
        # Textual's own would print the locals of every function on the way: keys and links.
        self.bell()
        _log.critical("the dashboard crashed", exc_info=True)
        self._exit_renderables.append(Text(self._parts.redact(traceback.format_exc())))
        self._close_messages_no_wait()

    # The watchlist

    def on_watchlist_changed(self) -> None:
        """Show what another program added or removed."""
        self._watchlist_changed()

    def on_troubled(self, event: messages.Troubled) -> None:
        """Say that something is wrong, or well again."""
        self._presenter.trouble(event.what, event.words)

    def on_add_requested(self, event: messages.AddRequested) -> None:
        """Watch more tasks, and select the first of them."""
        self.dashboard.show_all_tasks()
        self._presenter.filter("")
        self.backend.add(event.task_ids, event.label)
        self._watchlist_changed(event.task_ids[0])

    def on_remove_requested(self, event: messages.RemoveRequested) -> None:
        """Watch a task no longer."""
        if self.backend.remove(event.task_id):
            self._watchlist_changed()
            self._say(f"Removed {event.task_id}. u: undo")

    def on_undo_requested(self) -> None:
        """Bring back what was removed last."""
        self.clear_notifications()
        if task_id := self.backend.undo():
            self._watchlist_changed(task_id)

    def _watchlist_changed(self, select: str = "") -> None:
        self.dashboard.removed = self.backend.removed
        self._presenter.show_all(select)
        self.backend.sync(self.dashboard.tasks.keys_in_view())

    # Polling

    def on_task_answered(self, event: messages.TaskAnswered) -> None:
        """Take in what came of a query."""
        outcome = event.outcome
        record = self.backend.take(outcome)
        if record is None:
            return
        if outcome.error is not None and outcome.error.kind is ErrorKind.KEY_REFUSED:
            self._presenter.trouble("key", text.key_refused(self._parts.key.key, outcome.error))
        elif not self.backend.schedule.host.key_refused:
            self._presenter.trouble("key", "")
        self._presenter.show_record(record)
        if not self._counting:
            # One line for all answers of a moment: thirty a second come at the start.
            self._counting = True
            self.set_timer(COUNTS_AFTER, self._show_counts)
        if outcome.error is not None or self._troubled:
            # The rest of the time the next tick is soon enough.
            self._presenter.show_pulse()
        self._troubled = outcome.error is not None

    def _show_counts(self) -> None:
        self._counting = False
        self._presenter.show_counts()

    def on_refresh_requested(self, event: messages.RefreshRequested) -> None:
        """Ask about tasks now."""
        self.backend.refresh(event.task_ids)
        self._presenter.show_pulse()

    # What is shown

    def on_detail_requested(self) -> None:
        """Show the task that was selected."""
        self._presenter.show_detail()

    def on_filter_changed(self, event: messages.FilterChanged) -> None:
        """Show the tasks alone that match."""
        self._presenter.filter(event.words)

    def on_view_changed(self, event: messages.ViewChanged) -> None:
        """Rows scrolled into view: their ages are old, and they are asked about first."""
        self.backend.schedule.prefer(event.task_ids)
        self._presenter.show_ages()

    def _tick(self) -> None:
        self._presenter.show_pulse()
        self._ticks += 1
        if self._ticks % AGES_EVERY == 0:
            self._presenter.show_ages()

    def action_help(self) -> None:
        """Show the keys."""
        from tui.screens.help import Help

        nodes = (RowList, Dashboard, FrameList, ScenextApp)
        self.push_screen(Help(key_groups(self, nodes)))

    # Links

    def on_open_requested(self, event: messages.OpenRequested) -> None:
        """Open a link in the way that works here."""
        self.backend.spawn(self._opening.open(event.task_id, event.link_key))

    def on_copy_requested(self, event: messages.CopyRequested) -> None:
        """Copy a link."""
        self.backend.spawn(self._opening.copy(event.task_id, event.link_key))

    def on_copy_text_requested(self, event: messages.CopyTextRequested) -> None:
        """Copy an ID or a path."""
        self.backend.spawn(self._opening.copy_plain(event.words, event.name))

    def on_open_panel_copy_wanted(self, event: OpenPanel.CopyWanted) -> None:
        """Copy the panel's link again."""
        self.backend.spawn(self._opening.copy_again(event.panel))

    def on_open_panel_raw_wanted(self, event: OpenPanel.RawWanted) -> None:
        """Show the panel's link on the normal screen."""
        self._opening.show_raw(event.url)

    def on_open_panel_preview_wanted(self, event: OpenPanel.PreviewWanted) -> None:
        """Show the picture in the panel."""
        offer = event.panel.offer
        preview = event.panel.query_one(FramePreview)
        self.backend.spawn(self._previewing.fill(preview, offer.task_id, offer.link_key))

    def on_preview_requested(self, event: messages.PreviewRequested) -> None:
        """Show the picture of the frame that is selected now."""
        link = self._links.find(event.task_id, event.link_key)
        detail = self.dashboard.detail
        detail.preview_heading.update(Content(f"Preview of {link.name}" if link else "Preview"))
        self.backend.spawn(self._previewing.fill(detail.preview, event.task_id, event.link_key))

    def on_download_requested(self, event: messages.DownloadRequested) -> None:
        """Save a frame, or all there is of a task."""
        one = self._links.find(event.task_id, event.link_key)
        links = self._links.all_of(event.task_id) if event.everything else [one] if one else []
        self._downloads.start(event.task_id, links)

    def on_cancel_requested(self) -> None:
        """End the download that runs, or hide what came of it."""
        self._downloads.cancel()


def _pictures_off(parts: Parts) -> str:
    if parts.config.low_bandwidth:
        return "Pictures are off, to spare the line (--low-bandwidth)."
    return "Pictures need colours, and NO_COLOR is set." if "NO_COLOR" in parts.environ else ""
