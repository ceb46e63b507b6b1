"""Pictures in words: what stands above one, and in its place. Pure."""

from __future__ import annotations

from tui.errors import MediaError
from tui.graphics import Graphics, PictureSetting, Protocol
from tui.links.link import Link
from tui.wording.links import link_ended


def heading(name: str, position: int, total: int) -> str:
    """Return what stands above a picture: which of how many frames it is; 0 is no frame."""
    if not position or total == 1:
        return name
    return (
        f"{name}, the newest of {total:,}"
        if position == total
        else f"{name}, {position:,} of {total:,}"
    )


def off_reason(setting: PictureSetting, graphics: Graphics, *, has_colours: bool) -> str:
    """Return why no picture can be shown here, as a sentence; empty if one can."""
    if setting is PictureSetting.OFF:
        return 'Pictures are off: pictures = "off" in the configuration.'
    if graphics.protocol is Protocol.SYMBOLS and not has_colours:
        return "In this terminal pictures need colours, and NO_COLOR is set."
    return ""


def link_refused(link: Link, error: MediaError, server_now: float) -> str:
    """Return that a host refuses a link, and how to get another one, which nobody asked for yet."""
    has_ended = error.expired or link.seconds_left(server_now) <= 0 < (link.expires_at or 0)
    reason = link_ended(link, server_now) if has_ended else str(error)
    return f"{reason} Press enter to ask for another one."
