"""What the list shows, line by line, while answers come in."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.support.records import NOON, count_standings, frames
from tui.dashboard.arrangement import Arrangement
from tui.scenext.models import PollResult, Task, TaskStatus
from tui.watchlist.records import Watchlist
from tui.wording.rows import TaskRowData

IDS = ("one", "two", "three", "four")
"""Of these tasks, the last one is added later."""


def answer(task_id: str, status: TaskStatus) -> PollResult:
    return PollResult(task_id, Task(task_id, status, status.value, frames(2)))


@given(st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(TaskStatus), st.booleans())))
def test_the_tasks_are_counted_as_if_they_were_counted_afresh(
    answers: list[tuple[str, TaskStatus, bool]],
) -> None:
    watchlist = Watchlist()
    watchlist.add(IDS[:3], "", NOON)
    arrangement = Arrangement(watchlist)
    arrangement.rebuild(NOON)
    for number, (task_id, status, is_renewed) in enumerate(answers):
        now = NOON + timedelta(seconds=number)
        watchlist.add([task_id], "", now)
        record = watchlist.apply(answer(task_id, status), now)
        assert record is not None
        arrangement.update(record, now, now.timestamp())
        if is_renewed:
            arrangement.renew(now)
        assert +arrangement.standings == count_standings(watchlist, watchlist.history)


def test_only_the_rows_of_records_that_have_changed_are_put_into_words_again() -> None:
    watchlist = Watchlist()
    watchlist.add(IDS, "", NOON)
    arrangement = Arrangement(watchlist)
    arrangement.rebuild(NOON)
    before = {line.key: line for line in arrangement.lines}
    watchlist.apply(answer("two", TaskStatus.IN_PROGRESS), NOON)
    arrangement.rebuild(NOON)
    tasks = [line for line in arrangement.lines if isinstance(line, TaskRowData)]
    assert {row.key for row in tasks if row is not before.get(row.key)} == {"two"}
