"""Opening and copying a link: a fresh one first where it is about to end, then the plan's way."""

from __future__ import annotations

import asyncio
import platform
import shutil
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from datetime import UTC, datetime
from typing import Final, Literal, Protocol, TypeVar

from textual.app import App, SuspendNotSupported

from tui import clipboard, opener
from tui.detail import Link
from tui.poller import Outcome
from tui.screens.open_panel import Offer, OpenPanel
from tui.signed_url import NEVER, why_not_open
from tui.text import clock_time, life

FRESH: Final = 60.0
"""Seconds that a link must still live to be opened or copied as it is."""
PATIENCE: Final = 10.0
"""Seconds to wait for a fresh link; the query goes through the schedule and may have to queue."""

_T = TypeVar("_T")


class LinkSource(Protocol):
    """Where links come from, and how they are renewed; the app is one."""

    def find_link(self, task_id: str, key: str) -> Link | None:
        """Return a link of a task; its newest frame where `key` is empty."""

    async def ask(self, task_id: str) -> Outcome:
        """Ask about the task and return what came of it."""

    @property
    def server_now(self) -> float:
        """The service's time in Unix seconds."""


class Opening:
    """Opens and copies links for the app."""

    def __init__(
        self,
        app: App[None],
        links: LinkSource,
        environ: Mapping[str, str],
        open_command: str,
        threads: Executor,
    ) -> None:
        self._app = app
        self._links = links
        self._environ = environ
        self._open_command = open_command
        self._threads = threads
        self._renewed: dict[str, float] = {}

    async def open(self, task_id: str, key: str) -> None:
        """Open a link in the way that works here, or say why not."""
        link = await self._fresh_link(task_id, key)
        if link is None:
            return
        plan = await self._in_thread(lambda: self._plan(link.url))
        if isinstance(plan, opener.Refuse):
            self._say(f"Not opened: {plan.why}.", wrong=True)
            return
        why = plan.why if isinstance(plan, opener.Show) else ""
        if isinstance(plan, opener.Run) and not self._ended(link):
            run = plan
            why = await self._in_thread(lambda: opener.run(run))
            if not why:
                self._say(f"Opened {link.name} with {run.name}.")
                return
        await self._show(link, f"{link.name} of {task_id}", why)

    async def copy(self, task_id: str, key: str) -> None:
        """Copy a link."""
        link = await self._fresh_link(task_id, key)
        if link is None:
            return
        if why := why_not_open(link.url):
            self._say(f"Not copied: {why}.", wrong=True)
            return
        how = await self.copy_text(link.url)
        self._say(f"Link of {link.name} {how}. {self._lives(link)}")

    async def copy_text(self, words: str) -> str:
        """Copy a text; return in words what is known of it."""
        return await self._in_thread(
            lambda: clipboard.copy(
                words,
                self._environ,
                lambda copied: self._app.call_from_thread(self._app.copy_to_clipboard, copied),
            )
        )

    async def copy_again(self, panel: OpenPanel) -> None:
        """Copy a panel's link, and have the panel say how."""
        panel.copied = ""
        panel.copied = await self.copy_text(panel.offer.url)

    def show_raw(self, url: str) -> None:
        """Show a link on the terminal's normal screen, as one line that it can select whole.

        Blocks the loop until enter is pressed: awaiting while suspended would deadlock, since
        rendering goes on and nobody drains it (terok-ai/terok#1187).
        """
        try:
            with self._app.suspend():
                print(f"\n{url}\n\nPress enter to go back.", flush=True)  # noqa: T201
                sys.stdin.readline()
        except SuspendNotSupported:
            self._say("This terminal cannot show the raw link.", wrong=True)

    async def _show(self, link: Link, name: str, why: str) -> None:
        panel = OpenPanel(Offer(name, link.url, self._lives(link), why))
        await self._app.push_screen(panel)
        await self.copy_again(panel)

    async def _fresh_link(self, task_id: str, key: str) -> Link | None:
        link = self._links.find_link(task_id, key)
        if link is None:
            self._say("There is no frame yet.")
            return None
        loop_now = asyncio.get_running_loop().time()
        asked_lately = loop_now - self._renewed.get(task_id, -FRESH) < FRESH
        if self._left(link) >= FRESH or asked_lately:
            return link
        self._renewed[task_id] = loop_now
        self._say("Asking the service for a fresh link.")
        try:
            async with asyncio.timeout(PATIENCE):
                await self._links.ask(task_id)
        except TimeoutError:
            return link
        # The app takes the answer in as it takes any other, by a message that is under way.
        await asyncio.sleep(0)
        return self._links.find_link(task_id, link.key) or link

    def _plan(self, url: str) -> opener.Plan:
        here = opener.Surroundings(
            self._environ,
            sys.platform,
            shutil.which,
            wsl="microsoft" in platform.release().lower(),
            tmux_ssh=opener.tmux_ssh(self._environ),
        )
        return opener.plan(url, self._open_command, here)

    def _left(self, link: Link) -> float:
        return NEVER if link.end is None else link.end - self._links.server_now

    def _ended(self, link: Link) -> bool:
        return self._left(link) <= 0

    def _lives(self, link: Link) -> str:
        if link.end is None:
            return "When the link ends is not known."
        if link.end == NEVER:
            return "The link has no end."
        if not self._ended(link):
            return f"The link lives for {life(link.end, self._links.server_now)}."
        end = clock_time(datetime.fromtimestamp(link.end, UTC), datetime.now(UTC))
        return f"The link ended at {end} and the service did not renew it."

    def _say(self, words: str, *, wrong: bool = False) -> None:
        severity: Literal["error", "information"] = "error" if wrong else "information"
        self._app.notify(words, severity=severity, markup=False, timeout=5)

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
