"""Each event is one line of words."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.support.records import at
from tui.polling.health import HealthKind
from tui.time_zone import local_time
from tui.watchlist.events import Event, EventKind
from tui.wording.events import away, event_line

NOW = at(30)


def event(kind: EventKind) -> Event:
    return Event(at(0), kind, "task-1", "Sorting")


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (event(EventKind.ADDED), "+ Sorting: added"),
        (event(EventKind.ADDED)._replace(label="", title="快速排序"), "+ 快速排序: added"),
        (event(EventKind.ADDED)._replace(label=""), "+ task-1: added"),
        (event(EventKind.ADDED)._replace(title="快速排序"), "+ Sorting, 快速排序: added"),
        (event(EventKind.ADDED)._replace(title="Sorting"), "+ Sorting: added"),
        (event(EventKind.ADDED)._replace(task_id="", label="batch 4", tasks=1_000),
         "+ 1,000 tasks added, labelled batch 4"),
        (event(EventKind.REMOVED)._replace(task_id="", label="", tasks=2), "- 2 tasks removed"),
        (event(EventKind.RESTORED), "+ Sorting: brought back"),
        (event(EventKind.FIRST_FRAME), "» Sorting: first frame"),
        (event(EventKind.COMPLETED)._replace(seconds=725.0, frames=13, has_video=True),
         "✓ Sorting: completed in 12 min, 13 frames and the video"),
        (event(EventKind.COMPLETED)._replace(seconds=30.0, frames=1),
         "✓ Sorting: completed in less than a minute, 1 frame"),
        (event(EventKind.COMPLETED), "✓ Sorting: completed"),
        (event(EventKind.COMPLETED)._replace(is_late=True, seconds=600.0, has_video=True),
         "✓ Sorting: had already completed, took 10 min, the video"),
        (event(EventKind.COMPLETED)._replace(is_late=True), "✓ Sorting: had already completed"),
        (event(EventKind.FAILED)._replace(seconds=420.0, text="公式无法编译"),
         "✗ Sorting: failed after 7 min: 公式无法编译"),
        (event(EventKind.FAILED), "✗ Sorting: failed"),
        (event(EventKind.FAILED)._replace(is_late=True, seconds=420.0),
         "✗ Sorting: had already failed"),
        (event(EventKind.VIDEO), "✓ Sorting: the video is there"),
        (event(EventKind.STARTED_AGAIN), "» Sorting: is running again"),
        (event(EventKind.UNKNOWN_STATE)._replace(text="PAUSED"), "? Sorting: unknown state PAUSED"),
        (event(EventKind.TROUBLE)._replace(text="the service does not know this ID"),
         "! Sorting: the service does not know this ID"),
        (event(EventKind.RECOVERED), "» Sorting: answered again"),
        (event(EventKind.OVERDUE), "! Sorting: has run longer than every earlier task"),
        (event(EventKind.HOST_TROUBLE)._replace(task_id="", host="offline", text="no route"),
         "! offline: no route"),
        (event(EventKind.HOST_TROUBLE)._replace(
            task_id="", host="key refused", text="401: the service refused the key for this task"
        ), "! the service refused the key"),
        (event(EventKind.HOST_RECOVERED)._replace(task_id="", seconds=720.0),
         "» live again after 12 min"),
        (event(EventKind.AWAY)._replace(task_id="", tasks=7, failed=1),
         "» While you were away: 7 completed, 1 failed"),
    ],
)  # fmt: skip
def test_each_event_is_a_line(event: Event, line: str) -> None:
    assert event_line(event, NOW) == f"{local_time(at(0)):%H:%M} {line}"


def test_what_happened_on_another_day_has_its_date() -> None:
    line = event_line(event(EventKind.ADDED), at(3 * 1440))
    assert line == f"{local_time(at(0)):%Y-%m-%d %H:%M} + Sorting: added"


def test_absence_in_words() -> None:
    assert away(7, 0) == "While you were away: 7 completed"
    assert away(0, 1_000) == "While you were away: 1,000 failed"


def test_the_name_gives_way_to_what_happened() -> None:
    long = event(EventKind.COMPLETED)._replace(
        label="光合作用讲解视频（高中生物必修一）第三章", seconds=720.0,
        frames=13, has_video=True,
    )  # fmt: skip
    line = event_line(long, NOW, 70)
    assert line.endswith("第三章: completed in 12 min, 13 frames and the video")
    assert ".." in line
    assert cell_len(line) <= 70


@settings(max_examples=50)
@given(
    st.sampled_from(EventKind),
    st.text(max_size=60),
    st.text(max_size=60),
    st.integers(0, 120),
    st.sampled_from(["", *HealthKind]),
)
def test_no_line_is_wider_than_its_place(
    kind: EventKind, label: str, text: str, width: int, host: str
) -> None:
    some = event(kind)._replace(label=label, text=text, host=host, frames=3, seconds=60.0)
    assert cell_len(event_line(some, NOW, width)) <= width


def test_every_kind_has_a_glyph_that_is_one_cell_wide_in_every_terminal() -> None:
    for kind in EventKind:
        glyph = event_line(event(kind), NOW)[6]
        assert unicodedata.east_asian_width(glyph) in ("Na", "N"), glyph
