"""How long the worst answers block the loop: `python -m tests.benchmarks.answers`.

Prints, for answers of 1 MiB, the CPU milliseconds that parsing (with redaction), applying and
presenting take at once, and the memory that the task then holds.
"""

from __future__ import annotations

import asyncio
import math
import sys
import time
import tracemalloc
from datetime import UTC, datetime

import httpx
from textual.app import App, ComposeResult

from tui.addresses import AddressRule
from tui.credentials import Secret
from tui.dashboard.widgets.task_detail import TaskDetail
from tui.errors import ApiError
from tui.scenext import parser
from tui.scenext.client import StatusClient
from tui.scenext.models import PollResult, TaskStatus
from tui.watchlist.entries import Entry
from tui.watchlist.records import Record, Watchlist
from tui.watchlist.sections import standing_of
from tui.wording.details import task_details
from tui.wording.rows import task_row

SIZE = (1 << 20) - 200
NOW = datetime(2026, 3, 14, tzinfo=UTC)


def _fill(item: str) -> str:
    return "[" + ",".join([item] * (SIZE // (len(item.encode()) + 1))) + "]"


def _text(piece: str) -> str:
    """Return a result with one text that fills the answer; the piece is JSON-escaped already."""
    return '[{"type":"text","content":"' + piece * (SIZE // len(piece.encode())) + '"}]'


def _frames(count: int, link: str = "h") -> str:
    return "[" + ",".join(f'{{"id":"{n}","image":"{link}{n}"}}' for n in range(count)) + "]"


def answers() -> dict[str, bytes]:
    """Return the worst answers by what is wrong with them."""
    fields = {
        "34,000 frames": ("progress", _frames(34_000)),
        "1,000 frames with long links": ("progress", _frames(1_000, "https://h/" + "x" * 990)),
        "1,000 links to mend": ("progress", _frames(1_000, "https://h/" + "'a" * 490)),
        "1,000 Chinese links": ("progress", _frames(1_000, "https://h/" + "汉" * 330)),
        "1,000 links of many fields": ("progress", _frames(1_000, "https://h/?" + "a=%41&" * 160)),
        "1,000 frames with long names": (
            "progress",
            _frames(1_000).replace('"id":"', '"id":"' + "汉" * 330),
        ),
        "one line of ASCII": ("result", _text("x")),
        "one line of words": ("result", _text("ab ")),
        "Chinese": ("result", _text("汉")),
        "emoji": ("result", _text("😀")),
        "accents": ("result", _text("e\u0301\u0301\u0301\u0301")),
        "line breaks": ("result", _text("\\n")),
        "short lines": ("result", _text("a\\n")),
        "escape sequences": ("result", _text("\\u001b[")),
        "control strings": ("result", _text("\\u001b]8;")),
        "surrogates": ("result", _text("\\ud800")),
        "invisible characters": ("result", _text("\u200b")),
        "x-oss-": ("result", _text("x-oss-")),
        "links in texts": ("result", _text("http://a?signature=b ")),
        "many small texts": ("result", _fill('"x"')),
        "200 texts": ("result", _fill('"' + "汉" * 1_700 + '"')),
        "deep nesting": ("result", "[" * (SIZE // 2) + "]" * (SIZE // 2)),
        "nested as far as Python goes": (
            "result",
            _fill('{"content":' + "[" * 90 + "]" * 90 + "}"),
        ),
        "a wide list": ("result", '[{"content":' + _fill("12345678") + "}]"),
        "giant integers": ("consumption", _fill("9" * 4_299)),
        "a giant integer": ("consumption", "9" * SIZE),
        "giant floats": ("consumption", "1." + "1" * SIZE),
        "slow floats": ("consumption", _fill("123456789012345678e-300")),
        "empty lists": ("x", _fill("[]")),
        "lists in lists": ("x", _fill("[[]]")),
        "as many lists as are read": ("x", "[" + ",".join(["[]"] * 59_000) + "]"),
        "objects": ("x", _fill("{}")),
        "small integers": ("x", _fill("1")),
        "frames named by objects": (
            "progress",
            _fill('{"id":{"a":"' + "汉" * 300 + '","b":1},"image":"h"}'),
        ),
        "an odd word behind many lists": ("x", "[" + ",".join(["[]"] * 59_000) + ",nan]"),
        "odd words": ("x", "[" + ",".join(["nan"] * 100_000) + "]"),
        "odd strings": ("x", '["\\q' + '\\"' * 500_000 + '"]'),
        "many keys": ("consumption", "{" + ",".join(f'"{n:x}":1' for n in range(100_000)) + "}"),
    }
    return {
        name: f'{{"status":"success","data":{{"status":"FAILED","{key}":{value}}}}}'.encode()
        for name, (key, value) in fields.items()
    }


class Screen(App[None]):
    """Shows one task in full."""

    def compose(self) -> ComposeResult:
        yield TaskDetail()


class Stopwatch:
    """CPU milliseconds since the last look at it."""

    def __init__(self) -> None:
        self._started = time.process_time()

    def lap(self) -> float:
        """Return the milliseconds and start again."""
        now = time.process_time()
        passed, self._started = (now - self._started) * 1_000, now
        return passed


def _poll(client: StatusClient, body: bytes) -> PollResult:
    try:
        return PollResult("t", client._redacted(parser.parse(body, "t")))
    except ApiError as error:
        return PollResult("t", error=error)


def _line(name: str, client: StatusClient, body: bytes, detail: TaskDetail) -> str:
    watchlist = Watchlist()
    watchlist.load([Entry("t", NOW, status=TaskStatus.IN_PROGRESS)])
    detail.show(task_details(Record(Entry("t", NOW)), NOW), 0.0, AddressRule())
    watch = Stopwatch()
    result = _poll(client, body)
    parsing = watch.lap()
    record = watchlist.apply(result, NOW)
    applying = watch.lap()
    assert record is not None
    task_row(record, standing_of(record, math.inf), NOW)
    details = task_details(record, NOW)
    words = watch.lap()
    detail.show(details, 0.0, AddressRule())
    showing = watch.lap()
    detail.show(details, 0.0, AddressRule())
    again = watch.lap()
    del result, record, watchlist
    tracemalloc.start()
    result = _poll(client, body)
    held = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    return (
        f"{name:30} parse {parsing:6.1f}  apply {applying:5.1f}  words {words:5.1f}  "
        f"show {showing:5.1f}  again {again:5.1f} ms  {held:4.1f} MB  "
        f"{result.error.message if result.error else 'read'}"
    )


async def measure() -> None:
    """Print a line for each answer."""
    client = StatusClient(httpx.AsyncClient(), "https://h", Secret("Key-abcdefgh-0123456789"), 1.0)
    app = Screen()
    async with app.run_test(size=(80, 30)) as pilot:
        for name, body in answers().items():
            line = _line(name, client, body, app.query_one(TaskDetail))
            watch = Stopwatch()
            await pilot.pause()
            sys.stdout.write(f"{line}, laid out and painted in {watch.lap():.1f} ms\n")


if __name__ == "__main__":
    asyncio.run(measure())
