"""`scenext-tui wait`: poll tasks until they have ended, and say how."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from tui.cli.arguments.durations import format_duration
from tui.cli.arguments.go_on import command_to_go_on
from tui.cli.errors import CommandError, ErrorCode
from tui.cli.exit_codes import (
    DONE,
    FAILED,
    KEY_REFUSED,
    NOT_ENDED,
    TASK_FAILED,
    UNKNOWN_TASK,
    first_of,
)
from tui.cli.printing.alerts import Alerts
from tui.cli.printing.output import ending_with_the_reader, print_errors
from tui.cli.printing.progress import ProgressLine, standard_error
from tui.cli.running.chosen_tasks import Chosen, TaskPrinter, choose, print_warnings
from tui.cli.running.interruption import Interruption
from tui.cli.running.polling_session import prepare
from tui.cli.running.task_wait import Rules, Stop, TaskWait
from tui.clock import Clock
from tui.config import Paths
from tui.dependencies import Dependencies
from tui.watchlist.ends import End
from tui.watchlist.records import Record
from tui.watchlist.sections import Standing, standing_of
from tui.wording import waiting
from tui.wording.tasks import NOT_KNOWN

_EXIT_CODES: Final = {
    End.COMPLETED: DONE,
    End.FAILED: TASK_FAILED,
    End.UNKNOWN: UNKNOWN_TASK,
    End.REFUSED: KEY_REFUSED,
}

_STANDINGS: Final = {
    End.COMPLETED: Standing.FINISHED,
    End.FAILED: Standing.FAILED,
    End.UNKNOWN: Standing.TROUBLE,
    End.REFUSED: Standing.TROUBLE,
}


def wait(options: argparse.Namespace, paths: Paths) -> int:
    """Wait for the selected tasks; return the exit code. Raises `UserError`."""
    line, clock = standard_error(), Clock()
    alerts = Alerts(sys.stderr, os.environ, clock)
    began = clock.boot()

    def clean_up() -> None:
        alerts.give_title_back()
        line.clear()

    with Interruption(clean_up, line.forget) as interruption:
        chosen = choose(options, paths)
        if not chosen.ids:
            code = ErrorCode.NOTHING_SELECTED
            print_warnings([waiting.NOTHING_TO_WAIT_FOR], code, as_json=options.json)
            return DONE
        deadline = None if options.timeout is None else began + options.timeout
        rules = Rules(options.any, options.fail_fast, options.links, deadline)
        return WaitCommand(options, paths, chosen, rules, line, alerts).run(interruption)


class WaitCommand:
    """Prints what a wait tells, each end as it comes."""

    def __init__(
        self,
        options: argparse.Namespace,
        paths: Paths,
        chosen: Chosen,
        rules: Rules,
        line: ProgressLine,
        alerts: Alerts,
    ) -> None:
        """Prepare to wait for the chosen tasks; nothing is asked or printed yet."""
        self._options, self._paths = options, paths
        self._chosen = chosen
        self._rules = rules
        self._line = line
        self._alerts = alerts
        self._now = Clock().now
        show_progress = line.show if line.is_shown else None
        self._wait = TaskWait(
            chosen.ids, rules, self._show_end, show_progress, alerts.note, self._update_alerts
        )
        self._holds: Callable[[str], bool] = chosen.entries.__contains__
        self._printer = TaskPrinter(options, self._now, lambda task_id: self._holds(task_id))

    def run(self, interruption: Interruption) -> int:
        """Wait until the rules are met; return the exit code. Raises `UserError`."""
        if not self._rules.links:
            entries = self._chosen.entries.values()
            self._wait.note_ended(Record(entry) for entry in entries if entry.status.terminal)
        if not self._wait.is_over:
            dependencies, warnings = prepare(self._options, self._paths, self._wait.open)
            self._holds = dependencies.file.holds
            print_warnings(warnings, ErrorCode.CONFIGURATION, as_json=self._options.json)
            self._alerts.begin(dependencies.config)
            try:
                interruption.run(self._poll(dependencies))
            finally:
                self._line.clear()
                self._alerts.close(rings=interruption.code is None)
            if interruption.code is not None:
                return interruption.code
            with suppress(BrokenPipeError):
                self._tell_why(dependencies)
        return exit_code(self._wait, self._rules)

    async def _poll(self, dependencies: Dependencies) -> None:
        with ending_with_the_reader(self._wait.leave):
            await self._wait.run(dependencies, self._warn)

    def _update_alerts(self) -> None:
        runs = bool(self._wait.open)
        self._alerts.update(self._count_standings, self._wait.open_records, runs=runs)

    def _count_standings(self) -> Counter[Standing]:
        standings = Counter(_STANDINGS[end] for end in self._wait.ends.values())
        standings.update(standing_of(record, math.inf) for record in self._wait.open_records())
        return standings

    def _warn(self, text: str) -> None:
        self._line.clear()
        print_warnings([text], ErrorCode.WATCHLIST, as_json=self._options.json)

    def _show_end(self, end: End, record: Record) -> None:
        self._line.clear()
        if end in (End.COMPLETED, End.FAILED):
            try:
                self._printer.print_one(record)
            except BrokenPipeError:
                self._wait.leave()
            return
        is_unknown = end is End.UNKNOWN
        code = ErrorCode.UNKNOWN_TASK if is_unknown else ErrorCode.KEY_REFUSED
        why = NOT_KNOWN if is_unknown else waiting.REFUSED_ALONE
        error = CommandError(f"{record.id}: {why}", code, task_id=record.id)
        print_errors([error], as_json=self._options.json)

    def _tell_why(self, dependencies: Dependencies) -> None:
        """Tell why the wait is over where that is not that the tasks have ended."""
        stop, key = self._wait.stop, dependencies.key.key
        if stop is Stop.KEY_REFUSED and key is not None:
            hint = waiting.key_refused(key)
            error = CommandError(waiting.REFUSED, ErrorCode.KEY_REFUSED, hint=hint)
            print_errors([error], as_json=self._options.json)
        elif stop in (Stop.TIME_IS_UP, Stop.RESTING) and self._wait.open:
            records = self._wait.open_records()
            self._printer.print_all(records)
            self._tell_not_ended(records)

    def _tell_not_ended(self, records: list[Record]) -> None:
        is_resting = self._wait.stop is Stop.RESTING
        span = "" if is_resting else format_duration(self._options.timeout)
        hint = command_to_go_on(self._options, self._wait.open)
        task_id = records[0].id if len(records) == 1 else ""
        if self._wait.is_answered:
            total = len(self._chosen.ids)
            message = waiting.not_ended(len(records), total, span)
            error = CommandError(message, ErrorCode.TIMED_OUT, task_id=task_id, hint=hint)
        else:
            reasons = (record.error.message for record in records if record.error is not None)
            message = waiting.no_answer(span, self._wait.trouble or next(reasons, ""))
            error = CommandError(message, ErrorCode.NO_ANSWER, task_id=task_id, hint=hint)
        print_errors([error], as_json=self._options.json)


def exit_code(task_wait: TaskWait, rules: Rules) -> int:
    """Return the exit code of a wait that is over."""
    ends = task_wait.ends
    codes = [_EXIT_CODES[end] for end in ends.values()]
    if task_wait.stop is Stop.KEY_REFUSED:
        codes.append(KEY_REFUSED)
    if task_wait.open and not (rules.any and ends):
        is_waited_out = task_wait.stop in (Stop.TIME_IS_UP, Stop.RESTING)
        codes.append(FAILED if is_waited_out and not task_wait.is_answered else NOT_ENDED)
    return first_of(codes)
