"""Parsing a response: any bytes become a `Task` or raise an `ApiError`."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tui.addresses import CUT, AddressRule
from tui.errors import ApiError, ErrorKind
from tui.sanitize import MAX_BLOCK_LENGTH, clean
from tui.scenext import parser
from tui.scenext.models import (
    MAX_FRAMES,
    MAX_LINK_BYTES,
    MAX_TEXT_BYTES,
    Frame,
    Points,
    Result,
    Task,
    TaskStatus,
)
from tui.signed_links.mending import mended

FIRST = (
    "https://oss.scenext.cn/frame_img/d988d4d9-0000-0000-0000-ca974335dcf4/"
    "ed6e7bae-0000-0000-0000-b4beced80c92/frame1.png"
    "?OSSAccessKeyId=LTAI5tEXAMPLE&Expires=1749287113&Signature=ZofSGtAyhO3KolVaMC8ICUZJNWE%3D"
)
SECOND = FIRST.replace("frame1", "frame3").replace("ZofS", "5zB4%2B")
VIDEO = "https://oss.scenext.cn/video/%E8%A7%86.mp4?Expires=1749287134&Signature=a%2Bb%3D"


def parse_data(data: object, status: object = "success", task_id: str = "12345") -> Task:
    """Parse a response with this `data`."""
    return parser.parse(json.dumps({"status": status, "data": data}).encode(), task_id)


def parse_fields(**fields: object) -> Task:
    """Parse a response whose `data` has these fields."""
    return parse_data({"task_id": "12345", "status": "IN_PROGRESS", **fields})


def parse_error(body: bytes, task_id: str = "12345") -> ApiError:
    """Return the error that parsing raises."""
    with pytest.raises(ApiError) as caught:
        parser.parse(body, task_id)
    return caught.value


def test_the_documented_example() -> None:
    body = f"""
      {{"status": "success", "data": {{"task_id": "12345", "status": "IN_PROGRESS", "progress": [
        {{"id": "frame1", "image": "{FIRST}"}},
        {{"id": "frame2", "image": "{SECOND}"}}]}}}}"""
    assert parser.parse(body.encode(), "12345") == Task(
        "12345",
        TaskStatus.IN_PROGRESS,
        "IN_PROGRESS",
        (Frame("frame1", FIRST), Frame("frame2", SECOND)),
    )


def test_a_completed_task() -> None:
    parsed = parse_fields(
        status="COMPLETED",
        result=[
            {"type": "video", "content": VIDEO, "score": 95, "scoreDetail": "clear\nand short"},
            {"type": "text", "content": "A line\nand [b]another[/b]"},
        ],
        consumption=[{"model": "gen", "points": 12.5}, 3],
    )
    assert parsed.status.terminal
    assert parsed.results == (
        Result("video", VIDEO, True, "95", "clear\nand short"),
        Result("text", "A line\nand [b]another[/b]", False),
    )
    assert parsed.points == Points(15.5, "gen")


def test_a_failed_task_is_no_failed_request() -> None:
    parsed = parse_fields(status="FAILED", result=[{"type": "text", "content": "render failed"}])
    assert parsed.status is TaskStatus.FAILED
    assert parsed.results[0].content == "render failed"


@pytest.mark.parametrize(
    ("sent", "status", "status_sent"),
    [
        (" completed\n", TaskStatus.COMPLETED, "COMPLETED"),
        ("Failed", TaskStatus.FAILED, "FAILED"),
        *(
            (word, TaskStatus.COMPLETED, "COMPLETED")
            for word in ("Completed", "ＣＯＭＰＬＥＴＥＤ")
        ),
        *((word, TaskStatus.COMPLETED, "COMPLETED") for word in ("COMPLETED.", '"COMPLETED"')),
        *((word, TaskStatus.COMPLETED, "COMPLETED") for word in ("com\u200bpleted", "已完成")),
        *(
            (word, TaskStatus.FAILED, "FAILED")
            for word in ("TaskStatus.FAILED", "已失败", ["FAILED"])
        ),
        *((word, TaskStatus.IN_PROGRESS, "IN_PROGRESS") for word in ("in-progress", "In Progress")),
        *(
            (word, TaskStatus.IN_PROGRESS, "IN_PROGRESS")
            for word in ("inProgress", "in progress …")
        ),
        *((word, TaskStatus.IN_PROGRESS, "IN_PROGRESS") for word in ("IN__PROGRESS", "进行中")),
        # No end is guessed.
        *(
            (word, TaskStatus.UNKNOWN, word)
            for word in ("SUCCESS", "SUCCEEDED", "DONE", "FINISHED")
        ),
        *((word, TaskStatus.UNKNOWN, word) for word in ("COMPLETE", "ERROR", "FAIL", "CANCELLED")),
        *(
            (word, TaskStatus.UNKNOWN, word)
            for word in ("NOT_COMPLETED", "COMPLETED 3/4", "FAILED?1")
        ),
        *((word, TaskStatus.UNKNOWN, word) for word in ("not.completed", "PARTIALLY COMPLETED")),
        ({"COMPLETED": None}, TaskStatus.UNKNOWN, "COMPLETED:"),
        ("QUEUED", TaskStatus.UNKNOWN, "QUEUED"),
        ("UNKNOWN", TaskStatus.UNKNOWN, "UNKNOWN"),
        ("\x1b[31mRENDERING", TaskStatus.UNKNOWN, "RENDERING"),
        ("排队中", TaskStatus.UNKNOWN, "排队中"),
        (7, TaskStatus.UNKNOWN, "7"),
        (None, TaskStatus.UNKNOWN, "(empty)"),
        ("", TaskStatus.UNKNOWN, "(empty)"),
    ],
)
def test_the_state_of_a_task(sent: object, status: TaskStatus, status_sent: str) -> None:
    parsed = parse_fields(status=sent)
    assert (parsed.status, parsed.status_sent) == (status, status_sent)


# Frames


def test_one_bad_frame_costs_one_frame() -> None:
    bad: list[object] = [None, 1, "x", [], {}, {"id": "f"}, {"id": "f", "image": None}]
    bad += [{"id": "f", "image": 3}, {"id": "f", "image": "  "}, {"id": "f", "image": [FIRST]}]
    for junk in bad:
        parsed = parse_fields(
            progress=[{"id": "a", "image": FIRST}, junk, {"id": "b", "image": SECOND}]
        )
        assert parsed.frames == (Frame("a", FIRST), Frame("b", SECOND))


@pytest.mark.parametrize("progress", [None, {}, "x", 3, [], [[[]]]])
def test_no_frames(progress: object) -> None:
    assert parse_fields(progress=progress).frames == ()


def test_a_frame_goes_only_when_id_and_picture_come_again() -> None:
    signed_afresh = FIRST.replace("1749287113", "1749290713")
    parsed = parse_fields(
        progress=[
            {"id": "frame1", "image": FIRST},
            {"id": "frame2", "image": FIRST},
            {"id": "frame2", "image": SECOND},
            {"id": "frame1", "image": signed_afresh},
        ]
    )
    assert parsed.frames == (
        Frame("frame1", FIRST),
        Frame("frame2", FIRST),
        Frame("frame2", SECOND),
    )


def test_links_are_kept_and_ids_are_cleaned() -> None:
    link = "https://host/\x1b]0;x\x07/汉?a=%2b+&&=;"
    parsed = parse_fields(
        progress=[{"id": "\x1b[2J\u202ea\nb", "image": link}, {"id": 7, "image": SECOND}]
    )
    assert parsed.frames == (Frame("a ⏎ b", link), Frame("7", SECOND))
    assert parse_fields(progress=[{"image": FIRST}]).frames == (Frame("frame1", FIRST),)


# Results and points


@pytest.mark.parametrize(
    ("item", "result"),
    [
        ("words", Result("text", "words", False)),
        (VIDEO, Result("text", VIDEO, True)),
        ({"content": "words"}, Result("text", "words", False)),
        ({"type": "video", "content": "soon"}, Result("video", "soon", False)),
        ({"type": "video", "content": None, "score": 0}, Result("video", "", False, "0")),
        ({"type": "text", "content": ["a", {"b": 1}]}, Result("text", '["a", {"b": 1}]', False)),
        (
            {"type": "text", "content": VIDEO + " \x1b]0;x\x07is it"},
            Result("text", VIDEO + " is it", False),
        ),
        ({"type": "a\x9b2Jb", "content": "\x1b[31mred"}, Result("ab", "red", False)),
        (
            {"content": "x", "score": 12345678.5, "scoreDetail": {"a": [1], "b": None}},
            Result("text", "x", False, "12345678.5", "a: …, b:"),
        ),
    ],
)
def test_an_item_of_the_result(item: object, result: Result) -> None:
    assert parse_fields(status="COMPLETED", result=[item]).results == (result,)
    assert parse_fields(status="COMPLETED", result=item).results == (result,)


def test_one_bad_item_costs_one_item() -> None:
    parsed = parse_fields(result=[None, 3, {}, [], True, {"type": "video"}, {"content": "kept"}])
    assert [result.content for result in parsed.results] == ["kept"]
    assert parse_fields(result=None).results == ()


@pytest.mark.parametrize(
    ("fields", "points"),
    [
        (
            {"consumption": [{"type": "score", "value": 20, "detail": "视频生成消耗20积分"}]},
            Points(20, "视频生成消耗20积分"),
        ),
        (
            {
                "consumption": [
                    {"type": "score", "value": 16, "detail": "8 scenes"},
                    {"type": "score", "value": "4", "detail": "narration"},
                ]
            },
            Points(20, "8 scenes, narration"),
        ),
        (
            {"consumption": [{"type": "score", "value": 0, "detail": "不消耗积分"}]},
            Points(0, "不消耗积分"),
        ),
        (
            {"consumption": [{"type": "tokens", "value": 5000, "detail": "text"}, 3]},
            Points(3, "tokens 5,000 (text)"),
        ),
        ({"consumption": [5]}, Points(5)),
        ({"consumption": 0}, Points(0)),
        ({"consumption": [0.1, 0.2]}, Points(0.3)),
        ({"consumption": 12345678.25}, Points(12345678.25)),
        ({"consumption": "12.5"}, Points(12.5)),
        ({"consumption": "不消耗积分"}, Points(None, "不消耗积分")),
        ({"consumption": {"video": 5, "audio": 1.5}}, Points(6.5, "video 5, audio 1.5")),
        ({"consumption": [{"points": 5}, {"points": 6}]}, Points(11)),
        ({"consumption": [[1, 2]]}, Points(3)),
        ({"consumption": [[[[1]]], {"a": {"b": 1}}]}, Points()),
        ({"consumption": [], "points": 3}, Points(3)),
        ({"points_used": 4}, Points(4)),
        ({"consumption": None}, Points()),
        ({"consumption": [None, True, 1e300, -(10**400), "nan", "inf"]}, Points(None, "nan, inf")),
        ({}, Points()),
    ],
)
def test_points_are_summed_in_whatever_shape(fields: dict[str, object], points: Points) -> None:
    assert parse_fields(**fields).points == points


def test_a_number_that_nobody_reads() -> None:
    body = b'{"status": "success", "data": {"status": "X", "consumption": %s}}' % (b"9" * 4000)
    assert parser.parse(body, "1").points == Points()


# Title and times

UTC_8 = timezone(timedelta(hours=8))


def naive(*parts: int) -> datetime:
    """Return a time without a zone."""
    year, month, day, *clock = parts
    return datetime(year, month, day, *clock, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("sent", "time"),
    [
        ("2025-08-01T12:30:15", naive(2025, 8, 1, 12, 30, 15)),
        ("2025-08-01 12:30:15", naive(2025, 8, 1, 12, 30, 15)),
        ("2025-08-01T12:30", naive(2025, 8, 1, 12, 30)),
        (" 2025-08-01T12:30:15.5\n", naive(2025, 8, 1, 12, 30, 15, 500_000)),
        ("2025-08-01T12:30:15.123456789", naive(2025, 8, 1, 12, 30, 15, 123_456)),
        ("2025-08-01T12:30:15Z", datetime(2025, 8, 1, 12, 30, 15, tzinfo=UTC)),
        ("2025-08-01t12:30:15z", datetime(2025, 8, 1, 12, 30, 15, tzinfo=UTC)),
        ("2025-08-01T12:30:15+08:00", datetime(2025, 8, 1, 12, 30, 15, tzinfo=UTC_8)),
        ("2025-08-01T12:30:15.25+0800", datetime(2025, 8, 1, 12, 30, 15, 250_000, tzinfo=UTC_8)),
        ("2025-08-01 12:30:15 +08", datetime(2025, 8, 1, 12, 30, 15, tzinfo=UTC_8)),
        (1754051415, datetime(2025, 8, 1, 12, 30, 15, tzinfo=UTC)),
        (1754051415.5, datetime(2025, 8, 1, 12, 30, 15, 500_000, tzinfo=UTC)),
        ("1754051415", datetime(2025, 8, 1, 12, 30, 15, tzinfo=UTC)),
        (1754051415000, datetime(2025, 8, 1, 12, 30, 15, tzinfo=UTC)),
        *((junk, None) for junk in (None, True, "", "soon", [1754051415], {"a": 1}, 0, -1, 1)),
        *((junk, None) for junk in (10**400, 1e300, 253402300790, "9" * 4000, "nan", "-inf")),
        *((junk, None) for junk in ("2025-08-01", "20250801T123015", "2025-13-01T00:00:00")),
        *(
            (f"{year}-12-31T23:59:59{zone}", None)
            for year in ("9999", "0001")
            for zone in ("", "Z")
        ),
        ("9999-12-31T23:59:59-23:59", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("2025-08-01T12:30:15+99:99", None),
        ("2025-08-01T12:30:15" + " " * 100_000, naive(2025, 8, 1, 12, 30, 15)),
    ],
)
def test_a_time_of_the_service(sent: object, time: datetime | None) -> None:
    parsed = parse_fields(status="COMPLETED", created_at=sent, finish_at=sent)
    assert parsed.created_at == parsed.finished_at == time
    assert parsed.duration == (None if time is None else timedelta(0))


@pytest.mark.parametrize(
    ("created", "finished", "minutes"),
    [
        ("2025-08-01T12:00:00", "2025-08-01T12:12:00", 12),
        ("2025-08-01T12:00:00", "2025-08-01 12:12:00", 12),
        ("2025-08-01T12:00:00+08:00", "2025-08-01T04:12:00Z", 12),
        ("2025-08-01T12:00:00Z", 1754051520, 32),
        ("2025-08-01T12:00:00", "2025-08-01T12:12:00Z", None),
        ("2025-08-01T12:12:00", "2025-08-01T12:00:00", None),
        ("2025-08-01T12:12:00", None, None),
    ],
)
def test_the_difference_of_its_times_is_the_duration(
    created: object, finished: object, minutes: int | None
) -> None:
    parsed = parse_fields(status="COMPLETED", created_at=created, finish_at=finished)
    assert parsed.duration == (None if minutes is None else timedelta(minutes=minutes))


SIGNED = "https://oss.invalid/Video/a.mp4?OSSAccessKeyId=LTAI&Expires=1749287113&Signature=ab%3D"


def test_what_is_stored_or_told_as_an_event_holds_no_signed_link() -> None:
    """The title goes into the watchlist, and a reason, a state or an error into the events."""
    assert parse_fields(title=SIGNED).title == "https://oss.invalid/Video/a.mp4"
    texts = [{"type": "text", "content": f"渲染失败：{SIGNED}，请重试"}]
    (reason,) = parse_fields(status="FAILED", result=texts).results
    assert reason.content == "渲染失败：https://oss.invalid/Video/a.mp4，请重试"
    assert "Signature" not in parse_fields(status=f"at {SIGNED[:50]}").status_sent
    body = json.dumps({"status": "error", "data": {"messages": f"no access to {SIGNED}"}})
    assert parser.error_message(body.encode()) == "no access to https://oss.invalid/Video/a.mp4"
    (video,) = parse_fields(status="FAILED", result=[{"type": "video", "content": SIGNED}]).results
    assert video.content == SIGNED


def test_a_title_is_one_clean_line() -> None:
    assert parse_fields(title="\x1b[2J勾股\n定理 ").title == "勾股 ⏎ 定理"
    assert parse_fields(title=None).title == ""
    assert len(parse_fields(title="x" * 10_000).title) == 500


# What a task holds is bounded


def test_of_many_frames_the_newest_are_kept() -> None:
    many = [{"id": str(number), "image": f"https://host/{number}"} for number in range(34_000)]
    parsed = parse_fields(progress=many)
    assert len(parsed.frames) == MAX_FRAMES
    assert (parsed.frames[0].id, parsed.frames[-1].id) == ("33000", "33999")
    assert parsed.dropped_frames == 33_000
    unnamed = [{"image": f"https://host/{number}"} for number in range(2_100)]
    assert parse_fields(progress=unnamed).frames[-1].id == "frame2100"
    assert parse_fields(progress=unnamed).frames[0].id == "frame1101"


def test_of_very_long_links_the_newest_are_kept() -> None:
    """Once it is percent-encoded, a Chinese character takes nine."""
    sent = [{"id": f"f{n}", "image": f"https://host/{'图' * 1_000}{n}.png"} for n in range(300)]
    answer = parse_fields(progress=sent)
    count = MAX_LINK_BYTES // len(answer.frames[-1].url)
    assert [frame.id for frame in answer.frames] == [f"f{n}" for n in range(300 - count, 300)]
    assert answer.dropped_frames == 300 - count
    usual = [{"image": f"https://host/{'a' * 700}{n}"} for n in range(1_000)]
    assert len(parse_fields(progress=usual).frames) == 1_000


def test_what_is_no_frame_takes_no_place_among_the_newest() -> None:
    junk: list[object] = [None, {"id": "x", "image": None}, 3]
    many = [{"id": str(number), "image": f"https://host/{number}"} for number in range(1_100)]
    parsed = parse_fields(progress=[*many, *junk * 700])
    assert (parsed.frames[0].id, parsed.frames[-1].id) == ("100", "1099")
    assert (len(parsed.frames), parsed.dropped_frames) == (MAX_FRAMES, 100)


@pytest.mark.parametrize("end", ["x", "汉", "😀", "'", "é", "\x1b", "\x1b汉"])
@pytest.mark.parametrize("length", [300, 5_000, 100_000])
def test_what_is_held_of_links_is_bounded_in_bytes_and_what_is_cut_stays_refused(
    end: str, length: int
) -> None:
    # As many as an answer of 1 MiB can hold.
    url = "https://h.test/" + "x" * 600 + end * length + "z"
    count = min(MAX_FRAMES, (1 << 20) // len(json.dumps(url, ensure_ascii=False).encode()))
    progress = [{"id": str(number), "image": url} for number in range(count)]
    task = parse_fields(progress=progress, result=[{"type": "video", "content": url}])
    links = [frame.url for frame in task.frames]
    links += [result.content for result in task.results if result.is_link]
    assert sum(map(sys.getsizeof, links)) < 3.3e6
    is_unsafe = "\x1b" in end or length == 100_000 or (length == 5_000 and end in "汉😀é")
    assert all(bool(AddressRule().unsafe_reason(link)) is is_unsafe for link in links)


def test_a_link_without_end_is_cut_and_stays_unsafe() -> None:
    endless = "https://host/" + "x" * 50_000
    cut = endless[:500] + CUT
    assert parse_fields(progress=[{"id": "a", "image": endless}]).frames == (Frame("a", cut),)
    result = parse_fields(result=[{"type": "video", "content": endless}]).results[0]
    assert result == Result("video", cut, True)
    assert "longer than" in AddressRule().unsafe_reason(cut)


@pytest.mark.parametrize(
    ("fields", "is_cut"),
    [
        ({"result": [{"type": "text", "content": "x" * 60_000}]}, False),
        ({"result": [{"type": "text", "content": "x" * 1_000_000}]}, True),
        ({"result": [{"type": "text", "content": "汉" * 300_000}]}, True),
        ({"result": [{"type": "text", "content": "😀" * 17_000}]}, True),
        ({"result": [{"content": "\ud800" * 170_000}]}, True),
        ({"result": ["x" * 1_000] * 200}, True),
        ({"result": [{"content": "a", "scoreDetail": "x" * 9_000}] * 100}, True),
        ({"result": ["x"] * 201}, True),
        ({"result": [{"type": "y" * 900, "score": "z" * 900}] * 200}, False),
        ({"result": [list(range(100_000))]}, False),
    ],
)
def test_the_texts_of_a_task_are_cut(fields: dict[str, object], is_cut: bool) -> None:
    parsed = parse_fields(title="t", messages="m" * 100, **fields)
    texts = [parsed.title, parsed.message]
    for result in parsed.results:
        texts += [result.content, result.score_detail]
    assert sum(len(text.encode()) for text in texts) <= MAX_TEXT_BYTES
    assert parsed.is_cut is is_cut


@pytest.mark.parametrize("item", ["[]", "{}", "1", "1e-308", "null", '{"a": 1}', '""', "[[]]"])
def test_too_many_values_are_not_read_at_all(item: str) -> None:
    body = f'{{"status": "success", "data": [{",".join([item] * 130_000)}]}}'
    error = parse_error(body.encode())
    assert error.kind is ErrorKind.NOT_THE_API
    assert parser.error_message(body.encode()) == ""


# Which task the response is about


@pytest.mark.parametrize(
    "sent",
    ["12345", 12345, 12345.0, "012345", " 12345\n", "１２３４５", "", None, True, [], {}, ["1"]],
)
def test_an_answer_about_the_task(sent: object) -> None:
    assert parse_fields(task_id=sent).id == "12345"
    assert parse_data({"status": "COMPLETED"}).id == "12345"


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("1234", "another task, “1234”"),
        (1234, "another task, “1234”"),
        ("\x1b[2J1234", "another task, “1234”"),
        ("x" * 500, f"another task, “{'x' * 59}…”"),
        (10**300, "another task"),
    ],
)
def test_an_answer_about_another_task(sent: object, words: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse_fields(task_id=sent)
    assert caught.value.kind is ErrorKind.OTHER_TASK
    assert caught.value.message == f"the service answered about {words}"


# Envelopes


DATA: dict[str, object] = {"task_id": "12345", "status": "COMPLETED", "title": "t"}
ODD_OUTER: list[object] = ["SUCCESS", " success\n", "ok", "", "0", None, 200, True, {}, "COMPLETED"]


@pytest.mark.parametrize(
    "envelope",
    [
        *({"status": outer, "data": DATA} for outer in ODD_OUTER),
        {"data": DATA},
        {"code": 0, "message": "ok", "data": DATA},
        {"Status": "success", "Data": DATA},
        {"STATUS": "success", " data ": {"Task_ID": "12345", "STATUS": "COMPLETED", "Title": "t"}},
        {"status": "success", "data": [DATA]},
        {"data": {"status": "COMPLETED", "title": "t"}},
        {"data": {**DATA, "status": ["COMPLETED"]}},
        [{"status": "success", "data": DATA}],
        DATA,
        {**DATA, "data": None},
    ],
)
def test_an_envelope_may_be_odd(envelope: object) -> None:
    parsed = parser.parse(json.dumps(envelope).encode(), "12345")
    assert (parsed.status, parsed.title) == (TaskStatus.COMPLETED, "t")


@pytest.mark.parametrize(
    "envelope",
    [
        {"data": {"status": "up"}},
        {"status": "COMPLETED"},
        {"status": "up", "task_id": "12345"},
        {"status": "success"},
    ],
)
def test_where_no_state_can_be_read_nothing_is(envelope: object) -> None:
    assert parse_error(json.dumps(envelope).encode()).kind is ErrorKind.NOT_THE_API


def test_what_is_sent_as_json_in_a_text_is_read() -> None:
    """As where a database keeps it as text."""
    video, frames = [{"type": "video", "content": VIDEO}], [{"id": "a", "image": FIRST}]
    whole = {**DATA, "progress": frames, "result": video}
    fields = {**DATA, "progress": json.dumps(frames), "result": json.dumps(video, indent=1)}
    expected = parse_data(whole)
    shapes: list[object] = [fields, json.dumps(whole), f" {json.dumps(whole)}\n"]
    for data in shapes:
        assert parse_data(data) == expected
    assert expected.results == (Result("video", VIDEO, is_link=True),)
    assert parse_fields(result="[see below]").results[0].content == "[see below]"
    assert parse_fields(result="[1, 2]").results[0].content == "[1, 2]"
    assert parse_fields(result="{").results[0].content == "{"
    assert parse_fields(result=json.dumps(video[0])).results == expected.results
    assert parse_fields(result=[{"type": "video", "content": [VIDEO]}]).results == expected.results


@pytest.mark.parametrize(
    ("envelope", "kind"),
    [
        ({"code": 500, "message": "系统繁忙", "data": None}, ErrorKind.SERVER),
        ({"code": 429, "msg": "请求过于频繁"}, ErrorKind.RATE_LIMITED),
        ({"error": {"message": "Rate limit exceeded", "type": "x"}}, ErrorKind.RATE_LIMITED),
        ({"detail": "Please try again later."}, ErrorKind.SERVER),
        ({"status": 500, "error": "Internal Server Error"}, ErrorKind.SERVER),
        ({"status": "failed", "data": {"messages": "no"}}, ErrorKind.REJECTED),
        ({"status": "fail", "message": "Task not found"}, ErrorKind.NOT_FOUND),
        ({"status": "failure", "data": None, "message": "timeout"}, ErrorKind.SERVER),
        ({"status": "success", "data": None, "message": "系统繁忙"}, ErrorKind.SERVER),
        ({"code": 1, "message": "login first"}, ErrorKind.NOT_THE_API),
    ],
)
def test_an_error_may_come_in_another_envelope(envelope: object, kind: ErrorKind) -> None:
    assert parse_error(json.dumps(envelope).encode()).kind is kind


@pytest.mark.parametrize("outer", ["fail", "failed", "failure", "FAILED"])
def test_an_outer_failure_with_a_state_is_the_tasks(outer: str) -> None:
    assert parse_data({**DATA, "status": "FAILED"}, status=outer).status is TaskStatus.FAILED
    flat = json.dumps({"task_id": "12345", "status": "FAILED", "error": "boom"}).encode()
    assert parser.parse(flat, "12345").results[0].content == "boom"


@pytest.mark.parametrize("outer", ["success", "SUCCESS", " Success"])
@pytest.mark.parametrize(
    "data", [None, [], {}, "", "COMPLETED", {"title": "t"}, {"task_id": "12345"}, [DATA, DATA]]
)
def test_an_envelope_without_a_state_is_the_services_fault(outer: str, data: object) -> None:
    error = parse_error(json.dumps({"status": outer, "data": data}).encode())
    assert (error.kind, error.message) == (
        ErrorKind.SERVER,
        "the answer tells no state of the task",
    )


ODD_FIELDS: dict[str, list[object]] = {
    "title": [7, None, ["a"], {"a": 1}, True, "\ud800"],
    "progress": [{}, {"a": 1}, 3, "soon", True, [None], [[]], 0.5],
    "result": [3, True, {}, [], [[]], [None], [{}], {"type": "video"}],
    "consumption": [3, "a", None, [[]], {"a": {}}, True],
    "created_at": [[], {}, "yesterday", True, 10**400, "9" * 5_000],
    "finish_at": ["2025-13-45T99:99:99", -1, 1e300, [1754051415]],
    "messages": [[], {}, 7, [[["a"]]], True, "\x00"],
    "x": [{"a": [[[[[]]]]]}],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, odd in ODD_FIELDS.items() for value in odd]
)
def test_a_field_of_a_wrong_type_costs_that_field_alone(name: str, value: object) -> None:
    good: dict[str, object] = {
        "title": "t",
        "progress": [{"id": "a", "image": FIRST}],
        "result": [{"type": "video", "content": VIDEO}],
        "consumption": [{"type": "score", "value": 20, "detail": "d"}],
        "created_at": "2025-08-01T12:00:00",
        "finish_at": "2025-08-01T12:12:00",
        "messages": "m",
    }
    whole = parse_fields(status="COMPLETED", **good)
    parsed = parse_fields(status="COMPLETED", **{**good, name: value})
    changed = {
        field for field, one, two in zip(Task._fields, parsed, whole, strict=True) if one != two
    }
    own = {
        "progress": "frames", "result": "results", "consumption": "points", "messages": "message",
        "finish_at": "finished_at",
    }  # fmt: skip
    assert changed <= {own.get(name, name)}
    assert parsed.status is TaskStatus.COMPLETED


def test_a_list_may_come_as_an_object() -> None:
    """PHP writes it so where an item is missing, and some write an only item without its list."""
    frames = {"0": {"id": "a", "image": FIRST}, "2": {"id": "b", "image": SECOND}}
    assert parse_fields(progress=frames).frames == (Frame("a", FIRST), Frame("b", SECOND))
    assert parse_fields(progress={"id": "a", "image": FIRST}).frames == (Frame("a", FIRST),)
    result = {"1": {"type": "video", "content": VIDEO}}
    assert parse_fields(result=result).results == (Result("video", VIDEO, True),)


# Why a task failed


@pytest.mark.parametrize(
    "fields",
    [
        {"error": "boom"},
        {"message": "boom"},
        {"fail_reason": "boom"},
        {"error": {"message": "boom", "code": 17}},
        {"result": None, "errorMessage": ["boom"]},
        {"result": {"error": "boom"}},
        {"result": [{"type": "error", "message": "boom"}]},
        {"result": "boom"},
        {"result": [{"type": "text", "content": "boom"}], "error": "boom", "reason": "boom"},
    ],
)
def test_a_failed_task_says_why(fields: dict[str, object]) -> None:
    parsed = parse_fields(status="FAILED", **fields)
    assert parsed.results == (Result("text", "boom", False),)
    assert parse_fields(status="IN_PROGRESS", error="boom").results == ()


def parse_outside(outer: dict[str, object], **fields: object) -> tuple[str, ...]:
    """Return the texts of a failed task whose envelope has these fields as well."""
    data = {"task_id": "12345", "status": "FAILED", **fields}
    body = json.dumps({"status": "success", "data": data, **outer}).encode()
    return tuple(result.content for result in parser.parse(body, "12345").results)


def test_a_failed_task_says_why_outside_its_data() -> None:
    assert parse_outside({"message": "boom"}) == ("boom",)
    assert parse_outside({"error": {"detail": "boom"}}) == ("boom",)
    assert parse_outside({"messages": ["boom"]}) == ("boom",)
    for outer in ("ok", "Success.", "查询成功", 0, True):
        assert parse_outside({"message": outer}) == ()
    told = [{"type": "text", "content": "why"}]
    assert parse_outside({"message": "Query done"}, result=told) == ("why",)


def test_its_messages_are_text_too() -> None:
    parsed = parse_fields(status="FAILED", messages=["one", {"message": "two"}], error="three")
    assert parsed.message == "one ⏎ two"
    assert [result.content for result in parsed.results] == ["three"]
    assert parse_fields(status="FAILED", messages="boom", error="boom").results == ()
    assert parse_fields(status="FAILED", messages='{"code": 1}').message == ""
    assert parse_fields(status="FAILED", messages=f"see {VIDEO}").message == "see (link)"
    told = parse_fields(status="FAILED", result="one", error="one", detail="two").results
    assert [result.content for result in told] == ["one", "two"]


@pytest.mark.parametrize("name", ["error", "messages", "detail"])
def test_words_about_a_key_are_ours(name: str) -> None:
    parsed = parse_fields(status="FAILED", **{name: "Invalid API key sk-t***89"})
    words = [parsed.message, *(result.content for result in parsed.results)]
    assert [word for word in words if word] == [
        "the service's words are about a key or a token, and not shown"
    ]


def test_a_reason_is_cleaned_and_bounded() -> None:
    parsed = parse_fields(status="FAILED", error="\x1b[2Jbo\u202eom\nline" + "x" * 100_000)
    (result,) = parsed.results
    assert result.content.startswith("boom\nlinex")
    assert len(result.content) <= 2_000


@pytest.mark.parametrize(
    ("envelope", "message"),
    [
        ({"status": "error", "data": {"messages": "No\x1b[2J such\ntask"}}, "No such ⏎ task"),
        ({"status": " ERROR", "data": {"message": "no"}}, "no"),
        ({"status": "error", "data": "no"}, "no"),
        ({"status": "error", "messages": "no"}, "no"),
        ({"status": "error", "data": {"messages": ["a", "b"]}}, "a ⏎ b"),
        ({"status": "error", "error": {"message": "gone"}}, "gone"),
        ({"status": "error", "data": {"fail_reason": "gone"}}, "gone"),
        ({"status": "error", "data": [{"messages": "no"}]}, "no"),
        ({"status": "error", "data": {"status": "FAILED"}}, "the service reports an error"),
        ({"status": "error"}, "the service reports an error"),
    ],
)
def test_a_failed_request(envelope: object, message: str) -> None:
    body = json.dumps(envelope).encode()
    error = parse_error(body)
    assert (error.kind, error.message) == (ErrorKind.REJECTED, message)
    assert parser.is_service_error(body)


@pytest.mark.parametrize(
    "message",
    [
        *("list index out of range", "Server error: Task not found", "TASK NOT FOUND"),
        *("任务不存在", "task does not exist", "该任务ID不存在，请检查"),
    ],
)
def test_an_unknown_id(message: str) -> None:
    body = json.dumps({"status": "error", "data": {"messages": message}}).encode()
    error = parse_error(body)
    assert (error.kind, error.message) == (ErrorKind.NOT_FOUND, message)
    assert parser.is_unknown_task(body)
    failed = parse_fields(status="FAILED", messages=message)
    assert failed.status is TaskStatus.FAILED, "only a failed request says so"


@pytest.mark.parametrize("message", ["Unauthorized: API key not found", "API密钥不存在", "no", ""])
def test_other_errors_are_not_about_the_id(message: str) -> None:
    body = json.dumps({"status": "error", "data": {"messages": message}}).encode()
    assert parse_error(body).kind is ErrorKind.REJECTED
    assert not parser.is_unknown_task(body)


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"<html>",
            b"{",
            b"[]",
            b"3",
            b'"x"',
            b"null",
            b"{}",
            b"\xffx",
            b"\xef\xbb\xbf{}",
        ),
        *(
            b'{"status": "success"}',
            b'{"data": {"status": 1}}',
            b'{"status": 1, "data": {"status": 1}}',
        ),
        *(b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5_000, b'{"a": NaN}', b'{"a": -Infinity}'),
        *('{"a": 1}'.encode(code) for code in ("utf-16", "utf-16-le", "utf-32", "utf-8-sig")),
    ],
)
def test_no_answer_of_the_service(body: bytes) -> None:
    assert parse_error(body).kind is ErrorKind.NOT_THE_API
    assert parser.error_message(body) == ""
    assert not parser.is_service_error(body)


# Arbitrary input

_WORDS = st.sampled_from(
    [
        *("status", "data", "task_id", "progress", "result", "id", "image", "type", "content"),
        *("score", "scoreDetail", "consumption", "points", "messages", "message", "success"),
        *("error", "IN_PROGRESS", "COMPLETED", "FAILED", "12345", FIRST, "\x1b]0;x\x07", "\ud800"),
    ]
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _WORDS | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(_WORDS | st.text(), inner, max_size=5)
    ),
    max_leaves=20,
)
_ANSWERS = st.fixed_dictionaries(
    {"status": st.sampled_from(["success", "error"]) | _JSON},
    optional={
        "data": _JSON
        | st.fixed_dictionaries(
            {"status": st.sampled_from(["IN_PROGRESS", "FAILED"]) | _JSON},
            optional={
                "task_id": st.just("12345") | _JSON,
                "progress": st.lists(
                    st.fixed_dictionaries({}, optional={"id": _JSON, "image": _WORDS | _JSON})
                    | _JSON
                )
                | _JSON,
                "result": st.lists(
                    st.fixed_dictionaries(
                        {}, optional={"type": _JSON, "content": _JSON, "score": _JSON}
                    )
                    | _JSON
                )
                | _JSON,
                "consumption": _JSON,
                "messages": _JSON,
            },
        )
    },
)


def _check(body: bytes) -> None:
    """Assert that parsing gives a sanitized task with links as sent, or a sanitized error."""
    try:
        parsed = parser.parse(body, "12345")
    except ApiError as error:
        message = error.message
    else:
        message = ""
        assert parsed.id == "12345"
        texts = [parsed.status_sent, parsed.points.purpose, parsed.message, parsed.title]
        texts += [frame.id for frame in parsed.frames]
        for result in parsed.results:
            texts += [result.kind, result.score, result.score_detail]
            texts += [] if result.is_link else [result.content]
            assert not result.is_link or result.content.isprintable()
        for text in texts:
            assert clean(text, MAX_BLOCK_LENGTH, keep_lines=True) == text
    for text in (message, parser.error_message(body)):
        assert clean(text, MAX_BLOCK_LENGTH) == text
    parser.is_service_error(body)


@given(_ANSWERS | _JSON)
@settings(max_examples=examples(300))
def test_any_json_is_a_task_or_an_api_error(value: object) -> None:
    _check(json.dumps(value).encode())


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8")))
@settings(max_examples=examples(200))
def test_any_bytes_are_a_task_or_an_api_error(body: bytes) -> None:
    _check(body)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=5))
@settings(max_examples=examples(200))
def test_links_come_out_as_they_went_in_but_for_what_is_mended(links: list[str]) -> None:
    parsed = parse_fields(progress=[{"id": str(n), "image": link} for n, link in enumerate(links)])
    assert [frame.url for frame in parsed.frames] == [link for link in map(mended, links) if link]
