"""`scenext-tui status`: ask about each task once and print what the service tells."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from tui.cli.errors import CommandError, ErrorCode
from tui.cli.exit_codes import DONE, FAILED, KEY_REFUSED, UNKNOWN_TASK, first_of
from tui.cli.printing.json_lines import error_code
from tui.cli.printing.output import print_errors
from tui.cli.printing.progress import ProgressLine, standard_error
from tui.cli.running.chosen_tasks import TaskPrinter, choose, print_warnings
from tui.cli.running.interruption import Interruption
from tui.cli.running.polling_session import PollingSession, prepare
from tui.config import Paths
from tui.dependencies import Dependencies
from tui.errors import ApiError, ErrorKind
from tui.polling.health import HealthKind
from tui.scenext.models import PollResult
from tui.watchlist.records import Record
from tui.wording import waiting
from tui.wording.tasks import NOT_KNOWN

ONCE: Final = 86_400.0
"""Seconds between two polls of a task: more than a command lasts that asks about each once."""

_EXIT_CODES: Final = {
    ErrorCode.UNKNOWN_TASK: UNKNOWN_TASK,
    ErrorCode.KEY_REFUSED: KEY_REFUSED,
}


def status(options: argparse.Namespace, paths: Paths) -> int:
    """Ask and print; return the exit code. Raises `UserError`."""
    line = standard_error()
    with Interruption(line.clear, line.forget) as interruption:
        chosen = choose(options, paths)
        if not chosen.ids:
            code = ErrorCode.NOTHING_SELECTED
            print_warnings([waiting.NOTHING_TO_ASK], code, as_json=options.json)
            return DONE
        dependencies, warnings = prepare(options, paths, chosen.ids)
        print_warnings(warnings, ErrorCode.CONFIGURATION, as_json=options.json)
        query = StatusQuery(dependencies, chosen.ids, line, as_json=options.json)
        try:
            interruption.run(query.run())
        finally:
            line.clear()
        if interruption.code is not None:
            return interruption.code
        now, holds = dependencies.clock.now, dependencies.file.holds
        with suppress(BrokenPipeError):  # Whoever reads has read enough.
            TaskPrinter(options, now, holds).print_all(query.told())
        errors = tuple(query.errors())
        print_errors(errors, as_json=options.json)
        return first_of(error.exit_code for error in errors)


class StatusQuery:
    """Asks about each task once; what is asked again at once after a blip counts as one."""

    def __init__(
        self,
        dependencies: Dependencies,
        task_ids: tuple[str, ...],
        line: ProgressLine,
        *,
        as_json: bool,
    ) -> None:
        """Prepare to ask about these tasks; `line` shows how many have been answered."""
        config = dependencies.config._replace(poll_interval=ONCE)
        self._dependencies = dependencies._replace(config=config)
        self._ids = task_ids
        self._line = line
        self._as_json = as_json
        self._results: dict[str, PollResult] = {}
        self._records: dict[str, Record] = {}
        self._trouble: ApiError | None = None
        """Why the service cannot be asked about the others."""

    async def run(self) -> None:
        """Ask until each has an answer or an error, or the service cannot be asked at all."""
        self._session = PollingSession(self._dependencies, self._note, warn=self._warn)
        await self._session.run(self._step)

    def told(self) -> list[Record]:
        """Return the tasks that the service told of, in order."""
        return [self._records[task_id] for task_id in self._ids if task_id in self._records]

    def errors(self) -> Iterable[CommandError]:
        """Yield why the others are not known, in order."""
        for task_id in self._ids:
            result = self._results.get(task_id)
            if result is not None and result.error is not None:
                yield self._error(task_id, result.error)
            elif result is None and self._trouble is not None:
                yield self._error(task_id, self._trouble)

    def _error(self, task_id: str, error: ApiError) -> CommandError:
        code, key = error_code(error), self._dependencies.key.key
        message, hint = error.message, ""
        if code is ErrorCode.UNKNOWN_TASK:
            message = NOT_KNOWN
        elif code is ErrorCode.KEY_REFUSED and key is not None:
            # Where it is accepted for no task, it is not about this one.
            message = message if self._records else waiting.REFUSED
            hint = waiting.key_refused(key)
        return CommandError(
            f"{task_id}: {message}",
            code,
            exit_code=_EXIT_CODES.get(code, FAILED),
            task_id=task_id,
            hint=hint,
        )

    def _warn(self, text: str) -> None:
        self._line.clear()
        print_warnings([text], ErrorCode.WATCHLIST, as_json=self._as_json)

    def _note(self, result: PollResult, record: Record) -> None:
        # A witness may be asked again, for the sake of another task.
        if self._results.setdefault(result.task_id, result) is result and result.task is not None:
            self._records[result.task_id] = record

    async def _step(self) -> bool:
        missing = [task_id for task_id in self._ids if task_id not in self._results]
        if not missing:
            return True
        self._line.show(waiting.status_progress(len(self._results), len(self._ids)))
        schedule = self._session.engine.schedule
        state = schedule.breaker.state
        if not (state.stops_polling or state.kind is HealthKind.PAUSED):
            return False
        is_refused = state.kind is HealthKind.KEY_REFUSED
        kind = ErrorKind.KEY_REFUSED if is_refused else ErrorKind.OFFLINE
        self._trouble = ApiError(kind, f"not asked: {state.kind.value}")
        return all(schedule.asked_at(task_id) is None for task_id in missing)
