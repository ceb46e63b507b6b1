"""The fields and the links that the detail pane shows for a task."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.service import frame_url
from tui.addresses import AddressRule
from tui.errors import ApiError, ErrorKind
from tui.links.link import Link
from tui.polling.health import HealthKind, PollingHealth
from tui.scenext.models import Frame, Points, Result, Task, TaskStatus
from tui.watchlist.entries import Entry
from tui.watchlist.estimates import Estimate
from tui.watchlist.records import Record
from tui.wording.details import Field, TaskDetails, task_details
from tui.wording.links import link_row

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("utc")
VIDEO = "https://oss.scenext.cn/video/abc/final.mp4"


def record(task: Task | None, *, label: str = "", ended: float | None = None) -> Record:
    """Return a record added 20 minutes ago; `ended` is in seconds after that."""
    added = NOW - timedelta(minutes=20)
    end = None if ended is None else added + timedelta(seconds=ended)
    status = task.status if task else TaskStatus.QUEUED
    entry = Entry("t", added, label, status, ended=end)
    return Record(entry, task, answered_at=NOW if task else None)


def running(*frames: Frame, **fields: str) -> Task:
    """Return a task in progress."""
    return Task("t", TaskStatus.IN_PROGRESS, "IN_PROGRESS", frames, **fields)  # type: ignore[arg-type]


def frames(count: int) -> tuple[Frame, ...]:
    """Return frames as the service sends them."""
    return tuple(Frame(f"frame{n}", frame_url("t", n)) for n in range(1, count + 1))


def named(details: TaskDetails, name: str) -> list[str]:
    """Return the texts of all fields with a name."""
    return [field.text for field in details.fields if field.name == name]


def test_before_the_first_answer_there_is_little_to_say() -> None:
    details = task_details(record(None, label="批次"), NOW)
    assert [field.name for field in details.fields] == ["", "ID", "State"]
    assert [field.text for field in details.fields] == ["批次", "t", "- Waiting, added 11:40"]
    assert details.heading == "Asking the service"
    assert details.links == ()


@pytest.mark.parametrize(
    ("task", "heading"),
    [
        (running(), "No frames yet"),
        (running(*frames(1)), "1 frame"),
        (running(*frames(3)), "3 frames"),
        (Task("t", TaskStatus.FAILED), "No frames; the service keeps none of a failed task"),
        (
            Task("t", TaskStatus.COMPLETED, results=(Result("video", VIDEO, True),)),
            "Video, no frames",
        ),
        (
            Task(
                "t",
                TaskStatus.COMPLETED,
                frames=frames(2),
                results=(Result("video", VIDEO, True), Result("video", VIDEO + "?2", True)),
            ),
            "2 videos, 2 frames",
        ),
    ],
)
def test_the_heading_counts_what_can_be_opened(task: Task, heading: str) -> None:
    assert task_details(record(task), NOW).heading == heading


def test_a_failure_tells_its_reason() -> None:
    task = Task("t", TaskStatus.FAILED, results=(Result("text", "渲染失败", False),))
    details = task_details(record(task, ended=600), NOW)
    assert named(details, "Reason") == ["渲染失败"]
    assert details.fields[2].name == "Reason", "it stands before what may be cut"
    done = task._replace(status=TaskStatus.COMPLETED)
    assert named(task_details(record(done, ended=600), NOW), "Text") == ["渲染失败"]


def test_everything_that_was_sent_is_told() -> None:
    task = running(message="queued behind 3", title="The cat video")
    task = task._replace(points=Points(1_012.5, "for 6 scenes"))
    scored = task._replace(results=(Result("text", "fine", False, "9/10", "clear\nshort"),))
    details = task_details(record(scored, label="批次"), NOW)
    assert named(details, "Points") == ["1,012.5 points: for 6 scenes"]
    assert named(details, "Title") == ["The cat video"]
    assert named(details, "Message") == ["queued behind 3"]
    assert named(details, "Score") == ["9/10"]
    assert named(details, "Scoring") == ["clear\nshort"]
    assert details.fields[0] == Field("", "批次", "heading")


def test_a_failed_request_says_why_and_from_when_the_data_are() -> None:
    failed = record(running())._replace(error=ApiError(ErrorKind.OFFLINE, "no connection"))
    (words,) = named(task_details(failed, NOW), "Request")
    assert words.startswith("! no connection; data from ")
    never = record(None)._replace(error=ApiError(ErrorKind.NOT_FOUND, "no such task"))
    details = task_details(never, NOW)
    assert Field("Request", "! the service does not know this ID", "stale") in details.fields
    assert details.heading == "Nothing to open yet; r asks again"


def test_trouble_of_the_whole_host_is_no_fact_of_a_task() -> None:
    offline = PollingHealth(HealthKind.OFFLINE, reason="no connection")
    failed = record(running())._replace(error=ApiError(ErrorKind.OFFLINE, "no connection"))
    assert not named(task_details(failed, NOW, health=offline), "Request")
    unknown = record(None)._replace(error=ApiError(ErrorKind.NOT_FOUND, "no such task"))
    assert named(task_details(unknown, NOW, health=offline), "Request")


@pytest.mark.parametrize(
    ("kind", "heading"),
    [
        (HealthKind.NO_KEY, "Frames are shown once there is an API key"),
        (HealthKind.SERVER_ERRORS, "Frames are shown once the service answers"),
    ],
)
def test_while_nothing_can_be_asked_the_details_say_what_they_wait_for(
    kind: HealthKind, heading: str
) -> None:
    assert task_details(record(None), NOW, health=PollingHealth(kind)).heading == heading


def test_links_come_in_order_videos_first() -> None:
    results = (
        Result("video", VIDEO, True),
        Result("text", "words", False),
        Result("video", VIDEO + "?b", True),
    )
    task = Task("t", TaskStatus.COMPLETED, frames=frames(2), results=results)
    links = task_details(record(task), NOW).links
    assert [link.name for link in links] == ["video 1", "video 2", "frame1", "frame2"]
    assert [link.url for link in links] == [
        VIDEO,
        VIDEO + "?b",
        frame_url("t", 1),
        frame_url("t", 2),
    ]
    assert len({link.key for link in links}) == len(links)


def test_a_frame_keeps_its_key_when_it_is_signed_afresh_and_its_words_have_no_link() -> None:
    now = 1_000_000
    old, new = (
        task_details(
            record(running(Frame("frame1", frame_url("t", 1, expires=now + seconds_left)))), NOW
        ).links[0]
        for seconds_left in (7300, 7400)
    )
    assert old.key == new.key
    assert old.url != new.url
    row = link_row(old, now, AddressRule())
    assert row == link_row(new, now, AddressRule())
    assert (row.time_left, row.file) == ("2 h left", "frame1.png")
    assert "Signature" not in repr(row)
    assert "Signature" not in old.key


def test_a_frame_that_is_sent_twice_is_one_row_and_two_with_one_id_are_two() -> None:
    first, second = Frame("frame1", frame_url("t", 1)), Frame("frame1", frame_url("t", 2))
    links = task_details(record(running(first, first, second)), NOW).links
    assert [link.url for link in links] == [first.url, second.url]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://h.test/a/b.png?Expires=1&Signature=SECRET", "http://h.test/a/b.png"),
        ("http://h.test/b.png#SECRET?x", "http://h.test/b.png"),
        ("https://h.test/b c.png?Signature=SECRET", "https://h.test/b c.png"),
        ("http://h.test/b.png%3FSignature=SECRET", "http://h.test/b.png"),
        ("http://h.test/b.png%3fSignature=SECRET", "http://h.test/b.png"),
        ("https://me:SECRET@h.test/b.png", "https://***@h.test/b.png"),
        ("ftp://h.test/b.png?Signature=SECRET", "ftp://h.test/b.png"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("http://h.test/\x1b]0;x\x07b.png?SECRET", "http://h.test/b.png"),
    ],
)
def test_of_an_unsafe_link_all_but_its_secrets_is_shown(url: str, shown: str) -> None:
    row = link_row(Link("key", "frame1", url), 0.0, AddressRule())
    assert (row.file, row.time_left) == (shown, "unsafe")


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (Points(20, "for the video"), ["20 points: for the video"]),
        (Points(1), ["1 point"]),
        (Points(0, "nothing charged"), ["0 points: nothing charged"]),
        (Points(None, "不消耗积分"), ["不消耗积分"]),
        (Points(), []),
    ],
)
def test_points_are_a_number_and_what_it_is_for(points: Points, words: list[str]) -> None:
    assert named(task_details(record(running()._replace(points=points)), NOW), "Points") == words


def test_the_screen_says_where_it_cuts() -> None:
    task = running(*frames(3))._replace(dropped_frames=33_000, is_cut=True)
    details = task_details(record(task), NOW)
    assert details.heading == "The newest 3 of 33,003 frames"
    assert details.fields[-1].text == "… cut after 64 kB"


def test_a_name_is_the_label_else_the_title_else_the_id() -> None:
    titled = Task("t", TaskStatus.COMPLETED, title="光合作用")
    named_by_all, by_title, by_none = (
        task_details(shown, NOW)
        for shown in (record(titled, label="batch 7"), record(titled), record(None))
    )
    assert named_by_all.fields[:2] == (Field("", "batch 7", "heading"), Field("ID", "t"))
    assert named(named_by_all, "Title") == ["光合作用"]
    assert by_title.fields[:2] == (Field("", "光合作用", "heading"), Field("ID", "t"))
    assert named(by_title, "Title") == []
    assert by_none.fields[0] == Field("", "t", "heading")
    assert named(by_none, "ID") == [], "it is not said twice"


def test_what_an_earlier_session_stored_is_shown_before_the_first_answer() -> None:
    entry = Entry(
        "t",
        NOW - timedelta(hours=3),
        status=TaskStatus.COMPLETED,
        ended=NOW - timedelta(hours=2),
        title="光合作用",
        took=720.0,
        points=26.0,
        frames=13,
    )
    details = task_details(Record(entry), NOW)
    assert [(field.name, field.text) for field in details.fields] == [
        ("", "光合作用"),
        ("ID", "t"),
        ("State", "✓ Completed at about 10:00"),
        ("Times", "added 09:00, took 12 min"),
        ("Points", "26 points"),
    ]
    assert details.heading == "13 frames when it ended; asking the service"
    offline = Record(entry, error=ApiError(ErrorKind.OFFLINE, "no connection"))
    assert task_details(offline, NOW).heading == "13 frames when it ended; r asks again"


def test_a_running_task_tells_what_it_has_cost_so_far() -> None:
    same = frame_url("t", 1)
    task = running(Frame("frame1", same), Frame("frame2", same), *frames(1))
    assert named(task_details(record(task), NOW), "Points") == ["about 6 points so far"]
    task = task._replace(dropped_frames=600)
    assert named(task_details(record(task), NOW), "Points") == ["about 1,206 points so far"]
    assert named(task_details(record(running()), NOW), "Points") == []
    unknown = task._replace(status=TaskStatus.UNKNOWN, points=Points(4))
    assert named(task_details(record(unknown), NOW), "Points") == ["4 points"]


def test_a_running_task_tells_when_it_is_likely_done_and_what_is_unusual() -> None:
    estimate = Estimate(*(NOW + timedelta(minutes=minutes) for minutes in (35, 30, 40)))
    shown = record(running(*frames(2)))._replace(newest_frame_at=1_000.0, told_at=1_240.0)
    details = task_details(shown, NOW, 1_240.0, estimate=estimate)
    (expected,) = named(details, "Expected")
    assert expected == "likely done ~12:35; half of such tasks end between 12:30 and 12:40"
    assert named(details, "Frames") == ["the newest came at 11:56"]
    quiet = task_details(shown, NOW, 1_240.0, quiet=NOW - timedelta(minutes=4))
    assert Field("Frames", "no new frame since 11:56", "fact") in quiet.fields
    assert named(quiet, "Expected") == []
