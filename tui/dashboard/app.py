"""The app: handles the messages, and alone does I/O for the screens.

Values flow one way: a worker reports an outcome, the handler gives it to the backend's watchlist,
and the presenter gives the row of that task new words. Wishes travel up as messages.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from rich.text import Text
from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.screen import Screen

from tui.dashboard import messages
from tui.dashboard.presenter import Presenter
from tui.dashboard.screens.main import Dashboard
from tui.dashboard.widgets.row_list import RowList
from tui.engine import Backend, Listener, Parts
from tui.errors import ErrorKind, UserError
from tui.terminal import gc_tuning
from tui.terminal.app import TerminalApp
from tui.wording import tasks as wording

if TYPE_CHECKING:
    from textual.command import Provider

    from tui.dashboard.controllers.links import LinkActions
    from tui.dashboard.screens.link_panel import OpenPanel

COMPLETE_CSS: Final = Path(__file__).with_name("complete.tcss")
"""Styles that the first paint does not wait for: to parse them would take a tenth of its time."""
TICK: Final = 5.0
"""Seconds between two looks at how polling stands."""
AGES_EVERY: Final = 2
"""Ticks between two looks at ages, which change by the minute: those that do together are sent
together."""
SAID_FOR: Final = 5.0
"""Seconds for which a message is shown."""
COUNTS_AFTER: Final = 0.25
"""Seconds after an answer at which the line at the top is brought up to date."""
ANSWER_FIRST: Final = 0.2
"""Seconds that the rest of the dashboard waits for the first answer to be shown: by then the
queries are on their way, and it is made while they are answered."""


def _binding_commands() -> type[Provider]:
    from tui.dashboard.palette import BindingCommands

    return BindingCommands


class ScenextApp(TerminalApp):
    """The dashboard of one watchlist."""

    CSS_PATH = "app.tcss"
    TITLE = "scenext-tui"
    COMMANDS: ClassVar[set[Any]] = {_binding_commands} | App.COMMANDS
    BINDING_GROUP_TITLE = "Everywhere"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+l", "redraw", "Draw the screen anew", show=False),
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
        self._at_rest = True
        self.hold_input()
        self._starting: asyncio.Task[None] | None = None
        self._answer_shown = asyncio.Event()
        self._troubled = self._counting = False
        self._asked_to_quit = -math.inf
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
        words = [wording.task_words(record, now) for record in self.backend.watchlist]
        counts = wording.counts(self.backend.watchlist.counts())
        self.dashboard = Dashboard(parts.place, words, counts, self.line_is_free)
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

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Return what the palette offers besides the keys."""
        yield SystemCommand("Theme", "Choose other colours", self.action_change_theme)

    # Life

    def on_dashboard_painted(self) -> None:
        """Start what the saved watchlist on the screen did not wait for."""
        self._starting = self.backend.spawn(self._start())

    async def _start(self) -> None:
        self.backend.start(self.dashboard.tasks.keys_in_view)
        if any(not record.status.terminal for record in self.backend.watchlist):
            with suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_FIRST):
                    await self._answer_shown.wait()
        self.stylesheet.read(COMPLETE_CSS)
        self.stylesheet.parse()
        await self.dashboard.complete_itself()
        self.release_input()
        for number, warning in enumerate(self._warnings):
            self._presenter.trouble(f"start {number}", warning)
        self.watch(self.dashboard.tasks, "cursor", self._cursor_moved, init=False)
        self._presenter.begin(self._new_ids[0] if self._new_ids else "")
        self.set_interval(TICK, self._tick)
        gc_tuning.begin()

    async def on_event(self, event: events.Event) -> None:
        """Take note that somebody is there."""
        if isinstance(event, events.InputEvent):
            self._at_rest = False
        await super().on_event(event)

    def on_exit_app(self) -> None:
        """Start no more: what the rest of the dashboard goes into is about to be taken down."""
        if self._starting is not None:
            self._starting.cancel()

    async def on_unmount(self) -> None:
        """End the background."""
        await self.backend.stop()

    async def action_quit(self) -> None:
        """End, after what was asked for before: that comes through the dashboard, too."""
        self.dashboard.post_message(messages.QuitRequested())

    def on_quit_requested(self) -> None:
        """End; what is being saved is given up by a second key alone."""
        now = self._parts.clock.boot()
        sure = now - self._asked_to_quit < SAID_FOR
        if self.dashboard.complete and self.dashboard.transfer.running and not sure:
            self._asked_to_quit = now
            self._say("A download is running. q: quit without it")
        else:
            self.exit()

    def _tell(self, message: Message) -> None:
        self.post_message(message)

    def _say(self, words: str) -> None:
        self.notify(words, markup=False, timeout=SAID_FOR)

    def _crashed(self, error: Exception) -> None:
        if isinstance(error, UserError):
            self.exit(return_code=1, message=Text(f"scenext-tui: {error}"))
        else:
            self.crash(error)

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
        new = len(set(event.task_ids).difference(self.backend.watchlist.ids))
        self.backend.add(event.task_ids, event.label)
        self._watchlist_changed(event.task_ids[0])
        if there := len(event.task_ids) - new:
            self._say(wording.added(new, there, event.label))

    def on_remove_requested(self, event: messages.RemoveRequested) -> None:
        """Watch a task no longer."""
        removed = self.backend.remove(event.task_id)
        self._watchlist_changed()
        if removed:
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
            self._presenter.trouble("key", wording.key_refused(self._parts.key.key, outcome.error))
        elif not self.backend.schedule.host.key_refused:
            self._presenter.trouble("key", "")
        self._presenter.show_record(record)
        if not self._answer_shown.is_set():
            self.dashboard.call_after_refresh(self._answer_shown.set)
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
        self._presenter.show_pulse()

    def on_refresh_requested(self, event: messages.RefreshRequested) -> None:
        """Ask about tasks now."""
        self.backend.refresh(event.task_ids)
        self._presenter.show_pulse()

    # What is shown

    def _cursor_moved(self) -> None:
        self._presenter.follow_cursor()

    def on_detail_requested(self) -> None:
        """Show the task that was selected."""
        self._presenter.show_detail()

    def on_filter_changed(self, event: messages.FilterChanged) -> None:
        """Show the tasks alone that match."""
        self._presenter.filter(event.words)

    def on_view_changed(self, event: messages.ViewChanged) -> None:
        """Rows scrolled into view: their ages are old, and they are asked about first."""
        self.backend.schedule.prefer(event.task_ids)
        self._presenter.show_ages(event.task_ids)

    def _tick(self) -> None:
        self.collect_garbage(at_rest=self._at_rest)
        self._at_rest = True
        self._presenter.show_pulse()
        self._ticks += 1
        if self._ticks % AGES_EVERY == 0:
            self._presenter.show_ages(self.dashboard.tasks.keys_in_view())
            self._presenter.show_detail()

    def action_command_palette(self) -> None:
        """Open the palette, under no ID: the last one may have it still, while it closes."""
        from tui.terminal.command_palette import TerminalPalette

        if not isinstance(self.screen, TerminalPalette):
            self.push_screen(TerminalPalette())

    def search_themes(self) -> None:
        """Open the palette of themes."""
        from textual.theme import ThemeProvider

        from tui.terminal.command_palette import TerminalPalette

        self.push_screen(TerminalPalette([ThemeProvider], placeholder="Search for themes"))

    def action_help(self) -> None:
        """Show the keys."""
        from tui.dashboard.palette import key_groups
        from tui.dashboard.screens.help import Help
        from tui.dashboard.widgets.frame_list import FrameList

        nodes = (RowList, Dashboard, FrameList, ScenextApp)
        self.push_screen(Help(key_groups(self, nodes)))

    # Links

    @cached_property
    def _link_actions(self) -> LinkActions:
        from tui.dashboard.controllers.links import LinkActions

        return LinkActions(self, self.dashboard, self.backend, self._parts, self._say)

    def on_open_requested(self, event: messages.OpenRequested) -> None:
        """Open a link in the way that works here."""
        self._link_actions.open(event.task_id, event.link_key)

    def on_copy_requested(self, event: messages.CopyRequested) -> None:
        """Copy a link."""
        self._link_actions.copy(event.task_id, event.link_key)

    def on_copy_text_requested(self, event: messages.CopyTextRequested) -> None:
        """Copy an ID or a path."""
        self._link_actions.copy_text(event.words, event.name)

    def on_open_panel_copy_wanted(self, event: OpenPanel.CopyWanted) -> None:
        """Copy the panel's link again."""
        self._link_actions.copy_again(event.panel)

    def on_open_panel_raw_wanted(self, event: OpenPanel.RawWanted) -> None:
        """Show the panel's link on the normal screen."""
        self._link_actions.show_raw(event.url)

    def on_open_panel_preview_wanted(self, event: OpenPanel.PreviewWanted) -> None:
        """Show the picture in the panel."""
        self._link_actions.preview_in(event.panel)

    def on_preview_requested(self, event: messages.PreviewRequested) -> None:
        """Show the picture of the frame that is selected now."""
        self._link_actions.preview(event)

    def on_download_requested(self, event: messages.DownloadRequested) -> None:
        """Save a frame, or all there is of a task."""
        self._link_actions.download(event)

    def on_cancel_requested(self) -> None:
        """End the download that runs, or hide what came of it."""
        self._link_actions.cancel_download()
