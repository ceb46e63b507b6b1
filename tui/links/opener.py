"""Decide how to open a link on this machine, and run the program that does.

A program gets the link as one argument and as `SCENEXT_URL` in its environment, with everything
percent-encoded that an address never needs raw: some programs build a command line from it, as
`wslview` does for PowerShell. `open_command` says which commands are refused for the same reason.

`webbrowser.open` is not used: over SSH it does nothing, or blocks while a text browser takes over
the screen, or lets `xdg-open` write its errors over the screen (each measured). `$BROWSER` counts
unless it is a text browser: VS Code Remote sets it to what opens the user's local browser.
"""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Final, NamedTuple
from urllib.parse import quote

from tui.addresses import AddressRule
from tui.child_environment import child_environment
from tui.links.link import MAX_CLICK_LENGTH
from tui.open_command import fill, words_of

EXIT_TIMEOUT: Final = 4.0
"""Seconds to wait for a program's exit code; one that runs longer counts as working."""
TERMINAL: Final = "terminal"
"""The value of `open_command` that always shows the link in the terminal."""

# All but the unreserved characters and the delimiters of RFC 3986 that a query may depend on.
_NEVER_RAW: Final = re.compile(r"%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9._~:/?#\[\]@&=+,%-]")
_URL_VARIABLE: Final = "SCENEXT_URL"
# sshd numbers its displays from 10; display 0 on localhost belongs to WSL 1.
_FORWARDED_DISPLAY: Final = re.compile(r"localhost:[1-9][0-9]+(\.[0-9]+)?")
_TEXT_BROWSERS: Final = {
    *("w3m", "lynx", "links", "links2", "elinks", "elinks2", "www-browser", "browsh"),
    *("carbonyl", "netrik", "retawq", "edbrowse", "chawan", "cha", "felinks"),
}


_MAX_WINDOWS_LENGTH: Final = 2_083
"""Characters of a link that Windows opens (`INTERNET_MAX_URL_LENGTH`)."""
_WINDOWS_OPENERS: Final = {"wslview", "wsl-open", "explorer", "cmd", "powershell", "pwsh"}


class RunProgram(NamedTuple):
    """Start this program, without a shell."""

    argv: tuple[str, ...]
    name: str


class ShowLink(NamedTuple):
    """Show the link in the terminal."""

    reason: str = ""
    """Why no program can open it; empty if the terminal was chosen."""


class Reject(NamedTuple):
    """Open nothing: the link is unsafe."""

    reason: str


Plan = RunProgram | ShowLink | Reject


class OpenContext(NamedTuple):
    """The environment that a plan depends on."""

    environ: Mapping[str, str]
    platform: str
    """As `sys.platform`."""
    which: Callable[[str], str | None]
    """As `shutil.which`."""
    wsl: bool = False
    tmux_ssh: str = ""
    """The output of `tmux show-environment SSH_CONNECTION` inside tmux: a pane's own environment is
    from when it was created, while tmux updates its own with each attached client."""
    addresses: AddressRule = AddressRule()
    """Which links may be opened."""


def plan(url: str, open_command: str, context: OpenContext) -> Plan:
    """Return how to open `url`."""
    if reason := context.addresses.unsafe_reason(url):
        return Reject(reason)
    url = encoded(url)
    if open_command.strip() == TERMINAL:
        return ShowLink()
    if open_command.strip():
        return _command(open_command, url, "open_command")
    return _browser(url, context) or _desktop(url, context)


def is_ssh(context: OpenContext) -> bool:
    """Return whether the user is connected over SSH."""
    environ = context.environ
    if environ.get("TMUX") and context.tmux_ssh:
        return context.tmux_ssh.startswith("SSH_CONNECTION=")
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"))


def encoded(url: str) -> str:
    """Return `url` with what an address never needs raw percent-encoded, path and query alike.

    It is the same address: what is encoded already stays as it is, and so do the delimiters.
    """
    return _NEVER_RAW.sub(lambda found: quote(found[0], safe="", errors="replace"), url)


def _command(text: str, url: str, name: str, *, browser: bool = False) -> RunProgram | ShowLink:
    words = words_of(text)
    if words is None:
        return ShowLink(f"{name} has an unbalanced quote")
    if not words or not words[0]:
        return ShowLink(f"{name} is empty")
    if reason := _too_long(words[0], url):
        return ShowLink(reason)
    return RunProgram(fill(words, url, browser=browser), PurePath(words[0]).name)


def _too_long(program: str, url: str) -> str:
    """Return why a program cannot take a link as long as this; empty if it can."""
    name = PurePath(program).name
    is_windows = name.lower().endswith(".exe") or name.lower() in _WINDOWS_OPENERS
    if not is_windows or len(url) <= _MAX_WINDOWS_LENGTH:
        return ""
    return f"the link is too long for {name}, which takes {_MAX_WINDOWS_LENGTH:,} characters"


def _browser(url: str, context: OpenContext) -> RunProgram | ShowLink | None:
    missing = ""
    for candidate in context.environ.get("BROWSER", "").split(":"):
        words = words_of(candidate)
        if not words or PurePath(words[0]).name in _TEXT_BROWSERS:
            continue
        # A path that starts at the current folder names another program in each.
        is_relative = "/" in words[0] and not PurePath(words[0]).is_absolute()
        if is_relative or not context.which(words[0]):
            missing = missing or f"{PurePath(words[0]).name}, which BROWSER names, is not there"
            continue
        browser = _command(candidate, url, "BROWSER", browser=True)
        if isinstance(browser, RunProgram):
            return browser
        missing = missing or browser.reason
    return ShowLink(missing) if missing and is_ssh(context) else None


def _desktop(url: str, context: OpenContext) -> RunProgram | ShowLink:
    if is_ssh(context):
        return ShowLink()
    if context.platform == "darwin":
        return RunProgram(("open", url), "open")
    names = ["wslview"] if context.wsl else []
    display = context.environ.get("DISPLAY", "")
    if _FORWARDED_DISPLAY.fullmatch(display):
        # Left over in a tmux pane from an SSH session, or under sudo, which removes SSH_CONNECTION.
        display = ""
    if display or context.environ.get("WAYLAND_DISPLAY"):
        names += ["xdg-open", "gio"]
    reason = ""
    for name in filter(context.which, names):
        if not _too_long(name, url):
            argv = (name, "open", url) if name == "gio" else (name, url)
            return RunProgram(argv, name)
        reason = _too_long(name, url)
    return ShowLink(reason)


def tmux_ssh(environ: Mapping[str, str]) -> str:
    """Return tmux's own `SSH_CONNECTION`; empty outside tmux. Blocks while tmux runs."""
    return _ask_tmux("show-environment", "SSH_CONNECTION") if environ.get("TMUX") else ""


def no_click_reason(environ: Mapping[str, str], url: str) -> str:
    """Return why a click on a link (OSC 8) opens nothing; empty where it may. Blocks as tmux runs.

    Terminals take no link above `MAX_CLICK_LENGTH`. tmux passes links on from 3.4 on, to clients of
    which it knows that they take them.
    """
    if len(url) > MAX_CLICK_LENGTH:
        return "The link is too long to be clicked"
    if environ.get("TMUX"):
        features = _ask_tmux("display-message", "-p", "#{client_termfeatures}").split(",")
        return "" if "hyperlinks" in features else "tmux passes no links on here (see the README)"
    if environ.get("STY") or environ.get("TERM") == "linux":
        return "This terminal takes no links"
    return ""


def _ask_tmux(*arguments: str) -> str:
    try:
        process = subprocess.run(
            ("tmux", *arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=2.0,
            check=False,
            env=child_environment(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return process.stdout.decode("utf-8", "replace").strip()


def run(program: RunProgram, url: str) -> str:
    """Start a program and return why it failed; empty on success. Blocks up to `EXIT_TIMEOUT`.

    The program gets no terminal and no key, and its output is discarded. The link is in its
    environment too, so that a script need not take it from its arguments.
    """
    try:
        child = subprocess.Popen(
            program.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**child_environment(), _URL_VARIABLE: encoded(url)},
        )
    except OSError as error:
        return f"{program.name} could not start: {error.strerror}"
    except ValueError:
        return f"{program.name} could not start"
    try:
        code = child.wait(EXIT_TIMEOUT)
    except subprocess.TimeoutExpired:
        # A browser in the foreground: it stays a zombie after its end unless somebody waits.
        threading.Thread(target=child.wait, name="opener", daemon=True).start()
        return ""
    if code < 0:
        return f"{program.name} was ended by signal {-code}"
    return f"{program.name} ended with exit status {code}" if code else ""
