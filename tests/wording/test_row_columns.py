"""The columns of the list of tasks in every width, and the names that are cut to fit them."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.sanitize import clean
from tui.watchlist.sections import Section
from tui.wording.names import alike_heads, short_name
from tui.wording.row_columns import Columns, task_line
from tui.wording.rows import TaskRowData
from tui.wording.section_lines import section_line, section_row

UUID = str(uuid.UUID(int=0x1234_5678_9ABC_DEF0_1234_5678_9ABC_DEF0))
clean_text = st.text(max_size=60).map(clean)


def row(
    key: str = "48213", label: str = "", section: Section = Section.RUNNING, **more: object
) -> TaskRowData:
    """Return a row."""
    parts = {"look": "in-progress", "glyph": "»", "state": "In progress", "label": label, **more}
    return TaskRowData(key, section, **parts)  # type: ignore[arg-type]


def running(key: str = "48213", label: str = "", **more: object) -> TaskRowData:
    """Return the row of a running task."""
    facts: dict[str, object] = {"time": "10 min", "end": "~14:35", "frames": "11 frames"}
    return row(key, label, **{**facts, **more})  # type: ignore[arg-type]


def finished(key: str = "48213", label: str = "", **more: object) -> TaskRowData:
    """Return the row of a finished task."""
    facts = {"time": "12 min", "end": "14:31", "frames": "13 frames", "points": "26 points"}
    return row(key, label, Section.FINISHED, **{**facts, "look": "completed", "glyph": "✓", **more})


def trouble(key: str = "48213", label: str = "", *notes: str) -> TaskRowData:
    """Return the row of a task that needs attention."""
    return row(key, label, Section.ATTENTION, look="trouble", glyph="!", notes=notes)


def lines(rows: Sequence[TaskRowData], width: int) -> list[str]:
    """Return the rows as drawn in a list of this width, without blanks at their ends."""
    columns = Columns.fit(width, rows)
    return ["".join(text for _, text in task_line(each, columns)).rstrip() for each in rows]


LABELLED = [
    finished("48213", "光合作用讲解视频（高中生物）", is_new=True),
    running("903d1069-c1f2-4a6b-9a55-000000000001", "Bayes' theorem, part 1"),
    running("48346", "二次函数", end="", notes=("no new frame since 14:13", "quiet since 14:13")),
    trouble("3fa85f64-5", "batch 4: 化学平衡", "the service does not know this ID", "unknown ID"),
]


def test_at_80_columns_names_ids_and_facts_stand_as_in_the_sketch() -> None:
    assert lines(LABELLED, 79) == [
        " *✓ 光合作用讲解视频（高中..  48213       12 min  14:31   13 frames  26 points",
        "  » Bayes' theorem, part 1    903d1069-c  10 min  ~14:35  11 frames",
        "  » 二次函数                  48346       10 min  no new frame since 14:13",
        "  ! batch 4: 化学平衡         3fa85f64-5  the service does not know this ID",
    ]


def test_at_60_columns_names_keep_their_room_and_frames_and_points_go() -> None:
    assert lines(LABELLED, 59) == [
        " *✓ 光合作用讲解视频（高中生物） 48213       12 min 14:31",
        "  » Bayes' theorem, part 1       903d1069-c  10 min ~14:35",
        "  » 二次函数  48346              10 min quiet since 14:13",
        "  ! batch 4: 化学平衡            unknown ID",
    ]


def test_at_60_columns_a_reason_takes_the_place_of_the_id_which_goes_where_there_is_room() -> None:
    reason = "渲染失败：场景 4 的公式无法编译"
    named = trouble("48307", "Fourier series of a square wave", reason)
    [long, short, nameless] = lines(
        [named, trouble("48308", "batch 9", reason), trouble(UUID, "", reason)], 59
    )
    assert long == "  ! Fourier series of a square.. 渲染失败：场景 4 的公式.."
    assert short == "  ! batch 9  48308               渲染失败：场景 4 的公式.."
    assert nameless == "  ! 12345678-9abc..-56789abcdef0 渲染失败：场景 4 的公式.."


def test_in_a_narrow_list_remain_name_state_and_time() -> None:
    assert lines(LABELLED, 39) == [
        " *✓ 光合作用讲解视频（.. 12 min 14:31",
        "  » Bayes' theorem, pa.. 10 min ~14:35",
        "  » 二次函数             10 min",
        "  ! batch 4: 化学平衡    unknown ID",
    ]
    assert lines(LABELLED, 20) == [
        " *✓ 光合作.. 12 min",
        "  » Bayes'.. 10 min",
        "  » 二次函数 10 min",
        "  ! batch..  unkn..",
    ]


def test_in_a_wide_list_ids_are_whole_and_titles_stand_behind_labels() -> None:
    titled = finished("48213", "batch 10", title="光合作用讲解视频")
    [first, second] = lines([titled, LABELLED[1]], 169)
    assert first.startswith("  ✓ batch 10  光合作用讲解视频   ")
    assert LABELLED[1].key in second
    assert cell_len(first[: first.index("12 min")]) == second.index("10 min")
    fact = running("a", "b", notes=("no new frame since 14:13",))
    assert lines([fact, *LABELLED], 139)[0].endswith("~14:35  11 frames  no new frame since 14:13")


def test_a_title_is_begun_where_there_is_room_and_left_out_where_it_is_the_label() -> None:
    [cut] = lines([finished("1", "batch 10", title="The area of a circle")], 79)
    assert "batch 10  The area of a..  1  12 min" in cut
    [same] = lines([finished("1", "Circles", title="Circles")], 139)
    assert same.count("Circles") == 1


def test_a_task_without_a_name_shows_its_id_once_and_as_much_of_it_as_there_is_room() -> None:
    [whole] = lines([running(UUID)], 79)
    assert whole.count("12345678") == 1
    assert UUID in whole
    [cut] = lines([running(UUID)], 49)
    assert cut == "  » 12345678-9abc..-56789abcdef0 10 min ~14:35"


def test_stale_rows_say_so_and_have_another_style() -> None:
    stale = running("1", "name", is_stale=True, notes=("! offline",))
    columns = Columns.fit(79, [stale])
    parts = task_line(stale, columns)
    assert {style for style, _ in parts} == {"stale"}
    assert (
        "".join(text for _, text in parts).rstrip().endswith("10 min  ~14:35  11 frames  ! offline")
    )


def test_the_cursor_and_marks_are_one_cell_wide_in_every_terminal() -> None:
    new = finished("1", "name", is_new=True)
    drawn = "".join(text for _, text in task_line(new, Columns.fit(79, [new]), under_cursor=True))
    assert drawn.startswith(">*✓ name ")
    assert not [c for c in drawn if unicodedata.east_asian_width(c) == "A"]


@given(
    width=st.integers(0, 240),
    key=clean_text,
    label=clean_text,
    title=clean_text,
    notes=st.lists(clean_text, max_size=2).map(tuple),
    section=st.sampled_from(Section),
    is_stale=st.booleans(),
)
def test_no_row_is_longer_than_the_list_and_all_have_the_same_columns(
    width: int,
    key: str,
    label: str,
    title: str,
    notes: tuple[str, ...],
    section: Section,
    is_stale: bool,
) -> None:
    drawn = finished(key, label, title=title, notes=notes, is_stale=is_stale)
    drawn = drawn._replace(section=section)
    columns = Columns.fit(width, [drawn, running(UUID, "x" * 80)])
    parts = task_line(drawn, columns)
    assert sum(cell_len(text) for _, text in parts) <= max(width - 1, 4 + 1)
    assert columns.facts >= 0
    assert len({style for style, _ in parts}) >= (1 if is_stale else 2)


# Names


def test_names_that_would_read_alike_lose_their_middle_and_others_their_end() -> None:
    names = [
        "Fourier series, square wave",
        "Fourier series, sawtooth",
        "Bayes' theorem, part 1 and 2",
        "short",
    ]
    alike = alike_heads(names, 14)
    assert [short_name(name, 14, alike).rstrip() for name in names] == [
        "Fourie..e wave",
        "Fourie..wtooth",
        "Bayes' theor..",
        "short",
    ]


def test_tasks_of_the_same_label_are_told_apart_by_their_ids() -> None:
    assert alike_heads(["batch 10 of the long name"] * 20, 12) == frozenset()
    drawn = lines([running("48213", "batch 10"), running("48214", "batch 10")], 59)
    assert len(set(drawn)) == 2


@given(st.lists(clean_text, max_size=12), st.integers(0, 40))
def test_each_name_has_its_width_and_a_sign_where_it_is_cut(names: list[str], width: int) -> None:
    alike = alike_heads(names, width)
    for name in names:
        short = short_name(name, width, alike)
        assert cell_len(short) == width
        assert short.rstrip() == name.rstrip() or ".." in short or width < 2


# The lines of the sections


def test_a_sections_line_counts_its_tasks_and_says_when_a_filter_hides_some() -> None:
    assert section_line(section_row(Section.ATTENTION, 3, 3), 79) == " Needs attention  3".ljust(78)
    some = section_line(section_row(Section.FINISHED, 1200, 2), 40)
    assert some.rstrip() == " Finished  2 of 1,200"


@pytest.mark.parametrize("width", [79, 40, 34])
def test_the_usual_time_stands_at_the_end_of_the_line_of_what_runs(width: int) -> None:
    line = section_line(section_row(Section.RUNNING, 6, 6, "usual time 13 min"), width)
    assert line.startswith(" Running  6  ")
    assert line.endswith("  usual time 13 min")
    assert cell_len(line) == width - 1


def test_a_narrow_line_leaves_the_usual_time_out() -> None:
    line = section_line(section_row(Section.RUNNING, 6, 6, "usual time 13 min"), 24)
    assert line.rstrip() == " Running  6"
