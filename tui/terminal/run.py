"""Run the app on the terminal, and give the terminal back whatever ends it."""

from __future__ import annotations

from tui.terminal import crash_report, overrides
from tui.terminal.app import StockApp
from tui.terminal.process_end import INTERRUPTED
from tui.terminal.restore import TERMINAL


def run_to_its_end(app: StockApp, *, mouse: bool, size: tuple[int, int] | None = None) -> int:
    """Run an app and return its exit code: 0 only where it was asked to exit with that.

    An error that Textual lets through is a crash, SystemExit among them, and so is an end that
    nobody asked for. What a crash says is shown once the terminal has been given back.
    """
    error: BaseException | None = None
    try:
        app.run(mouse=mouse, size=size)
    except BaseException as raised:
        error = raised
    interrupted = isinstance(error, KeyboardInterrupt)
    if error is None and app.return_code is None:
        error = RuntimeError("the dashboard ended without having been asked to")
    told = "" if error is None or interrupted else crash_report.log_crash(error)
    told = crash_report.held_text() or told
    if overrides.misfit():
        # Stock Textual has given it back, but for some modes, and tells nobody.
        TERMINAL.release()
        TERMINAL.repeat()
    if TERMINAL.taken:
        TERMINAL.give_back("" if interrupted else told or crash_report.last_text())
    else:
        TERMINAL.tell(told)
    if interrupted:
        return INTERRUPTED
    return app.return_code or (1 if told else 0)
