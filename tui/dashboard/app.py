"""The app: handles the messages, and is the only one that does I/O for the screens.

Values flow one way: a worker reports a result, the handler applies it to the engine's watchlist,
and the presenter gives the row of that task new data. Requests travel up as messages.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from rich.color import ColorSystem
from rich.text import Text
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.events import AppBlur, AppFocus, Event, InputEvent, Key, MouseMove
from textual.screen import Screen

from tui import bytecode
from tui.dashboard import messages
from tui.dashboard.arrangement import Arrangement
from tui.dashboard.colours import COLOR_SYSTEMS, readable_variables
from tui.dashboard.controllers.cursor_rest import CursorRest
from tui.dashboard.controllers.events import EventController
from tui.dashboard.controllers.link_handlers import NOTIFICATION_SECONDS, LinkHandlers
from tui.dashboard.controllers.notifications import NotificationController
from tui.dashboard.error_boundary import bounded
from tui.dashboard.forecasts import engine_forecasts
from tui.dashboard.presenter import Presenter
from tui.dashboard.problems import ProblemPresenter
from tui.dashboard.screens.main import MainScreen
from tui.dependencies import Dependencies
from tui.engine import Callbacks, Engine
from tui.errors import UserError
from tui.os_errors import shortage
from tui.sanitize import clean
from tui.terminal import gc_tuning
from tui.terminal.graphics.settings import Settings
from tui.wording import polling, summary, tasks

if TYPE_CHECKING:
    from textual.command import Provider

    from tui.dashboard.controllers.quitting import QuitController
    from tui.dashboard.screens.unsaved import UnsavedChanges

COMPLETE_CSS: Final = Path(__file__).with_name("complete.tcss")
"""Styles that the first paint does not wait for."""
TICK_INTERVAL: Final = 5.0
"""Seconds between two updates of how polling is doing."""
TICKS_PER_AGE: Final = 2
"""Ticks between two updates of the ages, so that those that change together are sent together."""
SIGNAL_SAVE_TIMEOUT: Final = 0.4
"""Seconds for the last save after SIGTERM, which allows 0.7 s for everything."""
FIRST_ANSWER_TIMEOUT: Final = 0.2
"""Seconds that the deferred widgets wait for the first answer to be shown; by then the queries are
in flight, and the widgets are mounted while the service answers."""


def _binding_commands() -> type[Provider]:
    from tui.dashboard.palette import BindingCommands

    return BindingCommands


class ScenextApp(LinkHandlers):
    """The dashboard of one watchlist."""

    CSS_PATH = "app.tcss"
    TITLE = "scenext-tui"
    COMMANDS: ClassVar[set[Any]] = {_binding_commands} | App.COMMANDS
    BINDING_GROUP_TITLE = "Everywhere"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+l", "redraw", "Redraw the screen", show=False),
        Binding("ctrl+z", "suspend_process", "Suspend to the shell (fg: back)", show=False),
    ]

    def __init__(self, dependencies: Dependencies, new_ids: Iterable[str] = ()) -> None:
        """Add `new_ids` and select the first. Raises `UserError` if there is no such theme."""
        super().__init__()
        self.graphics_settings = Settings(dependencies.config.pictures, dependencies.config.symbols)
        self._dependencies = dependencies
        self._new_ids = tuple(new_ids)
        self._ticks = 0
        self.hold_input()
        self._starting: asyncio.Task[None] | None = None
        self._answer_shown = asyncio.Event()
        self._had_fault = False
        self._quit_requested_at = -math.inf
        self.engine = Engine(
            dependencies,
            Callbacks(
                polled=lambda result: self.post_message(messages.TaskPolled(result)),
                watchlist_changed=lambda: self.post_message(messages.WatchlistChanged()),
                problem_changed=lambda *args: self.post_message(messages.ProblemChanged(*args)),
                crashed=self._crashed,
                event=lambda event: self.post_message(messages.EventLogged(event)),
            ),
        )
        self._load_warning = self.engine.load()
        if self._new_ids:
            self.engine.add(self._new_ids)
        arrangement = Arrangement(self.engine.watchlist, engine_forecasts(self.engine))
        arrangement.begin(dependencies.clock.now())
        header = summary.HeaderData(summary.header_parts(arrangement.standings))
        self.main_screen = MainScreen(header, arrangement.lines, self.line_is_free)
        self._cursor_rest = CursorRest(self.main_screen)
        self._events = EventController(
            self, self.main_screen, self.engine, dependencies.clock, NOTIFICATION_SECONDS
        )
        self._notifier = NotificationController(
            self, self.engine, dependencies.clock, dependencies.config, NOTIFICATION_SECONDS
        )
        self._problems = ProblemPresenter(
            self.main_screen,
            self.engine,
            dependencies.clock,
            dependencies.key,
            dependencies.host,
        )
        self._presenter = Presenter(
            self.main_screen,
            self.engine,
            dependencies.clock,
            arrangement,
            self._problems,
            self._notifier.show_counts,
        )
        if dependencies.config.theme:
            self._set_theme(dependencies.config.theme)

    def _set_theme(self, name: str) -> None:
        if name not in self.available_themes:
            known = ", ".join(sorted(self.available_themes))
            raise UserError(f"theme: there is no theme “{clean(name, 60)}”. There are: {known}")
        self.theme = name

    def get_css_variables(self) -> dict[str, str]:
        """Return the theme's variables, with colours in which everything can be read."""
        system = COLOR_SYSTEMS.get(self.console.color_system, ColorSystem.TRUECOLOR)
        theme = self.current_theme
        variables = super().get_css_variables()
        variables |= readable_variables(variables, system, dark=theme.dark, ansi=theme.ansi)
        self.theme_variables = variables
        return variables

    def get_default_screen(self) -> Screen[Any]:
        """Return the main screen."""
        return self.main_screen

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Return what the palette offers besides the keys."""
        yield SystemCommand("Theme", "Choose other colours", self.action_change_theme)

    @property
    def is_up_to_date(self) -> bool:
        """Whether all that has happened is shown, and nothing waits for the cursor to rest."""
        return self._presenter.is_up_to_date and not self._cursor_rest.is_waiting

    def on_main_screen_painted(self) -> None:
        """Start everything that the first paint did not wait for."""
        self.find_graphics()
        self._starting = self.engine.spawn(self._start())

    async def _start(self) -> None:
        self.engine.start(self.main_screen.tasks.keys_in_view)
        if any(not record.status.terminal for record in self.engine.watchlist):
            with suppress(TimeoutError):
                async with asyncio.timeout(FIRST_ANSWER_TIMEOUT):
                    await self._answer_shown.wait()
        self.stylesheet.read(COMPLETE_CSS)
        self.stylesheet.parse()
        await self.main_screen.mount_deferred()
        state_warning = await self._begin_pictures()
        self.release_input()
        for number, warning in enumerate(self._dependencies.warnings):
            self._problems.show(f"start {number}", warning)
        self._problems.show("loaded", self._load_warning)
        self._problems.show("state", state_warning)
        self.watch(self.main_screen.tasks, "cursor", self._presenter.follow_cursor, init=False)
        self._presenter.begin(self._new_ids[0] if self._new_ids else "")
        self._events.show_absence()
        self.app_suspend_signal.subscribe(self, lambda _: self._notifier.suspended())
        self.set_interval(TICK_INTERVAL, self._tick)
        gc_tuning.begin()

    def on_exit_app(self) -> None:
        """Cancel the start: the screen that it mounts widgets into is about to be removed."""
        if self._starting is not None:
            self._starting.cancel()

    async def on_unmount(self) -> None:
        """Stop the background."""
        await self._state.flush()
        await self.engine.stop()
        self.end_pictures()

    async def action_quit(self) -> None:
        """Quit, after all that was requested before: those messages take the same way."""
        self.main_screen.post_message(messages.QuitRequested())

    def on_quit_requested(self) -> None:
        """Quit; cancelling a download takes a second press."""
        now = self._dependencies.clock.boot()
        confirmed = now - self._quit_requested_at < NOTIFICATION_SECONDS
        deferred = self.main_screen.deferred
        if deferred is not None and deferred.transfer.running and not confirmed:
            self._quit_requested_at = now
            self.show_notice("A download is running. q: quit without it")
        elif self._dependencies.is_demo or not any(self.engine.unsaved):
            self.exit()
        else:
            self._quitting.request()

    @cached_property
    def _quitting(self) -> QuitController:
        from tui.dashboard.controllers.quitting import QuitController

        return QuitController(self, self.engine, self._dependencies, self.show_notice)

    @bounded("Quitting")
    def on_unsaved_changes_answered(self, event: UnsavedChanges.Answered) -> None:
        """Do what the user has chosen to do with changes that are not saved."""
        self._quitting.answer(event.answer, event.path)

    @property
    def written_to(self) -> Path | None:
        """Where the user had the watchlist written to that could not be saved."""
        # Not made for this: most sessions end without a question.
        return self._quitting.written_to if "_quitting" in vars(self) else None

    def exit_orderly(self, code: int) -> None:
        """Save, then exit: giving back a terminal that stalls takes longer than a signal allows."""
        if self.engine.has_unsaved:
            self.engine.spawn(self._save_and_exit(code))
        else:
            super().exit_orderly(code)

    async def _save_and_exit(self, code: int) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(SIGNAL_SAVE_TIMEOUT):
                await self.engine.save()
        self.exit(return_code=code)

    def _crashed(self, error: Exception) -> None:
        if isinstance(error, UserError):
            self.exit(return_code=1, message=Text(f"scenext-tui: {clean(str(error))}"))
        elif lacking := shortage(error):
            self.exit(return_code=1, message=Text(f"scenext-tui: {lacking}"))
        else:
            self.crash(error)

    def on_watchlist_changed(self) -> None:
        """Show what another program added or removed."""
        self._show_watchlist()

    def on_problem_changed(self, event: messages.ProblemChanged) -> None:
        """Show a problem, or that it is resolved."""
        bytecode.adapt(saves_fail=bool(self.engine.save_problem))
        if event.problem == "file" and event.message:
            # What the first look at the same file told, with other numbers.
            self._load_warning = ""
            self._problems.show("loaded", "")
        self._problems.show(event.problem, event.message)
        if event.problem == "key":
            self._presenter.show_health()
        if "_quitting" in vars(self):
            self._quitting.check()

    def on_add_requested(self, event: messages.AddRequested) -> None:
        """Watch more tasks, and select the first of them."""
        self.main_screen.show_all_tasks()
        self._presenter.filter("")
        new = len(set(event.task_ids).difference(self.engine.watchlist.ids))
        self.engine.add(event.task_ids, event.label)
        self._show_watchlist(event.task_ids[0])
        if there := len(event.task_ids) - new:
            self.show_notice(tasks.added(new, there, event.label))

    def on_remove_requested(self, event: messages.RemoveRequested) -> None:
        """Stop watching a task."""
        record = self.engine.watchlist.get(event.task_id)
        removed = self.engine.remove(event.task_id)
        self._show_watchlist()
        if removed and record is not None:
            self.show_notice(f"Removed {tasks.task_name(record)}. u: undo")

    def on_undo_requested(self) -> None:
        """Bring back the task removed last."""
        self.clear_notifications()
        if task_id := self.engine.undo():
            self._show_watchlist(task_id)

    def _show_watchlist(self, select: str = "") -> None:
        self.main_screen.removed_count = self.engine.removed_count
        self._presenter.show_all(select)
        self.engine.sync_schedule(self.main_screen.tasks.keys_in_view())

    async def on_event(self, event: Event) -> None:
        """Note that somebody is there; what is said of the time before goes with a key."""
        if isinstance(event, Key):
            self._events.key_pressed()
        is_input = isinstance(event, InputEvent) and not isinstance(event, MouseMove)
        if is_input:
            self.main_screen.tasks.stays_at_top = False
            self._notifier.user_acted()
        elif isinstance(event, AppFocus | AppBlur):
            self._notifier.focus_reported()
        await super().on_event(event)
        if is_input or isinstance(event, AppFocus):
            self._cursor_rest.user_acted()

    @bounded("Telling what happened")
    def on_event_logged(self, event: messages.EventLogged) -> None:
        """Show what happened, once for all that happens in a moment."""
        self._presenter.update_soon()
        self._events.note(event.event)
        self._notifier.note(event.event)

    def clear_notifications(self) -> None:
        """Clear all notifications, but what tells of ends: that goes by itself."""
        super().clear_notifications()
        self._events.show_absence()
        self._notifier.show_again()

    @bounded("Taking an answer")
    def on_task_polled(self, event: messages.TaskPolled) -> None:
        """Apply the result of a poll."""
        error = event.result.error
        record = self.engine.apply_result(event.result)
        if record is None:
            return
        if not self.engine.schedule.breaker.key_refused:
            self._problems.show("key", "")
        self._notifier.answered()
        self._presenter.show_record(record)
        if not self._answer_shown.is_set():
            self.main_screen.call_after_refresh(self._answer_shown.set)
        if error is not None or self._had_fault:
            # Otherwise the next tick is soon enough.
            self._presenter.show_health()
        self._had_fault = error is not None

    @bounded("Showing what has changed")
    def on_view_expired(self) -> None:
        """Show what has changed by now, in one frame."""
        with self.batch_update():
            self._presenter.update()
            self._events.update()
            self.update_gallery()

    @bounded("Marking")
    def on_task_seen(self, event: messages.TaskSeen) -> None:
        """Remember that somebody has looked at a task, and take its mark away."""
        record = self.engine.watchlist.get(event.task_id)
        if record is not None and self.engine.mark_seen(event.task_id):
            self._presenter.show_record(self.engine.watchlist.get(event.task_id) or record)

    @bounded("Showing the events")
    def on_event_lines_resized(self) -> None:
        """Show what happened last in another width."""
        self._events.show_newest()

    @bounded("Showing the events")
    def on_events_requested(self) -> None:
        """Open the list of all events."""
        self._events.open()

    def on_refresh_requested(self, event: messages.RefreshRequested) -> None:
        """Query tasks now."""
        if (held := self.engine.refresh(event.task_ids)) is not None:
            asked = len(event.task_ids) or len(self.engine.watchlist)
            self.show_notice(polling.held(held, self._problems.wall_time(held.until), asked))
        self._presenter.show_health()

    @bounded("Showing the task")
    def on_detail_requested(self) -> None:
        """Show the selected task."""
        self._presenter.show_details()

    def on_filter_changed(self, event: messages.FilterChanged) -> None:
        """Show only the tasks that match."""
        self._presenter.filter(event.query)

    @bounded("Showing the tasks")
    def on_visible_tasks_changed(self, event: messages.VisibleTasksChanged) -> None:
        """Update the ages of rows that scrolled into view, and query them first."""
        self.engine.schedule.prioritize(event.task_ids)
        self._presenter.show_ages(event.task_ids)

    @bounded("Showing the time")
    def _tick(self) -> None:
        self.look_at_window()
        self.collect_garbage()
        bytecode.adapt(saves_fail=bool(self.engine.save_problem))
        self._presenter.show_health()
        self._notifier.update()
        self._ticks += 1
        if self._ticks % TICKS_PER_AGE == 0:
            self._presenter.show_ages(self.main_screen.tasks.keys_in_view())
            self._presenter.show_details()
            self._presenter.show_counts()
            self._events.show()

    def action_help(self) -> None:
        """Show the keys."""
        from tui.dashboard.palette import help_groups
        from tui.dashboard.screens.help import Help
        from tui.wording.graphics import graphics_lines

        groups = help_groups(self, ScenextApp.BINDINGS)
        setting = self.graphics_settings.pictures
        groups.append(("Pictures in this terminal", graphics_lines(self.graphics, setting)))
        self.push_screen(Help(groups))
