"""The links of a task, and how long they stay valid. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from tui.scenext.models import Frame, Result
from tui.signed_links.signed_url import expires_at, identity

MAX_CLICK_LENGTH: Final = 2_083
"""Characters of a link that terminals take for one that can be clicked (OSC 8): VTE's and iTerm2's
limit. Longer ones would cost as many bytes at each repaint, for nothing."""
_RESULT: Final = "result "


class Link(NamedTuple):
    """A frame or result of a task that can be opened, shown or saved."""

    key: str
    """Identifies the link across responses, so that a selection can follow it."""
    name: str
    url: str
    """Signed: must not be shown, logged or stored."""

    @property
    def is_result(self) -> bool:
        """Whether it is a result of the task, such as its video, and no frame."""
        return self.key.startswith(_RESULT)

    @property
    def is_video(self) -> bool:
        """Whether it is the task's video, or one of them."""
        return self.is_result and self.key.split(" ", 2)[2].casefold() == "video"

    @property
    def expires_at(self) -> float | None:
        """When the link expires, as returned by `signed_url.expires_at`."""
        return expires_at(self.url)

    def seconds_left(self, server_now: float) -> float:
        """Return the seconds left by the service's clock, in Unix seconds; 0 if unknown.

        An estimate, as the service's clock may be wrong: only the host of a link knows whether it
        has ended. So this decides when to ask for another one, and never that one is not tried.
        """
        return 0.0 if self.expires_at is None else self.expires_at - server_now


def task_links(results: Iterable[Result], frames: Iterable[Frame]) -> tuple[Link, ...]:
    """Return all links of a task: those of its results, then its frames in order."""
    linked = [result for result in results if result.is_link]
    return (*_result_links(linked), *frame_links(frames))


def main_link(links: Sequence[Link]) -> Link | None:
    """Return what a task is opened for: its video once there is one, else its newest frame."""
    return next((link for link in links if link.is_video), links[-1] if links else None)


def picture_link(links: Sequence[Link], key: str) -> Link | None:
    """Return the picture to show for a link of a task: a frame itself, else the newest frame.

    None where there is no frame: a video is no picture, and may be large.
    """
    for link in links if key else ():
        if link.key == key and not link.is_video:
            return link
    return links[-1] if links and not links[-1].is_result else None


def frame_links(frames: Iterable[Frame]) -> tuple[Link, ...]:
    """Return the links of a task's frames, in order and without duplicates.

    A frame's key is its ID, and how many before it have the same: both outlast another signature,
    another path and frames that are added.
    """
    unique = {(frame.id, identity(frame.url)): frame for frame in frames}
    counts: Counter[str] = Counter()
    links: list[Link] = []
    for frame in unique.values():
        counts[frame.id] += 1
        links.append(Link(f"frame {frame.id} {counts[frame.id]}", frame.id, frame.url))
    return tuple(links)


def same_link(links: Iterable[Link], link: Link) -> Link | None:
    """Return what a link has become: the one of its name and file, or else that of its key."""
    by_key, wanted = None, identity(link.url)
    for other in links:
        if other.name == link.name and identity(other.url) == wanted:
            return other
        if other.key == link.key:
            by_key = other
    return by_key


def _result_links(linked: list[Result]) -> Iterable[Link]:
    for number, result in enumerate(linked, 1):
        name = result.kind if len(linked) == 1 else f"{result.kind} {number}"
        yield Link(f"{_RESULT}{number} {result.kind}", name, result.content)
