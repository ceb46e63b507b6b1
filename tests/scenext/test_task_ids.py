"""Parsing task IDs from text that users type or paste."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tui.errors import UserError
from tui.sanitize import clean
from tui.scenext.task_ids import MAX_ID_LENGTH, is_task_id, parse_task_id, parse_task_ids

UUID = "d988d4d9-0000-4000-8000-ca974335dcf4"


@pytest.mark.parametrize(
    ("text", "task_id"),
    [
        *((text, text) for text in ("12345", UUID, "a/b", "a?b", "100%", "...", "汉字", "task:1")),
        (" 12345\n", "12345"),
        ("\u3000" + UUID + "\t", UUID),
        ("x" * MAX_ID_LENGTH, "x" * MAX_ID_LENGTH),
        *(
            (f"https://api.scenext.cn/api/get_status/{end}", "12345")
            for end in ("12345", "12345/", "12345?a=b/c", "12345#x", "12345/?q#f", "%31%32345")
        ),
        ("  https://api.scenext.cn/api/get_status/12345 ", "12345"),
        ("HTTP://127.0.0.1:8000/x/y/get_status/" + UUID, UUID),
        ("api.scenext.cn/api/get_status/12345", "12345"),
        ("/get_status/12345", "12345"),
        ("https://api.scenext.cn/api/get_status/a%2Fb", "a/b"),
        ("https://api.scenext.cn/api/get_status/a%252Fb", "a%2Fb"),
        ("https://api.scenext.cn/api/get_status/%E6%B1%89", "汉"),
    ],
)
def test_an_id_in_a_text(text: str, task_id: str) -> None:
    assert parse_task_id(text) == task_id


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        *((empty, "no task ID in “") for empty in ("", "  ", "\n")),
        (".", "“.” is no task ID"),
        (" .. ", "“..” is no task ID"),
        ("x" * 129, "a task ID has at most 128 characters"),
        *(
            (f"1{bad}2", "a task ID has no spaces or invisible characters")
            for bad in " \t\n\0\x1b\x7f\x85\xa0\xad\u200b\u202e\u2028\u3000\ud800\ufeff\u3164\ufe0f"
        ),
        ("z" + "\u0301" * 9, "a task ID has no spaces or invisible characters"),
        ("https://api.scenext.cn/api/get_status/", "no task ID in “"),
        ("https://api.scenext.cn/api/get_status//", "no task ID in “"),
        ("https://api.scenext.cn/api/get_status/1/2", "no task ID in “"),
        ("https://api.scenext.cn/api/get_status/%ff", "no task ID in “"),
        ("https://api.scenext.cn/api/get_status/%2E%2E", "“..” is no task ID"),
        ("https://api.scenext.cn/api/get_status/1%0A2", "a task ID has no spaces"),
        ("https://api.scenext.cn/api/get_status", "a link that holds a task ID goes on …/get_"),
        ("https://api.scenext.cn/api", "a link that holds a task ID goes on …/get_status/ID"),
        ("https://[::1", "a link that holds a task ID"),
        (
            f"https://oss.scenext.cn/frame_img/{UUID}/frame1.png?Expires=1&Signature=SECRET",
            "a link that holds a task ID",
        ),
    ],
)
def test_what_is_no_id(text: str, reason: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_task_id(text)
    message = str(caught.value)
    assert message.startswith(reason)
    assert clean(message) == message
    assert "SECRET" not in message


def test_ids_come_once_each_in_order() -> None:
    texts = ["2", "1", " 2 ", "https://api.scenext.cn/api/get_status/1", "3"]
    assert parse_task_ids(texts) == ["2", "1", "3"]
    with pytest.raises(UserError):
        parse_task_ids(["1", ".."])


@given(
    st.text(st.characters(), max_size=200)
    | st.text("a1./?#%:\\ \n").map(lambda end: f"https://h/get_status/{end}")
)
@settings(max_examples=examples(300))
def test_an_id_is_harmless_wherever_it_came_from(text: str) -> None:
    try:
        task_id = parse_task_id(text)
    except UserError as error:
        message = str(error)
        task_id = ""
    else:
        message = ""
    assert bool(task_id) != bool(message)
    assert clean(message) == message
    assert task_id not in (".", "..")
    assert len(task_id) <= MAX_ID_LENGTH
    assert clean(task_id, MAX_ID_LENGTH) == task_id
    assert not {unicodedata.category(char) for char in task_id} & {"Cc", "Cf", "Cs", "Zs"}
    # A saved ID must parse to itself when the file is read again.
    assert (
        not task_id
        or "/get_status/" in task_id
        or "://" in task_id
        or parse_task_id(task_id) == task_id
    )


def test_a_pasted_list_is_many_ids() -> None:
    assert parse_task_ids(['111, 222;333\n"444"', "555，666  '777'"]) == [
        *("111", "222", "333", "444", "555", "666", "777"),
    ]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ('{"task_id":"99"}', ["99"]),
        ('{"task_id": "99"}', ["99"]),
        ('{"task_id": 99, "label": "x, y"}', ["99"]),
        ('{"status": "success", "data": {"task_id": "12345"}}', ["12345"]),
        ('{"data": {"task_id": "1", "status": "COMPLETED"}}\n{"task_id": "2"}\n3', ["1", "2", "3"]),
        ('[{"task_id": "1"}, {"task_id": "2"}]', ["1", "2"]),
        ('{"tasks": [{"task_id": "1"}, {"task_id": "2"}]}', ["1", "2"]),
        ('["1", "2"]', ["1", "2"]),
        ('{"a": [{"task_id": "1"}, {"b": {"task_id": "2"}}], "c": {"task_id": "3"}}', list("123")),
        ('{"a": [' * 400 + '{"task_id": "1"}' + "]}" * 400, ["1"]),
        ('"task_id":"99"', ["99"]),
        ('"task_id": "99",', ["99"]),
        ("task_id=99 taskId:98 TASK_ID：97", ["99", "98", "97"]),
        ("q1,q2;q3", ["q1", "q2", "q3"]),
        ("task_ids", ["task_ids"]),
        ("https://h/get_status/5?task_id=5", ["5"]),
    ],
)
def test_ids_in_the_forms_in_which_they_are_pasted(text: str, ids: list[str]) -> None:
    assert parse_task_ids([text]) == ids


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('{"id": "99"}', "“{"),
        ('{"task_id":"99"', "“{"),
        ('{"task_id": null}', "“{"),
        ('{"task_id": true}', "“{"),
        ('{"a": [' * 400 + "1" + "]}" * 400, "“{"),
        ("{}", "“{}”"),
        ("5 }", "“}”"),
        ('a"b', "“a"),
        ("<li>99</li>", "“<li>"),
        ("{" * 1_000_000, "“{{{"),
        ('{"a":' * 100_000, "“{"),
        ('{"task_id": ' + "9" * 5000 + "}", "“{"),
        ('{"task_id": "1/../2 }"}', "“}"),
    ],
)
def test_junk_is_refused_by_name(text: str, named: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_task_ids([text])
    assert named in str(caught.value)


AROUND_ONE = """\
１２３４５ 12345。 12345. 12345， 12345, 12345; 12345! 12345? 12345： 12345… 12345、 #12345
<12345> (12345) [12345] 「12345」 （12345） 【12345】 《12345》 {12345} ＜12345＞ (12345 12345).
“12345” "12345" '12345 "12345", `12345` «12345» ="12345" ='12345' "=""12345""\" =12345
id=12345 Id：12345 task_id=12345 任务ID：12345 编号:12345 {'task_id':'12345'} 123\u200b45
\ufeff12345 12\xad345\u2060 \u200e12345 https://api.scenext.cn/api/get_status/12345。
١٢٣٤٥ ۱۲۳۴۵ १२३४५ １２３४５ **12345** *12345* ~~12345~~ &lt;12345&gt; &quot;12345&quot;,
&#39;12345&#39; 〖12345〗 ⟨12345⟩ ❨12345❩ 12345\ufe0f
1\ufe0f\u20e32\ufe0f\u20e33\ufe0f\u20e34\ufe0f\u20e35
´12345´ ：12345 ！12345 ¿12345? 12345|  |12345| get_status/12345 api/get_status/12345. ?id=12345
https://api.scenext.cn/api/get_status/12345. (https://api.scenext.cn/api/get_status/12345)
<https://api.scenext.cn/api/get_status/12345> https://api.scenext.cn/api/get_status/12345?a=1)，
"""
WITH_SPACES = ["12345 。", "12345\xa0", "ID: 12345", "(id: 12345)", "Task ID: 12345", "任务：12345"]
WITH_SPACES += ["> 12345", "→ 12345", "✓ 12345", "- [ ] 12345", "| 12345 |", "12345 %"]
WITH_SPACES += ["1. 12345", " 12) 12345", "(3) 12345", "12345 ！！"]
WITH_SPACES += ["task-id : 12345", '"id": "12345",', "- 12345", "• 12345", "# 12345"]


@pytest.mark.parametrize("text", AROUND_ONE.split() + WITH_SPACES)
def test_what_stands_around_an_id_is_taken_off(text: str) -> None:
    assert parse_task_ids([text]) == ["12345"]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("请看12345，谢谢", ["请看12345", "谢谢"]),
        (f"{{{UUID}}}", [UUID]),
        (f"{UUID[:8]}\u200b{UUID[8:]}", [UUID]),
        (f"{UUID.upper()}.", [UUID.upper()]),
        ("ids: 1, 2 and", ["1", "2", "and"]),
        ("12345\t67890\r\n11111", ["12345", "67890", "11111"]),
        ("\"12345\";'67890'", ["12345", "67890"]),
        ('"12345","67890"', ["12345", "67890"]),
        ("12345,67890", ["12345", "67890"]),
        ("1,2,3", ["1", "2", "3"]),
        ("1. 12345\n2. 67890", ["12345", "67890"]),
        ("1. 2. 3.", ["1", "2", "3"]),
        ("| 12345 | 67890 |\n|---|:--:|", ["12345", "67890"]),
        ("12345 – 67890", ["12345", "67890"]),
        *((UUID.replace("-", dash), [UUID]) for dash in "‐‑‒–—−－"),
        ("111 222 333", ["111", "222", "333"]),
    ],
)
def test_what_stands_around_several(text: str, ids: list[str]) -> None:
    assert parse_task_ids([text]) == ids


INSIDE = """\
v1.2.3 a-b_c.d run(1) x[2] task:1 1.5 2026.11.29 0017 12e5 1E17 a/b a?b a#b a=b a'b 100%
task_ids ID identity 汉字 ... -5
"""


@pytest.mark.parametrize("task_id", INSIDE.split())
def test_what_an_id_has_inside_stays(task_id: str) -> None:
    assert parse_task_ids([task_id]) == [task_id]


NUMBERS = """\
1.2345E+17 1.2345e17 1E+17 1,2345E+17 -1.5e+3 1.2E-5 12345.0 12345.00 12,345 1,234,567
1,23,45,678 12,345.00 12'345 12'345.00 12345,0 12345,00 1.234.567 1.234,00 1.234.567,8
"""


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *((text, text) for text in (*NUMBERS.split(), "1 234 567", "12 345")),
        *((f"1{space}234{space}567", "1 234 567") for space in "\xa0\u2009\u202f"),
        ("12345, 1.2345E+17", "1.2345E+17"),
        ("67890,1.2345E+17,x", "1.2345E+17"),
        ('"12,345"', "12,345"),
        ("１．２３４５Ｅ＋１７", "1.2345E+17"),
        ("(12345.0)", "12345.0"),
        ("ID: 12345.0。", "12345.0"),
        ('="1.2345E+17"', "1.2345E+17"),
        ("$12345.00", "12345.00"),
        ("١٢٣٤٥.٠", "12345.0"),
    ],
)
def test_a_number_of_a_spreadsheet_is_refused_by_name(text: str, number: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_task_ids([text])
    words = unicodedata.normalize("NFKC", str(caught.value))
    assert words.startswith(f"“{number}” is a number as a spreadsheet shows it, not a task ID: ")
    assert words.endswith("format its cells as text and copy the ID anew")


SHEET_ERRORS = "#N/A #REF! #VALUE! #NAME? #DIV/0! #NUM! ###### nan NaN null None undefined"


@pytest.mark.parametrize("text", [*SHEET_ERRORS.split(), "12345²", "12345₁", "½", "“12345³”"])
def test_what_stands_in_an_ids_place_is_refused_by_name(text: str) -> None:
    for pasted in (text, f"12345 {text}", f"{text},12345"):
        with pytest.raises(UserError, match=re.escape(text.strip("“”")) + r".{0,8} is no task ID$"):
            parse_task_ids([pasted])


@pytest.mark.parametrize("text", ["task_id,status\n12345,COMPLETED", "12345,FAILED", "IN_PROGRESS"])
def test_the_other_columns_of_a_table_are_no_ids(text: str) -> None:
    with pytest.raises(UserError, match=r"is no task ID$"):
        parse_task_ids([text])


@given(st.text(max_size=60) | st.text("1a()[]{}<>\"'.,;:=# \u200b。「」id", max_size=40))
@settings(max_examples=examples(300))
def test_what_was_read_is_read_again_as_the_same(text: str) -> None:
    ids: list[str] = []
    with suppress(UserError):
        ids = parse_task_ids([text])
    # What is stored must be read back; the next reader of the file takes nothing off.
    assert all(map(is_task_id, ids))


def test_a_long_row_of_brackets_takes_no_time() -> None:
    with pytest.raises(UserError):
        parse_task_ids(["[" * 1_000_000 + "1"])
