"""The engine and what it keeps: marks, undo and the end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.sessions.test_boundaries import make_engine
from tui.clock import Clock
from tui.config import Paths
from tui.engine import Engine
from tui.errors import ApiError, ErrorKind
from tui.polling.health import HealthKind
from tui.polling.schedule import Job
from tui.scenext.models import Points, PollResult, Result, Task, TaskStatus
from tui.watchlist.events import EventKind
from tui.watchlist.sections import Section, longest_sample, standing_of
from tui.watchlist.storage import WatchlistFile

VIDEO = Result("video", "https://cdn.invalid/v.mp4?sig=1", is_link=True)
RUNNING = Task("a", TaskStatus.IN_PROGRESS, "IN_PROGRESS")
DONE = Task("a", TaskStatus.COMPLETED, "COMPLETED", (), (VIDEO,), Points(6.0), title="t")


def loaded_engine(folder: Path, clock: Clock | None = None) -> Engine:
    engine = make_engine(folder, [], clock)
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


def fail(engine: Engine, error: ApiError) -> HealthKind:
    """Let the next query fail; return how polling is doing then."""
    now = asyncio.get_running_loop().time()
    job = engine.schedule.next(now)
    assert isinstance(job, Job)
    engine.schedule.record_failure(job, now, error)
    engine.apply_result(PollResult(job.task_id, error=error))
    return engine.health().kind


def succeed(engine: Engine, *, ended: bool = False) -> None:
    """Let the next query be answered: its task runs, or has ended."""
    now = asyncio.get_running_loop().time()
    job = engine.schedule.next(now)
    assert isinstance(job, Job)
    engine.schedule.record_success(job, now, ended=ended)
    engine.apply_result(
        PollResult(job.task_id, (DONE if ended else RUNNING)._replace(id=job.task_id))
    )


def host_events(engine: Engine) -> list[EventKind]:
    kinds = [event.kind for event in engine.events.all]
    return [kind for kind in kinds if kind in (EventKind.HOST_TROUBLE, EventKind.HOST_RECOVERED)]


async def test_an_outage_is_over_when_the_service_answers_not_when_the_machine_wakes(
    tmp_path: Path,
) -> None:
    engine = loaded_engine(tmp_path)
    engine.add(["a", "b", "c"])
    engine.schedule.sync(dict.fromkeys("abc", False), asyncio.get_running_loop().time())
    succeed(engine, ended=True)
    for _ in range(2):
        await asyncio.sleep(0.06)  # As the rate of requests allows.
        kind = fail(engine, ApiError(ErrorKind.OFFLINE, "no route"))
    assert kind is HealthKind.OFFLINE
    engine.schedule.resume(asyncio.get_running_loop().time(), 28_800.0)
    assert engine.health().kind is HealthKind.OFFLINE
    assert host_events(engine) == [EventKind.HOST_TROUBLE]
    await asyncio.sleep(0.06)
    succeed(engine)
    assert engine.health().kind is HealthKind.LIVE
    assert host_events(engine) == [EventKind.HOST_TROUBLE, EventKind.HOST_RECOVERED]
    await engine.stop()


async def test_a_short_pause_is_no_event_and_a_long_one_is(tmp_path: Path) -> None:
    boot = 0.0
    engine = loaded_engine(tmp_path, Clock(boot=lambda: boot))
    engine.add(["a"])
    engine.schedule.sync({"a": False}, asyncio.get_running_loop().time())
    busy = ApiError(ErrorKind.RATE_LIMITED, "429", http_status=429, retry_after=3_600.0)
    assert fail(engine, busy) is HealthKind.PAUSED
    boot = 30.0
    assert engine.health().kind is HealthKind.PAUSED
    assert host_events(engine) == []
    boot = 31.0
    engine.health()
    assert host_events(engine) == [EventKind.HOST_TROUBLE]
    await engine.stop()


async def test_an_older_answer_that_a_cache_has_kept_makes_nothing_older(tmp_path: Path) -> None:
    engine = loaded_engine(tmp_path)
    engine.add(["a", "b"])
    engine.apply_result(PollResult("a", RUNNING))
    answered_at = engine.answered_at
    assert answered_at is not None
    engine.apply_result(PollResult("b", RUNNING._replace(id="b"), age=1_000.0))
    assert engine.answered_at == answered_at
    await engine.stop()


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
