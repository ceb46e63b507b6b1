"""The links of a task, and how long they stay valid. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tui.scenext.models import Frame, Result
from tui.scenext.signed_url import NEVER, expires_at, identity


class Link(NamedTuple):
    """A frame or result of a task that can be opened, shown or saved."""

    key: str
    """Identifies the link across responses, so that a selection can follow it."""
    name: str
    url: str
    """Signed: must not be shown, logged or stored."""

    @property
    def expires_at(self) -> float | None:
        """When the link expires, as returned by `signed_url.expires_at`."""
        return expires_at(self.url)

    def seconds_left(self, server_now: float) -> float:
        """Return the seconds left by the service's clock, in Unix seconds; infinite if unknown."""
        return NEVER if self.expires_at is None else self.expires_at - server_now


def task_links(results: Iterable[Result], frames: Iterable[Frame]) -> tuple[Link, ...]:
    """Return all links of a task: those of its results, then its frames in order."""
    linked = [result for result in results if result.is_link]
    return (*_result_links(linked), *frame_links(frames))


def frame_links(frames: Iterable[Frame]) -> tuple[Link, ...]:
    """Return the links of a task's frames, in order and without duplicates."""
    links: dict[str, Link] = {}
    for frame in frames:
        key = f"frame {frame.id} {identity(frame.url)}"
        links.setdefault(key, Link(key, frame.id, frame.url))
    return tuple(links.values())


def _result_links(linked: list[Result]) -> Iterable[Link]:
    for number, result in enumerate(linked, 1):
        name = result.kind if len(linked) == 1 else f"{result.kind} {number}"
        yield Link(f"result {number} {result.kind}", name, result.content)
