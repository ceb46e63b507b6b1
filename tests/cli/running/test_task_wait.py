"""When a wait is over: on simulated time, with a machine that sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import virtual_time
from tests.support.dependencies import make_dependencies
from tui.cli.running.task_wait import Rules, Stop, TaskWait
from tui.clock import Clock
from tui.credentials import Secret
from tui.errors import ApiError, ErrorKind
from tui.scenext.media import Media
from tui.scenext.models import Result, StatusResponse, Task, TaskStatus
from tui.watchlist.chosen import ChosenTasksFile
from tui.watchlist.ends import End
from tui.wording.times import clock_time

RUNNING, DONE = TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED
VIDEO = Result("video", "https://cdn.example/video.mp4", is_link=True)
BUSY = ApiError(ErrorKind.SERVER, "500: boom", http_status=500)
Answer = Callable[[str, int], Awaitable[TaskStatus]]
"""Returns the state of a task at its nth query, from 1, or raises `ApiError`."""


class Service(NamedTuple):
    """Stands in for the clients, and makes them."""

    answer: Answer
    sent: list[tuple[float, str]]

    def status_client(self, key: Secret) -> Service:
        return self

    def media_client(self) -> Media:
        raise NotImplementedError

    async def query(self, task_id: str) -> StatusResponse:
        self.sent.append((asyncio.get_running_loop().time(), task_id))
        number = sum(sent == task_id for _, sent in self.sent)
        status = await self.answer(task_id, number)
        return StatusResponse(
            Task(task_id, status, results=(VIDEO,) if status is DONE else ()), None
        )

    async def aclose(self) -> None:
        return None


class Outcome(NamedTuple):
    """How a wait went."""

    wait: TaskWait
    sent: list[tuple[float, str]]
    seconds: float
    """How long it lasted, by the clock that counts while the machine sleeps."""
    progress: list[str]


def wait_for(
    folder: Path,
    *task_ids: str,
    answer: Answer,
    rules: Rules | None = None,
    timeout: float | None = None,
    sleep_after: float = 0.0,
    sleep: float = 0.0,
    read_key: Callable[[], str] = lambda: "sk-test-012345",
    wall_speed: float = 0.0,
    shows_progress: bool = True,
) -> Outcome:
    """Wait for tasks; the machine sleeps once, for `sleep` seconds after `sleep_after`."""
    service, progress = Service(answer, []), list[str]()

    async def run() -> Outcome:
        loop = asyncio.get_running_loop()
        began = loop.time()

        def boot() -> float:
            awake = loop.time()
            return awake + (sleep if awake > began + sleep_after else 0.0)

        # The wall clock stands still: nothing but words may depend on it.
        clock = Clock(boot, lambda: 1.8e9 + wall_speed * (loop.time() - began))

        dependencies = make_dependencies(folder, lambda: service, key=read_key)._replace(
            file=ChosenTasksFile(folder / "watchlist.toml", task_ids, now=clock.now),
            clock=clock,
        )
        deadline = None if timeout is None else boot() + timeout
        chosen = (rules or Rules())._replace(deadline=deadline)
        show = progress.append if shows_progress else None
        task_wait = TaskWait(task_ids, chosen, lambda end, record: None, show)
        await task_wait.run(dependencies, lambda text: None)
        return Outcome(task_wait, service.sent, boot() - began, progress)

    return virtual_time.run(run(), virtual_time.InlineLoop)


async def always_running(task_id: str, number: int) -> TaskStatus:
    return RUNNING


def test_it_asks_at_once_and_then_every_30_seconds(tmp_path: Path) -> None:
    async def answer(task_id: str, number: int) -> TaskStatus:
        return DONE if number == 4 else RUNNING

    done = wait_for(tmp_path, "a", answer=answer)
    first = done.sent[0][0]
    assert [round(at - first) for at, _ in done.sent] == [0, 30, 60, 90]
    assert (done.wait.stop, done.wait.ends) == (None, {"a": End.COMPLETED})


def test_the_time_is_up_on_time_and_counts_while_the_machine_sleeps(tmp_path: Path) -> None:
    awake = wait_for(tmp_path, "a", answer=always_running, timeout=90.5)
    assert awake.wait.stop is Stop.TIME_IS_UP
    assert 90.5 <= awake.seconds < 92
    slept = wait_for(
        *(tmp_path, "a"), answer=always_running, timeout=7_200, sleep_after=100, sleep=7_000
    )
    assert slept.wait.stop is Stop.TIME_IS_UP
    assert 7_200 <= slept.seconds < 7_203
    assert len(slept.sent) == len({round(at) for at, _ in slept.sent}) == 8, (
        "after 100 s of 30 s each, at once after the sleep, and in the 100 s that were left"
    )


def test_an_end_during_a_sleep_is_told_as_soon_as_the_machine_wakes(tmp_path: Path) -> None:
    async def answer(task_id: str, number: int) -> TaskStatus:
        return DONE if number > 1 else RUNNING

    done = wait_for(tmp_path, "a", answer=answer, sleep_after=3, sleep=3_600)
    assert done.wait.ends == {"a": End.COMPLETED}
    assert done.seconds < 3_608


@pytest.mark.parametrize(
    ("status", "end"), [(DONE, End.COMPLETED), (RUNNING, None)], ids=["ended", "runs"]
)
def test_when_the_time_ran_out_during_a_sleep_each_is_asked_once_more(
    tmp_path: Path, status: TaskStatus, end: End | None
) -> None:
    async def answer(task_id: str, number: int) -> TaskStatus:
        return status if number > 1 else RUNNING

    done = wait_for(tmp_path, "a", "b", answer=answer, timeout=60, sleep_after=3, sleep=3_600)
    assert done.wait.ends == ({} if end is None else {"a": end, "b": end})
    assert done.wait.stop is (Stop.TIME_IS_UP if end is None else None)
    assert len(done.sent) == 4
    assert done.seconds < 3_608


def test_after_a_sleep_no_answer_is_waited_for_long(tmp_path: Path) -> None:
    async def answer(task_id: str, number: int) -> TaskStatus:
        if number > 1:
            await asyncio.sleep(1_000)
        return RUNNING

    done = wait_for(tmp_path, "a", answer=answer, timeout=60, sleep_after=3, sleep=3_600)
    assert done.wait.stop is Stop.TIME_IS_UP
    assert done.seconds < 3_630


@pytest.mark.parametrize(("refused_at", "reads"), [(1, 1), (4, 2)])
def test_a_key_that_is_refused_later_is_read_again(
    tmp_path: Path, refused_at: int, reads: int
) -> None:
    """A command prints it, and another one by then; at the start it was read just now."""
    keys: list[str] = []

    def read_key() -> str:
        keys.append(f"sk-test-012345-{len(keys)}")
        return keys[-1]

    async def answer(task_id: str, number: int) -> TaskStatus:
        if number == refused_at:
            raise ApiError(ErrorKind.KEY_REFUSED, "401", http_status=401)
        return DONE if number > refused_at else RUNNING

    done = wait_for(tmp_path, "a", answer=answer, read_key=read_key)
    assert len(keys) == reads
    assert done.wait.stop is (Stop.KEY_REFUSED if reads == 1 else None)


@pytest.mark.soak
@pytest.mark.parametrize(("kind", "answered"), [(ErrorKind.REJECTED, False), (None, True)])
def test_what_is_asked_about_no_more_is_waited_for_no_longer(
    tmp_path: Path, kind: ErrorKind | None, answered: bool
) -> None:
    """For a day the service says the same, which is no state of a task."""

    async def answer(task_id: str, number: int) -> TaskStatus:
        if kind is not None:
            raise ApiError(kind, "no", http_status=403)
        return TaskStatus.UNKNOWN

    done = wait_for(tmp_path, "a", answer=answer, timeout=3 * 86_400)
    assert (done.wait.stop, done.wait.is_answered) == (Stop.RESTING, answered)
    assert done.wait.open == ("a",)


def test_the_progress_tells_counts_and_trouble(tmp_path: Path) -> None:
    async def answer(task_id: str, number: int) -> TaskStatus:
        if task_id == "a" and number > 1:
            return TaskStatus.FAILED
        if task_id == "c" and number > 1:
            raise BUSY
        return DONE if number > 9 and task_id != "c" else RUNNING

    done = wait_for(tmp_path, "a", "b", "c", answer=answer, timeout=400)
    assert done.progress[0] == "0 of 3 ended; 3 waiting"
    parts = [text.partition("; last answer")[0] for text in dict.fromkeys(done.progress)]
    assert list(dict.fromkeys(parts)) == [
        "0 of 3 ended; 3 waiting",
        "0 of 3 ended; 3 running",
        "1 of 3 ended, 1 failed; 2 running",
        *(text for text in parts if text.startswith("2 of 3 ended, 1 failed; 1 running")),
    ]
    assert len(done.progress) < 2 * done.seconds
    assert done.wait.trouble.startswith("server errors since ")
    assert done.wait.trouble.endswith("(500: boom)")


@pytest.mark.parametrize("shows_progress", [False, True])
def test_trouble_is_told_since_it_began_whether_or_not_anybody_looks(
    tmp_path: Path, *, shows_progress: bool
) -> None:
    async def answer(task_id: str, number: int) -> TaskStatus:
        raise ApiError(ErrorKind.OFFLINE, "no route to host")

    done = wait_for(
        *(tmp_path, "a"),
        answer=answer,
        timeout=7_200,
        wall_speed=1.0,
        shows_progress=shows_progress,
    )
    began = clock_time(datetime.fromtimestamp(1.8e9, UTC), datetime.fromtimestamp(1.8e9, UTC))
    assert done.wait.trouble.startswith(f"offline since {began}")


def test_the_progress_is_told_twice_a_second_at_most_and_again_after_each_end(
    tmp_path: Path,
) -> None:
    async def answer(task_id: str, number: int) -> TaskStatus:
        return DONE if task_id in ("t50", "t51") else RUNNING

    ids = [f"t{number}" for number in range(100)]
    done = wait_for(tmp_path, *ids, answer=answer, timeout=20)
    assert len(done.sent) == 100
    assert len(done.progress) <= 40 + 2
    counts = [text.partition(" of")[0] for text in done.progress]
    assert list(dict.fromkeys(counts)) == ["0", "1", "2"]
