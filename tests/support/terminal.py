"""A program in a real pseudo-terminal, with the screen that a user would see."""

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
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.fake_terminals import PLAIN, SILENT, FakeTerminal, unfinished
from tests.support.prefork import PreforkedProcess, can_start
from tests.support.screen import Screen

Pattern = str | re.Pattern[str]
"""A regular expression for the whole screen; ``^`` and ``$`` match at each line."""
Condition = Pattern | Callable[[str], object]
"""A pattern, or a function of the screen's text."""

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
"""The bytes that a terminal sends for a named key."""

# Runs as the session leader, makes the terminal its controlling one, and becomes the program. A
# preexec_fn is not safe with threads (Python 3.12 warns about it). Signals are reset since ignored
# ones are inherited, from nohup or from Python itself.
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
_STRING = re.compile(rb"\x1b[\]PX^_][^\x07\x18\x1a\x1b]*(?:\x07|\x1b\\)")
_RECHECK_INTERVAL = 0.05
_EXIT_TIMEOUT = 3.0
_CURSOR_ANSWERS = re.compile(rb"(?:\x1b\[[0-9;]*R)*")
_HALF_SENT = re.compile(
    # A UTF-8 character that lacks bytes; then an escape sequence that lacks its end. A lone escape
    # is a key.
    rb"(?:[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2}"
    rb"|\x1b(?:\[[0-?]*[ -/]*|O))\Z"
)


class Terminal:
    """Runs one program in a pseudo-terminal, reads its output and types for it.

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
        answers: bool | FakeTerminal = True,
        columns_of: Callable[[str], int] | None = None,
        alternate: bool = True,
        prefork: bool = False,
    ) -> None:
        """Start ``argv`` in a terminal of ``cols`` by ``rows`` with ``env`` added.

        It answers as ``answers`` says: `PLAIN` if that is true, `SILENT` if false; and never within
        a character or an escape sequence that is half sent. ``columns_of`` returns how
        many columns it takes for a grapheme cluster; see `Screen`. Without ``alternate`` it has no
        alternate screen. With ``prefork`` its libraries may be imported already; see `prefork`.
        """
        if isinstance(answers, bool):
            answers = PLAIN if answers else SILENT
        self.answers = answers
        """How it answers from now on."""
        self._half_asked = b""
        self._half_answered = False
        """Whether the rest of an answer is still to be sent; what is typed comes behind it."""
        self._answer_due = 0.0
        self._late_answers: deque[tuple[float, bytes, bool]] = deque()
        self._late_answerer: threading.Thread | None = None
        self._prefork = prefork
        self._sent = b""
        self._sending = False
        self._held_replies = b""
        self._changed = threading.Condition()
        self._screen = Screen(cols, rows, columns_of, alternate=alternate)
        self._raw = bytearray()
        self._last_output = 0.0
        self._paused = False
        self._stopping = False
        self._ended = False
        self._home = tempfile.TemporaryDirectory(prefix="terminal-home-")
        self._master, slave = os.openpty()
        self._wake_reader, self._wake_writer = os.pipe()
        self._slave_name = os.ttyname(slave)
        termios.tcsetwinsize(slave, (rows, cols))
        self._path = os.ttyname(slave)
        self._found = (frozenset(self._screen.modes), termios.tcgetattr(slave))
        environment = self._environment(env or {})
        try:
            self._process = self._start(argv, slave, cwd or environment["HOME"], environment)
        except BaseException:
            self._release()
            raise
        finally:
            os.close(slave)
        self._reader = threading.Thread(target=self._read_all, name="terminal", daemon=True)
        self._reader.start()

    def _start(
        self, argv: Sequence[str | Path], slave: int, cwd: str | Path, env: Mapping[str, str]
    ) -> subprocess.Popen[bytes] | PreforkedProcess:
        if self._prefork and can_start(argv, env):
            return PreforkedProcess(argv, slave, cwd, env)
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _LAUNCHER, *map(str, argv)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=cwd,
            env=env,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        """Return the terminal; it is closed at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the terminal."""
        self.close()

    # Output

    @property
    def raw(self) -> bytes:
        """All output so far."""
        with self._changed:
            return bytes(self._raw)

    @property
    def modes(self) -> frozenset[int]:
        """The DEC private modes that are set: 1049 alternate screen, 1003 mouse, 25 cursor, …"""
        with self._changed:
            return frozenset(self._screen.modes)

    @property
    def canonical_mode(self) -> bool:
        """Whether the terminal is in canonical mode, as a shell leaves it to programs."""
        return bool(termios.tcgetattr(self._master)[3] & termios.ICANON)

    def changes(self) -> list[str]:
        """Return what is not as the program found it; empty where it gave everything back.

        Compared are all private modes, both screens' stacks of kitty's keyboard protocol, the
        window's title and those that were saved, and the settings of the line.
        """
        modes, attributes = self._found
        with self._changed:
            differing = [f"mode {number}" for number in sorted(modes ^ self._screen.modes)]
            if self._screen.title or self._screen.titles:
                differing.append(f"the title {self._screen.title!r} above {self._screen.titles}")
            if any(self._screen.kitty_stacks):
                differing.append(f"kitty's keyboard stacks {self._screen.kitty_stacks}")
            if termios.tcgetattr(self._master) != attributes:
                differing.append("the settings of the line")
        return differing

    @property
    def cursor(self) -> tuple[int, int]:
        """The column and row of the cursor."""
        with self._changed:
            return self._screen.cursor

    def text(self) -> str:
        """Return the text of the screen, a line per row, without trailing blanks."""
        with self._changed:
            return "\n".join(self._screen.lines())

    def cells(self) -> list[list[object]]:
        """Return each cell row by row: its character, colours and attributes."""
        with self._changed:
            return self._screen.cells()

    def row_cells(self, number: int) -> list[str]:
        """Return one row as a string for each column; see `Screen.row_cells`."""
        with self._changed:
            return self._screen.row_cells(number)

    def line(self, number: int) -> str:
        """Return one row of the screen; -1 is the last."""
        with self._changed:
            return self._screen.lines()[number]

    def find(self, text: str) -> tuple[int, int]:
        """Return the column and row of the first occurrence of ``text``."""
        with self._changed:
            position = self._screen.find(text)
        assert position is not None, self._report(f"{text!r} is not shown")
        return position

    def links(self) -> list[str]:
        """Return the URLs of all hyperlinks (OSC 8) so far, in order."""
        return [match.decode("utf-8", "replace") for match in _LINK.findall(self.raw)]

    def clipboards(self) -> list[str]:
        """Return all texts copied to the clipboard (OSC 52) so far, in order."""
        matches = _CLIPBOARD.findall(self.raw)
        return [base64.b64decode(match).decode("utf-8", "replace") for match in matches]

    @property
    def title(self) -> str:
        """The window's title."""
        with self._changed:
            return self._screen.title

    @property
    def bells(self) -> int:
        """How often the bell has rung so far: a BEL that ends no string."""
        return len(_STRING.sub(b"", self.raw).split(b"\a")) - 1

    def titles(self) -> list[str]:
        """Return all window titles (OSC 0 and 2) so far, in order."""
        return [match.decode("utf-8", "replace") for match in _TITLE.findall(self.raw)]

    # Waiting

    def wait_for(self, condition: Condition, timeout: float = 10.0) -> str:
        """Wait until the screen matches a pattern or satisfies a function; return its text.

        Raises:
            AssertionError: The timeout expired or, for a pattern, the program ended. The message
                shows the screen.
        """
        return self._wait(condition, timeout, expected=True)

    def wait_for_text(self, text: str, timeout: float = 10.0) -> str:
        """Wait until the literal ``text`` is on the screen; return the screen's text."""
        return self._wait(re.compile(re.escape(text)), timeout, expected=True)

    def wait_gone(self, condition: Condition, timeout: float = 10.0) -> str:
        """Wait until the screen no longer matches; return its text."""
        return self._wait(condition, timeout, expected=False)

    def read_for(self, seconds: float) -> int:
        """Wait for ``seconds``; return the number of bytes written. The program must not end."""
        with self._changed:
            before = len(self._raw)
            self._changed.wait_for(lambda: self._ended, seconds)
            assert not self._ended, self._report("the program ended")
            return len(self._raw) - before

    def wait_quiet(
        self, seconds: float = 0.5, timeout: float = 10.0, *, since: float | None = None
    ) -> None:
        """Wait until there has been no output for ``seconds``, counted from the call on.

        ``since`` is an earlier `time.monotonic()` to count from, where several terminals are waited
        for. The program must not end.
        """
        began = time.monotonic()
        since = began if since is None else since
        with self._changed:
            while True:
                now = time.monotonic()
                left = max(since, self._last_output) + seconds - now
                if left <= 0:
                    return
                assert now < began + timeout, self._report("the program keeps writing")
                self._changed.wait(left)
                assert not self._ended, self._report("the program ended")

    def wait_exit(self, timeout: float = 10.0) -> int:
        """Wait until the program has ended and its output is read; return its exit code.

        As in `subprocess`, the code is negative if a signal ended it.
        """
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(self._report("the program has not ended")) from None
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._paused, _EXIT_TIMEOUT)
        return code

    # Input

    def press(self, *keys: str) -> None:
        """Press keys by their names in `KEYS`; anything else is typed as text.

        If the program enabled the kitty keyboard protocol, escape is sent in its unambiguous form,
        which needs no pause before the next key. ``write(b"\\x1b")`` sends the ambiguous one.
        """
        for key in keys:
            if key == "escape" and self._kitty_keys():
                self.write(b"\x1b[27u")
            else:
                self.write(KEYS.get(key) or key.encode())

    def paste(self, text: str) -> None:
        """Paste ``text``, bracketed if the program enabled that."""
        data = text.encode()
        self.write(b"\x1b[200~" + data + b"\x1b[201~" if 2004 in self.modes else data)

    def write(self, data: bytes) -> None:
        """Send bytes as if typed."""
        # Not under the lock, which the reader needs while a full line makes this wait.
        with self._changed:
            while self._half_answered and not self._ended:
                self._changed.wait(_RECHECK_INTERVAL)
            self._sending = True
        try:
            self._send(data)
        finally:
            with self._changed:
                self._sent = (self._sent + data)[-64:]
                self._sending = bool(_HALF_SENT.search(self._sent))
                self._reply(b"")

    def _send(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._master, data) :]

    def _reply(self, data: bytes) -> None:
        """Send a reply of the terminal itself, when what is being typed is complete."""
        self._held_replies += data
        if not self._sending:
            data, self._held_replies = self._held_replies, b""
            self._send(data)

    def click(self, x: int, y: int, button: int = 0) -> None:
        """Press and release a mouse button (0 left, 1 middle, 2 right) on a cell."""
        event = f"{button};{x + 1};{y + 1}"
        self.write(f"\x1b[<{event}M".encode())
        self.write(f"\x1b[<{event}m".encode())

    def click_text(self, text: str, button: int = 0) -> None:
        """Click on the first cell of ``text``, which must be on the screen."""
        self.click(*self.find(text), button)

    def resize(self, cols: int, rows: int) -> None:
        """Resize the terminal; the kernel sends SIGWINCH."""
        with self._changed:
            self._screen.resize(cols, rows)
            termios.tcsetwinsize(self._master, (rows, cols))

    # Connection and process

    def pause(self) -> None:
        """Stop reading, like a stalled connection: the program's writes soon block."""
        with self._changed:
            self._paused = True

    def resume(self) -> None:
        """Read again."""
        with self._changed:
            self._paused = False
            self._wake()

    def stop_output(self) -> None:
        """Stop all output from now on, as ctrl+s does; what was written before still arrives."""
        self._flow(termios.TCOOFF)

    def start_output(self) -> None:
        """Have it take output again."""
        self._flow(termios.TCOON)

    def _flow(self, action: int) -> None:
        slave = os.open(self._slave_name, os.O_RDWR | os.O_NOCTTY)
        try:
            termios.tcflow(slave, action)
        finally:
            os.close(slave)

    def hang_up(self) -> None:
        """Close the terminal while the program runs, like a lost connection."""
        self._stop_reader()
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program alone."""
        self._process.send_signal(number)

    @property
    def pid(self) -> int:
        """The program's process ID."""
        return self._process.pid

    @property
    def is_stopped(self) -> bool:
        """Whether the program has been stopped, as by ctrl+z, and not continued since."""
        if isinstance(self._process, PreforkedProcess):
            return self._process.is_stopped
        options = os.WSTOPPED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.pid, options) is not None

    def open_files(self, folder: Path) -> list[str]:
        """Return the files below a folder that the program has open, with a name or without."""
        targets = []
        for each in Path(f"/proc/{self.pid}/fd").iterdir():
            with suppress(OSError):  # Closed meanwhile.
                targets.append(str(each.readlink()))
        return [path for path in targets if path.startswith(f"{folder.resolve()}/")]

    @property
    def exit_code(self) -> int | None:
        """The program's exit code; None while it is running."""
        return self._process.poll()

    def close(self) -> None:
        """End the program if it is running (terminate, then kill), and free all resources."""
        if self._process.poll() is None:
            self.resume()
            self._process.terminate()
            try:
                self._process.wait(_EXIT_TIMEOUT)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._stop_reader()
        self._release()

    def _environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": self._home.name,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(_ROOT),
            **self.answers.env,
            **extra,
        }

    def _wait(self, condition: Condition, timeout: float, *, expected: bool) -> str:
        matches = _matcher(condition)
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                screen = self.text()
                if bool(matches(screen)) is expected:
                    return screen
                goal = f"waited for {'' if expected else 'the end of '}{condition!r}"
                left = deadline - time.monotonic()
                assert left > 0, self._report(goal)
                if callable(condition):
                    # A function may depend on more than the screen.
                    self._changed.wait(min(left, _RECHECK_INTERVAL))
                    continue
                assert not self._ended, self._report(f"{goal}, and the program ended")
                self._changed.wait(left)

    def _report(self, message: str) -> str:
        code = self._process.poll()
        state = "it is running" if code is None else f"exit code {code}"
        return f"{message} ({state}); the screen:\n{self.text()}"

    def _kitty_keys(self) -> bool:
        with self._changed:
            return self._screen.kitty_keys > 0

    def _read_all(self) -> None:
        """Read output until its end or until `_stop_reader`; runs on the reader thread."""
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
            # Read under the lock, so that nothing is read once pause() has returned.
            if self._master not in ready or self._paused:
                return True
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return False  # EIO: no process has the terminal open any more.
            self._raw += data
            self._last_output = time.monotonic()
            self._screen.feed(data)
            asked = self._half_asked + data
            # A query may be split between two reads.
            self._half_asked = unfinished(asked)
            self._answer(self.answers.answer(asked, self._screen.cursor))
            self._changed.notify_all()
            return bool(data)

    def _answer(self, data: bytes) -> None:
        """Send answers when and how the terminal does, in their order."""
        terminal = self.answers
        if not data or not (terminal.delay or terminal.cut):
            self._reply(data)
            return
        due = max(self._answer_due, time.monotonic() + terminal.delay)
        self._answer_due = due + terminal.cut_pause
        cut = terminal.cut if terminal.cut and not _CURSOR_ANSWERS.fullmatch(data) else len(data)
        self._late_answers.append((due, data[:cut], cut < len(data)))
        if cut < len(data):
            self._late_answers.append((self._answer_due, data[cut:], False))
        if self._late_answerer is None:
            self._late_answerer = threading.Thread(target=self._answer_late, daemon=True)
            self._late_answerer.start()

    def _answer_late(self) -> None:
        """Send answers one by one as they are due, until the end."""
        with self._changed:
            while not (self._stopping or self._ended):
                wait = _RECHECK_INTERVAL
                if self._late_answers:
                    due, data, half = self._late_answers[0]
                    wait = due - time.monotonic()
                    if wait <= 0:
                        self._late_answers.popleft()
                        self._reply(data)
                        self._half_answered = half
                        self._changed.notify_all()
                        continue
                self._changed.wait(min(wait, _RECHECK_INTERVAL))

    def _wake(self) -> None:
        if self._wake_writer >= 0:
            os.write(self._wake_writer, b"!")

    def _stop_reader(self) -> None:
        with self._changed:
            self._stopping = True
            self._wake()
        self._reader.join()

    def _release(self) -> None:
        """Close the open file descriptors, once, and remove the home."""
        if self._late_answerer is not None:
            self._late_answerer.join()
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
