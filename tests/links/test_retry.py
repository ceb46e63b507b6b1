"""What failed for a moment is tried again, a few times and not too soon."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise

import pytest

from tests.support import virtual_time
from tui.errors import MediaError
from tui.links.retry import DELAYS, MAX_DELAY, MAX_IN_VAIN, MAX_TRIES, Retries


def passing(seconds: float = 0.0, *, progressed: bool = False) -> MediaError:
    error = MediaError("not now", retry_after=seconds)
    error.progressed = progressed
    return error


def waits(*outcomes: MediaError | str) -> tuple[str, list[float]]:
    """Return what a fetch with these outcomes comes to, and the seconds before each further try."""
    left = list(outcomes)
    told: list[float] = []
    tried_at: list[float] = []

    async def fetch() -> str:
        tried_at.append(asyncio.get_running_loop().time())
        outcome = left.pop(0)
        if isinstance(outcome, MediaError):
            raise outcome
        return outcome

    async def run() -> str:
        try:
            return await Retries(lambda _, delay: told.append(delay)).run(fetch)
        except MediaError as error:
            return str(error)

    result = virtual_time.run(run())
    between = [later - earlier for earlier, later in pairwise(tried_at)]
    assert [round(seconds, 2) for seconds in between] == told, "each wait is told, and kept"
    return result, told


LASTING = MediaError("never")
FIRST, SECOND = DELAYS


@pytest.mark.parametrize(
    ("outcomes", "result", "waited"),
    [
        (["done"], "done", []),
        ([passing(), "done"], "done", [FIRST]),
        ([passing(), passing(), "done"], "done", [FIRST, SECOND]),
        ([passing(), passing(), passing()], "not now", [FIRST, SECOND]),
        ([LASTING], "never", []),
        ([passing(), LASTING], "never", [FIRST]),
        ([passing(2), "done"], "done", [2]),
        ([passing(0.1), passing(9), "done"], "done", [FIRST, 9]),
        ([passing(3600), "done"], "done", [MAX_DELAY]),
        ([passing(), passing(), passing(progressed=True), "done"], "done", [FIRST, SECOND, FIRST]),
        (
            [passing(progressed=True), passing(), passing(progressed=True), passing(), passing()],
            "not now",
            [FIRST, SECOND, FIRST, SECOND],
        ),
    ],
)
def test_it_is_tried_again_while_that_may_help(
    outcomes: list[MediaError | str], result: str, waited: list[float]
) -> None:
    assert waits(*outcomes) == (result, waited)


def test_what_gets_on_a_little_each_time_ends_too() -> None:
    outcomes = [passing(progressed=True) for _ in range(MAX_TRIES)]
    assert waits(*outcomes) == ("not now", [FIRST] * (MAX_TRIES - 1))


def test_a_host_that_is_down_holds_up_no_long_list() -> None:
    async def tries(retries: Retries, outcomes: Iterable[str]) -> int:
        count = 0
        left = iter(outcomes)

        async def fetch() -> None:
            nonlocal count
            count += 1
            if next(left, "down") == "down":
                raise passing()

        with suppress(MediaError):
            await retries.run(fetch)
        return count

    async def run() -> list[int]:
        retries = Retries(lambda *_: None)
        counts = [await tries(retries, ()) for _ in range(MAX_IN_VAIN + 2)]
        counts += [await tries(retries, ["up"]), await tries(retries, ())]
        return counts

    every = len(DELAYS) + 1
    assert virtual_time.run(run()) == [every] * MAX_IN_VAIN + [1, 1, 1, every]


def test_cancelling_ends_the_wait() -> None:
    async def fetch() -> None:
        raise passing()

    async def run() -> bool:
        running = asyncio.create_task(Retries(lambda *_: None).run(fetch))
        await asyncio.sleep(FIRST / 2)
        running.cancel()
        await asyncio.wait([running], timeout=0.01)
        return running.cancelled()

    assert virtual_time.run(run())
