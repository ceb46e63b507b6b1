"""Tasks in a table, in windows of every width."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

from rich.cells import cell_len

from tests.support.records import a_record, at, fault
from tui.cli.printing.table import TaskTable
from tui.errors import ErrorKind
from tui.scenext.models import Result, TaskStatus

COLOURED = {"TERM": "xterm"}
REASON = Result("text", "任务执行失败，不消耗积分", is_link=False)
UUID = "a3bb189e-8bf9-3888-9912-ace4e6543002"
RECORDS = (
    a_record(TaskStatus.COMPLETED, "1001", label="第一批", answered=12, ended=12, frame_count=13),
    a_record(
        TaskStatus.FAILED, "a3bb189e-8bf9-3888-9912-ace4e6543002", answered=5, results=(REASON,)
    ),
    a_record(TaskStatus.IN_PROGRESS, "1003", label="How quicksort sorts without any memory"),
    a_record(TaskStatus.QUEUED, "1004", error=fault(ErrorKind.NOT_FOUND), first_frames=None),
)


@contextmanager
def terminal(columns: int, encoding: str = "utf-8") -> Iterator[TextIO]:
    """Yield a stream to a terminal of this width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with os.fdopen(theirs, "w", encoding=encoding) as stream:
        yield stream
    os.close(ours)


def lines(
    columns: int, environ: Mapping[str, str] | None = None, encoding: str = "utf-8"
) -> list[str]:
    """Return the lines of the table in a window of this width."""
    with terminal(columns, encoding) as stream:
        return TaskTable(stream, environ or {}).lines(RECORDS, at(20))


def test_a_wide_window_shows_all_columns_aligned() -> None:
    shown = lines(160)
    heading = shown[0]
    assert heading.split() == ["STATE", "ID", "NAME", "TIME", "FRAMES", "NOTE"]
    # No task has cost points yet that anybody knows.
    assert [line.split("  ")[0] for line in shown[1:]] == [
        "✓ completed",
        "✗ failed",
        "» running",
        "- waiting",
    ]
    note = cell_len(heading[: heading.index("NOTE")])
    for line, words in ((shown[2], "任务执行失败"), (shown[4], "the service does not know")):
        assert cell_len(line[: line.index(words)]) == note


def test_no_line_is_wider_than_the_window() -> None:
    for columns in range(1, 200):
        shown = lines(columns)
        assert len(shown) == 5
        assert max(map(cell_len, shown)) <= columns
        if columns >= 70:
            assert all(record.id in line for record, line in zip(RECORDS, shown[1:], strict=True))


def test_a_window_that_does_not_tell_its_width_has_80_columns() -> None:
    assert max(map(cell_len, lines(0))) <= 80


def test_the_state_alone_is_coloured_where_colours_are_wanted() -> None:
    coloured = lines(160, COLOURED)
    assert coloured[1].startswith("\x1b[32m✓ completed\x1b[m  1001")
    assert [re.sub("\x1b\\[[0-9]*m", "", line) for line in coloured] == lines(160)
    for environ in ({**COLOURED, "NO_COLOR": ""}, {"TERM": "dumb"}, {}):
        assert not any("\x1b" in line for line in lines(160, environ))


def test_an_encoding_without_the_glyphs_gets_the_words() -> None:
    assert lines(160, encoding="latin-1")[1].startswith("completed  1001")


def test_elsewhere_all_columns_are_there_for_every_task() -> None:
    with open(os.devnull, "w", encoding="utf-8") as stream:  # noqa: PTH123
        shown = TaskTable(stream, COLOURED).lines(RECORDS, at(20))
    assert [line.split("\t")[1] for line in shown] == [record.id for record in RECORDS]
    assert [line.count("\t") for line in shown] == [6] * 4
    assert shown[0] == "completed\t1001\t第一批\t12 min\t13\t\t"


def test_no_tasks_are_no_lines() -> None:
    with terminal(80) as stream:
        assert TaskTable(stream, {}).lines([], at(20)) == []
