"""Why a task failed is found wherever a service may say it, and is text for people."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.scenext.failure import plain_text, reason

LINK = "https://oss.scenext.cn/a.mp4?OSSAccessKeyId=LTAI5tEXAMPLE&Expires=1&Signature=a%2Bb"


@pytest.mark.parametrize(
    "name",
    [
        *("error", "message", "messages", "msg", "fail_reason", "failReason", "failed_reason"),
        *("reason", "error_message", "errorMessage", "error_msg", "errMsg", "err_msg", "errmsg"),
        *("detail", "details", "error_detail", "failure_reason", "FailureReason", "fail-reason"),
        *("Error", "ERROR", "errors", "exception", "failure", "cause", "description", "fail_msg"),
        *("status_message", "statusMessage", "error_description", "失败原因", "错误信息", "原因"),
    ],
)
@pytest.mark.parametrize(
    "value",
    [
        *(
            "boom",
            "  boom\n",
            ["boom"],
            ["boom", "boom"],
            [None, "", "boom", 3],
            {"message": "boom"},
        ),
        *({"error": {"detail": "boom"}}, [{"loc": ["x"], "msg": "boom", "type": "t"}]),
        *(
            {"code": 500, "message": "boom", "type": "RenderError"},
            {"errors": [{"message": "boom"}]},
        ),
        *(
            '{"error": {"message": "boom"}}',
            '[{"message": "boom"}]',
            '{"message": "boom"'[:-1] + '"}',
        ),
        *('boom: {"code": 17, "trace": "x"}', 'boom - {"a": 1}', ["boom", LINK]),
    ],
    ids=str,
)
def test_a_reason_may_stand_anywhere(name: str, value: object) -> None:
    assert reason({"task_id": "1", "status": "FAILED", name: value}) == "boom"


@pytest.mark.parametrize(
    "value",
    [
        *(None, "", " ", 0, 500, 1.5, True, [], {}, [[]], "null", "None", "OK", "Success!", "500"),
        *("成功", "查询成功。", "no error", "-", "E", LINK, f" {LINK} ", "HTTPS://host/x", "error"),
        *('{"a": 1}', "{'code': 1}", '{"broken', '["x"', "[{}]", '{"code": 1, "data": {"b": 2}}'),
        *("<html><body>502</body></html>", "<?xml version='1.0'?><Error/>", "<!DOCTYPE html>"),
        *({"code": 1}, {"a": {"b": "c"}}, [[[[[["deep"]]]]]], {"image": "x"}),
    ],
    ids=str,
)
def test_what_says_nothing_is_not_shown(value: object) -> None:
    assert reason({"error": value}) in ("", "E")


def test_all_that_is_said_is_told_once_and_in_order() -> None:
    data = {
        "detail": "LaTeX error",
        "message": "render failed",
        "reason": "scene 3",
        "msg": "scene 3",
    }
    assert reason(data, {"error": "scene 3"}) == "scene 3\nrender failed\nLaTeX error"
    assert reason({"errors": [f"line {n}" for n in range(99)]}).count("\n") == 4


def test_what_looks_like_json_or_a_link_inside_a_text_is_left_out() -> None:
    assert reason({"error": f"could not fetch {LINK}, gave up"}) == "could not fetch (link) gave up"
    assert reason({"error": "KeyError: data['x'] of f(x) = {x | x > 0}"}).endswith("{x | x > 0}")
    assert reason({"error": 'Request failed: {"code": 1}'}) == "Request failed"
    assert reason({"error": "<b> is not closed"}) == "<b> is not closed"


def test_a_long_reason_is_cut() -> None:
    assert len(reason({"error": "x" * 1_000_000})) == 2_000
    assert reason({str(number): "x" for number in range(100_000)}) == ""


def test_texts_are_told_as_lines() -> None:
    assert plain_text("a {b} https://c") == "a {b} https://c"
    assert plain_text(["a", {"message": "b"}, LINK, 3]) == "a\nb"
    assert plain_text(None) == plain_text(3) == plain_text([[]]) == ""


@given(
    st.recursive(
        st.none() | st.integers() | st.text() | st.sampled_from(['{"error":', LINK, "<html>"]),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["error", "message", "x"]) | st.text(), inner, max_size=4
            )
        ),
        max_leaves=15,
    )
)
def test_no_shape_is_too_odd(value: object) -> None:
    told = reason(value, {"error": value})
    assert LINK not in told
    assert len(told) <= 5 * 2_001
    json.dumps(plain_text(value))
