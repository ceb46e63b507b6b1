"""The frames of the selected task, and its video: one line each that carries its link (OSC 8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.style import Style

from tui.addresses import AddressRule
from tui.dashboard.widgets.row import Row
from tui.dashboard.widgets.row_list import RowList
from tui.dashboard.widgets.virtual_list import VirtualList
from tui.links.link import MAX_CLICK_LENGTH, Link, main_link
from tui.signed_links.signed_url import expires_at, identity
from tui.wording.cells import fit
from tui.wording.links import LinkRowData, link_row

_TIME_WIDTH = 11
_NAME_WIDTH = 10


def _seconds_left(url: str, server_now: float) -> float:
    end = expires_at(url) if url else None
    return 0.0 if end is None else max(0.0, end - server_now)


class FrameRow(Row[LinkRowData]):
    """A frame's line: how long its link lives, its ID, its file's name."""

    def __init__(self, value: LinkRowData, rows: VirtualList[LinkRowData], url: str) -> None:
        """Show `value` and carry a link; see `Row`."""
        super().__init__(value, rows)
        self._url = url
        self._painted_url = ""

    def set_url(self, url: str, server_now: float) -> None:
        """Carry another link from the next repaint on.

        A service that signs its links afresh at every answer must not cause repaints; but no link
        on the screen may expire while a longer-lived one is known, nor lead to another file. So a
        new signature is painted once the old one has less than half of its time left.
        """
        self._url = url
        painted = self._painted_url
        if url != painted and (
            identity(url) != identity(painted)
            or _seconds_left(painted, server_now) < _seconds_left(url, server_now) / 2
        ):
            self.refresh()

    def segments(self) -> Iterator[Segment]:
        """Return the line's parts; only the ID is the link, as every repaint sends all of it."""
        self._painted_url = self._url
        if self.data is None:
            return
        data, style, minor = self.data, self.style(), self.style("row-list--minor").rich_style
        can_click = data.is_safe and len(self._url) <= MAX_CLICK_LENGTH
        link = Style(link=self._url) if can_click else Style()
        yield Segment(f" {data.time_left.rjust(_TIME_WIDTH)}  ", minor)
        yield Segment(fit(data.name, _NAME_WIDTH), (style + link).rich_style)
        yield Segment("  ", style.rich_style)
        yield Segment(data.file, minor)


class FrameList(RowList[LinkRowData]):
    """What can be opened of a task; the cursor stays on its frame when others arrive.

    Of another task the newest is selected, as `main_link` says; while the cursor stands on it, it
    follows to what is the newest by then.
    """

    BINDING_GROUP_TITLE = "On a frame"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Open", tooltip="Open it", show=False, id="frame.open")
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._urls: dict[str, str] = {}
        self._server_now = 0.0
        self._task_id = self._newest = ""
        self._has_frames = False

    @property
    def task_id(self) -> str:
        """The task whose links these are; empty for none."""
        return self._task_id

    @property
    def has_frames(self) -> bool:
        """Whether there is a frame among them, and not a video alone."""
        return self._has_frames

    def make_row(self, value: LinkRowData) -> FrameRow:
        """Return a row with its link."""
        return FrameRow(value, self, self._urls[value.key])

    def set_links(
        self, task_id: str, links: Sequence[Link], server_now: float, addresses: AddressRule
    ) -> bool:
        """Show the links of a task; return whether it is another one than before.

        `server_now` is the service's time in Unix seconds.
        """
        is_other, self._task_id = task_id != self._task_id, task_id
        follows = is_other or self.cursor in ("", self._newest)
        newest = main_link(links)
        self._newest = newest.key if newest is not None else ""
        self._urls = {link.key: link.url for link in links}
        self._has_frames = any(not link.is_result for link in links)
        self._server_now = server_now
        self.set_values(link_row(link, server_now, addresses) for link in links)
        if follows:
            self.select_newest()
        return is_other

    def select_newest(self) -> None:
        """Put the cursor on what is the newest, and have it follow from there."""
        self.cursor = self._newest

    def show_value(self, row: Row[LinkRowData], value: LinkRowData) -> None:
        """Show a frame in a row that carries its link."""
        if isinstance(row, FrameRow):
            row.set_url(self._urls[value.key], self._server_now)
        super().show_value(row, value)
