"""Decide how to open a link on this machine, and run the program that does.

`webbrowser.open` is not used: over SSH it does nothing, or blocks while a text browser takes over
the screen, or lets `xdg-open` write its errors over the screen (each measured). `$BROWSER` counts
unless it is a text browser: VS Code Remote sets it to what opens the user's local browser.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Final, NamedTuple

from tui.addresses import AddressRule
from tui.child_environment import child_environment

EXIT_TIMEOUT: Final = 4.0
"""Seconds to wait for a program's exit code; one that runs longer counts as working."""
TERMINAL: Final = "terminal"
"""The value of `open_command` that always shows the link in the terminal."""

_PLACEHOLDER: Final = re.compile(r"\{url\}|%s")
# sshd numbers its displays from 10; display 0 on localhost belongs to WSL 1.
_FORWARDED_DISPLAY: Final = re.compile(r"localhost:[1-9][0-9]+(\.[0-9]+)?")
_TEXT_BROWSERS: Final = {
    *("w3m", "lynx", "links", "links2", "elinks", "elinks2", "www-browser", "browsh"),
    *("carbonyl", "netrik", "retawq", "edbrowse", "chawan", "cha", "felinks"),
}


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
    if open_command.strip() == TERMINAL:
        return ShowLink()
    if open_command.strip():
        return _command(open_command, url, "open_command")
    return _browser(url, context) or _desktop(url, context) or ShowLink()


def is_ssh(context: OpenContext) -> bool:
    """Return whether the user is connected over SSH."""
    environ = context.environ
    if environ.get("TMUX") and context.tmux_ssh:
        return context.tmux_ssh.startswith("SSH_CONNECTION=")
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"))


def _command(text: str, url: str, name: str) -> RunProgram | ShowLink:
    try:
        words = shlex.split(text)
    except ValueError:
        return ShowLink(f"{name} has an unbalanced quote")
    words = [word for word in words if word != "&"]
    if not words or not words[0]:
        return ShowLink(f"{name} is empty")
    # In one pass, as a link may contain a placeholder too.
    filled = [_PLACEHOLDER.sub(lambda _: url, word) for word in words]
    has_placeholder = any(map(_PLACEHOLDER.search, words))
    return RunProgram(tuple(filled if has_placeholder else [*words, url]), PurePath(words[0]).name)


def _browser(url: str, context: OpenContext) -> RunProgram | ShowLink | None:
    missing = ""
    for candidate in context.environ.get("BROWSER", "").split(":"):
        try:
            words = shlex.split(candidate)
        except ValueError:
            continue
        if not words or PurePath(words[0]).name in _TEXT_BROWSERS:
            continue
        if not context.which(words[0]):
            missing = missing or f"{PurePath(words[0]).name}, which BROWSER names, is not there"
            continue
        browser = _command(candidate, url, "BROWSER")
        if isinstance(browser, RunProgram):
            return browser
    return ShowLink(missing) if missing and is_ssh(context) else None


def _desktop(url: str, context: OpenContext) -> RunProgram | None:
    if is_ssh(context):
        return None
    if context.platform == "darwin":
        return RunProgram(("open", url), "open")
    names = ["wslview"] if context.wsl else []
    display = context.environ.get("DISPLAY", "")
    if _FORWARDED_DISPLAY.fullmatch(display):
        # Left over in a tmux pane from an SSH session, or under sudo, which removes SSH_CONNECTION.
        display = ""
    if display or context.environ.get("WAYLAND_DISPLAY"):
        names += ["xdg-open", "gio"]
    for name in names:
        if context.which(name):
            argv = (name, "open", url) if name == "gio" else (name, url)
            return RunProgram(argv, name)
    return None


def tmux_ssh(environ: Mapping[str, str]) -> str:
    """Return tmux's own `SSH_CONNECTION`; empty outside tmux. Blocks while tmux runs."""
    if not environ.get("TMUX"):
        return ""
    try:
        process = subprocess.run(
            ("tmux", "show-environment", "SSH_CONNECTION"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=2.0,
            check=False,
            env=child_environment(),
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return process.stdout.decode("utf-8", "replace").strip()


def run(program: RunProgram) -> str:
    """Start a program and return why it failed; empty on success. Blocks up to `EXIT_TIMEOUT`."""
    try:
        child = subprocess.Popen(
            program.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=child_environment(),
        )
    except OSError as error:
        return f"{program.name} could not start: {error.strerror}"
    except ValueError:
        return f"{program.name} could not start"
    try:
        code = child.wait(EXIT_TIMEOUT)
    except subprocess.TimeoutExpired:
        # A browser in the foreground keeps running; init reaps it once this program has exited.
        child.returncode = 0
        return ""
    if code < 0:
        return f"{program.name} was ended by signal {-code}"
    return f"{program.name} ended with exit status {code}" if code else ""
