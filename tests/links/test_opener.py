"""How a link is opened on each kind of machine, and what happens to the program."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.service import frame_url
from tui.addresses import AddressRule
from tui.links.opener import (
    OpenContext,
    Plan,
    Reject,
    RunProgram,
    ShowLink,
    encoded,
    is_ssh,
    no_click_reason,
    plan,
    run,
    tmux_ssh,
)

URL = frame_url("12345", 1)
SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
DESKTOP = {"DISPLAY": ":0"}
TMUX = {"TMUX": "/tmp/tmux-1000/default,42,0"}
EVERYTHING = ("xdg-open", "gio", "wslview", "open", "w3m", "lynx", "firefox", "helper.sh")


def which(*names: str) -> Callable[[str], str | None]:
    """Return a `shutil.which` that finds these programs by name and by path."""
    return lambda name: f"/usr/bin/{name}" if os.path.basename(name) in names else None  # noqa: PTH119 (a name, not a path)


def open_context(
    environ: Mapping[str, str],
    platform: str = "linux",
    programs: tuple[str, ...] = EVERYTHING,
    *,
    wsl: bool = False,
    tmux_ssh: str = "",
) -> OpenContext:
    """Return the context of a machine with this environment and these programs."""
    return OpenContext(environ, platform, which(*programs), wsl=wsl, tmux_ssh=tmux_ssh)


@dataclass(frozen=True)
class Case:
    """A machine and the expected plan for a link there."""

    name: str
    context: OpenContext
    expected: Plan
    open_command: str = ""
    url: str = field(default=URL)


XDG_OPEN = RunProgram(("xdg-open", URL), "xdg-open")
MACOS_OPEN = RunProgram(("open", URL), "open")

CASES = [
    # open_command comes first everywhere.
    Case("command", open_context(DESKTOP), RunProgram(("firefox", URL), "firefox"), "firefox"),
    Case(
        "command beats BROWSER and SSH",
        open_context({**SSH, "BROWSER": "helper.sh"}),
        RunProgram(("mine", "--new-tab", URL), "mine"),
        "mine --new-tab",
    ),
    Case(
        "command with {url}",
        open_context({}),
        RunProgram(("/opt/a b/mine", f"--url={URL}", "-q"), "mine"),
        "'/opt/a b/mine' --url={url} -q",
    ),
    Case(
        "command with %s, which is no placeholder",
        open_context({}),
        RunProgram(("printf", "%s", URL), "printf"),
        "printf %s",
    ),
    Case(
        "a link that looks like a placeholder",
        open_context({}),
        RunProgram(("mine", "https://x.test/%25s?%7Burl%7D=%25s"), "mine"),
        "mine {url}",
        "https://x.test/%s?{url}=%s",
    ),
    Case(
        "a command without a shell",
        open_context({}),
        RunProgram(("mine", ";", "rm", "$HOME", "|", "cat", URL), "mine"),
        "mine ; rm $HOME | cat",
    ),
    Case("terminal", open_context({**DESKTOP, "BROWSER": "firefox"}), ShowLink(), " terminal "),
    Case(
        "unbalanced quote in the command",
        open_context(DESKTOP),
        ShowLink("open_command has an unbalanced quote"),
        "mine 'oops",
    ),
    Case("an empty command", open_context(DESKTOP), ShowLink("open_command is empty"), "''  &"),
    # $BROWSER counts over SSH as well.
    Case(
        "BROWSER helper over SSH",
        open_context({**SSH, "BROWSER": "/srv/vscode/bin/helper.sh"}),
        RunProgram(("/srv/vscode/bin/helper.sh", URL), "helper.sh"),
    ),
    Case(
        "BROWSER in the background",
        open_context({"BROWSER": "helper.sh --wait %s &"}),
        RunProgram(("helper.sh", "--wait", URL), "helper.sh"),
    ),
    Case(
        "BROWSER beats the desktop",
        open_context({**DESKTOP, "BROWSER": "firefox"}),
        RunProgram(("firefox", URL), "firefox"),
    ),
    Case(
        "BROWSER list, its first installed graphical browser",
        open_context({"BROWSER": "missing:w3m:/usr/bin/lynx:'broken:firefox:helper.sh"}),
        RunProgram(("firefox", URL), "firefox"),
    ),
    Case("BROWSER is a text browser", open_context({**SSH, "BROWSER": "w3m"}), ShowLink()),
    Case(
        "BROWSER is the path of a text browser",
        open_context({"BROWSER": "/usr/bin/lynx -x %s"}),
        ShowLink(),
    ),
    Case(
        "BROWSER is missing",
        open_context({**SSH, "BROWSER": "gone"}),
        ShowLink("gone, which BROWSER names, is not there"),
    ),
    Case("BROWSER is missing at a desktop", open_context({**DESKTOP, "BROWSER": "gone"}), XDG_OPEN),
    Case(
        "BROWSER is a path relative to the current folder",
        open_context({**DESKTOP, "BROWSER": "./firefox:bin/firefox"}),
        XDG_OPEN,
    ),
    Case("BROWSER is an empty list", open_context({**DESKTOP, "BROWSER": ": :"}), XDG_OPEN),
    # A local desktop.
    Case("X11", open_context(DESKTOP), XDG_OPEN),
    Case("Wayland", open_context({"WAYLAND_DISPLAY": "wayland-0"}), XDG_OPEN),
    Case(
        "gio alone",
        open_context(DESKTOP, programs=("gio",)),
        RunProgram(("gio", "open", URL), "gio"),
    ),
    Case("a desktop without an opener", open_context(DESKTOP, programs=("w3m",)), ShowLink()),
    Case("no desktop", open_context({}), ShowLink()),
    Case("an empty DISPLAY", open_context({"DISPLAY": ""}), ShowLink()),
    Case("macOS", open_context({}, "darwin", ()), MACOS_OPEN),
    Case("macOS over SSH", open_context(SSH, "darwin"), ShowLink()),
    Case(
        "WSL",
        open_context({}, programs=("wslview",), wsl=True),
        RunProgram(("wslview", URL), "wslview"),
    ),
    Case("WSL with wslg and no wslview", open_context(DESKTOP, "linux", ("xdg-open",)), XDG_OPEN),
    Case("WSL over SSH", open_context(SSH, wsl=True), ShowLink()),
    # Over SSH, the desktop of the machine is not the user's.
    Case("SSH", open_context({**SSH, **DESKTOP}), ShowLink()),
    Case("X11 forwarding", open_context({**SSH, "DISPLAY": "localhost:10.0"}), ShowLink()),
    Case("X11 forwarding under sudo", open_context({"DISPLAY": "localhost:10.0"}), ShowLink()),
    Case("the display of WSL 1", open_context({"DISPLAY": "localhost:0.0"}), XDG_OPEN),
    Case("SSH_TTY alone", open_context({**DESKTOP, "SSH_TTY": "/dev/pts/3"}), ShowLink()),
    Case("SSH_CLIENT alone", open_context({**DESKTOP, "SSH_CLIENT": "1 2 3"}), ShowLink()),
    Case("an empty SSH_CONNECTION", open_context({**DESKTOP, "SSH_CONNECTION": ""}), XDG_OPEN),
    # Panes of tmux keep the environment of the moment they were created.
    Case(
        "a pane from an SSH session, attached locally now",
        open_context({**DESKTOP, **TMUX, **SSH}, tmux_ssh="-SSH_CONNECTION"),
        XDG_OPEN,
    ),
    Case(
        "a local pane, attached over SSH now",
        open_context({**DESKTOP, **TMUX}, tmux_ssh="SSH_CONNECTION=192.0.2.1 1 192.0.2.2 22"),
        ShowLink(),
    ),
    Case("tmux has no answer, over SSH", open_context({**DESKTOP, **TMUX, **SSH}), ShowLink()),
    Case("tmux has no answer, locally", open_context({**DESKTOP, **TMUX}), XDG_OPEN),
    Case(
        "tmux is ignored outside of tmux",
        open_context({**DESKTOP, **SSH}, tmux_ssh="-SSH_CONNECTION"),
        ShowLink(),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_first_rung_that_holds_is_taken(case: Case) -> None:
    assert plan(case.url, case.open_command, case.context) == case.expected


NO_LINK = "the link has characters that no link has"
NOT_HTTPS = "the link is not https"
NO_HOST = "the link names no host"

UNSAFE = {
    "file": ("file:///etc/passwd", NO_HOST),
    "file with a host": ("file://host/etc/passwd", NOT_HTTPS),
    "javascript": ("javascript:alert(1)", NO_HOST),
    "data": ("data:text/html,hello", NO_HOST),
    "an option": ("--help", NO_HOST),
    "empty": ("", NO_LINK),
    "no scheme": ("//oss.scenext.cn/a", NOT_HTTPS),
    "another scheme": ("ftp://oss.scenext.cn/a", NOT_HTTPS),
    "an escape sequence": ("https://x.test/\x1b]52;c;cHduZWQ=\x07", NO_LINK),
    "a C1 control": ("https://x.test/\x9b2J", NO_LINK),
    "a line break": ("https://x.test/a\nhttps://y.test", NO_LINK),
    "a space": ("https://x.test/a b", NO_LINK),
    "a quote": ("https://x.test/a'b", NO_LINK),
    "a double quote": ('https://x.test/a"b', NO_LINK),
    "a backslash": ("https://x.test\\@evil.test/", NO_LINK),
    "a backtick": ("https://x.test/`id`", NO_LINK),
    "a lone surrogate": ("https://x.test/\ud800", NO_LINK),
    "not ASCII": ("https://x.test/图.png", NO_LINK),
    "too long": ("https://x.test/" + "a" * 20_000, "the link is longer than 16,384 characters"),
    "a user name": ("https://scenext.cn@evil.test/", "the link has a user name in it"),
    "a user and a password": ("https://u:p@evil.test/", "the link has a user name in it"),
    "http": ("http://oss.scenext.cn/a.png", NOT_HTTPS),
    "http on a look-alike": ("http://127.0.0.1.evil.test/", NOT_HTTPS),
    "no host": ("https:///a", NO_HOST),
    "an unclosed address": ("https://[::1/a", NO_HOST),
}


@pytest.mark.parametrize(("url", "reason"), UNSAFE.values(), ids=UNSAFE)
@pytest.mark.parametrize("open_command", ["", "mine", "terminal"])
def test_an_unsafe_link_is_refused_whatever_the_user_set(
    url: str, reason: str, open_command: str
) -> None:
    context = open_context({**DESKTOP, "BROWSER": "firefox"})
    assert plan(url, open_command, context) == Reject(reason)


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:9"])
def test_http_is_good_enough_on_this_machine_where_the_service_is_on_it(host: str) -> None:
    url = f"http://{host}/a.png?x=1"
    context = open_context(DESKTOP)
    assert plan(url, "", context) == Reject("the link leads to this machine")
    context = context._replace(addresses=AddressRule("http://127.0.0.1:1/api"))
    assert plan(url, "", context) == RunProgram(("xdg-open", url), "xdg-open")


LONG = "https://x.test/a.png?security-token=" + "x" * 2_500


@pytest.mark.parametrize(
    ("command", "environ", "programs", "expected"),
    [
        ("", DESKTOP, ("xdg-open",), "xdg-open"),
        ("firefox", {}, (), "firefox"),
        ("", {}, ("wslview",), "the link is too long for wslview, which takes 2,083 characters"),
        ("", DESKTOP, ("wslview", "xdg-open"), "xdg-open"),
        ("", {"BROWSER": "wslview"}, ("wslview",), "the link is too long for wslview, which"),
        (
            "",
            {**SSH, "BROWSER": "wslview"},
            ("wslview",),
            "the link is too long for wslview, which",
        ),
        (
            "",
            {"BROWSER": "/mnt/c/a/Firefox.exe:helper.sh"},
            ("Firefox.exe", "helper.sh"),
            "helper.sh",
        ),
        ("/mnt/c/Windows/explorer.exe", {}, (), "the link is too long for explorer.exe, which"),
        ("cmd.exe /c start", {}, (), "the link is too long for cmd.exe, which"),
    ],
)
def test_a_long_link_is_given_to_those_programs_only_that_take_it(
    command: str, environ: Mapping[str, str], programs: tuple[str, ...], expected: str
) -> None:
    context = open_context(environ, programs=programs, wsl=True)
    planned = plan(LONG, command, context)
    words = planned.name if isinstance(planned, RunProgram) else planned.reason
    assert words.startswith(expected)
    short = plan(LONG[:2_083], command, context)
    assert isinstance(short, RunProgram)


def test_what_counts_is_the_link_as_the_program_gets_it() -> None:
    context = open_context({}, programs=("wslview",), wsl=True)
    assert isinstance(plan("https://x.test/" + "$" * 700, "", context), ShowLink)


def test_a_long_link_is_not_to_be_clicked() -> None:
    assert no_click_reason({}, LONG) == "The link is too long to be clicked"
    assert no_click_reason({}, LONG[:2_083]) == ""


def test_outside_tmux_nobody_asks_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmux = script(tmp_path, "tmux", f"echo SSH_CONNECTION=1; echo asked > {tmp_path}/asked")
    monkeypatch.setenv("PATH", str(tmux.parent), prepend=os.pathsep)
    assert tmux_ssh({}) == ""
    assert not (tmp_path / "asked").exists()
    assert tmux_ssh(TMUX) == "SSH_CONNECTION=1"
    assert is_ssh(open_context(TMUX, tmux_ssh=tmux_ssh(TMUX)))


def test_a_tmux_that_fails_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tmux_ssh(TMUX) == ""
    script(tmp_path, "tmux", "echo unknown variable >&2; exit 1")
    assert tmux_ssh(TMUX) == ""


@pytest.mark.parametrize(
    ("environ", "features", "reason"),
    [
        ({"TERM": "xterm-256color"}, "", ""),
        (TMUX, "256,clipboard,hyperlinks,RGB", ""),
        (TMUX, "256,clipboard,title", "tmux passes no links on here (see the README)"),
        (TMUX, "", "tmux passes no links on here (see the README)"),
        ({"STY": "1.pts-0"}, "hyperlinks", "This terminal takes no links"),
        ({"TERM": "linux"}, "", "This terminal takes no links"),
    ],
)
def test_where_a_click_opens_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str],
    features: str,
    reason: str,
) -> None:
    # Before 3.4 tmux knows no such feature, whatever is set.
    script(tmp_path, "tmux", f"echo '{features}'")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert no_click_reason(environ, URL) == reason


# The link that a program gets


@pytest.mark.parametrize(
    ("url", "given"),
    [
        ("https://x.test/a.png?b=c", "https://x.test/a.png?b=c"),
        ("https://x.test/A-z0.9_~", "https://x.test/A-z0.9_~"),
        ("https://x.test/a+b,c@d:e=f&g[h]", "https://x.test/a+b,c@d:e=f&g[h]"),
        ("https://x.test/f1.png$(calc.exe)?x", "https://x.test/f1.png%24%28calc.exe%29?x"),
        ("https://x.test/?a=$(b)", "https://x.test/?a=%24%28b%29"),
        ("https://x.test/a;b|c!d*e^f`g'h\"i", "https://x.test/a%3Bb%7Cc%21d%2Ae%5Ef%60g%27h%22i"),
        ("https://x.test/?a={b}<c>\\d", "https://x.test/?a=%7Bb%7D%3Cc%3E%5Cd"),
        ("https://x.test/%24%28a%29%2f?b=%2B+%3d", "https://x.test/%24%28a%29%2f?b=%2B+%3d"),
        ("https://x.test/%PATH%/100%", "https://x.test/%25PATH%25/100%25"),
        ("https://x.test/a b\n\x1b", "https://x.test/a%20b%0A%1B"),
        ("https://x.test/图?é", "https://x.test/%E5%9B%BE?%C3%A9"),
        ("https://[::1]:8/a#b?c", "https://[::1]:8/a#b?c"),
    ],
)
def test_what_an_address_never_needs_raw_is_encoded(url: str, given: str) -> None:
    assert encoded(url) == given
    assert encoded(given) == given


@given(st.text("aZ0%2F$(`;&=+?/#é'\"", max_size=40))
def test_an_encoded_address_is_the_same_address(text: str) -> None:
    url = f"https://x.test/{text}"
    sent = encoded(url)
    assert re.fullmatch(r"(?:[A-Za-z0-9._~:/?#\[\]@&=+,-]|%[0-9A-Fa-f]{2})*", sent)
    for part, other in zip(urlsplit(url), urlsplit(sent), strict=True):
        assert unquote(part) == unquote(other)
    query, other = urlsplit(url).query, urlsplit(sent).query
    assert parse_qsl(query, True) == parse_qsl(other, True)


# What wslview does: it builds a command line of PowerShell from its argument.
WSLVIEW = 'exec powershell.exe -NoProfile -NonInteractive -Command Start "\\"$*\\""'


@pytest.mark.parametrize("part", ["/f1.png$(calc.exe)", "/a;b`c'd", "/a?b=$(calc.exe)&c=$env:X"])
def test_wslview_gets_nothing_that_powershell_evaluates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    script(tmp_path, "wslview", WSLVIEW)
    script(tmp_path, "powershell.exe", f'printf "%s\\n" "$@" > {tmp_path}/got')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    url = f"https://cdn.example{part}"
    # Quotes and backticks are refused before; they are encoded all the same.
    program = RunProgram(("wslview", encoded(url)), "wslview")
    if not set(url) & set("`'"):
        assert plan(url, "", open_context({}, wsl=True)) == program
    assert run(program, url) == ""
    *options, line = (tmp_path / "got").read_text().splitlines()
    assert options == ["-NoProfile", "-NonInteractive", "-Command", "Start"]
    assert line.startswith('"https://cdn.example/')
    assert line.endswith('"')
    assert not set(line[1:-1]) & set("$`'\"(){};|")


# Starting the program


def script(folder: Path, name: str, body: str) -> Path:
    """Write an executable shell script."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def command(*argv: str | Path) -> RunProgram:
    """Return the plan that runs a command line."""
    return RunProgram(tuple(map(str, argv)), Path(argv[0]).name)


def zombies() -> set[str]:
    """Our children that have ended and that nobody has waited for."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
            if state == "Z" and int(parent) == os.getpid():
                found.add(path.parent.name)
    return found


def test_a_program_gets_the_link_whole_and_no_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    received = tmp_path / "got"
    mine = script(
        tmp_path,
        "mine",
        f'printf "%s\\n" "$#" "$1" "$SCENEXT_URL" > {received}; cat >> {received}; '
        "echo NOISE; echo NOISE >&2",
    )
    assert run(command(mine, URL), URL) == ""
    assert received.read_text() == f"1\n{URL}\n{URL}\n"
    assert capfd.readouterr() == ("", "")


def test_a_failure_is_said_in_words(tmp_path: Path) -> None:
    bad = script(tmp_path, "bad", "exit 3")
    assert run(command(bad, URL), URL) == "bad ended with exit status 3"
    missing = run(command(tmp_path / "gone", URL), URL)
    assert missing == "gone could not start: No such file or directory"
    script(tmp_path, "locked", "exit 0").chmod(0o600)
    assert "Permission denied" in run(command(tmp_path / "locked", URL), URL)
    assert run(command("nul\0", URL), URL) == "nul\0 could not start"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_program_that_runs_on_counts_as_working_and_is_left_alone(tmp_path: Path) -> None:
    pid_file, fifo = tmp_path / "pid", tmp_path / "fifo"
    os.mkfifo(fifo)
    # It runs until the test writes to the pipe.
    slow = script(tmp_path, "slow", f"echo $$ > {pid_file}; read line < {fifo}")
    started = time.monotonic()
    assert run(command(slow, URL), URL) == ""
    assert time.monotonic() - started >= 3.5
    pid = int(pid_file.read_text())
    assert os.getsid(pid) == pid, "it is in our session, so SIGHUP would end it"
    fifo.write_text("go\n")
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not zombies()


def test_a_program_that_a_signal_ends_has_failed(tmp_path: Path) -> None:
    dies = script(tmp_path, "dies", "kill -9 $$")
    assert run(command(dies, URL), URL) == "dies was ended by signal 9"
