"""The header at every width: no count is ever cut, and what needs somebody keeps its words."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.wording.header import Part, header_lines
from tui.wording.summary import HeaderData, HeaderPart, PartKind

_WORDS = {
    PartKind.FAILED: ("✗", "failed"),
    PartKind.TROUBLE: ("!", "trouble"),
    PartKind.UNKNOWN: ("?", "unknown"),
    PartKind.RUNNING: ("»", "running"),
    PartKind.WAITING: ("-", "waiting"),
    PartKind.DONE: ("✓", "done"),
}
TROUBLE = "demo: offline since 14:02, trying again; data from 14:01"


def parts(*numbers: int, shown: str = "") -> tuple[HeaderPart, ...]:
    """Return the parts for the numbers of tasks in each state, and of those that are shown."""
    counted = zip(_WORDS.items(), numbers, strict=False)
    made = [
        HeaderPart(kind, f"{glyph} {number:,} {word}", f"{glyph}{number:,}")
        for (kind, (glyph, word)), number in counted
        if number
    ]
    if shown:
        made.insert(0, HeaderPart(PartKind.SHOWN, f"{shown} shown", shown.replace(" of ", "/")))
    return tuple(made)


WORKING = HeaderData(parts(2, 1, 0, 6, 2, 9), "all done ~14:55", "live")
DAY_TEN = HeaderData(parts(12, 3, 1, 45, 12, 1127, shown="1,200 of 1,200"), "", "live")


def drawn(data: HeaderData, width: int) -> list[str]:
    """Return the header as it is drawn."""
    return ["".join(part.text for part in line) for line in header_lines(data, width)]


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (
            118,
            [
                "✗ 2 failed  ! 1 trouble  » 6 running  - 2 waiting  ✓ 9 done"
                "                                     all done ~14:55   live"
            ],
        ),
        (
            83,
            ["✗ 2 failed  ! 1 trouble  » 6 running  - 2 waiting  ✓ 9 done  all done ~14:55   live"],
        ),
        (78, ["✗ 2 failed  ! 1 trouble  » 6 running  - 2 waiting  ✓ 9 done    all done ~14:55"]),
        (58, ["✗ 2 failed  ! 1 trouble  »6  -2  ✓9        all done ~14:55"]),
        (38, ["✗2 !1 »6 -2 ✓9  all done ~14:55   live"]),
        (30, ["✗ 2 failed  !1  »6  -2  ✓9", "all done ~14:55   live"]),
        (18, ["✗2 !1 »6 -2 ✓9", "all done ~14:55", "live"]),
    ],
)
def test_shorter_forms_on_narrower_windows(width: int, lines: Sequence[str]) -> None:
    assert drawn(WORKING, width) == lines


def test_trouble_of_the_host_has_a_line_of_its_own_below() -> None:
    data = HeaderData(parts(2, 0, 0, 6), trouble=TROUBLE)
    assert drawn(data, 118) == ["✗ 2 failed  » 6 running", TROUBLE]
    assert drawn(data, 58)[1:] == [TROUBLE]
    assert drawn(data, 48)[1:] == [TROUBLE[:-11], "from 14:01"]
    assert drawn(data, 30)[1:] == ["demo: offline since 14:02,", "trying again; data from 14:01"]


def test_the_reason_of_trouble_gives_way_to_the_age_of_what_is_shown() -> None:
    data = HeaderData(trouble=TROUBLE, trouble_reason="the name is not known")
    assert drawn(data, 118)[1:] == [f"{TROUBLE} (the name is not known)"]
    assert drawn(data, 58)[1:] == [TROUBLE]
    assert drawn(data, len(TROUBLE) + 14)[1:] == [f"{TROUBLE} (the name i.."]
    assert drawn(data, 48)[1:] == [TROUBLE[:-11], "from 14:01 (the name is not known)"]


def test_without_tasks_nothing_dangles() -> None:
    empty = (HeaderPart(PartKind.EMPTY, "No tasks", "No tasks"),)
    assert drawn(HeaderData(empty), 78) == ["No tasks"]
    assert drawn(HeaderData(), 78) == [""]


@pytest.mark.parametrize("data", [WORKING, DAY_TEN], ids=["working", "day ten"])
def test_at_every_width_all_counts_are_whole_and_lines_fit(data: HeaderData) -> None:
    for width in range(18, 199):
        lines = drawn(data, width)
        assert all(cell_len(line) <= width for line in lines)
        if width >= 78:
            assert len(lines) == 1, width
        shown = [part.text for line in header_lines(data, width) for part in line if part.kind]
        for part in data.parts:
            assert part.text in shown or part.short in shown, width


@given(
    numbers=st.tuples(*[st.integers(0, 5000)] * 6),
    all_done=st.sampled_from(["", "all done ~14:55", "all done 2026-11-29 14:55"]),
    trouble=st.text(st.characters(exclude_categories=["C", "M", "Z"]), max_size=90),
    width=st.integers(18, 198),
)
def test_no_number_is_cut_whatever_there_is(
    numbers: tuple[int, ...], all_done: str, trouble: str, width: int
) -> None:
    data = HeaderData(parts(*numbers), all_done, "live", trouble)
    lines = header_lines(data, width)
    assert all(cell_len("".join(part.text for part in line)) <= width for line in lines)
    counts = [part for line in lines for part in line if part.kind in {k.value for k in PartKind}]
    assert [count_of(part) for part in counts] == [number for number in numbers if number]


def count_of(part: Part) -> int:
    """Return the number that a part tells."""
    match = re.search("[0-9,]+", part.text)
    assert match is not None, part
    return int(match[0].replace(",", ""))
