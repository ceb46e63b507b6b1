"""A link of a task: what it leads to, and how long it stays valid. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tui.scenext.models import Frame, Result
from tui.scenext.signed_url import NEVER, expires_at, identity


class Link(NamedTuple):
    """Something of a task that can be opened, shown or saved."""

    key: str
    """Stays the same from answer to answer, so that a selection can follow it."""
    name: str
    url: str
    """Signed: never to be shown, logged or kept."""

    @property
    def expires_at(self) -> float | None:
        """When the link expires, as `signed_url.expires_at` says."""
        return expires_at(self.url)

    def seconds_left(self, server_now: float) -> float:
        """Return the seconds until it expires, by the service's clock; infinite where unknown."""
        return NEVER if self.expires_at is None else self.expires_at - server_now


def task_links(results: Iterable[Result], frames: Iterable[Frame]) -> tuple[Link, ...]:
    """Return what can be opened of a task: its result's links, then its frames in order."""
    linked = [result for result in results if result.is_link]
    return (*_result_links(linked), *frame_links(frames))


def frame_links(frames: Iterable[Frame]) -> tuple[Link, ...]:
    """Return the links of a task's frames, in order and each once."""
    links: dict[str, Link] = {}
    for frame in frames:
        key = f"frame {frame.id} {identity(frame.url)}"
        links.setdefault(key, Link(key, frame.id, frame.url))
    return tuple(links.values())


def _result_links(linked: list[Result]) -> Iterable[Link]:
    for number, result in enumerate(linked, 1):
        name = result.kind if len(linked) == 1 else f"{result.kind} {number}"
        yield Link(f"result {number} {result.kind}", name, result.content)
