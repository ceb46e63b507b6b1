"""Open and copy links: get a fresh one if need be, then open it the way that works here."""

from __future__ import annotations

import asyncio
import platform
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from textual.app import SuspendNotSupported
from textual.notifications import SeverityLevel

from tui.dashboard.screens.link_panel import LinkPanel, OfferedLink
from tui.engine import Engine
from tui.links import clipboard, opener
from tui.links.link import Link
from tui.links.resolver import LinkResolver
from tui.terminal.app import StockApp
from tui.wording.links import link_lifetime
from tui.wording.tasks import task_name

_OUTPUT_CHECK_INTERVAL: Final = 0.02
_OUTPUT_CHECKS: Final = 100
"""How often it is seen whether the terminal has taken what it was sent before a raw link."""

_T = TypeVar("_T")


class LinkController:
    """Does what is requested about links, in the background."""

    def __init__(
        self,
        app: StockApp,
        engine: Engine,
        resolver: LinkResolver,
        *,
        environ: Mapping[str, str],
        open_command: str,
        show_saved: Callable[[str, Link], Awaitable[None]],
    ) -> None:
        """Connect; `show_saved` names the file of a task's link, if it was saved before."""
        self._app = app
        self._engine = engine
        self._resolver = resolver
        self._environ = environ
        self._open_command = open_command
        self._show_saved = show_saved
        self._opening: set[tuple[str, str]] = set()

    def open(self, task_id: str, key: str) -> None:
        """Open a link the way that works here, or say why not.

        A second request does nothing while the first is in flight: a fresh link may take a while.
        """
        if (task_id, key) not in self._opening:
            self._opening.add((task_id, key))
            opening = self._spawn(f"Opening a link of {task_id}", self._open(task_id, key))
            opening.add_done_callback(lambda _: self._opening.discard((task_id, key)))

    def copy(self, task_id: str, key: str) -> None:
        """Copy a link, or say why not."""
        self._spawn(f"Copying a link of {task_id}", self._copy(task_id, key))

    def copy_text(self, text: str, name: str) -> None:
        """Copy a text that is no secret; `name` says what it is."""
        self._spawn(f"Copying “{name}”", self._copy_text(text, name))

    def open_again(self, panel: LinkPanel) -> None:
        """Open the link of a panel with a program, or say why not."""
        self._spawn(f"Opening a link of {panel.link.task_id}", self._open_again(panel.link))

    def copy_again(self, panel: LinkPanel) -> None:
        """Copy the link of a panel, renewed where it is about to expire, and tell the panel how."""
        self._spawn(f"Copying a link of {panel.link.task_id}", self._copy_again(panel))

    async def _copy(self, task_id: str, key: str) -> None:
        link = await self._valid(task_id, key)
        if link is None:
            return
        if reason := self._engine.addresses.unsafe_reason(link.url):
            self._notify(f"Not copied: {reason}.", "error")
            return
        outcome = await self._to_clipboard(link.url)
        self._notify(f"Link of {link.name} {outcome}. {self._lifetime(link)}")
        await self._name_saved(task_id, link)

    async def _copy_text(self, text: str, name: str) -> None:
        self._notify(f"{name} {await self._to_clipboard(text)}.")

    async def _copy_again(self, panel: LinkPanel) -> None:
        panel.copied = ""
        offered = panel.link
        link = await self._resolver.get_valid(offered.task_id, offered.link_key)
        if link is not None and not self._engine.addresses.unsafe_reason(link.url):
            offered = offered._replace(url=link.url, lifetime=self._lifetime(link))
        outcome = await self._to_clipboard(offered.url)
        if panel.is_attached:
            panel.link = offered
            panel.copied = outcome

    def show_raw(self, panel: LinkPanel) -> None:
        """Show the link of a panel on the normal screen, as one line that can be selected whole."""
        if self._app.takes_output:
            self._show_raw(panel.link.url)
        else:
            name = f"Showing a link of {panel.link.task_id}"
            self._spawn(name, self._show_raw_soon(panel))

    async def _show_raw_soon(self, panel: LinkPanel) -> None:
        """Show it once what is on its way has left: a frame, or a piece of a picture."""
        for _ in range(_OUTPUT_CHECKS):
            await asyncio.sleep(_OUTPUT_CHECK_INTERVAL)
            if self._app.takes_output:
                if panel.is_current:
                    self._show_raw(panel.link.url)
                return
        self._notify("The terminal takes no output; show the raw link once it does.", "error")

    def _show_raw(self, url: str) -> None:
        """Block the loop until enter, esc, q or ctrl+c is pressed.

        Awaiting while suspended would deadlock, since rendering goes on and nobody drains it
        (terok-ai/terok#1187).
        """
        try:
            with self._app.suspend(), _interruptible():
                self._app.show_until_back(f"\n{url}\n\nPress enter to go back.")
        except SuspendNotSupported:
            self._notify("This terminal cannot show the raw link.", "error")

    async def _open(self, task_id: str, key: str) -> None:
        link = await self._valid(task_id, key)
        if link is None:
            return
        reason = await self._try_to_open(link)
        if reason is not None:
            await self._show_panel(task_id, link, reason)
        await self._name_saved(task_id, link)

    async def _open_again(self, offered: OfferedLink) -> None:
        link = await self._valid(offered.task_id, offered.link_key)
        if link is None:
            return
        reason = await self._try_to_open(link)
        if reason is not None:
            reason = reason or "Nothing here can start a browser"
            self._notify(f"{reason}. Copy the link into your browser.")

    async def _try_to_open(self, link: Link) -> str | None:
        """Open a link with a program; return why none could, empty for no reason in particular.

        Returns None where it was opened or must not be, which is said. One that has ended by the
        service's clock is opened too: the clock may be wrong.
        """
        plan = await self._in_thread(lambda: self._plan(link.url))
        if isinstance(plan, opener.Reject):
            self._notify(f"Not opened: {plan.reason}.", "error")
            return None
        if isinstance(plan, opener.ShowLink):
            return plan.reason
        if reason := await self._in_thread(lambda: opener.run(plan, link.url)):
            return reason
        lifetime = f" {self._lifetime(link)}" if self._is_over(link) else ""
        self._notify(f"Opened {link.name} with {plan.name}.{lifetime}")
        return None

    def _is_over(self, link: Link) -> bool:
        """Return whether a link has ended, by the service's clock."""
        has_end = link.expires_at is not None
        return has_end and link.seconds_left(self._engine.server_clock.now()) <= 0

    async def _name_saved(self, task_id: str, link: Link) -> None:
        if self._is_over(link):
            await self._show_saved(task_id, link)

    async def _show_panel(self, task_id: str, link: Link, reason: str) -> None:
        record = self._engine.watchlist.get(task_id)
        name = f"{link.name} of {task_name(record) if record is not None else task_id}"
        offered = OfferedLink(task_id, link.key, name, link.url, self._lifetime(link), reason)
        no_click = await self._in_thread(lambda: opener.no_click_reason(self._environ, link.url))
        panel = LinkPanel(offered, no_click)
        # Notifications would lie over the panel's keys, and name others.
        self._app.clear_notifications()
        await self._app.push_screen(panel)
        await self._copy_again(panel)

    async def _to_clipboard(self, text: str) -> str:
        def by_terminal(copied: str) -> None:
            self._app.call_from_thread(self._app.copy_to_clipboard, copied)

        return await self._in_thread(lambda: clipboard.copy(text, self._environ, by_terminal))

    async def _valid(self, task_id: str, key: str) -> Link | None:
        link = await self._resolver.get_valid(task_id, key)
        if link is None:
            self._notify("There is no frame to open.")
        return link

    def _plan(self, url: str) -> opener.Plan:
        context = opener.OpenContext(
            self._environ,
            sys.platform,
            shutil.which,
            wsl="microsoft" in platform.release().lower(),
            tmux_ssh=opener.tmux_ssh(self._environ),
            addresses=self._engine.addresses,
        )
        return opener.plan(url, self._open_command, context)

    def _spawn(self, name: str, errand: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return self._engine.spawn_errand(name, errand, lambda text: self._notify(text, "error"))

    def _lifetime(self, link: Link) -> str:
        return link_lifetime(link, self._engine.server_clock.now())

    def _notify(self, text: str, severity: SeverityLevel = "information") -> None:
        self._app.notify(text, severity=severity, markup=False, timeout=5)

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._engine.threads, work)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let the signals that ask for an orderly end also end the block, which the loop waits for."""
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, signal.default_int_handler) for number in signals]
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
