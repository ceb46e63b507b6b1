"""Report crashes without secrets, whatever becomes of Textual's private names.

Textual and Rich show the local variables of every function on the way, among them keys and links.
So `install` replaces the public class that both of them render, and the hooks of the interpreter:
none of them shows locals, and all text passes through the redactor before it is wrapped, logged or
printed. Where the redactor fails, or none is known yet, only type and place of an error are shown.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Final

from tui.sanitize import clean

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

CRASHED: Final = "the dashboard crashed"
SEQUEL: Final = "another error while the crash ended the dashboard"
MAX_REPORT_CHARS: Final = 50_000

_log = logging.getLogger(__name__)


class _State:
    redact: Callable[[str], str] | None = None
    on_thread_crash: Callable[[], None] | None = None
    held: str = ""
    """What is to be shown of a crash, until the terminal can show it."""
    last: str = ""
    has_crashed = False
    withheld: Final[set[str]] = set()
    """Texts shown in place of what could not be redacted, without white space."""


class CannotRedactError(Exception):
    """The redactor is missing or has failed: the text must not be shown."""


def install(redact: Callable[[str], str]) -> None:
    """Redact every crash report of this process from now on, in every thread."""
    _State.redact = redact
    sys.excepthook = _on_exception
    sys.unraisablehook = _on_unraisable
    threading.excepthook = _on_thread_exception
    # A log handler that fails would print the record it could not format.
    logging.raiseExceptions = False
    import rich

    if "rich.traceback" not in sys.modules:
        # Rich's own module takes long to import, and is needed for nothing else.
        vars(rich)["traceback"] = sys.modules["rich.traceback"] = ModuleType("rich.traceback")
    vars(sys.modules["rich.traceback"])["Traceback"] = PlainTraceback


def notify_of_thread_crash(notify: Callable[[], None]) -> None:
    """Call this whenever an error has ended a thread, in that thread; it must not raise.

    What is to be told about the first one is held back from then on: see `held_text`.
    """
    _State.on_thread_crash = notify


def held_text() -> str:
    """Return, once, what is to be shown when the terminal is given back; empty for nothing."""
    text, _State.held = _State.held, ""
    return text


def last_text() -> str:
    """Return what was logged of the last crash; empty if there was none."""
    return _State.last


def redacted(text: str) -> str:
    """Return a text without secrets and control characters. Raises `CannotRedactError`."""
    # Once more after cleaning, which may join what control characters have split.
    return _redact(clean(_redact(text), MAX_REPORT_CHARS, keep_lines=True))


def describe(error: BaseException) -> str:
    """Return an error's traceback without locals and secrets. Never raises."""
    try:
        return redacted("".join(traceback.format_exception(error)))
    except BaseException:  # At ctrl+c too, since the program is about to end anyhow.
        return _withhold(_type_and_place(error))


def log_crash(error: BaseException, event: str = CRASHED) -> str:
    """Log an error as critical; return its description."""
    return _log_text(describe(error), event)


def print_crash(error: BaseException, event: str = CRASHED) -> None:
    """Log an error as critical, and print its description to standard error.

    Never raises: the interpreter would print the error itself then, with all that it says.
    """
    with suppress(BaseException):
        text = log_crash(error, event)
        if sys.stderr is not None:
            sys.stderr.write(f"{text.rstrip()}\n")
            sys.stderr.flush()


def to_plain_text(renderable: object) -> str:
    """Return what Rich would show of an object, as plain text without secrets. Never raises.

    Anything but text is only named: a table or a panel wraps its content, and what is left of a
    secret on each line looks like none.
    """
    if isinstance(renderable, PlainTraceback):
        return renderable.logged_text()
    if isinstance(renderable, BaseException):
        return log_crash(renderable)
    text = getattr(renderable, "plain", renderable)
    with suppress(CannotRedactError):
        if isinstance(text, str):
            return redacted(text)
    return _withhold(f"{type(renderable).__name__} (its content is withheld: it may hold secrets)")


class PlainTraceback:
    """Stands in for `rich.traceback.Traceback`: plain text, no locals, no secrets."""

    def __init__(self, trace: object = None, **options: object) -> None:
        """Describe the error that is being handled, unless another one is given."""
        error = trace if isinstance(trace, BaseException) else sys.exception()
        self._text = describe(error) if error is not None else "An unknown error"
        self._logged = False

    @staticmethod
    def extract(
        exc_type: object, exc_value: BaseException, traceback: object, **options: object
    ) -> BaseException:
        """Return what the constructor takes as `trace`."""
        return exc_value

    @classmethod
    def from_exception(
        cls, exc_type: object, exc_value: BaseException, traceback: object, **options: object
    ) -> PlainTraceback:
        """Describe an error."""
        return cls(exc_value)

    def logged_text(self) -> str:
        """Return the description, and log it the first time."""
        if not self._logged:
            self._logged = True
            _log_text(self._text, CRASHED)
        return self._text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Render the description; it is logged here, since Textual makes some it never shows."""
        from rich.text import Text

        yield Text(self.logged_text())


class RedactedStderr:
    """Standard error for a console: the last defence, whatever is printed there.

    Nothing is written at once, since the terminal may take nothing: see `held_text`.
    """

    def write(self, text: str) -> int:
        """Hold back a text without secrets, or nothing where it cannot be redacted."""
        try:
            # Not cleaned: a console's own escape sequences are meant.
            _State.held += _redact(text)
        except CannotRedactError:
            if "".join(text.split()) in _State.withheld:
                _State.held += text
        return len(text)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a stream has.
        return getattr(sys.stderr, name)


def _redact(text: str) -> str:
    if _State.redact is None:
        raise CannotRedactError
    try:
        return _State.redact(text)
    except Exception:
        raise CannotRedactError from None


def _log_text(text: str, event: str) -> str:
    # While a crash ends the dashboard, a timer may paint once more and meet the same error.
    is_sequel = event == CRASHED and _State.has_crashed
    _State.has_crashed |= event == CRASHED
    if not is_sequel:
        _State.last = text
    if logging.getLogger().handlers:
        level = logging.ERROR if is_sequel else logging.CRITICAL
        _log.log(level, "%s\n%s", SEQUEL if is_sequel else event, text.rstrip())
    return text


def _type_and_place(error: BaseException) -> str:
    lines = [
        f'  File "{frame.f_code.co_filename}", line {line}, in {frame.f_code.co_name}'
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    lines.append(f"{name} (its message is withheld: it may hold secrets)")
    return clean("\n".join(lines), MAX_REPORT_CHARS, keep_lines=True)


def _withhold(text: str) -> str:
    _State.withheld.add("".join(text.split()))
    return text


def _on_exception(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if not isinstance(error, KeyboardInterrupt):
        print_crash(error.with_traceback(trace), "an error ended the program")


def _on_thread_exception(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None and not isinstance(arguments.exc_value, SystemExit):
        thread = arguments.thread.name if arguments.thread is not None else "unknown"
        event = f"an error ended the thread {thread}"
        if _State.on_thread_crash is None:
            print_crash(arguments.exc_value, event)
            return
        with suppress(BaseException):
            text = log_crash(arguments.exc_value, event)
            _State.held = _State.held or f"{text.rstrip()}\n"
        _State.on_thread_crash()


def _on_unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    if unraisable.exc_value is not None:
        print_crash(unraisable.exc_value, "an error was ignored")
