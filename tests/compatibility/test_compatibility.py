"""The pure parts of the compatibility run: what is selected, read and printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compatibility.__main__ import HEADINGS, Row, Summary, interpreters, parse_summary, table

FAILED = """\
..F.E [100%]
1 passed in 3.00s, said a test
=========================== short test summary info ============================
FAILED tests/sessions/test_wire.py::test_keys[3] - AssertionError: 4 failed
ERROR tests/sessions/test_endings.py::test_end
2 failed, 130 passed, 1 skipped, 4 deselected, 1 error in 240.91s (0:04:00)
"""


@pytest.mark.parametrize(
    ("output", "summary"),
    [
        ("...\n= 1304 passed, 2 skipped in 240.91s (0:04:00) =\n", Summary(1304, 0, 2)),
        (
            FAILED,
            Summary(130, 3, 1, "sessions/test_wire.py::test_keys[3] - AssertionError: 4 failed"),
        ),
        ("collected\n3 errors in 0.50s\n", Summary(failed=3)),
        ("no tests ran in 0.01s\n", Summary()),
        ("Killed\n", Summary()),
    ],
    ids=["passed", "failed", "not collected", "no tests", "killed"],
)
def test_the_last_line_of_pytest_is_read(output: str, summary: Summary) -> None:
    assert parse_summary(output) == summary


def test_every_supported_python_is_found_in_the_order_of_the_path(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    names = ("python3", "python3.9", "python3.11-config", "python3.14t", "python3.13", "python3.11")
    for folder in (first, second):
        folder.mkdir()
        for name in names:
            (folder / name).touch(0o755)
    (first / "python3.12").touch(0o644)
    assert interpreters([first, tmp_path / "missing", second]) == {
        11: [first / "python3.11", second / "python3.11"],
        13: [first / "python3.13", second / "python3.13"],
    }


def test_the_table_says_what_failed_first() -> None:
    good = Row("pinned", "3.11.7", "8.2.8", "0.28.1", Summary(140, 0, 2), 91.4)
    bad = good._replace(python="3.14.0", summary=Summary(139, 1, 2, "links/test_x.py::test_y - no"))
    missing = Row("pinned", "3.12", problem="no virtual environment: ensurepip is not available")
    headings, *lines = table([good, bad, missing]).splitlines()
    assert headings.split() == " ".join(HEADINGS).split()
    place = headings.index("failed first")
    assert [line[place:] for line in lines] == ["-", bad.summary.first_failure, missing.problem]
    assert lines[0].split() == ["pinned", "3.11.7", "8.2.8", "0.28.1", "140", "0", "2", "91", "-"]


def test_only_a_row_whose_tests_ran_and_passed_is_good() -> None:
    good = Row("newest", "3.11.7", summary=Summary(1))
    assert good.ok
    assert not good._replace(summary=Summary()).ok
    assert not good._replace(summary=Summary(1, 1)).ok
    assert not good._replace(problem="pytest ended with exit code 3").ok
