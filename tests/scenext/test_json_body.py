"""Whatever is odd about an answer's bytes or one of its values, the others are read."""

from __future__ import annotations

import codecs
import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.errors import ApiError, ErrorKind
from tui.scenext.json_body import MAX_VALUES, only, read_object

STATE = '"status": "COMPLETED"'
CODECS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le")


def refusal(body: bytes) -> str:
    """Return why a body is refused."""
    with pytest.raises(ApiError) as caught:
        read_object(body)
    assert caught.value.kind is ErrorKind.NOT_THE_API
    return caught.value.message


@pytest.mark.parametrize("codec", CODECS)
def test_a_text_may_be_in_any_form_of_unicode(codec: str) -> None:
    value = {"status": "COMPLETED", "title": "勾股 🎬"}
    assert read_object(json.dumps(value, ensure_ascii=False).encode(codec)) == value


@pytest.mark.parametrize(
    ("before", "after"),
    [
        *((around, around) for around in (b"", b" ", b"\r\n\t ", b"\n" * 9_999)),
        (codecs.BOM_UTF8 * 2, b""),
        (b"\n" + codecs.BOM_UTF8, b""),
        ("ï»¿".encode(), b""),
        *((b"", after) for after in (b"\0", b"\0" * 3_000, b"\x1a", b"\n\0\n", b"}", b"]}", b";")),
        *((b"", after) for after in (b"<!-- 12 ms -->", b"\xff\xff", b"{}", b'{"status": 3}')),
    ],
)
def test_what_stands_around_the_object_is_nothing(before: bytes, after: bytes) -> None:
    assert read_object(before + b"{%s}" % STATE.encode() + after) == {"status": "COMPLETED"}


@pytest.mark.parametrize(
    "broken",
    [b"\xff", b"\xe9", b"caf\xe9", b"\xe5\x8b", b"\xc0\x80", b"\xed\xa0\x80", b"\x80" * 99],
)
def test_what_is_not_unicode_costs_its_characters(broken: bytes) -> None:
    read = read_object(b'{"title": "a' + broken + b'b", ' + STATE.encode() + b"}")
    assert read["status"] == "COMPLETED"
    title = read["title"]
    assert isinstance(title, str)
    assert "\ufffd" in title
    assert (title[0], title[-1]) == ("a", "b")


@pytest.mark.parametrize("title", ["誠", "一二誠", "㽽", "勾股"])
def test_a_chinese_encoding_does_not_hide_the_state(title: str) -> None:
    """The last byte of 誠 is that of a backslash in GBK."""
    body = f'{{"title": "{title}", {STATE}}}'.encode("gb18030")
    assert read_object(body)["status"] == "COMPLETED"


@pytest.mark.parametrize(
    "value",
    [
        *("NaN", "Infinity", "-Infinity", "nan", "-nan", "inf", "-inf", "None", "undefined", "nil"),
        *("1e999", "-1e999", "1e99999999999", "1." + "1" * 5_000, "0." + "0" * 5_000 + "1"),
        *("9" * 5_000, "-" + "9" * 5_000, "0x1F", "1_000", "1.2.3", "--1", "1e", "."),
        *('"\\x41"', '"\\q"', '"\\\\\\q"', '"\\u12"', '"\\"\\\'"', "new", "Decimal", "NaN/NaN"),
        *("", "#N/A", "datetime"),
    ],
    ids=lambda value: value[:20],
)
def test_what_is_no_value_is_nothing(value: str) -> None:
    for text in (f'{{"x": {value}, {STATE}}}', f'{{{STATE}, "x": {value}}}'):
        assert read_object(text.encode()).get("x") is None
        assert read_object(text.encode())["status"] == "COMPLETED"
    listed = read_object(f'{{"x": [{value}, 7], {STATE}}}'.encode())
    assert listed["status"] == "COMPLETED"
    assert isinstance(items := listed["x"], list)
    assert items[-1] == 7


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("007", 7), ("+5", 5), ("5.", 5.0), (".5", 0.5), ("True", True), ("FALSE", False)),
        *(('"a\tb"', "a\tb"), ('"a\nb"', "a\nb"), ('"\0\x1b"', "\0\x1b"), ('"\\ud800"', "\ud800")),
        *(("[1,]", [1]), ('{"a": 1,}', {"a": 1}), ("[1 2]", [1, 2]), ('{"a": 1 "b": 2}', None)),
        *(("1", 1), ("-1.5e3", -1500.0), ("12345678901234567890", 12345678901234567890)),
        ("1" * 60, int("1" * 60)),
    ],
)
def test_a_value_may_be_written_oddly(text: str, value: object) -> None:
    read = read_object(f'{{"x": {text}, "nan": nan, {STATE},}}'.encode())
    assert read["status"] == "COMPLETED"
    assert value is None or read["x"] == value


def test_the_last_of_two_with_one_name_counts() -> None:
    assert read_object(b'{"a": 1, "a": 2, "b": nan, "b": 3}') == {"a": 2, "b": 3}
    assert read_object(b'{"a": 1, "a": 2}') == {"a": 2}


@pytest.mark.parametrize("depth", [60, 500, 900, 2_000, 4_900])
@pytest.mark.parametrize("pair", ["[]", "{}"])
def test_deep_nesting_costs_that_field(depth: int, pair: str) -> None:
    opening = "[" if pair == "[]" else '{"a":'
    deep = opening * depth + "1" + pair[1] * depth
    for text in (f'{{"x": {deep}, {STATE}}}', f'{{{STATE}, "x": {deep}}}'):
        assert read_object(text.encode())["status"] == "COMPLETED"


@pytest.mark.parametrize("count", [1, 1_999, 2_001, 50_000])
def test_too_many_fractions_cost_themselves(count: int) -> None:
    read = read_object(f'{{"x": [{"0.5," * count}1], {STATE}}}'.encode())
    assert read["status"] == "COMPLETED"


@pytest.mark.parametrize("length", [1, 60, 500])
def test_too_many_odd_strings_cost_the_answer(length: int) -> None:
    """Each error of `json` counts the lines of all that it was given."""
    odd = f'"{"a" * length}\\q",'
    assert read_object(f'{{"x": [{odd * 1_900}1], {STATE}}}'.encode())["status"] == "COMPLETED"
    refused = refusal(f'{{"x": [{odd * 2_100}1], {STATE}}}'.encode())
    assert refused == "the answer is not JSON"


def test_only_a_small_answer_is_read_in_a_second_encoding() -> None:
    for size, is_read in ((1_000, True), (40_000, False)):
        body = f'{{"title": "誠", "x": "{"a" * size}", {STATE}}}'.encode("gb18030")
        if is_read:
            assert read_object(body)["status"] == "COMPLETED"
        else:
            assert refusal(body) == "the answer is not JSON"


@pytest.mark.parametrize(
    "text",
    [
        "{" + STATE,
        "{" + STATE + ', "x": {}',
        "{" + STATE + ', "x": [1, 2',
        "{" + STATE + ', "x": "abc',
        "{" + STATE + ', "x": "abc}',
        "{" + STATE + ', "x": nan',
        "{" + STATE + ', "x": "\\x41',
        "{" + STATE + ', "x": [1}',
        "{" + STATE + ', "x": [1}]',
        "{" + STATE + ', 7: "x"}',
        '{"status", "COMPLETED"',
        "[{" + STATE + "}",
    ],
)
def test_what_is_cut_short_is_not_read(text: str) -> None:
    assert refusal(text.encode()) == "the answer is not JSON"


@pytest.mark.parametrize(
    "prefix",
    [")]}',\n", "while(1);", "for(;;);", "callback(", "data: ", "/* */", "x", "\ufffd", "'"],
)
def test_what_another_program_puts_before_it_is_not_the_api(prefix: str) -> None:
    assert refusal(f"{prefix}{{{STATE}}}".encode()) == "the answer is not JSON"


def test_what_it_is_instead_is_said() -> None:
    assert refusal(b"") == refusal(b" \0") == "the answer is not JSON"
    assert refusal(b"\xef\xbb\xbf\n <html>") == "the answer is a page"
    assert (
        refusal(b"[]") == refusal(b"[1, 2]") == "the answer is JSON, but not of the service's form"
    )
    assert refusal(b'{"x": [' + b"1," * MAX_VALUES + b"1]}") == "the answer holds too many values"
    for deep in (b"[" * 90_000, ("[" * 90_000).encode("utf-16"), b'{"a":' * 90_000):
        assert refusal(deep) == "the answer is nested too deeply"


def test_only_an_only_item_stands_for_its_list() -> None:
    assert only([1]) == only(1) == 1
    assert only([]) == []
    assert only([1, 2]) == [1, 2]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=9))
def test_one_odd_value_changes_no_other(value: object) -> None:
    text = json.dumps({"a": value, "b": {"c": [value]}})
    odd = f'{text[:-1]}, "x": undefined}}'
    assert read_object(odd.encode()) == {"a": value, "b": {"c": [value]}, "x": None}


@given(st.binary() | st.text().map(str.encode) | st.text().map(lambda text: f'{{"a{text}'.encode()))
def test_any_bytes_are_an_object_or_refused(body: bytes) -> None:
    with contextlib.suppress(ApiError):
        read_object(body)
