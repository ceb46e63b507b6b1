"""A program in a real pseudo-terminal, with a person's view of it."""

from __future__ import annotations

import base64
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.screen import Screen

Pattern = str | re.Pattern[str]
"""A regular expression, searched in the whole screen; ``^`` and ``$`` match at each line."""
Condition = Pattern | Callable[[str], object]
"""What may be waited for: a pattern, or a function of the screen's text."""

_ROOT = Path(__file__).parents[2]

KEYS = {
    "enter": b"\r",
    "escape": b"\x1b",
    "tab": b"\t",
    "shift+tab": b"\x1b[Z",
    "space": b" ",
    "backspace": b"\x7f",
    "up": b"\x1b[A",
    "down": b"\x1b[B",
    "right": b"\x1b[C",
    "left": b"\x1b[D",
    "home": b"\x1b[H",
    "end": b"\x1b[F",
    "insert": b"\x1b[2~",
    "delete": b"\x1b[3~",
    "pageup": b"\x1b[5~",
    "pagedown": b"\x1b[6~",
    **{f"ctrl+{letter}": bytes([ord(letter) & 0x1F]) for letter in "abcdefghijklmnopqrstuvwxyz"},
}
"""What a terminal sends for a named key."""

# Runs as the session's leader, takes the terminal as its own, and becomes the program. A
# preexec_fn could do it in the fork, but that is not safe beside threads (3.12 warns of it).
# Signals are reset because ignored ones are inherited, be it from nohup or from Python itself.
_LAUNCHER = """
import fcntl, os, signal, sys, termios
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_SETMASK, [])
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""

_LINK = re.compile(rb"\x1b\]8;[^;\x07\x1b]*;([^\x07\x1b]+)(?:\x07|\x1b\\)")
_CLIPBOARD = re.compile(rb"\x1b\]52;[^;\x07\x1b]*;([A-Za-z0-9+/=]+)(?:\x07|\x1b\\)")
_TITLE = re.compile(rb"\x1b\][02];([^\x07\x1b]*)(?:\x07|\x1b\\)")
_RECHECK_SECONDS = 0.05
_GRACE_SECONDS = 3.0
_WHERE = b"\x1b[6n"


class Terminal:
    """Runs one program in a pseudo-terminal of its own, and reads and types for it.

    A thread takes in all that the program writes, at once, unless it is paused. Columns and
    rows count from zero. The environment is small and clean (no SSH_*, TMUX or DISPLAY), and
    HOME is an empty directory of its own unless ``env`` names another. The program starts in
    HOME, so that what it saves never lands in the checkout; it can import the checkout there.
    """

    def __init__(
        self,
        argv: Sequence[str | Path],
        *,
        cols: int = 120,
        rows: int = 40,
        env: Mapping[str, str] | None = None,
        cwd: str | Path | None = None,
        answers: bool = True,
    ) -> None:
        """Start ``argv`` in a terminal of ``cols`` by ``rows``; ``env`` adds to a clean one.

        As every terminal it ``answers`` where its cursor is, unless something stands between.
        """
        self._answers = answers
        self._changed = threading.Condition()
        self._screen = Screen(cols, rows)
        self._raw = bytearray()
        self._paused = False
        self._stopping = False
        self._ended = False
        self._home = tempfile.TemporaryDirectory(prefix="terminal-home-")
        self._master, slave = os.openpty()
        self._wake_reader, self._wake_writer = os.pipe()
        termios.tcsetwinsize(slave, (rows, cols))
        environment = self._environment(env or {})
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _LAUNCHER, *map(str, argv)],
                stdin=slave,
                stdout=slave,
                stderr=slave,
                cwd=cwd or environment["HOME"],
                env=environment,
                start_new_session=True,
            )
        except BaseException:
            self._release()
            raise
        finally:
            os.close(slave)
        self._reader = threading.Thread(target=self._read_all, name="terminal", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        """Use the terminal; it is closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the terminal."""
        self.close()

    # What is seen

    @property
    def raw(self) -> bytes:
        """All bytes that came from the program so far."""
        with self._changed:
            return bytes(self._raw)

    @property
    def modes(self) -> frozenset[int]:
        """The DEC private modes that are on: 1049 alternate screen, 1003 mouse, 25 cursor, …"""
        with self._changed:
            return frozenset(self._screen.modes)

    @property
    def cooked(self) -> bool:
        """Whether the terminal itself edits and echoes lines, as a shell leaves it to programs."""
        return bool(termios.tcgetattr(self._master)[3] & termios.ICANON)

    @property
    def cursor(self) -> tuple[int, int]:
        """The column and row of the cursor."""
        with self._changed:
            return self._screen.cursor

    def text(self) -> str:
        """What the screen shows, one line for each row, without trailing blanks."""
        with self._changed:
            return "\n".join(self._screen.lines())

    def looks(self) -> list[list[object]]:
        """All that a person sees of each cell, row by row."""
        with self._changed:
            return self._screen.looks()

    def line(self, number: int) -> str:
        """One row of the screen; -1 is the last."""
        with self._changed:
            return self._screen.lines()[number]

    def find(self, text: str) -> tuple[int, int]:
        """The column and row at which ``text`` is shown first."""
        with self._changed:
            place = self._screen.find(text)
        assert place is not None, self._report(f"{text!r} is not shown")
        return place

    def links(self) -> list[str]:
        """The addresses of all hyperlinks (OSC 8) written so far, in order."""
        return [match.decode("utf-8", "replace") for match in _LINK.findall(self.raw)]

    def clipboards(self) -> list[str]:
        """All texts that the program asked the terminal to copy (OSC 52), in order."""
        found = _CLIPBOARD.findall(self.raw)
        return [base64.b64decode(match).decode("utf-8", "replace") for match in found]

    def titles(self) -> list[str]:
        """All window titles (OSC 0 and 2) that the program set, in order."""
        return [match.decode("utf-8", "replace") for match in _TITLE.findall(self.raw)]

    # Waiting

    def wait_for(self, condition: Condition, timeout: float = 10.0) -> str:
        """Wait until the screen matches a pattern or satisfies a function; the screen then.

        Raises an AssertionError that shows the screen when the time is up, and for a pattern
        as soon as the program has ended.
        """
        return self._wait(condition, timeout, wanted=True)

    def wait_for_text(self, text: str, timeout: float = 10.0) -> str:
        """Wait until ``text``, taken literally, is on the screen; the screen then."""
        return self._wait(re.compile(re.escape(text)), timeout, wanted=True)

    def wait_gone(self, condition: Condition, timeout: float = 10.0) -> str:
        """Wait until the screen no longer matches; the screen then."""
        return self._wait(condition, timeout, wanted=False)

    def quiet(self, seconds: float) -> int:
        """Listen for ``seconds``: how many bytes came. The program must live through it."""
        with self._changed:
            before = len(self._raw)
            self._changed.wait_for(lambda: self._ended, seconds)
            assert not self._ended, self._report("the program ended")
            return len(self._raw) - before

    def wait_quiet(self, seconds: float = 0.5, timeout: float = 10.0) -> None:
        """Wait until nothing has come for ``seconds`` on end."""
        deadline = time.monotonic() + timeout
        while self.quiet(seconds):
            assert time.monotonic() < deadline, self._report("the program goes on writing")

    def wait_exit(self, timeout: float = 10.0) -> int:
        """Wait until the program has ended, and all it wrote is read; its exit code.

        The code is negative if a signal ended it, as in `subprocess`.
        """
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(self._report("the program has not ended")) from None
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._paused, _GRACE_SECONDS)
        return code

    # What a person does

    def press(self, *keys: str) -> None:
        """Press keys by their names in `KEYS`; anything else is typed as text.

        Escape is sent as kitty, Ghostty and others send it where the program turned that
        protocol on, so that it needs no pause before the next key. ``write(b"\\x1b")`` sends
        the ambiguous form.
        """
        for key in keys:
            if key == "escape" and self._kitty_keys():
                self.write(b"\x1b[27u")
            else:
                self.write(KEYS.get(key) or key.encode())

    def paste(self, text: str) -> None:
        """Paste ``text`` (bracketed if the program asked for that)."""
        data = text.encode()
        self.write(b"\x1b[200~" + data + b"\x1b[201~" if 2004 in self.modes else data)

    def write(self, data: bytes) -> None:
        """Send bytes as if they were typed."""
        while data:
            data = data[os.write(self._master, data) :]

    def click(self, x: int, y: int, button: int = 0) -> None:
        """Press and release a mouse button (0 left, 1 middle, 2 right) on a cell."""
        where = f"{button};{x + 1};{y + 1}"
        self.write(f"\x1b[<{where}M".encode())
        self.write(f"\x1b[<{where}m".encode())

    def click_text(self, text: str, button: int = 0) -> None:
        """Click on the first cell of ``text``, which must be on the screen."""
        self.click(*self.find(text), button)

    def resize(self, cols: int, rows: int) -> None:
        """Give the window another size; the kernel tells the program."""
        with self._changed:
            self._screen.resize(cols, rows)
            termios.tcsetwinsize(self._master, (rows, cols))

    # What befalls the connection and the program

    def pause(self) -> None:
        """Stop taking in output, as a stalled link does: soon the program's writes block."""
        with self._changed:
            self._paused = True

    def resume(self) -> None:
        """Take in output again."""
        with self._changed:
            self._paused = False
            self._wake()

    def hang_up(self) -> None:
        """Close the terminal under the program, as a lost connection does."""
        self._stop_reader()
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program, and to nothing else."""
        self._process.send_signal(number)

    @property
    def pid(self) -> int:
        """The program's process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The program's exit code; None while it lives."""
        return self._process.poll()

    def close(self) -> None:
        """End the program if it lives (terminate, then kill), and free everything."""
        if self._process.poll() is None:
            self.resume()
            self._process.terminate()
            try:
                self._process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._stop_reader()
        self._release()

    # Inside

    def _environment(self, added: Mapping[str, str]) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": self._home.name,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(_ROOT),
            **added,
        }

    def _wait(self, condition: Condition, timeout: float, *, wanted: bool) -> str:
        matches = _matcher(condition)
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                screen = self.text()
                if bool(matches(screen)) is wanted:
                    return screen
                wish = f"waited for {'' if wanted else 'the end of '}{condition!r}"
                left = deadline - time.monotonic()
                assert left > 0, self._report(wish)
                if callable(condition):
                    # It may depend on more than on this screen.
                    self._changed.wait(min(left, _RECHECK_SECONDS))
                    continue
                assert not self._ended, self._report(f"{wish}, and the program ended")
                self._changed.wait(left)

    def _report(self, message: str) -> str:
        code = self._process.poll()
        state = "it is running" if code is None else f"exit code {code}"
        return f"{message} ({state}); the screen:\n{self.text()}"

    def _kitty_keys(self) -> bool:
        with self._changed:
            return self._screen.kitty_keys > 0

    def _read_all(self) -> None:
        """The reader thread: take in output until its end, or until it is told to stop."""
        try:
            while self._read_once():
                pass
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _read_once(self) -> bool:
        with self._changed:
            watched = [self._wake_reader] if self._paused else [self._wake_reader, self._master]
        ready = select.select(watched, [], [])[0]
        with self._changed:
            if self._wake_reader in ready:
                os.read(self._wake_reader, 1024)
            if self._stopping:
                return False
            # Read under the lock: after pause() has returned, nothing more is taken in.
            if self._master not in ready or self._paused:
                return True
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return False  # EIO: the program's side is closed.
            self._raw += data
            self._screen.feed(data)
            if self._answers:
                # With what came before, in which the question may have begun.
                asked = self._raw[-len(data) - len(_WHERE) + 1 :].count(_WHERE)
                column, row = self._screen.cursor
                self.write(f"\x1b[{row + 1};{column + 1}R".encode() * asked)
            self._changed.notify_all()
            return bool(data)

    def _wake(self) -> None:
        if self._wake_writer >= 0:
            os.write(self._wake_writer, b"!")

    def _stop_reader(self) -> None:
        with self._changed:
            self._stopping = True
            self._wake()
        self._reader.join()

    def _release(self) -> None:
        """Close what is open of the own file descriptors, once."""
        for name in ("_master", "_wake_reader", "_wake_writer"):
            descriptor = getattr(self, name)
            if descriptor >= 0:
                os.close(descriptor)
                setattr(self, name, -1)
        self._home.cleanup()


def _matcher(condition: Condition) -> Callable[[str], object]:
    if isinstance(condition, str):
        return re.compile(condition, re.MULTILINE).search
    if isinstance(condition, re.Pattern):
        return condition.search
    return condition
