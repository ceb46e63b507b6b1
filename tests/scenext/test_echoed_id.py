"""An answer that echoes the ID in another form is about the task; another ID is another task."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.scenext.echoed_id import contradicts

UUID = "d988d4d9-0000-4000-8000-ca974335dcf4"
LONG = "123456789012345678"


NO_IDS: list[object] = [
    *(None, "", " ", "\t\n", "\u200b", "null", "None", "undefined"),
    *([], {}, {"id": 3}, True, False, ["18"], ["18", "19"]),
]
"""Nothing that could contradict."""


@pytest.mark.parametrize(
    ("sent", "asked"),
    [
        *((none, "17") for none in NO_IDS),
        # Numbers.
        *((number, "0017") for number in (17, 17.0, "17", "17.0", "0017", "00017", "1.7e1", "+17")),
        *((number, "17") for number in (17, 17.0, "017", "0017", "1.7E+1", "17.", "17.00")),
        *(("0", zeros) for zeros in ("0", "00", "000")),
        *((zero, "000") for zero in (0, 0.0, "0", "0.0", "00")),
        (123456789012345678, LONG),
        (123456789012345680, LONG),
        (1.2345678901234568e17, LONG),
        # Spaces, quotes, and what is invisible.
        *((padded, "aB-17") for padded in (" aB-17", "aB-17\n", "\ufeffaB-17", "aB\u200b-17")),
        *((quoted, "aB-17") for quoted in ('"aB-17"', "'aB-17'", "<aB-17>", "`aB-17`", "{aB-17}")),
        # Case, encoding, width, other digits.
        *((cased, "aB-17") for cased in ("AB-17", "ab-17", "Ab-17", "aB%2D17", "aB%2d17")),
        *((wide, "aB-17") for wide in ("ａＢ-17", "aB-１７", "aB－17", "％61B-17")),
        ("１２３４５", "12345"),
        ("12345", "１２３４５"),
        ("a%20b", "a b"),
        ("a/b", "a%2Fb"),
        ("a%2Fb", "a/b"),
        ("100%", "100%"),
        ("%E6%B1%89", "汉"),
        ("汉", "%E6%B1%89"),
        ("e\u0301tude", "étude"),
        # UUIDs.
        *((UUID.upper(), UUID), (UUID.replace("-", ""), UUID), (f"{{{UUID}}}", UUID)),
        *((f"urn:uuid:{UUID}", UUID), (UUID, UUID.replace("-", "").upper())),
    ],
)
def test_the_same_id_in_another_form(sent: object, asked: str) -> None:
    assert not contradicts(sent, asked)


@pytest.mark.parametrize(
    ("sent", "asked"),
    [
        *(("18", "17"), (18, "17"), (17.5, "17"), (-17, "17"), ("17.5", "17"), ("1.7", "17")),
        *(("170", "17"), (170, "17"), ("0x11", "17"), ("17a", "17"), (17, "17a"), ("-17", "17")),
        *((10**300, "17"), (1e300, "17"), ("1e300", "17"), ("9" * 5_000, "17"), ("1e999", "17")),
        *(("123456789012345679", LONG), (123456789012345679, LONG), (123456789012345677, LONG)),
        *((UUID.replace("d9", "d8"), UUID), ("1-23", "12-3"), ("a b", "ab"), ("ab", "a%62c")),
        *(("not-17", "17"), ("task-17", "17"), ("17,18", "17"), ("x" * 2_000, "x")),
        (0, "false"),
        ("0", "o"),
    ],
)
def test_another_id(sent: object, asked: str) -> None:
    assert contradicts(sent, asked)


@given(st.text(min_size=1, max_size=128))
def test_an_id_never_contradicts_itself(task_id: str) -> None:
    assert not contradicts(task_id, task_id)


@given(st.integers(min_value=0, max_value=10**25))
def test_a_number_never_contradicts_its_digits(number: int) -> None:
    for sent in (number, float(number), str(number), f"00{number}", f" {number} "):
        assert not contradicts(sent, str(number))
