"""The selected task: what is known of it, and its frames."""

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

from tui.dashboard.widgets.frame_list import FrameList
from tui.dashboard.widgets.frame_preview import FramePreview
from tui.dashboard.widgets.states import STATE_NAMES
from tui.scenext.models import TaskStatus
from tui.wording.details import Detail, Fact


class Facts(Widget):
    """What is known of a task: names on the left, and what they are on the right."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "facts--name",
        "facts--stale",
        *(f"facts--{name}" for name in STATE_NAMES.values()),
    }

    known: reactive[tuple[TaskStatus, tuple[Fact, ...]] | None] = reactive(
        None, repaint=False, init=False
    )
    """The state, which gives the badge its colour, and all that is shown: words, and no link."""

    def watch_known(self) -> None:
        """Paint it anew; a layout costs more than all the rest, and is for another height alone."""
        self.refresh()
        size = self.app.size
        if self.get_content_height(size, size, self.size.width) != self.size.height:
            self.refresh(layout=True)

    def render(self) -> Table:
        """Return them in their colours."""
        table = Table.grid(padding=(0, 1))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        if self.known is not None:
            status, facts = self.known
            name_style = self.get_component_rich_style("facts--name")
            for fact in facts:
                style = self._style_of(fact, status) if fact.style else ""
                table.add_row(Text(fact.name, name_style), Text(fact.words, style))
        return table

    def _style_of(self, fact: Fact, status: TaskStatus) -> Style:
        name = STATE_NAMES[status] if fact.style == "badge" else fact.style
        return self.get_component_rich_style(f"facts--{name}")


class TaskDetail(Vertical):
    """One task in full. Shows nothing until a task is given."""

    previewing: reactive[bool] = reactive(False)
    """Whether the selected frame's picture is shown."""
    enlarged: reactive[bool] = reactive(False)
    """Whether it has the pane almost to itself."""

    def __init__(self) -> None:
        super().__init__()
        self.facts = Facts()
        self.task_heading = Static(id="task-heading")
        self.heading = Static(id="frames-heading")
        self.frames = FrameList(id="frames")
        self.preview = FramePreview()
        self.preview_heading = Static(id="preview-heading")

    def compose(self) -> ComposeResult:
        """The facts, which scrolls by itself where it is long, and the frames."""
        yield self.task_heading
        yield VerticalScroll(self.facts, id="facts-pane")
        yield self.heading
        yield self.frames
        yield self.preview_heading
        yield self.preview

    def watch_previewing(self, previewing: bool) -> None:
        """Make room for the picture, or take it back."""
        self.set_class(previewing, "-preview")

    def watch_enlarged(self, enlarged: bool) -> None:
        """Give it more room, or less."""
        self.set_class(enlarged, "-enlarged")

    def show(self, detail: Detail | None, server_now: float) -> None:
        """Show a task, or nothing; the lives of its links are counted from `server_now`."""
        self.facts.known = (detail.status, detail.facts) if detail else None
        # An equal text would be painted again, and a layout would repaint everything.
        for static, words in (
            (self.task_heading, detail.task_id if detail else ""),
            (self.heading, detail.heading if detail else ""),
        ):
            if static.content != Content(words):
                static.update(Content(words), layout=False)
        self.frames.set_links(detail.links if detail else (), server_now)
