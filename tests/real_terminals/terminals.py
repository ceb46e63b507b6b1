"""How each terminal is started, and what its pictures are expected to be."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tui.graphics import Protocol

COLUMNS, ROWS = 120, 40

_FONT: Final = "DejaVu Sans Mono"
_FONT_PIXELS: Final = 16


class Launch(NamedTuple):
    """A command line, and variables to add to its environment."""

    argv: Sequence[str]
    env: Mapping[str, str]


class Kind(NamedTuple):
    """A terminal, or one with tmux in it."""

    name: str
    programs: tuple[str, ...]
    """All that have to be installed."""
    protocol: Protocol
    """What pictures are expected to be sent by."""
    launch: Callable[[Path, Sequence[str]], Launch]
    """How to run a command in it; what it needs on disk is written into the folder."""

    @property
    def missing(self) -> str:
        """What a test that is skipped says; empty where all is installed."""
        absent = [name for name in ("Xvfb", "xdotool", *self.programs) if not shutil.which(name)]
        return f"not installed: {', '.join(absent)}" if absent else ""


def _kitty(folder: Path, command: Sequence[str]) -> Launch:
    options = {
        "font_family": _FONT,
        "font_size": "12",
        "remember_window_size": "no",
        "initial_window_width": f"{COLUMNS}c",
        "initial_window_height": f"{ROWS}c",
        "cursor_blink_interval": "0",
        "confirm_os_window_close": "0",
        "shell_integration": "disabled",
        "update_check_interval": "0",
        "enable_audio_bell": "no",
        "linux_display_server": "x11",
    }
    settings = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    return Launch(
        ["kitty", "--config", "NONE", *settings, *command], {"LIBGL_ALWAYS_SOFTWARE": "1"}
    )


def _xterm(*options: str) -> Callable[[Path, Sequence[str]], Launch]:
    def launch(folder: Path, command: Sequence[str]) -> Launch:
        size = ["-geometry", f"{COLUMNS}x{ROWS}+0+0", "-tn", "xterm-256color"]
        look = ["-fa", _FONT, "-fs", "12", "-bg", "black", "-fg", "white"]
        return Launch(["xterm", *options, *size, *look, "-e", *command], {})

    return launch


def _foot(folder: Path, command: Sequence[str]) -> Launch:
    """Run foot as the one window of weston, which is a window of the X server."""
    script = folder / "foot.sh"
    foot = ["foot", "-c", "/dev/null", "-f", f"{_FONT}:pixelsize={_FONT_PIXELS}", *command]
    script.write_text(f"#!/bin/sh\nexec {shlex.join(foot)}\n", "utf-8")
    script.chmod(0o700)
    config = folder / "weston.ini"
    config.write_text(
        "[core]\nidle-time=0\nshell=kiosk-shell.so\n"
        f"[autolaunch]\npath={script}\nwatch=true\n[output]\nname=screen0\nmode=1200x840\n",
        "utf-8",
    )
    argv = ["weston", "--backend=x11", "--renderer=pixman", f"--config={config}"]
    return Launch([*argv, "--socket=wayland-test"], {"XDG_RUNTIME_DIR": str(folder)})


def _konsole(folder: Path, command: Sequence[str]) -> Launch:
    profile = {"Font": f"{_FONT},12", "ScrollBarPosition": "2", "BlinkingCursorEnabled": "false"}
    parts = [part for name, value in profile.items() for part in ("-p", f"{name}={value}")]
    bare = ["--nofork", "--hide-menubar", "--hide-tabbar", "--notransparency"]
    argv = ["dbus-run-session", "--", "konsole", *bare, "--geometry", "1240x880+0+0", *parts]
    return Launch([*argv, "-e", *command], {"XDG_RUNTIME_DIR": str(folder)})


def _in_tmux(config: str) -> Callable[[Path, Sequence[str]], Launch]:
    """Return what starts tmux with a configuration in kitty, which is not told of true colour."""

    def launch(folder: Path, command: Sequence[str]) -> Launch:
        file = folder / "tmux.conf"
        # The clock would make two screenshots differ.
        file.write_text(f"{config}set -g status-right ''\n", "utf-8")
        client = ["tmux", "-u", "-S", str(folder / "tmux"), "-f", str(file), "new-session"]
        return _kitty(folder, ["env", "COLORTERM=", *client, *command])

    return launch


def _in_mosh(folder: Path, command: Sequence[str]) -> Launch:
    client = ["mosh", "--local", "--bind-server=127.0.0.1", "127.0.0.1", "--"]
    launch = _kitty(folder, [*client, *command])
    return Launch(launch.argv, {**launch.env, "MOSH_SERVER_NETWORK_TMOUT": "20"})


def _in_ssh(folder: Path, command: Sequence[str]) -> Launch:
    """Return what logs in by ssh in kitty, to a server that is the other end of its pipe."""
    for name in ("host", "user"):
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(key, check=True)
    config = folder / "sshd_config"
    config.write_text(
        f"HostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\nPidFile none\n"
        "StrictModes no\nPermitRootLogin yes\nUsePAM no\n"
        f"SetEnv LANG=C.UTF-8 PATH={os.environ['PATH']}\n",
        "utf-8",
    )
    server = f"ProxyCommand=/usr/sbin/sshd -i -f {config}"
    options = (server, "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR")
    client = ["ssh", "-t", "-F", "none", "-i", str(folder / "user")]
    client += [part for option in options for part in ("-o", option)]
    return _kitty(folder, [*client, "localhost", shlex.join(command)])


_PASSTHROUGH: Final = "set -g allow-passthrough on\n"
_RGB: Final = f"{_PASSTHROUGH}set -as terminal-features ',*:RGB'\n"
_WITHOUT_PASSTHROUGH: Final = "set -g allow-passthrough off\n"
KINDS: Final = (
    Kind("kitty", ("kitty",), Protocol.KITTY, _kitty),
    Kind("kitty-tmux-rgb", ("kitty", "tmux"), Protocol.KITTY, _in_tmux(_RGB)),
    Kind("kitty-tmux", ("kitty", "tmux"), Protocol.KITTY, _in_tmux(_PASSTHROUGH)),
    Kind("kitty-tmux-off", ("kitty", "tmux"), Protocol.SYMBOLS, _in_tmux(_WITHOUT_PASSTHROUGH)),
    Kind("kitty-ssh", ("kitty", "ssh", "/usr/sbin/sshd"), Protocol.KITTY, _in_ssh),
    Kind("kitty-mosh", ("kitty", "mosh"), Protocol.SYMBOLS, _in_mosh),
    Kind("foot", ("foot", "weston"), Protocol.SIXEL, _foot),
    Kind("konsole", ("konsole", "dbus-run-session"), Protocol.SIXEL, _konsole),
    Kind("xterm-vt340", ("xterm",), Protocol.SIXEL, _xterm("-ti", "vt340")),
    Kind("xterm", ("xterm",), Protocol.SYMBOLS, _xterm()),
)
