"""A whole session of the dashboard on each kind of terminal, and in each multiplexer."""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.home import Home
from tests.support.multiplexers import (
    Dtach,
    GnuScreen,
    Mosh,
    Multiplexer,
    SessionKeeper,
    Tmux,
    missing,
)
from tests.support.service import Reply, Request, ScriptedService, completed, frame_url, task
from tests.support.terminal import Terminal
from tui.dashboard.screens.pane_layout import MIN_HEIGHT_EVENT

COLS, ROWS = 100, 24
IDS = [f"task{number:02}" for number in range(1, 31)]
LABEL = "第二批"
MODES_ON = {1003, 1006, 2004}
"""Mouse reports and marks around pasted text: what all terminals are asked for and know."""
SHELL = ["bash", "--norc", "--noprofile", "-i"]
PROMPT = "prompt>"
COMMAND = f"{sys.executable} -m tui; echo code $?"

HEADER = re.compile(r" (\d+ of \d+ shown  )?(! |» |✓ ).* live")
ROW = re.compile(r"[ >][ *][»✓-] \w.*│.*| (Running|Waiting|Finished)  \d+ .*│.*")
EMPTY = re.compile(r" +[▁-█]?│.*")
EVENT = re.compile(r" \d\d:\d\d .*|")
FOOTER = re.compile(r" ⏎ frames  o open  p picture  d save  / filter  .*")


@dataclass(frozen=True)
class Surface:
    """What the dashboard is shown on."""

    name: str
    multiplexer: type[Multiplexer] | None = None
    config: str = ""
    """The multiplexer's."""
    term: str = "xterm-256color"
    alternate: bool = True
    """Whether it has an alternate screen; without one, what was drawn last stays."""


def surface(
    name: str,
    multiplexer: type[Multiplexer] | None = None,
    config: str = "",
    **options: str | bool,
) -> object:
    """Return a parameter of the test, which is skipped where the multiplexer is missing."""
    marks = []
    if multiplexer is not None and (reason := missing(multiplexer)):
        marks.append(pytest.mark.skip(reason=reason))
    return pytest.param(
        Surface(name, multiplexer, config, **options),  # type: ignore[arg-type]
        id=name,
        marks=marks,
    )


SCREEN_ALL_ON = "altscreen on\nmousetrack on\ndefbce on\n"
TMUX_ALL_ON = "set -g mouse on\nset -g focus-events on\nset -g set-titles on\n"
SURFACES = [
    surface("screen", GnuScreen, alternate=False),
    surface("screen, all on", GnuScreen, SCREEN_ALL_ON),
    surface("tmux", Tmux),
    surface("tmux, all on", Tmux, TMUX_ALL_ON),
    # The terminal that attached last was never told to switch.
    surface("dtach", Dtach, alternate=False),
    surface("mosh", Mosh, alternate=False),
    surface("linux", term="linux", alternate=False),
]


@dataclass
class Session:
    """A shell on a surface."""

    surface: Surface
    home: Home
    multiplexer: Multiplexer | None
    stack: ExitStack

    @property
    def own_rows(self) -> int:
        """The lines that the multiplexer keeps for itself, at the bottom."""
        return self.multiplexer.rows if self.multiplexer else 0

    def open(self, argv: list[str], cols: int, rows: int) -> Terminal:
        """Open a terminal whose program has `rows` lines."""
        # The shell asks for marks around pasted text at each prompt, sooner or later.
        settings = self.home.folder / "inputrc"
        settings.write_text("set enable-bracketed-paste off\n")
        env = self.home.environment(
            {"PS1": PROMPT, "TERM": self.surface.term, "INPUTRC": str(settings)}
        )
        if self.surface.term != "xterm-256color":
            env["COLORTERM"] = ""
        return self.stack.enter_context(
            Terminal(
                argv,
                cols=cols,
                rows=rows + self.own_rows,
                env={**env, **(self.multiplexer.environment if self.multiplexer else {})},
                alternate=self.surface.alternate or self.multiplexer is not None,
            )
        )

    def lines(self, terminal: Terminal) -> list[str]:
        """Return the lines of the program, without the multiplexer's own."""
        lines = terminal.text().split("\n")
        return lines[: len(lines) - self.own_rows]

    def wait_for_dashboard(self, terminal: Terminal, *texts: str) -> None:
        """Wait until nothing but the dashboard is on the screen, each line whole, and `texts`.

        These are patterns.
        """
        terminal.wait_for(
            lambda _: (
                self._is_whole(self.lines(terminal))
                and all(re.search(text, terminal.text()) for text in texts)
            )
        )

    def _is_whole(self, lines: list[str]) -> bool:
        header, *rows, footer = lines
        divider = cell_index(rows[0], "│")
        if len(lines) >= MIN_HEIGHT_EVENT and not EVENT.fullmatch(rows.pop()):
            return False
        return bool(
            HEADER.fullmatch(header)
            and all(ROW.fullmatch(row) or EMPTY.fullmatch(row) for row in rows)
            and all(divider == cell_index(row, "│") for row in rows)
            and FOOTER.fullmatch(footer)
        )


@contextmanager
def session_on(surface: Surface, home: Home) -> Iterator[Session]:
    """Prepare a session, and end all that ran in it."""
    with tempfile.TemporaryDirectory(prefix="mux-") as folder, ExitStack() as stack:
        kind = surface.multiplexer
        multiplexer = kind(Path(folder), surface.config) if kind else None
        if multiplexer:
            stack.callback(multiplexer.close)
        yield Session(surface, home, multiplexer, stack)


def cell_index(line: str, character: str) -> int:
    """Return the column of the first occurrence; each character of a label is two cells wide."""
    before = line.partition(character)[0]
    return len(before) + sum(before.count(wide) for wide in LABEL)


@pytest.fixture
def done(service: ScriptedService) -> set[str]:
    """Script all tasks; return the set of those that have completed, empty at first."""
    finished: set[str] = set()

    def answer(request: Request) -> Reply:
        task_id = request.task_id or ""
        frames = [frame_url(task_id, 1)]
        return completed(task_id, frames) if task_id in finished else task(task_id, frames=frames)

    for task_id in [*IDS, "late1", "late2"]:
        service.script(task_id, answer)
    return finished


def add_all(home: Home, service: ScriptedService) -> None:
    """Add the tasks, and poll them seldom enough to stay `live`."""
    settings = {"poll_interval": 2, "max_requests_per_second": 200}
    home.configure(base_url=service.base_url, api_key=service.api_key, **settings)
    home.config.chmod(0o600)
    assert home.run("add", *IDS, "--label", LABEL).returncode == 0


@pytest.mark.parametrize("surface", SURFACES)
def test_a_session(surface: Surface, home: Home, service: ScriptedService, done: set[str]) -> None:
    """First paint, keys, a paste, a change, a click, another size, and the way back."""
    add_all(home, service)
    with session_on(surface, home) as session:
        multiplexer = session.multiplexer
        terminal = session.open(multiplexer.start(SHELL) if multiplexer else SHELL, COLS, ROWS)
        terminal.wait_for(f"^{PROMPT}")
        # tmux turns on what it uses itself behind its first screen.
        terminal.wait_quiet(0.3)
        modes = terminal.modes
        terminal.press(COMMAND, "enter")
        # Pages are counted in rows: all tasks must be in their section, not only in the header.
        texts = ("» 30 running", "Running  30", r"│ ID +task01", "frame1.png")
        session.wait_for_dashboard(terminal, *texts)
        if multiplexer and (shown := multiplexer.shown()):
            assert shown.splitlines() == session.lines(terminal)
        move_and_get_help(session, terminal)
        # Not before: a page is one row less where a section has appeared.
        done.add("task30")
        add_two_tasks(session, terminal)
        session.wait_for_dashboard(terminal, "✓ 1 done")
        click(session, terminal, "task28")
        terminal.resize(130, 30 + session.own_rows)
        session.wait_for_dashboard(terminal, "task07", "late1")
        terminal = in_the_first_size_again(session, terminal)
        session.wait_for_dashboard(terminal, r"│ ID +task28", "task28  <1 min", "✓ 1 done")
        # The list scrolls until it has handled its new size, and a click would miss its task.
        terminal.press("up")
        session.wait_for_dashboard(terminal, r"│ ID +task27")
        click(session, terminal, "task20")
        filter_and_escape(session, terminal)
        terminal.press("q")
        assert_left(session, terminal, modes)


def move_and_get_help(session: Session, terminal: Terminal) -> None:
    """Move by all keys of more than one byte, and open and close the help."""
    terminal.press("down", "down", "up")
    session.wait_for_dashboard(terminal, r"│ ID +task02")
    terminal.press("end", "home", "pagedown", "pageup", "down")
    session.wait_for_dashboard(terminal, r"│ ID +task02")
    terminal.press("?")
    terminal.wait_for_text("esc: close")
    terminal.press("?")
    session.wait_for_dashboard(terminal)


def add_two_tasks(session: Session, terminal: Terminal) -> None:
    """Paste two IDs."""
    terminal.press("a")
    terminal.wait_for_text("Add tasks")
    terminal.paste("late1\nlate2\n")
    terminal.wait_for_text("late1  late2")
    terminal.press("enter")
    session.wait_for_dashboard(terminal, "» 31 running")


def click(session: Session, terminal: Terminal, task_id: str) -> None:
    """Select a task with the mouse, once the terminal reports it."""
    terminal.wait_for(lambda _: terminal.modes >= MODES_ON and 25 not in terminal.modes)
    terminal.click_text(task_id)
    session.wait_for_dashboard(terminal, rf"│ ID +{task_id}")


def in_the_first_size_again(session: Session, terminal: Terminal) -> Terminal:
    """Attach another terminal of the first size, twice, or else resize; return the terminal."""
    multiplexer = session.multiplexer
    if not isinstance(multiplexer, SessionKeeper):
        terminal.resize(COLS, ROWS)
        return terminal
    # From another size, and from the same one.
    for _ in range(2):
        multiplexer.detach(terminal)
        assert terminal.wait_exit() == 0
        terminal = session.open(multiplexer.attach(), COLS, ROWS)
        session.wait_for_dashboard(terminal)
    return terminal


def filter_and_escape(session: Session, terminal: Terminal) -> None:
    """Filter by a label in Chinese; show all again by an escape as old terminals send it.

    Where escape is held back until the next key, press one that does nothing in so short a list.
    """
    terminal.press("/", f"{LABEL} task2")
    terminal.wait_for(rf"^ 10 of 32 shown (?s:.)*^ {LABEL} task2 (?s:.)*^ ↓ to the list")
    terminal.write(b"\x1b")
    if session.multiplexer and session.multiplexer.holds_escape:
        terminal.press("g")
    terminal.wait_gone(" of 32 shown")
    session.wait_for_dashboard(terminal)


@pytest.mark.parametrize(
    "surface",
    [
        surface("xterm", term="xterm"),
        surface("vt100", term="vt100", alternate=False),
        surface("TERM=screen", term="screen"),
        surface("TERM=nonesuch", term="nonesuch"),
    ],
)
@pytest.mark.usefixtures("done")
def test_on_a_bare_terminal(surface: Surface, home: Home, service: ScriptedService) -> None:
    """First paint, a key and the way back."""
    add_all(home, service)
    with session_on(surface, home) as session:
        terminal = session.open(SHELL, COLS, ROWS)
        terminal.wait_for(f"^{PROMPT}")
        modes = terminal.modes
        terminal.press(COMMAND, "enter")
        session.wait_for_dashboard(terminal, "» 30 running", r"│ ID +task01", "frame1.png")
        terminal.press("down")
        session.wait_for_dashboard(terminal, r"│ ID +task02")
        terminal.press("q")
        assert_left(session, terminal, modes)


def assert_left(session: Session, terminal: Terminal, modes: frozenset[int]) -> None:
    """Assert that the prompt is back on a terminal as it was, below what remains on it."""
    terminal.wait_for("code 0")
    terminal.wait_for(f"^code 0\n{PROMPT}$")
    terminal.press("echo $((6*7))", "enter")
    terminal.wait_for(f"^code 0\n{PROMPT}echo .*\n42\n{PROMPT}$")
    above, _, below = "\n".join(session.lines(terminal)).partition("code 0")
    assert "│" not in below
    assert "│" not in above or not session.surface.alternate
    # GNU screen forgets its own mouse mode when another terminal attaches.
    assert terminal.modes in (modes, modes - {1000})
    terminal.press("exit", "enter")
    terminal.wait_exit()
