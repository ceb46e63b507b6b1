"""A bare httpx loop as the floor of polling: `… -m tests.benchmarks.httpx_floor PORT RATE SECONDS`.

It polls as the program does: one client per connection, one SSL context for all, a steady rate.
Prints the CPU time of one query in milliseconds, without imports and the creation of clients.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from itertools import count
from typing import Final

import httpx

from tests.benchmarks.service import KEY, task_id

CLIENTS: Final = 16
TASKS: Final = 1_000


class Run:
    """The schedule of one run, and its response count."""

    def __init__(self, rate: float, seconds: float) -> None:
        """Start now, with `rate` queries per second."""
        self.rate, self.seconds = rate, seconds
        self.started = time.monotonic()
        self.responses = 0


async def _poll(client: httpx.AsyncClient, url: str, numbers: Iterator[int], run: Run) -> None:
    for number in numbers:
        if number / run.rate > run.seconds:
            return
        await asyncio.sleep(max(0.0, run.started + number / run.rate - time.monotonic()))
        response = await client.get(f"{url}/{task_id('run', number % TASKS)}")
        response.json()
        run.responses += 1


async def measure(port: int, rate: float, seconds: float) -> float:
    """Return the CPU milliseconds per query."""
    tls = httpx.create_ssl_context()
    headers = {"Authorization": f"Bearer {KEY}"}
    clients = [httpx.AsyncClient(verify=tls, headers=headers) for _ in range(CLIENTS)]
    url = f"http://127.0.0.1:{port}/api/get_status"
    before, run, numbers = time.process_time(), Run(rate, seconds), count()
    await asyncio.gather(*(_poll(client, url, numbers, run) for client in clients))
    used = time.process_time() - before
    for client in clients:
        await client.aclose()
    return used * 1_000 / run.responses


if __name__ == "__main__":
    _port, _rate, _seconds = sys.argv[1:]
    sys.stdout.write(f"{asyncio.run(measure(int(_port), float(_rate), float(_seconds)))}\n")
