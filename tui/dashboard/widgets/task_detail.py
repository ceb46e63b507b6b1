"""The selected task: its fields and its frames."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from tui.addresses import AddressRule
from tui.dashboard.widgets.frame_list import FrameList
from tui.dashboard.widgets.frame_preview import FramePreview
from tui.dashboard.widgets.task_row import STATE_NAMES
from tui.scenext.models import TaskStatus
from tui.wording.details import Field, TaskDetails


class Fields(Widget):
    """The fields of a task: names on the left, their text on the right."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "fields--name",
        "fields--stale",
        *(f"fields--{name}" for name in STATE_NAMES.values()),
    }

    known: reactive[tuple[TaskStatus, tuple[Field, ...]] | None] = reactive(
        None, repaint=False, init=False
    )
    """The state, which gives the badge its colour, and the fields: words, and no link."""

    def watch_known(self) -> None:
        """Repaint; lay out, which costs far more, only for another height."""
        self.refresh()
        size = self.app.size
        if self.get_content_height(size, size, self.size.width) != self.size.height:
            self.refresh(layout=True)

    def render(self) -> Table:
        """Return the fields in their colours."""
        table = Table.grid(padding=(0, 1))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        if self.known is not None:
            status, fields = self.known
            name_style = self.get_component_rich_style("fields--name")
            for field in fields:
                style = self._style_of(field, status) if field.style else ""
                table.add_row(Text(field.name, name_style), Text(field.text, style))
        return table

    def _style_of(self, field: Field, status: TaskStatus) -> Style:
        name = STATE_NAMES[status] if field.style == "badge" else field.style
        return self.get_component_rich_style(f"fields--{name}")


class TaskDetail(Vertical):
    """One task in full. Shows nothing until a task is given."""

    previewing: reactive[bool] = reactive(False, toggle_class="-preview")
    """Whether the selected frame's picture is shown."""
    enlarged: reactive[bool] = reactive(False, toggle_class="-enlarged")
    """Whether it has the pane almost to itself."""

    def __init__(self) -> None:
        super().__init__()
        self.fields = Fields()
        self.task_heading = Static(id="task-heading")
        self.heading = Static(id="frames-heading")
        self.frames = FrameList(id="frames")
        self.preview = FramePreview()
        self.preview_heading = Static(id="preview-heading")

    def compose(self) -> ComposeResult:
        """Yield the fields, which scroll where they are long, and the frames."""
        yield self.task_heading
        yield VerticalScroll(self.fields, id="fields-pane")
        yield self.heading
        yield self.frames
        yield self.preview_heading
        yield self.preview

    def show(self, details: TaskDetails | None, server_now: float, addresses: AddressRule) -> None:
        """Show a task, or nothing; `server_now` is the service's time in Unix seconds."""
        self.fields.known = (details.status, details.fields) if details else None
        # Textual would repaint an equal text, and lay out everything for it.
        for static, words in (
            (self.task_heading, details.task_id if details else ""),
            (self.heading, details.heading if details else ""),
        ):
            if static.content != Content(words):
                static.update(Content(words), layout=False)
        self.frames.set_links(details.links if details else (), server_now, addresses)
