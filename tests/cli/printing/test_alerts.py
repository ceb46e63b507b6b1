"""Bell and title of a command that waits, as its terminal gets them."""

from __future__ import annotations

import io
import os
import signal
import termios
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support.home import Home
from tests.support.pty_output import drain
from tests.support.records import a_record, at
from tests.support.service import Reply, Request, ScriptedService, completed, task
from tui.cli.printing.alerts import Alerts
from tui.clock import Clock
from tui.config import Config, Notify, NotifyOn
from tui.terminal import title
from tui.terminal.fatal_signals import fatal_signals
from tui.watchlist.events import Event, EventKind
from tui.watchlist.sections import Standing

END = Event(at(0), EventKind.COMPLETED, "a", is_news=True)
FAILURE = END._replace(kind=EventKind.FAILED)
TWO, ONE = {Standing.RUNNING: 2}, {Standing.RUNNING: 1, Standing.FINISHED: 1}
DEFAULTS = Config()
XTERM = {"TERM": "xterm-256color"}


class Wait:
    """Alerts on a pseudo-terminal, and a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.master, slave = os.openpty()
        self.stream = os.fdopen(slave, "w")

    def alerts(self, environ: Mapping[str, str] = XTERM, config: Config = DEFAULTS) -> Alerts:
        """Return alerts that have begun."""
        alerts = Alerts(self.stream, environ, Clock(boot=lambda: self.now))
        alerts.begin(config)
        return alerts

    def written(self) -> str:
        """Return what the terminal has got since the last call."""
        return drain(self.master, self.stream.fileno()).decode()

    def stop_output(self) -> None:
        """Take nothing from now on, as after ctrl+s."""
        termios.tcflow(self.stream, termios.TCOOFF)

    def start_output(self) -> None:
        """Take output again."""
        termios.tcflow(self.stream, termios.TCOON)


@pytest.fixture
def wait() -> Iterator[Wait]:
    wait = Wait()
    numbers = (*fatal_signals(), signal.SIGTSTP)
    handlers = {number: signal.getsignal(number) for number in numbers}
    yield wait
    for number, handler in handlers.items():
        signal.signal(number, handler)
    wait.stream.close()
    os.close(wait.master)


def test_the_title_is_saved_once_and_comes_back(wait: Wait) -> None:
    alerts = wait.alerts()
    alerts.update(lambda: TWO, list, runs=True)
    assert wait.written() == title.SAVE + title.title("2 running - scenext-tui")
    wait.now = 0.5
    alerts.update(lambda: ONE, list, runs=True)
    assert wait.written() == ""
    wait.now = 1.5
    alerts.update(lambda: ONE, list, runs=True)
    assert wait.written() == title.title("1 running, 1 done - scenext-tui")
    for _ in range(2):
        alerts.close()
        alerts.give_title_back()
    assert wait.written() == title.RESTORE


def test_a_burst_is_one_bell_and_what_is_left_rings_at_the_end(wait: Wait) -> None:
    alerts = wait.alerts({"TERM": "linux"})
    for second in range(1, 8):
        if second < 4:
            alerts.note(END)
        wait.now = second
        alerts.update(lambda: TWO, list, runs=True)
    assert wait.written() == "\a"
    alerts.note(FAILURE)
    alerts.update(lambda: TWO, list, runs=False)
    assert wait.written() == ""
    alerts.close()
    assert wait.written() == "\a"
    alerts.note(END)
    alerts.close()
    assert wait.written() == ""


def test_after_a_gap_what_ended_meanwhile_is_one_bell(wait: Wait) -> None:
    alerts = wait.alerts({"TERM": "vt100"})
    records = [a_record(task_id=name)._replace(polled_at=0.0) for name in ("a", "b", "c")]
    bells = ""
    for second in range(1, 60):
        wait.now = 3600.0 * (second > 1) + second
        if second in (2, 20):
            record = records.pop()
            alerts.note(END._replace(task_id=record.id))
        if second == 21:
            records[:] = [record._replace(polled_at=wait.now) for record in records]
        alerts.update(lambda: TWO, lambda: records, runs=True)
        bells += wait.written()
        assert second > 22 or not bells
    assert bells == "\a"


def test_a_signal_rings_for_nothing(wait: Wait) -> None:
    alerts = wait.alerts({"TERM": "linux"})
    alerts.note(END)
    alerts.close(rings=False)
    assert wait.written() == ""


@pytest.mark.parametrize(
    ("config", "runs", "rings"),
    [
        (Config(notify=Notify.NEVER), False, False),
        (Config(notify=Notify.ALWAYS), True, True),
        (Config(notify_on=NotifyOn.FAILED), True, False),
        (Config(notify_on=NotifyOn.ALL), True, False),
        (Config(notify_on=NotifyOn.ALL), False, True),
    ],
)
def test_settings(wait: Wait, config: Config, *, runs: bool, rings: bool) -> None:
    alerts = wait.alerts({"TERM": "vt100"}, config)
    alerts.note(END)
    alerts.update(lambda: TWO, list, runs=runs)
    alerts.close()
    assert wait.written() == "\a" * rings


@pytest.mark.parametrize("environ", [{"TERM": "dumb"}, {}])
def test_a_dumb_terminal_gets_nothing(wait: Wait, environ: dict[str, str]) -> None:
    alerts = wait.alerts(environ)
    alerts.note(END)
    alerts.update(lambda: TWO, list, runs=False)
    alerts.close()
    assert wait.written() == ""


def test_what_is_no_terminal_gets_nothing(tmp_path: Path) -> None:
    closed = io.StringIO()
    closed.close()
    with (tmp_path / "errors").open("w") as file:
        for stream in (file, closed, io.StringIO()):
            alerts = Alerts(stream, XTERM, Clock())
            alerts.begin(Config())
            alerts.note(END)
            alerts.update(lambda: TWO, list, runs=False)
            alerts.close()
    assert (tmp_path / "errors").read_bytes() == b""


def test_a_terminal_that_takes_nothing_is_not_waited_for(wait: Wait) -> None:
    alerts = wait.alerts()
    alerts.update(lambda: TWO, list, runs=True)
    assert wait.written().startswith(title.SAVE)
    wait.stop_output()

    def tell() -> None:
        alerts.note(END)
        wait.now = 6
        alerts.update(lambda: ONE, list, runs=True)
        alerts.close()

    # A write would block for ever.
    telling = threading.Thread(target=tell)
    telling.start()
    telling.join(10)
    was_waited_for = telling.is_alive()
    wait.start_output()
    assert wait.written() == ""
    telling.join()
    assert not was_waited_for
    alerts.give_title_back()
    assert wait.written() == title.RESTORE, "the terminal takes it now"


@pytest.mark.parametrize(
    ("way", "code"),
    [(None, 0), (signal.SIGINT, 130), (signal.SIGUSR1, -signal.SIGUSR1)],
    ids=["the end", "SIGINT", "SIGUSR1"],
)
def test_wait_gives_the_title_back(
    home: Home, service: ScriptedService, way: signal.Signals | None, code: int
) -> None:
    ended = set[str]()

    def answer(request: Request) -> Reply:
        return completed("t") if "t" in ended else task("t")

    service.script("t", answer)
    with home.open("wait", "t") as terminal:
        terminal.wait_for(lambda _: terminal.title == "1 running - scenext-tui", 30)
        if way is None:
            ended.add("t")
        else:
            terminal.signal(way)
        assert terminal.wait_exit() == code
        assert terminal.changes() == []
        assert terminal.bells == (way is None)
