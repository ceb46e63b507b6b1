"""The engine and what it keeps: marks, undo and the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sessions.test_boundaries import make_engine
from tui.config import Paths
from tui.engine import Engine
from tui.errors import ApiError, ErrorKind
from tui.polling.schedule import Job
from tui.scenext.models import Points, PollResult, Result, Task, TaskStatus
from tui.watchlist.sections import Section, longest_sample, standing_of
from tui.watchlist.storage import WatchlistFile

VIDEO = Result("video", "https://cdn.invalid/v.mp4?sig=1", is_link=True)
RUNNING = Task("a", TaskStatus.IN_PROGRESS, "IN_PROGRESS")
DONE = Task("a", TaskStatus.COMPLETED, "COMPLETED", (), (VIDEO,), Points(6.0), title="t")


def loaded_engine(folder: Path) -> Engine:
    engine = make_engine(folder, [])
    assert engine.load() == ""
    return engine


async def test_what_was_looked_at_is_saved_at_the_end_and_asked_about_by_nobody(
    tmp_path: Path,
) -> None:
    engine = loaded_engine(tmp_path)
    engine.add(["a"])
    for task in (RUNNING, DONE):
        engine.apply_result(PollResult("a", task))
    await engine.save()
    assert (engine.mark_seen("a"), engine.mark_seen("a"), engine.mark_seen("b")) == (
        *(True, False, False),
    )
    assert (engine.has_unsaved, any(engine.unsaved)) == (False, False)
    await engine.stop()
    again = loaded_engine(tmp_path)
    (record,) = again.watchlist
    assert (record.entry.is_new, record.entry.title, record.entry.points) == (False, "t", 6)
    assert [sample.id for sample in again.watchlist.history] == ["a"]
    again.threads.shutdown()


async def test_undo_brings_back_a_mark_and_a_removal_keeps_the_experience(tmp_path: Path) -> None:
    engine = loaded_engine(tmp_path)
    engine.add(["a"])
    for task in (RUNNING, DONE):
        engine.apply_result(PollResult("a", task))
    (before,) = engine.watchlist
    engine.remove("a")
    await engine.save()
    file = WatchlistFile(Paths.inside(tmp_path).watchlist)
    assert file.load().entries == ()
    assert [sample.id for sample in file.load().history] == ["a"]
    assert engine.undo() == "a"
    await engine.stop()
    (entry,) = file.load().entries
    assert entry == before.entry
    assert entry.is_new


@pytest.mark.parametrize("kind", [ErrorKind.OFFLINE, ErrorKind.TIMEOUT, ErrorKind.NOT_THE_API])
async def test_a_connection_that_comes_and_goes_moves_no_task(
    tmp_path: Path, kind: ErrorKind
) -> None:
    engine, error = loaded_engine(tmp_path), ApiError(kind, "no connection")
    ids = [f"t{n:02}" for n in range(40)]
    engine.add(ids)
    schedule = engine.schedule
    schedule.sync(dict.fromkeys(ids, False), 0)
    failures = 0
    for second in range(400):
        while isinstance(job := schedule.next(second), Job):
            if second < 60 or second % 30 < 10:
                schedule.record_success(job, second, ended=False)
                engine.apply_result(PollResult(job.task_id, RUNNING._replace(id=job.task_id)))
            else:
                failures += schedule.record_failure(job, second, error) is not None
                engine.apply_result(PollResult(job.task_id, error=error))
    assert failures > 20
    assert {standing_of(record, longest_sample(())).section for record in engine.watchlist} == {
        Section.RUNNING
    }
    engine.threads.shutdown()
