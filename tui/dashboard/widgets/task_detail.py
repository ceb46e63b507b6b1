"""The selected task: its fields and its frames."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from tui.addresses import AddressRule
from tui.dashboard.widgets.frame_list import FrameList
from tui.dashboard.widgets.picture import PictureView
from tui.dashboard.widgets.task_row import STATE_NAMES
from tui.scenext.models import TaskStatus
from tui.wording.details import Field, TaskDetails
from tui.wording.wrapping import wrap


class Fields(Widget):
    """The fields of a task: a heading, then names on the left, their text on the right.

    Lines are wrapped once for a text and a width, and painted when they come into view: a task may
    have thousands of them.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"fields--{name}" for name in ("heading", "name", "fact", "stale")),
        *(f"fields--{name}" for name in STATE_NAMES.values()),
    }
    ALLOW_SELECT = False

    known: reactive[tuple[TaskStatus, tuple[Field, ...]] | None] = reactive(
        None, repaint=False, init=False
    )
    """The state, which gives the badge its colour, and the fields: words, and no link."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[tuple[str, str, str]] = []
        self._wrapped_for: object = None

    def watch_known(self) -> None:
        """Repaint; lay out, which costs far more, only for another height."""
        self.refresh()
        if len(self._wrap(self.size.width)) != self.size.height:
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines."""
        return len(self._wrap(width))

    def render_line(self, y: int) -> Strip:
        """Return one line in its colours."""
        lines = self._wrap(self.size.width)
        if y >= len(lines):
            return Strip.blank(self.size.width, self.rich_style)
        name, text, style = lines[y]
        segments = [
            Segment(name, self.get_component_rich_style("fields--name")),
            Segment(text, self._style_of(style)),
        ]
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)

    def _wrap(self, width: int) -> list[tuple[str, str, str]]:
        """Return each line's name, filled to the width of its column, text and style."""
        if self._wrapped_for != (wanted := (self.known, width)):
            fields = self.known[1] if self.known else ()
            widest = max((cell_len(field.name) for field in fields), default=0) + 1
            self._lines = [
                (set_cell_size("" if number else field.name, column), line, field.style)
                for field in fields
                for column in (0 if field.style == "heading" else widest,)
                for number, line in enumerate(wrap(field.text, width - column))
            ]
            self._wrapped_for = wanted
        return self._lines

    def _style_of(self, style: str) -> Style:
        if not style:
            return self.rich_style
        name = STATE_NAMES[self.known[0]] if self.known and style == "badge" else style
        return self.get_component_rich_style(f"fields--{name}")


class TaskDetail(Vertical):
    """One task in full. Shows nothing until a task is given."""

    previewing: reactive[bool] = reactive(False)
    """Whether the selected frame's picture is shown, where the task has one."""
    picture_heading: reactive[str] = reactive("")
    """What stands above the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.fields = Fields()
        self.fields_pane = VerticalScroll(self.fields, id="fields-pane")
        self.heading = Static(id="frames-heading")
        self.frames = FrameList(id="frames")
        self.preview = PictureView()
        self.preview_heading = Static(id="preview-heading")
        self._has_picture = False

    def compose(self) -> ComposeResult:
        """Yield the fields, which scroll where they are long, and the frames."""
        yield self.fields_pane
        yield self.heading
        yield self.frames
        yield self.preview_heading
        yield self.preview

    def on_mount(self) -> None:
        """Have the footer name the key for the text where it is longer than its place."""
        self.watch(
            self.fields_pane,
            "show_vertical_scrollbar",
            self.screen.refresh_bindings,
            init=False,
        )
        self.watch(self.preview, "progress", self.watch_picture_heading, init=False)

    def watch_previewing(self) -> None:
        """Give the picture its room, or to the fields and frames."""
        self.set_class(self.previewing and self._has_picture, "-preview")

    def watch_picture_heading(self) -> None:
        """Say which frame it is, and how far the next one is."""
        words = ": ".join(filter(None, (self.picture_heading, self.preview.progress)))
        self.preview_heading.update(Content(words), layout=False)

    @property
    def can_scroll_text(self) -> bool:
        """Whether some of the text is out of view, and the keys for it go elsewhere."""
        return self.fields_pane.show_vertical_scrollbar and not self.fields_pane.has_focus

    @property
    def focus_target(self) -> Widget:
        """The frames; of a task that has ended without any, the fields, which scroll."""
        status = self.fields.known[0] if self.fields.known else None
        has_frames = bool(self.frames.keys) or status is None or not status.terminal
        return self.frames if has_frames else self.fields_pane

    def show(self, details: TaskDetails | None, server_now: float, addresses: AddressRule) -> None:
        """Show a task, or nothing; `server_now` is the service's time in Unix seconds."""
        self.fields.known = (details.status, details.fields) if details else None
        # The reason of a failure takes the room that it needs.
        self.set_class(details is not None and details.status is TaskStatus.FAILED, "-failed")
        heading = Content(details.heading if details else "")
        if self.heading.content != heading:
            # Textual would repaint an equal text, and lay out everything for it.
            self.heading.update(heading, layout=False)
        task_id, links = (details.task_id, details.links) if details else ("", ())
        self._has_picture = any(not link.is_video for link in links)
        self.watch_previewing()
        if self.frames.set_links(task_id, links, server_now, addresses):
            # What is shown, or on its way, would be taken for a picture of this task.
            self.preview.forget()
            self.preview.show_text("")
            self.fields_pane.scroll_home(animate=False)
