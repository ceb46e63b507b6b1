"""The frames of a task, and which of them show the same picture. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tui.links.link import Link
from tui.signed_links.signed_url import identity


class Scene(NamedTuple):
    """A picture that stands for one frame, or for several with the same link. No link itself."""

    key: str
    """The link key of the first of its frames."""
    names: tuple[str, ...]
    """All frames that show the picture, those with a file of their own included."""
    frames: int = 1
    """How many frames it stands for itself."""
    repeats: str = ""
    """The name of an earlier frame whose file has the same bytes: its picture is this one."""


def group_frames(links: Sequence[Link], digest: Callable[[Link], str]) -> tuple[Scene, ...]:
    """Return the scenes of a task's frames, in order.

    Frames of one file are known to be the same before it is loaded. Of others `digest` returns what
    equal bytes have in common, or an empty text before they are loaded: then they keep their place,
    so that nothing moves under the reader's eyes.
    """
    by_file: dict[str, list[Link]] = {}
    for link in links:
        by_file.setdefault(identity(link.url), []).append(link)
    bytes_of = {file: digest(sharing[0]) or file for file, sharing in by_file.items()}
    by_bytes: dict[str, list[Link]] = {}
    for link in links:
        by_bytes.setdefault(bytes_of[identity(link.url)], []).append(link)
    return tuple(_scene(sharing, by_bytes[bytes_of[file]]) for file, sharing in by_file.items())


def _scene(sharing: Sequence[Link], equal: Sequence[Link]) -> Scene:
    first = sharing[0]
    if equal[0] is not first:
        return Scene(first.key, tuple(link.name for link in sharing), len(sharing), equal[0].name)
    return Scene(first.key, tuple(link.name for link in equal), len(sharing))


def repeated(scenes: Sequence[Scene]) -> int:
    """Return how many frames show a picture that an earlier one shows."""
    pictures = sum(1 for scene in scenes if not scene.repeats)
    return sum(scene.frames for scene in scenes) - pictures
