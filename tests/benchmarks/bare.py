"""A bare httpx loop: `python -m tests.benchmarks.bare PORT RATE SECONDS`.

As the program polls: one client for each connection, one SSL context for all, queries at a steady
rate. Writes the CPU milliseconds that one query took; imports and clients are not counted.
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


async def _ask(client: httpx.AsyncClient, url: str, numbers: Iterator[int], plan: Plan) -> None:
    for number in numbers:
        if number / plan.rate > plan.seconds:
            return
        await asyncio.sleep(max(0.0, plan.begun + number / plan.rate - time.monotonic()))
        response = await client.get(f"{url}/{task_id('run', number % TASKS)}")
        response.json()
        plan.answered += 1


class Plan:
    """When to ask, and how often it was answered."""

    def __init__(self, rate: float, seconds: float) -> None:
        """Begin now: `rate` queries a second for some seconds."""
        self.rate, self.seconds = rate, seconds
        self.begun = time.monotonic()
        self.answered = 0


async def poll(port: int, rate: float, seconds: float) -> float:
    """Return the CPU milliseconds of one query."""
    tls = httpx.create_ssl_context()
    headers = {"Authorization": f"Bearer {KEY}"}
    clients = [httpx.AsyncClient(verify=tls, headers=headers) for _ in range(CLIENTS)]
    url = f"http://127.0.0.1:{port}/api/get_status"
    before, plan, numbers = time.process_time(), Plan(rate, seconds), count()
    await asyncio.gather(*(_ask(client, url, numbers, plan) for client in clients))
    used = time.process_time() - before
    for client in clients:
        await client.aclose()
    return used * 1_000 / plan.answered


if __name__ == "__main__":
    _port, _rate, _seconds = sys.argv[1:]
    sys.stdout.write(f"{asyncio.run(poll(int(_port), float(_rate), float(_seconds)))}\n")
