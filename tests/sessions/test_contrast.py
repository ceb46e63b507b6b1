"""What the dashboard draws, read in every theme: each word on its background, as a terminal shows
it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.color import ColorSystem
from rich.style import Style
from textual.theme import BUILTIN_THEMES
from textual.widget import Widget

from tests.sessions.test_dashboard import WIDE, Session, make_task, session
from tests.support.contrast import style_contrast, words
from tests.support.slow_pictures import SlowPictures
from tui.dashboard.colours import COLOR_SYSTEMS, MIN_CONTRAST
from tui.dashboard.widgets.row import CURSOR
from tui.dashboard.widgets.row_list import RowList
from tui.errors import ApiError, ErrorKind
from tui.scenext.models import Task, TaskStatus

TASKS: dict[str, Task | ApiError] = {
    "running": make_task("running", 3),
    "done": make_task("done", 1, TaskStatus.COMPLETED),
    "failed": make_task("failed", 0, TaskStatus.FAILED),
    "odd": make_task("odd", 0, TaskStatus.UNKNOWN),
    "waiting": ApiError(ErrorKind.SERVER, "no answer", http_status=502),
}


SOME = ("textual-dark", "solarized-light", "atom-one-dark", "ansi-dark", "ansi-light")
"""Themes of every kind, among them those that have the weakest contrast by themselves."""

DIALOGS = ("question_mark", "ctrl+p", "a", "w", "plus")
"""The keys that open them, and the screens for pictures."""


def component_styles(widget: Widget) -> Iterator[tuple[str, Style]]:
    """Yield the styles that a widget of ours draws words in, by name."""
    classes = type(widget).__mro__
    names = sorted({name for each in classes for name in vars(each).get("COMPONENT_CLASSES", ())})
    if isinstance(widget, RowList):
        for name, cursor in itertools.product(names, ((), (CURSOR,))):
            yield " ".join((name, *cursor)), widget.get_visual_style(name, *cursor).rich_style
    elif type(widget).__module__.startswith("tui."):
        for name in names:
            yield name, widget.get_visual_style(name).rich_style


def use_terminal(monkeypatch: pytest.MonkeyPatch, colors: str) -> None:
    """Let the app believe that its terminal has so many colours, by Rich's name."""
    monkeypatch.setenv("TERM", "xterm-256color" if colors == "256" else "xterm")
    monkeypatch.setenv("COLORTERM", "truecolor" if colors == "truecolor" else "")


async def unreadable(dashboard: Session, system: ColorSystem, *, drawn: bool = True) -> list[str]:
    """Return what cannot be read in the present theme, of what is `drawn` and what might be."""
    app = dashboard.app
    await dashboard.pilot.pause()
    styles = dict[Style, str]()
    # Not what lies behind a dialog, which is dimmed.
    for widget in app.screen.walk_children(Widget):
        name = type(widget).__name__
        styles |= {style: f"{name} {part}" for part, style in component_styles(widget)}
        if drawn and widget.is_on_screen:
            lines = widget.render_lines(widget.outer_size.region)
            styles |= {part.style: f"{name} “{part.text}”" for part in words(lines) if part.style}
    return too_weak(dashboard, styles, system)


def unreadable_rows(dashboard: Session, system: ColorSystem) -> list[str]:
    """Return which parts of rows cannot be read in the present theme."""
    rows = (dashboard.app.main_screen.tasks, dashboard.frames)
    styles = {style: name for widget in rows for name, style in component_styles(widget)}
    return too_weak(dashboard, styles, system)


def too_weak(dashboard: Session, styles: dict[Style, str], system: ColorSystem) -> list[str]:
    """Return which of these styles have too little contrast."""
    theme = dashboard.app.current_theme
    return [
        f"{theme.name}: {what}: {ratio:.2f}"
        for style, what in styles.items()
        if (ratio := style_contrast(style, system, dark=theme.dark)) < MIN_CONTRAST
    ]


@pytest.mark.parametrize(
    ("colors", "themes"),
    [
        *((colors, SOME) for colors in ("truecolor", "256", "standard")),
        # That no theme has a colour that is too weak is tested without a screen.
        pytest.param("truecolor", tuple(BUILTIN_THEMES), marks=pytest.mark.soak),
    ],
    ids=["truecolor", "256", "standard", "all themes"],
)
async def test_every_word_can_be_read_in_every_theme(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, colors: str, themes: tuple[str, ...]
) -> None:
    use_terminal(monkeypatch, colors)
    system = COLOR_SYSTEMS.get(colors, ColorSystem.TRUECOLOR)
    async with session(tmp_path, TASKS, size=WIDE) as dashboard:
        app = dashboard.app
        assert app.console.color_system == colors
        app.notify("A notice", timeout=1000)
        await dashboard.press("slash", "o", "escape")
        bad = []
        for name in themes:
            app.theme = name
            app.set_focus(app.main_screen.tasks)
            bad += await unreadable(dashboard, system, drawn=name in SOME)
            app.set_focus(None)
            bad += unreadable_rows(dashboard, system)
        assert bad == []


async def test_every_word_of_a_dialog_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_terminal(monkeypatch, "truecolor")
    host = SlowPictures({"frame3.png": 400, "frame2.png": b"no picture"})
    async with session(tmp_path, TASKS, size=WIDE, media=host.client()) as dashboard:
        dashboard.app.main_screen.tasks.cursor = "running"
        bad = []
        for name, key in itertools.product(("ansi-dark", *SOME[1:3]), DIALOGS):
            dashboard.app.theme = name
            await dashboard.press(key)
            bad += await unreadable(dashboard, ColorSystem.TRUECOLOR)
            await dashboard.press("escape")
            assert len(dashboard.app.screen_stack) == 1
        assert bad == []


async def test_without_colours_the_cursor_and_what_failed_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with session(tmp_path, TASKS, size=WIDE) as dashboard:
        dashboard.app.theme = "ansi-dark"
        await dashboard.pilot.pause()
        tasks = dashboard.app.main_screen.tasks

        def seen(name: str, *cursor: str) -> tuple[bool, bool]:
            style = tasks.get_visual_style(name, *cursor)
            return bool(style.bold), bool(style.underline)

        assert seen("row-list--minor") == (False, False)
        assert seen("row-list--minor", CURSOR) == (True, True)
        assert seen("task-list--failed") == (True, False)
        assert tasks.get_visual_style("row-list--stale").dim
        dashboard.app.set_focus(None)
        await dashboard.pilot.pause()
        assert seen("row-list--minor", CURSOR) == (True, False)
