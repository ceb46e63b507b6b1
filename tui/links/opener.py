"""Decide how a link is opened here, and do it: a pure plan, then the act.

`webbrowser.open` is never called: over SSH it does nothing, or freezes the program while a text
browser owns the screen, or lets `xdg-open` write its errors over it (each measured). The first of
these that applies is used: the user's own command; `$BROWSER` unless it is a text browser (VS Code
Remote and the like set it to a helper that opens the browser on the user's side); the local desktop
if this is no SSH session; else the terminal, through a link that it can open.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Final, NamedTuple

from tui.addresses import unsafe_reason

EXIT_TIMEOUT: Final = 4.0
"""Seconds to wait for a program's exit code; one that runs longer counts as working."""
TERMINAL: Final = "terminal"
"""The `open_command` that always shows the link in the terminal."""

_PLACEHOLDER: Final = re.compile(r"\{url\}|%s")
# sshd counts its displays from 10; a display 0 on localhost is that of WSL 1.
_FORWARDED_DISPLAY: Final = re.compile(r"localhost:[1-9][0-9]+(\.[0-9]+)?")
_TEXT_BROWSERS: Final = frozenset(
    {
        *("w3m", "lynx", "links", "links2", "elinks", "elinks2", "www-browser", "browsh"),
        *("carbonyl", "netrik", "retawq", "edbrowse", "chawan", "cha", "felinks"),
    }
)


class RunProgram(NamedTuple):
    """Start this program, without a shell."""

    argv: tuple[str, ...]
    name: str
    """The program, for messages."""


class ShowLink(NamedTuple):
    """Show the link in the terminal."""

    reason: str = ""
    """Why no program can open it; empty where the terminal is meant to."""


class Reject(NamedTuple):
    """Open nothing: the link is unsafe."""

    reason: str


Plan = RunProgram | ShowLink | Reject


class OpenContext(NamedTuple):
    """What the plan depends on."""

    environ: Mapping[str, str]
    platform: str
    """As `sys.platform` has it."""
    which: Callable[[str], str | None]
    """As `shutil.which`."""
    wsl: bool = False
    tmux_ssh: str = ""
    """What `tmux show-environment SSH_CONNECTION` prints inside tmux: the environment of a pane
    is as old as the pane, while tmux follows the client that was attached last."""


def plan(url: str, open_command: str, context: OpenContext) -> Plan:
    """Return how to open `url`."""
    if reason := unsafe_reason(url):
        return Reject(reason)
    if open_command.strip() == TERMINAL:
        return ShowLink()
    if open_command.strip():
        return _command(open_command, url, "open_command")
    return _browser(url, context) or _desktop(url, context) or ShowLink()


def is_ssh(context: OpenContext) -> bool:
    """Return whether the user sits at another machine."""
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
    # In one pass, since a link may itself contain the placeholder.
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
        found = _command(candidate, url, "BROWSER")
        if isinstance(found, RunProgram):
            return found
    return ShowLink(missing) if missing and is_ssh(context) else None


def _desktop(url: str, context: OpenContext) -> RunProgram | None:
    if is_ssh(context):
        return None
    if context.platform == "darwin":
        return RunProgram(("open", url), "open")
    names = ["wslview"] if context.wsl else []
    display = context.environ.get("DISPLAY", "")
    if _FORWARDED_DISPLAY.fullmatch(display):
        # Left behind by SSH in a tmux pane, or under sudo, which drops SSH_CONNECTION.
        display = ""
    if display or context.environ.get("WAYLAND_DISPLAY"):
        names += ["xdg-open", "gio"]
    for name in names:
        if context.which(name):
            argv = (name, "open", url) if name == "gio" else (name, url)
            return RunProgram(argv, name)
    return None


def tmux_ssh(environ: Mapping[str, str]) -> str:
    """Ask tmux for its `SSH_CONNECTION`; empty outside tmux. Blocks for milliseconds."""
    if not environ.get("TMUX"):
        return ""
    try:
        done = subprocess.run(
            ("tmux", "show-environment", "SSH_CONNECTION"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=2.0,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace").strip()


def run(program: RunProgram) -> str:
    """Start a program and return why it failed; empty when it did not. Blocks up to `EXIT_TIMEOUT`.

    It gets no terminal, and what it prints reaches no screen.
    """
    try:
        child = subprocess.Popen(
            program.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        return f"{program.name} could not start: {error.strerror}"
    except ValueError:
        return f"{program.name} could not start"
    try:
        code = child.wait(EXIT_TIMEOUT)
    except subprocess.TimeoutExpired:
        # A browser in the foreground goes on without us; the system reaps it after we exit.
        child.returncode = 0
        return ""
    if code < 0:
        return f"{program.name} was ended by signal {-code}"
    return f"{program.name} ended with exit status {code}" if code else ""
