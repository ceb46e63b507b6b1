"""Opening and copying a link: a fresh one first where it is about to end, then the plan's way."""

from __future__ import annotations

import asyncio
import platform
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Literal, TypeVar

from textual.app import App, SuspendNotSupported

from tui.addresses import unsafe_reason
from tui.dashboard.screens.link_panel import Offer, OpenPanel
from tui.links import clipboard, opener
from tui.links.resolver import Links
from tui.wording.details import Link

_T = TypeVar("_T")


class Opening:
    """Opens and copies links for the app."""

    def __init__(
        self,
        app: App[None],
        links: Links,
        environ: Mapping[str, str],
        open_command: str,
        threads: Executor,
    ) -> None:
        self._app = app
        self._links = links
        self._environ = environ
        self._open_command = open_command
        self._threads = threads
        self._under_way: set[tuple[str, str]] = set()

    async def open(self, task_id: str, key: str) -> None:
        """Open a link in the way that works here, or say why not.

        Asked again before that is done, it does nothing: a fresh link may take its time.
        """
        if (task_id, key) in self._under_way:
            return
        self._under_way.add((task_id, key))
        try:
            await self._open(task_id, key)
        finally:
            self._under_way.discard((task_id, key))

    async def _open(self, task_id: str, key: str) -> None:
        link = await self._fresh(task_id, key)
        if link is None:
            return
        plan = await self._in_thread(lambda: self._plan(link.url))
        if isinstance(plan, opener.Refuse):
            self._say(f"Not opened: {plan.why}.", wrong=True)
            return
        why = plan.why if isinstance(plan, opener.Show) else ""
        if isinstance(plan, opener.Run) and self._links.left(link) > 0:
            run = plan
            why = await self._in_thread(lambda: opener.run(run))
            if not why:
                self._say(f"Opened {link.name} with {run.name}.")
                return
        offer = Offer(
            task_id, link.key, f"{link.name} of {task_id}", link.url, self._links.lives(link), why
        )
        panel = OpenPanel(offer)
        # They would lie over its keys, and name others.
        self._app.clear_notifications()
        await self._app.push_screen(panel)
        await self.copy_again(panel)

    async def copy(self, task_id: str, key: str) -> None:
        """Copy a link."""
        link = await self._fresh(task_id, key)
        if link is None:
            return
        if why := unsafe_reason(link.url):
            self._say(f"Not copied: {why}.", wrong=True)
            return
        how = await self.copy_text(link.url)
        self._say(f"Link of {link.name} {how}. {self._links.lives(link)}")

    async def copy_plain(self, words: str, name: str) -> None:
        """Copy a text that is no secret, and say so."""
        how = await self.copy_text(words)
        self._say(f"{name} {how}.")

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
        """Copy a panel's link, a fresh one where it is about to end, and have the panel say how."""
        panel.copied = ""
        offer = panel.offer
        link = await self._links.fresh(offer.task_id, offer.link_key)
        if link is not None and not unsafe_reason(link.url):
            offer = offer._replace(url=link.url, lives=self._links.lives(link))
        how = await self.copy_text(offer.url)
        if panel.is_attached:
            panel.offer = offer
            panel.copied = how

    def show_raw(self, url: str) -> None:
        """Show a link on the terminal's normal screen, as one line that it can select whole.

        Blocks the loop until enter or ctrl+c is pressed: awaiting while suspended would deadlock,
        since rendering goes on and nobody drains it (terok-ai/terok#1187).
        """
        try:
            with self._app.suspend(), _interruptible():
                print(f"\n{url}\n\nPress enter to go back.", flush=True)  # noqa: T201
                sys.stdin.readline()
        except SuspendNotSupported:
            self._say("This terminal cannot show the raw link.", wrong=True)

    async def _fresh(self, task_id: str, key: str) -> Link | None:
        link = await self._links.fresh(task_id, key)
        if link is None:
            self._say("There is no frame yet.")
        return link

    def _plan(self, url: str) -> opener.Plan:
        here = opener.Surroundings(
            self._environ,
            sys.platform,
            shutil.which,
            wsl="microsoft" in platform.release().lower(),
            tmux_ssh=opener.tmux_ssh(self._environ),
        )
        return opener.plan(url, self._open_command, here)

    def _say(self, words: str, *, wrong: bool = False) -> None:
        severity: Literal["error", "information"] = "error" if wrong else "information"
        self._app.notify(words, severity=severity, markup=False, timeout=5)

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Have ctrl+c end what is inside; asyncio's own handler would end the app, and only later."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGINT, before)
