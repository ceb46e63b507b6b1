"""The optional keys of the watchlist file: read leniently, written as they were read."""

from __future__ import annotations

import os
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tui.scenext.models import TaskStatus
from tui.watchlist.codec import Document, decode, encode
from tui.watchlist.entries import Add, Entry, Learn, MarkSeen
from tui.watchlist.history import MAX_SAMPLES, Sample
from tui.watchlist.storage import Snapshot, WatchlistFile

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DONE = TaskStatus.COMPLETED
FULL = Entry("a", NOON, "", DONE, "", NOON, "t", NOON, NOON, 720.5, 26.0, 13, 0)


def one_task(*lines: str) -> bytes:
    task = '[[task]]\nid = "a"\nadded = 2026-11-22T12:00:00Z\nstatus = "COMPLETED"\n'
    return (task + "\n".join(lines)).encode()


def read(*lines: str) -> tuple[Entry, tuple[str, ...]]:
    document = decode(one_task(*lines), NOON)
    return document.entries[0], document.problems


def test_the_optional_keys_are_written_as_plain_values() -> None:
    samples = (Sample("b", NOON, 600.0), Sample("c", NOON, 720.5))
    data = encode(Document((FULL, Entry("d", NOON)), history=samples))
    assert decode(data, NOON) == Document((FULL, Entry("d", NOON)), history=samples)
    written = tomllib.loads(data.decode())
    assert written["version"] == 1
    assert written["task"][0] == {
        **{"id": "a", "added": NOON, "status": "COMPLETED", "ended": NOON, "title": "t"},
        **{"noticed": NOON, "seen": NOON, "took": 720.5, "points": 26.0, "frames": 13},
        "first_frames": 0,
    }
    assert written["task"][1] == {"id": "d", "added": NOON, "status": "QUEUED"}
    assert data.decode().endswith(
        '\n\n[[history]]\nid = "b"\nend = 2026-11-22 12:00:00+00:00\nseconds = 600.0\n'
        '\n[[history]]\nid = "c"\nend = 2026-11-22 12:00:00+00:00\nseconds = 720.5\n'
    )
    assert decode(encode(Document((), history=samples)), NOON).history == samples


@pytest.mark.parametrize(
    ("line", "field", "expected"),
    [
        ("title = 2026", "title", "2026"),
        (r'title = "a\u0007b"', "title", "ab"),
        ("noticed = 2026-11-22T20:00:00+08:00", "noticed", NOON),
        ("points = 26", "points", 26.0),
        ("took = 0", "took", 0.0),
        ("took = -0.0", "took", 0.0),
        ("frames = 0", "frames", 0),
    ],
)
def test_what_a_person_may_write(line: str, field: str, expected: object) -> None:
    entry, problems = read(line)
    assert (getattr(entry, field), problems) == (expected, ())


@pytest.mark.parametrize(
    "line",
    [
        *("title = 1.5", "title = true", "title = []"),
        *("noticed = 2026-11-22", 'noticed = "2026-11-22T12:00:00Z"', "noticed = 0"),
        *("seen = 2026-11-22T12:00:00", "seen = 0001-01-01T00:00:00Z", "seen = true"),
        *("seen = 9999-12-31T23:59:59-23:00", "noticed = 0001-01-01T00:00:00+23:00"),
        *("took = -1", "took = nan", "took = inf", "took = 1e300", 'took = "720"', "took = true"),
        *("points = -1", "points = nan", "points = 1e300", "points = 10000000000000"),
        *("points = false", "points = {}", f"points = {'9' * 400}"),
        *("frames = -1", "frames = 13.0", "frames = true", "frames = 99999999999"),
        *("first_frames = -1", 'first_frames = "0"', "first_frames = 0.0"),
    ],
)
def test_a_damaged_fact_is_told_and_costs_itself_alone(line: str) -> None:
    key = line.partition(" ")[0]
    sound = {
        "title": 'title = "t"',
        "noticed": "noticed = 2026-11-22T12:00:00Z",
        "seen": "seen = 2026-11-22T12:00:00Z",
        "took": "took = 720.5",
        "points": "points = 26",
        "frames": "frames = 13",
        "first_frames": "first_frames = 0",
    }
    ended = "ended = 2026-11-22T12:00:00Z"
    whole, problems = read(ended, *sound.values())
    assert (whole, problems) == (FULL, ())
    entry, problems = read(ended, *(sound | {key: line}).values())
    assert problems == ("has 1 damaged entry",)
    assert entry._asdict() == FULL._asdict() | {key: "" if key == "title" else None}


def test_what_is_said_of_an_end_is_dropped_while_the_task_runs() -> None:
    text = encode(Document((FULL,))).decode().replace("COMPLETED", "IN_PROGRESS")
    (entry,) = decode(text.encode(), NOON).entries
    running = Entry("a", NOON, "", TaskStatus.IN_PROGRESS, title="t", seen=NOON, first_frames=0)
    assert entry == running


def test_a_task_that_stands_twice_has_what_either_tells() -> None:
    first = one_task('label = "x"', "points = 3", "noticed = 2026-11-22T12:05:00Z")
    second = one_task(
        *('title = "t"', "points = 4", "took = 60", "noticed = 2026-11-22T12:04:00Z"),
        "seen = 2026-11-22T12:04:00Z",
    )
    document = decode(first + b"\n" + second, NOON)
    early = NOON + timedelta(minutes=4)
    entry = Entry("a", NOON, "x", DONE, title="t", noticed=early, seen=early, took=60, points=3)
    assert document.entries == (entry,)
    assert document.problems == ("lists a task twice",)


# History.


@pytest.mark.parametrize(
    ("items", "problem"),
    [
        ("3", "has no usable history"),
        ('{id = "x"}', "has no usable history"),
        ("[1, [], {}]", "has 3 damaged entries in its history"),
        ('[{id = "x", seconds = 60}]', "has 1 damaged entry in its history"),
        ('[{id = "x", end = 2026-11-22T12:00:00Z}]', "has 1 damaged entry in its history"),
        *(
            (f"[{{id = {i}, end = {end}, seconds = {s}}}]", "has 1 damaged entry in its history")
            for i, end, s in (
                ('"x"', "2026-11-22T12:00:00", "60"),
                ('"x"', "2026-11-22", "60"),
                ('"x"', "0001-01-01T00:00:00Z", "60"),
                ('"x"', "2026-11-22T12:00:00Z", "0"),
                ('"x"', "2026-11-22T12:00:00Z", "-60"),
                ('"x"', "2026-11-22T12:00:00Z", "nan"),
                ('"x"', "2026-11-22T12:00:00Z", "1e300"),
                ('"x"', "2026-11-22T12:00:00Z", "true"),
                ('""', "2026-11-22T12:00:00Z", "60"),
                ('"a b"', "2026-11-22T12:00:00Z", "60"),
                ("[]", "2026-11-22T12:00:00Z", "60"),
            )
        ),
    ],
)
def test_a_damaged_history_costs_no_task_and_no_sound_sample(items: str, problem: str) -> None:
    sound = '{id = 7, end = 2026-11-22T20:00:00+08:00, seconds = 60, why = "by hand"}'
    damaged = items if items[0] != "[" else f"[{sound}, {items[1:]}"
    document = decode(f"history = {damaged}\n".encode() + one_task(), NOON)
    assert document.problems == (problem,)
    assert [entry.id for entry in document.entries] == ["a"]
    assert document.history == ((Sample("7", NOON, 60.0),) if items[0] == "[" else ())


def test_too_long_a_history_is_cut_to_the_newest_and_stands_sorted() -> None:
    ends = [NOON + timedelta(seconds=number * 7 % 10_000) for number in range(10_000)]
    rows = ", ".join(
        f'{{id = "{number % 9_000}", end = {end}, seconds = {number + 1}}}'
        for number, end in enumerate(ends)
    )
    document = decode(f"history = [{rows}]\n".encode() + one_task(), NOON)
    assert document.problems == ()
    assert len(document.history) == len({sample.id for sample in document.history}) == MAX_SAMPLES
    ends = [sample.end for sample in document.history]
    assert ends == sorted(ends)
    assert ends[0] > NOON + timedelta(seconds=9_700)
    assert all(sample.seconds <= 9_000 for sample in document.history), "of one task the first"
    assert decode(encode(document), NOON) == document


def test_a_history_alone_is_no_watchlist_and_saves_with_one(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.toml"
    path.write_text("history = []\n")
    file = WatchlistFile(path)
    assert "is not a watchlist" in file.load().warning


def test_a_save_of_a_sample_or_a_mark_alone_is_written(tmp_path: Path) -> None:
    file, other = (WatchlistFile(tmp_path / "watchlist.toml") for _ in range(2))
    file.save([Add(FULL._replace(seen=None))])
    stamp = file.stamp()
    sample = Sample("b", NOON, 60.0)
    assert file.save([Learn(sample), Learn(Sample("", NOON, 60.0))]).history == (sample,)
    assert stamp != (stamp := file.stamp())
    assert other.load() == Snapshot((FULL._replace(seen=None),), history=(sample,))
    assert other.save([Learn(Sample("b", NOON, 99.0))]).history == (sample,), "the first stays"
    assert file.stamp() == stamp
    assert file.save([MarkSeen("a", NOON)]).entries == (FULL,)
    assert other.load().entries == (FULL,)


def test_a_damaged_fact_is_kept_aside_before_it_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.toml"
    path.write_bytes(one_task('points = "twenty"'))
    os.utime(path, (NOON.timestamp(),) * 2)
    file = WatchlistFile(path, now=lambda: NOON)
    assert "has 1 damaged entry; a copy is in watchlist.toml.broken-" in file.load().warning
    file.save([])
    assert file.load().warning == ""
    (copy,) = tmp_path.glob("*.broken-*")
    assert b'"twenty"' in copy.read_bytes()
