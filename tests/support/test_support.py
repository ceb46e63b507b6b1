"""Tests of the test tools: the terminal, the scripted service and the slow link."""

from __future__ import annotations

import re
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.screen import Screen
from tests.support.service import Reply, Request, ScriptedService, error, frame_url, task
from tests.support.slow_link import BUFFER_BYTES, Channel
from tests.support.terminal import Terminal

URL = frame_url("12345", 3)

APP = f"""
from textual.app import App
from textual.content import Content
from textual.style import Style
from textual.widgets import Static

class Tiny(App):
    BINDINGS = [("x", "change", "Change"), ("escape", "back", "Back"), ("q", "bye", "Bye")]

    def compose(self):
        link = Content.styled("open frame 3", Style(link={URL!r}))
        yield Static(Content.assemble("失败：", link, "|"))
        yield Static("waiting", id="state")

    def on_resize(self, event):
        self.title = f"{{event.size.width}}x{{event.size.height}}"
        self.query_one("#state", Static).update(self.title)

    def on_click(self, event):
        self.query_one("#state", Static).update(f"clicked {{event.screen_x}},{{event.screen_y}}")

    def on_paste(self, event):
        self.query_one("#state", Static).update(f"pasted {{event.text}}")

    def action_change(self):
        self.copy_to_clipboard("拷贝")
        self.query_one("#state", Static).update("changed")

    def action_back(self):
        self.query_one("#state", Static).update("back")

    def action_bye(self):
        self.exit(return_code=7)

Tiny().run()
import sys
sys.exit(7)
"""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Terminal]:
    """A small program in a terminal, after its first frame."""
    script = tmp_path / "app.py"
    script.write_text(APP, encoding="utf-8")
    with Terminal([sys.executable, script], cols=60, rows=10, cwd=tmp_path) as terminal:
        terminal.wait_for("^60x10$")
        yield terminal


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    """A running service."""
    with ScriptedService() as running:
        yield running


@pytest.fixture
def client(service: ScriptedService) -> Iterator[httpx.Client]:
    """A client with the right key."""
    headers = {"Authorization": f"Bearer {service.api_key}"}
    with httpx.Client(base_url=service.base_url, headers=headers, trust_env=False) as opened:
        yield opened


def test_a_session_is_seen_and_typed(app: Terminal) -> None:
    assert app.line(0) == "失败：open frame 3|"
    assert app.find("open") == (6, 0)
    assert set(app.links()) == {URL}

    app.press("x")
    app.wait_for_text("changed")
    assert app.clipboards() == ["拷贝"]
    app.press("escape", "x", "escape")
    app.wait_for("^back$")
    app.paste("12345\n67890")
    app.wait_for("pasted 12345")
    app.click_text("失败")
    app.wait_for_text("clicked 0,0")
    app.click(8, 5, 2)
    app.wait_for_text("clicked 8,5")

    app.resize(80, 20)
    assert app.wait_for("^80x20$").count("\n") == 19
    app.wait_quiet(0.2)
    assert app.read_for(0.3) == 0

    assert 1049 in app.modes
    app.press("q")
    assert app.wait_exit() == app.exit_code == 7
    assert 1049 not in app.modes
    app.wait_gone("open frame")
    with pytest.raises(AssertionError, match=r"ended \(exit code 7\)"):
        app.wait_for("never")


def test_a_stalled_link_and_a_lost_one(app: Terminal) -> None:
    app.wait_quiet(0.1)
    app.pause()
    before = len(app.raw)
    app.press("x")
    assert app.read_for(0.2) == 0
    with pytest.raises(AssertionError, match=r"(?s)waited for 'changed'.*60x10"):
        app.wait_for("changed", timeout=0)
    app.resume()
    app.wait_for(lambda text: "changed" in text)
    assert len(app.raw) > before

    app.hang_up()
    assert app.wait_exit(5) == -signal.SIGHUP


def test_a_shell_has_its_terminal_and_a_clean_environment() -> None:
    script = "tty; env | grep -c -E 'SSH|TMUX|DISPLAY'; stty size; exec cat </dev/tty"
    with Terminal(["sh", "-c", script], env={"EXTRA": "1"}) as shell:
        assert re.match(r"/dev/\S+\n0\n40 120$", shell.wait_for("40 120"), re.MULTILINE)
        shell.press("你好", "enter")
        shell.wait_for("你好\n你好")
        shell.press("ctrl+c")
        assert shell.wait_exit() == -signal.SIGINT


def test_a_program_starts_in_its_home(tmp_path: Path) -> None:
    with Terminal(["pwd"]) as own, Terminal(["pwd"], env={"HOME": str(tmp_path)}) as named:
        own.wait_for("terminal-home-")
        named.wait_for_text(tmp_path.name)


def test_what_a_program_leaves_alive_is_ended() -> None:
    with Terminal(["sh", "-c", "trap '' TERM HUP; echo up; read line"]) as stubborn:
        stubborn.wait_for("up")
        stubborn.signal(signal.SIGTERM)
        assert stubborn.exit_code is None
        stubborn.press("enter")
        assert stubborn.wait_exit() == 0
    with Terminal(["sleep", "60"]) as running:
        pass
    assert running.exit_code == -signal.SIGTERM


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_no_sequence_leaks_or_breaks_the_screen(size: int) -> None:
    screen = Screen(20, 3)
    data = (
        "\x1b[?1049h\x1b[>1u\x1b[<u\x1b[?2026$p\x1b[>4;1m\x1b[?1;2r\x1b[4:3m\x1b[1;2;3A\x1b[?u"
        "\x1b]8;id=1;https://a/?b;c\x1b\\链接\x1b]8;;\x07\x1bP+q54\x1b\\\x1b_G\x1b\\\x1b(B"
        "\x1b[38;2;1;2;3m!\x1b[m\x1b]52;c;eA==\x1b[31m?\x1b\n\x9b2;1Hab\x1b[1;3H+"
    ).encode()
    for start in range(0, len(data), size):
        screen.feed(data[start : start + size])
    # Half of the second wide character was overwritten by the "+".
    assert screen.lines()[:2] == ["链+ !?", "ab"]
    assert screen.find("!") == (4, 0)
    screen.feed(b"\x1b[?1049l")
    assert screen.lines() == ["", "", ""]


def test_titles_are_kept_on_a_stack() -> None:
    screen = Screen(20, 3)
    screen.feed(b"\x1b]0;one\x07\x1b[22;2t\x1b]2;two\x1b\\\x1b[22t\x1b]2;three\x07\x1b[18t")
    titles = [screen.title]
    for _ in range(3):
        screen.feed(b"\x1b[23;2t")
        titles.append(screen.title)
    assert titles == ["three", "two", "one", "one"]


def test_a_bell_that_ends_a_string_is_no_bell() -> None:
    printed = r"printf '\033]2;a\007\a\033]52;c;YQ==\033\\\a'"
    with Terminal(["sh", "-c", printed]) as terminal:
        assert terminal.wait_exit() == 0
    assert terminal.bells == 2
    assert terminal.titles() == ["a"]


def test_answers_come_in_order_and_the_last_stays(
    service: ScriptedService, client: httpx.Client
) -> None:
    seen: list[Request] = []

    def computed(request: Request) -> Reply:
        seen.append(request)
        return task("7", frames=[frame_url("7", 1)])

    done = task("7", "COMPLETED", result=[{"type": "text", "content": "好"}], consumption=[3])
    service.script("7", error(503, "busy"), computed, done)
    responses = [client.get("/get_status/7") for _ in range(4)]

    assert [response.status_code for response in responses] == [503, 200, 200, 200]
    assert responses[1].json()["data"]["progress"] == [{"id": "frame1", "image": frame_url("7", 1)}]
    assert responses[2].json() == responses[3].json()
    assert responses[3].json()["data"]["consumption"] == [3]
    assert [r.status for r in service.for_task("7")] == [503, 200, 200, 200]
    assert seen[0].headers["authorization"] == f"Bearer {service.api_key}"
    assert service.in_flight_peak("7") == 1
    assert client.get("/get_status/8").status_code == 404


def test_a_wrong_key_is_refused(service: ScriptedService, client: httpx.Client) -> None:
    service.script("7", task("7"))
    refused = client.get("/get_status/7", headers={"Authorization": "Bearer other"})
    assert refused.status_code == 401
    assert refused.json()["data"]["messages"] == "Unauthorized: Invalid API key"
    service.check_key = False
    assert client.get("/get_status/7", headers={"Authorization": ""}).status_code == 200


def test_held_requests_overlap_until_released(
    service: ScriptedService, client: httpx.Client
) -> None:
    service.script("7", task("7"))
    service.hold("7")
    threads = [threading.Thread(target=client.get, args=("/get_status/7",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    held = service.wait_for_requests(2, task_id="7")
    assert [request.ended for request in held] == [None, None]
    service.release()
    for thread in threads:
        thread.join()
    assert service.in_flight_peak("7") == 2
    assert len(service.wait_for_requests(2, answered=True)) == 2


def test_a_client_that_gave_up_is_no_longer_in_flight(
    service: ScriptedService, client: httpx.Client
) -> None:
    service.script("7", Reply(delay=20), task("7"))
    with pytest.raises(httpx.ReadTimeout):
        client.get("/get_status/7", timeout=0.1)
    assert client.get("/get_status/7").status_code == 200
    assert service.for_task("7")[1].status == 200


def test_an_outage_breaks_connections_and_keeps_the_port(
    service: ScriptedService, client: httpx.Client
) -> None:
    service.script("7", task("7"), Reply(body="cut", headers={"Content-Length": "9"}), task("7"))
    url = service.base_url
    assert client.get("/get_status/7").status_code == 200
    service.stop()
    with pytest.raises(httpx.TransportError):
        client.get("/get_status/7")
    service.start()
    assert service.base_url == url
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/get_status/7")
    assert client.get("/get_status/7").status_code == 200

    service.hold("7")

    def stop_under_way() -> None:
        service.wait_for_requests(4, task_id="7")
        service.stop()

    stopper = threading.Thread(target=stop_under_way)
    stopper.start()
    with pytest.raises(httpx.TransportError):
        client.get("/get_status/7")
    stopper.join()


def test_a_failing_script_is_reported() -> None:
    def broken(request: Request) -> Reply:
        raise ValueError(request.task_id)

    service = ScriptedService(check_key=False)
    service.script("7", broken)
    service.start()
    response = httpx.get(f"{service.base_url}/get_status/7", trust_env=False)
    assert response.status_code == 500
    with pytest.raises(ValueError, match="7"):
        service.__exit__(None, None, None)


# The slow link


def test_a_slow_link_delays_and_limits_but_loses_nothing() -> None:
    channel, sent, received = Channel(rate=1_000, delay=0.2), bytes(range(256)) * 8, b""
    channel.send(sent, now=10.0)
    assert channel.receive(10.2) == b""
    for step in range(1, 40):
        seconds = step / 10
        received += channel.receive(10.2 + seconds)
        assert len(received) <= 1_000 * seconds
    assert received == sent
    assert channel.next_arrival() is None
    channel.send(b"x" * BUFFER_BYTES, now=20.0)
    assert not channel.has_room
    channel.receive(90.0)
    assert channel.has_room


def test_a_program_is_used_over_a_slow_link(tmp_path: Path) -> None:
    script = tmp_path / "tiny.py"
    script.write_text(APP)
    line = [sys.executable, "-m", "tests.support.slow_link", "--rate", "50000", "--delay", "0.05"]
    with Terminal([*line, "--", sys.executable, str(script)]) as terminal:
        terminal.wait_for_text("120x40")
        terminal.press("x")
        terminal.wait_for_text("changed")
        terminal.press("q")
        assert terminal.wait_exit() == 7


ASKS = """
import os, sys, termios, tty
tty.setraw(0, termios.TCSANOW)
received = b""
while not received.endswith(b"R"):
    if not received.startswith(b"q"):
        os.write(1, b"ready")
        received += os.read(0, 100)
        continue
    if b"asked" not in sys.argv:
        sys.argv.append(b"asked")
        os.write(1, b"\\x1b[6n asked")
    received += os.read(0, 100)
os.write(1, b"\\r\\n" + repr(received).encode() + b"\\r\\n")
"""


@pytest.mark.parametrize(
    ("first", "rest"), [(b"q\xe2\x86", b"\x92"), (b"q\xc3", b"\xb1"), (b"q\x1b[", b"A")]
)
def test_a_terminal_never_replies_within_a_character(first: bytes, rest: bytes) -> None:
    with Terminal([sys.executable, "-c", ASKS], cols=60, rows=5) as terminal:
        terminal.wait_for_text("ready")
        terminal.write(first)
        terminal.wait_for_text("asked")
        terminal.write(rest)
        shown = terminal.wait_for(r"R'")
        assert repr(first + rest)[2:-1] in shown
