"""Fault injection and soak tests: nothing leaks or hangs, whatever the service does.

The default run makes about a tenth of each count; `python -m pytest -m soak` makes all of it.
`SCENEXT_FIGURES=FILE` appends the measured figures to a file.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from tests.polling.test_poller import (
    REFUSED,
    RUNNING,
    FakeClient,
    Session,
    lasting,
    numbered_ids,
    run_session,
)
from tests.polling.test_schedule import DOWN, busiest
from tests.support import soak
from tests.support.faults import (
    FAULTS,
    OK,
    BadAddresses,
    FaultyProcess,
    FaultyServer,
    Kind,
    in_order,
    random_faults,
)
from tests.support.figures import figure
from tests.support.home import Home
from tests.support.no_trust import NO_TRUST
from tests.support.service import Reply, Request, ScriptedService, task, unauthorized
from tui.config import Config
from tui.credentials import Secret
from tui.demo import server
from tui.errors import ApiError, ErrorKind
from tui.polling.health import HealthKind
from tui.scenext.client import HttpClientFactory
from tui.scenext.models import TaskStatus

Capture = pytest.CaptureFixture[str]
KEY = Secret("sk-test-0123456789")
SOAK = pytest.mark.soak
BOMBS = (
    *("gzip bomb", "double gzip bomb", "double gzip bomb that says one", "50 MB"),
    *("50 MB without a length", "50 MB as an error page", "5 MB that say 500 bytes"),
    *("200 kB of headers", "one header of 200 kB", "deep nesting", "deep nesting inside"),
    *("many frames", "long text"),
)
ROOT = Path(__file__).parents[2]


async def query_once(factory: HttpClientFactory, name: str) -> tuple[Kind, float]:
    """Query a task once; return the kind of error, or `OK`, and the seconds that took."""
    client = factory.status_client(KEY)
    began = time.monotonic()
    try:
        assert (await client.query(name)).task.id == name
    except ApiError as error:
        text = f"{error.message}{error}"
        if not text.isprintable() or len(error.message) > 600:
            raise
        return error.kind, time.monotonic() - began
    else:
        return OK, time.monotonic() - began
    finally:
        await client.aclose()


# Every fault.


async def test_every_fault_is_told_for_what_it_is(capsys: Capture) -> None:
    wrong, at_once = {}, asyncio.Semaphore(8)
    with FaultyProcess("named") as service:
        config = Config(base_url=service.base_url)
        impatient, patient = (
            HttpClientFactory(config, NO_TRUST, timeout=seconds) for seconds in (1.0, 20.0)
        )

        async def check(name: str) -> None:
            slow = FAULTS[name].slow
            async with at_once:
                kind, took = await query_once(impatient if slow else patient, name)
            if kind not in FAULTS[name].kinds or (kind is ErrorKind.TIMEOUT and took < 0.9):
                wrong[name] = (kind, took)

        await asyncio.gather(*map(check, FAULTS))
    assert not wrong
    figure(capsys, "faults classified correctly", f"{len(FAULTS)} of {len(FAULTS)}")


async def test_an_address_at_which_no_service_answers_is_told_for_what_it_is(
    capsys: Capture,
) -> None:
    good = FaultyServer(in_order("good")).start()
    try:
        with BadAddresses(f"{good.origin}/api") as routes:
            for route in routes.all:
                kind, _ = await query_once(
                    HttpClientFactory(Config(base_url=route.base_url), NO_TRUST), "t"
                )
                assert (route.name, kind) == (route.name, route.kind)
    finally:
        good.close()
    assert not good.arrivals
    figure(capsys, "wrong addresses classified correctly", len(routes.all))


def test_the_die_rolls_the_same_for_the_same_seed_and_leaves_nothing_out() -> None:
    request = server.Request("GET", "/api/get_status/t")
    first, second = random_faults(3), random_faults(3)
    names = [first(request).name for _ in range(60_000)]
    assert names == [second(request).name for _ in range(60_000)]
    assert set(names) == set(FAULTS)
    assert 0.05 < names.count("good") / len(names) < 0.2


# The real poller and the real client, in a process of their own.


@pytest.mark.parametrize(
    ("count", "max_over"),
    [
        # 0.2 s is promised; the margin is for a machine that runs other tests.
        pytest.param(1_000, 1.0, id="1,000"),
        pytest.param(10_000, 0.2, id="10,000", marks=SOAK),
        pytest.param(100_000, 0.2, id="100,000", marks=SOAK),
    ],
)
def test_faulted_polls_leave_nothing_behind(capsys: Capture, count: int, max_over: float) -> None:
    with FaultyProcess("die 20261122") as service:
        orders = soak.Options("polls", service.base_url, service.bad_urls, count)
        tally = soak.run(orders, timeout=60 + count / 50)
        met = service.fault_counts()
    figure(
        capsys,
        f"faulted polls, of {count:,}",
        f"{tally.polls:,} in {tally.seconds:.0f} s, {len(met)} kinds of fault, "
        f"{tally.sessions} pollers, {tally.outcomes}",
    )
    unexpected = tally.outcomes.get("UNEXPECTED", 0)
    figure(capsys, "  unexpected exceptions, errors logged", [unexpected, len(tally.logged_errors)])
    figure(capsys, "  worst poll over its deadline", f"{tally.max_overrun:+.3f} s")
    files = tally.files[-1] - tally.files[0]
    text = f"{files:+d}; {tally.unclosed} were left to the garbage collector"
    figure(capsys, "  file descriptors", text)
    assert tally.polls >= count
    assert (unexpected, tally.logged_errors) == (0, [])
    assert tally.max_overrun <= max_over
    assert abs(files) <= 5
    blocks = soak.growth(tally.blocks)
    figure(capsys, "  Python's memory after warm-up", f"{blocks:+.2%}")
    assert blocks < (0.01 if count >= 10_000 else 0.1)
    if tally.memory:
        growth = soak.growth(tally.memory)
        peak = max(tally.memory) >> 20
        figure(capsys, "  resident memory after warm-up", f"{growth:+.2%}, {peak} MB")
        # A thousand polls do not fill the pools of the allocator yet.
        assert growth < (0.01 if count >= 10_000 else 0.2)


@pytest.mark.parametrize("count", [500, pytest.param(5_000, marks=SOAK)])
def test_after_cancellations_everything_works(capsys: Capture, count: int) -> None:
    with FaultyProcess("good") as service:
        orders = soak.Options("cancels", service.base_url, count=count, seed=5)
        tally = soak.run(orders, timeout=60 + count / 20)
    files = tally.files[-1] - tally.files[0]
    abnormal = sum(tally.outcomes.get(kind, 0) for kind in ("OFFLINE", "TIMEOUT", "NOT_THE_API"))
    figure(
        capsys,
        f"after {tally.cancelled:,} cancellations and {abnormal:,} abnormal ends",
        f"{tally.good_after} of 30 polls succeed, file descriptors {files:+d}",
    )
    assert tally.cancelled >= count
    assert tally.good_after == 30
    assert abs(files) <= 5
    assert tally.outcomes.get("UNEXPECTED", 0) == 0
    assert tally.logged_errors == []


def test_bombs_stay_small(capsys: Capture) -> None:
    with FaultyProcess("good") as service:
        orders = soak.Options("peaks", service.base_url, names=BOMBS, deadline=30.0)
        tally = soak.run(orders, timeout=120)
    if not tally.peaks:
        pytest.skip("this system does not report peak memory")
    worst = max(tally.peaks, key=lambda name: tally.peaks[name])
    peak = tally.peaks[worst] / 1e6
    figure(capsys, "peak of memory on bombs and 50 MB", f"{peak:+.1f} MB ({worst})")
    assert set(tally.peaks) == set(BOMBS)
    assert peak <= 10


def test_after_a_sleep_the_first_answer_comes_within_two_seconds(capsys: Capture) -> None:
    with FaultyProcess("good") as service:
        orders = soak.Options("wake", service.base_url, deadline=25.0)
        tally = soak.run(orders, timeout=60)
    figure(capsys, "first good poll after wake, 16 dead sockets", f"{tally.woke_after:.2f} s")
    # 2 s are promised; the margin is for a loaded machine.
    assert tally.woke_after < 3
    assert tally.outcomes["cancelled"] >= 16
    assert tally.logged_errors == []


# The rhythm, in simulated time.


@pytest.mark.parametrize("hours", [0.2, pytest.param(2.0, marks=SOAK)])
def test_no_task_is_asked_about_twice_and_none_drifts(capsys: Capture, hours: float) -> None:
    """The fake client asserts that no task and no client has two queries in flight."""
    rng = Random(7)

    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        await asyncio.sleep(rng.uniform(0.05, 0.9))
        return RUNNING

    session = run_session(*numbered_ids(500), answer=answer, scene=lasting(hours * 3600))
    times: dict[str, list[float]] = {}
    for at, name in session.service.sent:
        times.setdefault(name, []).append(at)
    drift = max(abs(at[-1] - at[0] - 30 * (len(at) - 1)) for at in times.values())
    a_day = drift * 24 / hours
    busiest_second = busiest(at for at, _ in session.service.sent)
    figure(capsys, "simulated polls, double in flight", f"{len(session.service.sent):,}, 0")
    figure(capsys, "  drift", f"{drift:.4f} s in {hours:g} h: {a_day:.2f} s a day")
    figure(capsys, "  busiest second of 500 tasks at 20/s", busiest_second)
    assert len(session.service.sent) >= 500 * (hours * 120 - 1)
    assert a_day <= 1
    assert busiest_second <= 22


@pytest.mark.parametrize("count", [1_000, pytest.param(5_000, marks=SOAK)])
def test_there_is_no_herd_at_the_start_nor_after_an_outage(capsys: Capture, count: int) -> None:
    rng, down = Random(9), [False]

    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        await asyncio.sleep(rng.uniform(0.05, 0.9))
        if down[0]:
            raise DOWN
        return RUNNING

    async def scene(session: Session) -> None:
        await asyncio.sleep(300)
        down[0] = True
        await asyncio.sleep(120)
        down[0] = False
        await asyncio.sleep(40 + count / 20)
        assert session.kind() is HealthKind.LATE, (
            "too many tasks for the rate limit must be reported"
        )

    session = run_session(*numbered_ids(count), answer=answer, scene=scene)
    first = session.service.sent[0][0]
    starting = busiest(at for at, _ in session.service.sent if at < first + 300)
    after = busiest(at for at, _ in session.service.sent if at > first + 300)
    polled = {name for at, name in session.service.sent if at > first + 420}
    figure(capsys, f"busiest second, {count:,} tasks at 20/s", f"{starting}, {after} after outage")
    assert max(starting, after) <= 22
    assert len(polled) == count


# A refused key.


def test_after_a_few_401s_nothing_more_leaves_but_probes(capsys: Capture) -> None:
    refused_at = list[float]()

    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0.7)
        refused_at.append(loop.time())
        raise REFUSED

    async def scene(session: Session) -> None:
        await asyncio.sleep(599)
        sent = [at for at, _ in session.service.sent]
        after = [at for at in sent if at > refused_at[0]]
        in_flight = sum(1 for at in sent if at <= refused_at[0])
        figure(capsys, "requests sent after the first 401", f"{len(after)} in 10 minutes")
        figure(capsys, "  in flight when it arrived", f"{in_flight} of 100 tasks")
        assert len([at for at in sent if at < refused_at[0] + 5]) <= 16
        assert len(after) <= 16 + 600 / 30, "probes with tasks that may be another account's"
        await asyncio.sleep(84 * 31)
        probes = len(session.service.sent)
        await asyncio.sleep(600)
        probes = len(session.service.sent) - probes
        figure(capsys, "  probes in 10 minutes once all were refused", probes)
        assert probes == 1

    run_session(*numbered_ids(100), answer=answer, scene=scene)


def test_another_key_in_the_file_is_used_within_three_seconds(
    home: Home, service: ScriptedService, tmp_path: Path, capsys: Capture
) -> None:
    key_file = tmp_path / "key"
    key_file.write_text("sk-wrong-0123456789\n")
    home.configure(base_url=service.base_url, api_key_file=str(key_file), poll_interval=1)
    names = [f"k{number}" for number in range(20)]
    service.check_key = False

    def respond(request: Request) -> Reply:
        authorized = request.headers["authorization"] == f"Bearer {service.api_key}"
        # Delayed, so that the maximum is in flight when the first refusal arrives.
        return task(str(request.task_id)) if authorized else replace(unauthorized(), delay=1.5)

    for name in names:
        service.script(name, respond)
    with home.open("watch", *names) as terminal:
        terminal.wait_for(r": stopped since \d\d:\d\d")
        terminal.read_for(1)
        shown = terminal.text().count("The service refused the key from")
        sent = len(service.requests)
        terminal.read_for(2)
        more = len(service.requests) - sent
        changed = time.monotonic()
        key_file.write_text(f"{service.api_key}\n")
        (first,) = service.wait_for_requests(sent + more + 1)[sent + more :][:1]
        took = first.monotonic - changed
        terminal.wait_gone("refused the key")
    figure(capsys, "with a wrong key: requests, later ones, messages", [sent, more, shown])
    figure(capsys, "polling resumed after the key file changed", f"{took:.2f} s")
    assert sent <= 16
    assert (more, shown) == (0, 1)
    assert took < 3


# Quitting.


@pytest.fixture
def hanging(home: Home, service: ScriptedService) -> Iterator[Callable[[int], list[str]]]:
    """Return a function that prepares a home whose host look-ups and queries hang."""

    def prepare(look_ups: int) -> list[str]:
        home.command = (sys.executable, "-m", "tests.support.hung_dns")
        home.env |= {"SCENEXT_TEST_LOOKUPS": str(look_ups), "PYTHONPATH": str(ROOT)}
        base_url = service.base_url.replace("127.0.0.1", "localhost")
        home.configure(base_url=base_url, api_key=service.api_key, poll_interval=1)
        names = [f"h{number}" for number in range(16)]
        for name in names:
            service.script(name, task(name))
            service.hold(name)
        return names

    yield prepare
    service.release()


def test_quit_waits_for_no_hung_poll_and_no_hung_look_up(
    home: Home,
    service: ScriptedService,
    hanging: Callable[[int], list[str]],
    capsys: Capture,
) -> None:
    """Twelve of the sixteen workers wait for a response, and four for a host look-up."""
    names = hanging(12)
    with home.open("watch", *names) as terminal:
        service.wait_for_requests(12)
        terminal.read_for(0.5)
        assert len(service.requests) == 12
        pressed = time.monotonic()
        terminal.press("q")
        terminal.wait_for(lambda _: 1049 not in terminal.modes)
        restored = time.monotonic() - pressed
        assert terminal.wait_exit(20) == 0
        exited = time.monotonic() - pressed
    text = f"terminal restored in {restored:.2f} s, exited in {exited:.2f} s"
    figure(capsys, "quit with 12 hung polls and 4 hung look-ups", text)
    # 1 s is promised; the margin is for a loaded machine.
    assert exited < 2


def test_the_gaps_of_the_probes_grow(capsys: Capture) -> None:
    """While the service is down, probes go out one at a time, with growing back-off."""

    async def answer(client: FakeClient, task_id: str) -> TaskStatus:
        await asyncio.sleep(0.1)
        raise DOWN

    session = run_session(*numbered_ids(100), answer=answer, scene=lasting(600))
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(session.service.sent)]
    figure(capsys, "requests in a 10-minute outage, 100 tasks", len(session.service.sent))
    assert len(session.service.sent) <= 40
    assert max(gaps) <= 31
