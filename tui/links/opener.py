"""Which way a link is opened here: a pure plan, then the act.

`webbrowser.open` is never called: over SSH it does nothing, or freezes the program while a text
browser owns the screen, or lets `xdg-open` write its errors over it (each measured). The ladder:
the user's own command, `$BROWSER` unless it is a text browser (VS Code Remote and its kin set it
to a helper that opens the browser on the user's side), the local desktop where this is no SSH
session, and else the terminal itself, by a link that it can open.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Final, NamedTuple

from tui.addresses import unsafe_reason

PATIENCE: Final = 4.0
"""Seconds to wait for an opener's exit code; one that runs longer is taken to work."""
TERMINAL: Final = "terminal"
"""The `open_command` that asks for the terminal's own link."""

_PLACE: Final = re.compile(r"\{url\}|%s")
# sshd counts its displays from 10; a display 0 on localhost is that of WSL 1.
_FORWARDED_DISPLAY: Final = re.compile(r"localhost:[1-9][0-9]+(\.[0-9]+)?")
_TEXT_BROWSERS: Final = frozenset(
    {
        *("w3m", "lynx", "links", "links2", "elinks", "elinks2", "www-browser", "browsh"),
        *("carbonyl", "netrik", "retawq", "edbrowse", "chawan", "cha", "felinks"),
    }
)


class Run(NamedTuple):
    """Start this program, without a shell."""

    argv: tuple[str, ...]
    name: str
    """The program, for messages."""


class Show(NamedTuple):
    """Show the link in the terminal."""

    why: str = ""
    """What kept a program from opening it, in words; empty where the terminal is the way."""


class Refuse(NamedTuple):
    """Open nothing: the link is unsafe."""

    why: str


Plan = Run | Show | Refuse


class Surroundings(NamedTuple):
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


def plan(url: str, open_command: str, here: Surroundings) -> Plan:
    """Return how to open `url`; the first rung of the ladder that holds."""
    if why := unsafe_reason(url):
        return Refuse(why)
    if open_command.strip() == TERMINAL:
        return Show()
    if open_command.strip():
        return _command(open_command, url, "open_command")
    return _browser(url, here) or _desktop(url, here) or Show()


def is_ssh(here: Surroundings) -> bool:
    """Return whether the user sits at another machine."""
    environ = here.environ
    if environ.get("TMUX") and here.tmux_ssh:
        return here.tmux_ssh.startswith("SSH_CONNECTION=")
    return any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"))


def _command(text: str, url: str, name: str) -> Run | Show:
    try:
        words = shlex.split(text)
    except ValueError:
        return Show(f"{name} has an unbalanced quote")
    words = [word for word in words if word != "&"]
    if not words or not words[0]:
        return Show(f"{name} is empty")
    # In one pass: a link may itself hold what stands for it.
    filled = [_PLACE.sub(lambda _: url, word) for word in words]
    there = any(map(_PLACE.search, words))
    return Run(tuple(filled if there else [*words, url]), PurePath(words[0]).name)


def _browser(url: str, here: Surroundings) -> Run | Show | None:
    missing = ""
    for candidate in here.environ.get("BROWSER", "").split(":"):
        try:
            words = shlex.split(candidate)
        except ValueError:
            continue
        if not words or PurePath(words[0]).name in _TEXT_BROWSERS:
            continue
        if not here.which(words[0]):
            missing = missing or f"{PurePath(words[0]).name}, which BROWSER names, is not there"
            continue
        found = _command(candidate, url, "BROWSER")
        if isinstance(found, Run):
            return found
    return Show(missing) if missing and is_ssh(here) else None


def _desktop(url: str, here: Surroundings) -> Run | None:
    if is_ssh(here):
        return None
    if here.platform == "darwin":
        return Run(("open", url), "open")
    names = ["wslview"] if here.wsl else []
    display = here.environ.get("DISPLAY", "")
    if _FORWARDED_DISPLAY.fullmatch(display):
        # What SSH left behind in a pane of tmux, or under sudo, which drops SSH_CONNECTION.
        display = ""
    if display or here.environ.get("WAYLAND_DISPLAY"):
        names += ["xdg-open", "gio"]
    for name in names:
        if here.which(name):
            argv = (name, "open", url) if name == "gio" else (name, url)
            return Run(argv, name)
    return None


def tmux_ssh(environ: Mapping[str, str]) -> str:
    """Ask tmux for its idea of `SSH_CONNECTION`; empty outside tmux. Blocks for milliseconds."""
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


def run(command: Run) -> str:
    """Start a program and return why it failed; empty when it did not. Blocks up to `PATIENCE`.

    It gets no terminal, and what it prints reaches no screen.
    """
    try:
        child = subprocess.Popen(
            command.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        return f"{command.name} could not start: {error.strerror}"
    except ValueError:
        return f"{command.name} could not start"
    try:
        code = child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        # A browser in the foreground: it lives on without us; the system reaps it after us.
        child.returncode = 0
        return ""
    if code < 0:
        return f"{command.name} was ended by signal {-code}"
    return f"{command.name} ended with exit status {code}" if code else ""
