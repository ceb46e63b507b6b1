"""Parsing a response: any bytes become a `Task` or raise an `ApiError`."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tui.errors import ApiError, ErrorKind
from tui.sanitize import MAX_BLOCK_LENGTH, clean
from tui.scenext import parser
from tui.scenext.models import Frame, Result, Task, TaskStatus

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
    assert parsed.points == "model: gen, points: 12.5, 3"


def test_a_failed_task_is_no_failed_request() -> None:
    parsed = parse_fields(status="FAILED", result=[{"type": "text", "content": "render failed"}])
    assert parsed.status is TaskStatus.FAILED
    assert parsed.results[0].content == "render failed"


@pytest.mark.parametrize(
    ("sent", "status", "status_sent"),
    [
        (" completed\n", TaskStatus.COMPLETED, "COMPLETED"),
        ("Failed", TaskStatus.FAILED, "FAILED"),
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


def test_frames_without_end_are_cut() -> None:
    many = [{"id": str(number), "image": f"https://host/{number}"} for number in range(3_000)]
    assert len(parse_fields(progress=many).frames) == parser.MAX_FRAMES


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
        ({"consumption": [5]}, "5"),
        ({"consumption": 0}, "0"),
        ({"consumption": 0.1}, "0.1"),
        ({"consumption": 12345678.25}, "12345678.25"),
        ({"consumption": "5 points"}, "5 points"),
        ({"consumption": {"video": 5, "audio": 1.5}}, "video: 5, audio: 1.5"),
        ({"consumption": [{"points": 5}, {"points": 6}]}, "points: 5, points: 6"),
        ({"consumption": [[1, 2]]}, "[1, 2]"),
        ({"consumption": [], "points": 3}, "3"),
        ({"points_used": 4}, "4"),
        ({"consumption": None}, ""),
        ({"consumption": [None, True]}, ""),
        ({}, ""),
    ],
)
def test_points_come_in_whatever_shape(fields: dict[str, object], points: str) -> None:
    assert parse_fields(**fields).points == points


def test_a_number_that_nobody_reads() -> None:
    body = b'{"status": "success", "data": {"status": "X", "consumption": %s}}' % (b"9" * 4000)
    assert parser.parse(body, "1").points == "13288 bits"


# Which task the response is about


@pytest.mark.parametrize("sent", ["12345", 12345, None])
def test_an_answer_about_the_task(sent: object) -> None:
    assert parse_fields(task_id=sent).id == "12345"
    assert parse_data({"status": "COMPLETED"}).id == "12345"


@pytest.mark.parametrize("sent", ["1234", "", " 12345", 12345.0, True, [], {}, 10**300])
def test_an_answer_about_another_task(sent: object) -> None:
    with pytest.raises(ApiError, match="another task") as caught:
        parse_fields(task_id=sent)
    assert caught.value.kind is ErrorKind.NOT_THE_API


@pytest.mark.parametrize(
    ("envelope", "message"),
    [
        ({"status": "error", "data": {"messages": "No\x1b[2J such\ntask"}}, "No such ⏎ task"),
        ({"status": " ERROR", "data": {"message": "no"}}, "no"),
        ({"status": "error", "data": "no"}, "no"),
        ({"status": "error", "messages": "no"}, "no"),
        ({"status": "error", "data": {"messages": ["a", "b"]}}, '["a", "b"]'),
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
    "body",
    [
        *(
            b"",
            b" ",
            b"<html>",
            b"{",
            b"[]",
            b"3",
            b'"x"',
            b"null",
            b"{}",
            b"\xff",
            b"\xef\xbb\xbf{}",
        ),
        *(
            b'{"status": "success"}',
            b'{"status": "success", "data": []}',
            b'{"data": {"status": 1}}',
        ),
        *(b'{"status": 1, "data": {"status": 1}}', b'{"status": "success", "data": {}}'),
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
        texts = [parsed.status_sent, parsed.points, parsed.message]
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
@settings(max_examples=examples(300), deadline=None)
def test_any_json_is_a_task_or_an_api_error(value: object) -> None:
    _check(json.dumps(value).encode())


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8")))
@settings(max_examples=examples(200))
def test_any_bytes_are_a_task_or_an_api_error(body: bytes) -> None:
    _check(body)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), max_size=5))
@settings(max_examples=examples(200))
def test_links_come_out_as_they_went_in(links: list[str]) -> None:
    parsed = parse_fields(progress=[{"id": str(n), "image": link} for n, link in enumerate(links)])
    assert [frame.url for frame in parsed.frames] == [link for link in links if link.strip()]
