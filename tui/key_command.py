"""Run `api_key_command`, which prints the key; it does not outlive this program."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from typing import Final

from tui.child_environment import child_environment
from tui.errors import UserError
from tui.sanitize import clean

TERMINAL: Final = "/dev/tty"
"""The terminal of this process, whatever its standard streams are."""

_running: Final[set[subprocess.Popen[bytes]]] = set()


def run(command: tuple[str, ...], timeout: float) -> str:
    """Return the first line that a command prints. Blocks for `timeout` seconds at most.

    Raises `UserError`, which never contains what the command printed.
    """
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=child_environment(),
            # It may ask its user on the terminal, which no other group than ours may read.
            process_group=None if _has_terminal() else 0,
        )
    except OSError as error:
        name = clean(command[0], 60)
        raise UserError(f"api_key_command: {name} could not start: {error.strerror}.") from None
    with process:
        _running.add(process)
        try:
            printed, told = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            _end(process, signal.SIGKILL)
            raise UserError(f"api_key_command took over {timeout:g} s.") from None
        except BaseException:  # A signal that ends us.
            _end(process, signal.SIGKILL)
            raise
        finally:
            _running.discard(process)
    output = printed.decode("utf-8", "replace")
    if process.returncode:
        message = _error_line(told.decode("utf-8", "replace"), output)
        detail = f": {message}" if message else "."
        raise UserError(f"api_key_command ended with {process.returncode}{detail}")
    return output.lstrip().partition("\n")[0]


def end_running() -> None:
    """Tell the commands that run to end. Call before the process ends; safe in any thread."""
    for process in tuple(_running):
        _end(process, signal.SIGTERM)


def _end(process: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to a command, and to what it started too where that is a group of its own."""
    if process.poll() is not None:
        return
    with suppress(OSError):  # It ended just now.
        if os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, number)
        else:
            os.kill(process.pid, number)


def _has_terminal() -> bool:
    try:
        os.close(os.open(TERMINAL, os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _error_line(errors: str, output: str) -> str:
    """Return the last line that a command wrote to stderr, with anything from stdout redacted."""
    for secret in sorted(filter(None, map(str.strip, output.split("\n"))), key=len, reverse=True):
        errors = errors.replace(secret, "***")
    lines = errors.strip().splitlines()
    return clean(lines[-1].strip(), 200) if lines else ""
