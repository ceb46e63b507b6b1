"""The benchmarks run; no speed is asserted here."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as benchmarks
from tests.benchmarks import keys
from tests.benchmarks.harness import Harness, entries
from tests.benchmarks.report import Budget, Figure, Figures, format_table, percentile, to_json
from tests.benchmarks.service import head, task_id
from tests.support.screen import Screen


def test_a_tiny_round_prints_a_table_and_keeps_its_figures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    tiny = benchmarks.Profile(
        rounds=1, changes=1, poll_seconds=0.5, lag_seconds=0.5, idle_seconds=2, start_sizes=(10,)
    )
    monkeypatch.setattr(benchmarks, "QUICK", tiny)
    file = tmp_path / "figures.json"
    assert benchmarks.main(["starts", "--quick", "--json", str(file)]) == 0
    assert "first paint, 10 tasks" in capsys.readouterr().out
    figures = json.loads(file.read_text())["figures"]
    paint = figures["first paint, 10 tasks"]
    assert paint["values"][0] > 0
    assert paint["floor"] > 0
    assert paint["ratio"] == pytest.approx(paint["median"] / paint["floor"])


def test_what_is_timed_is_on_the_screen() -> None:
    second = task_id("run", 1)
    with Harness() as harness, harness.program(harness.home(entries("run", 3))) as process:
        process.wait_for_line(re.compile(f"».*{head(second)}"), timeout=10)
        process.wait_idle()
        timing = keys.press(process, b"j", second)
        screen = Screen(120, 40)
        screen.feed(bytes(process.data))
        usage = process.usage()
        assert process.quit() > 0
    assert any(line.find(head(second)) >= 60 for line in screen.lines()), (
        "the detail pane shows another task"
    )
    first, last, size = timing
    assert 0 < first <= last < 2_000, "the key caused no output in time"
    assert size > 0
    assert usage.cpu > 0
    assert usage.peak >= usage.memory > 0


@pytest.mark.parametrize(
    ("value", "verdict"), [(1.2, "goal"), (1.25, "goal"), (1.3, "limit"), (1.5, "OVER")]
)
def test_a_ratio_is_judged_by_its_budget(value: float, verdict: str) -> None:
    figure = Figure("paint", "ms", [value * 200], [200.0], Budget(1.4, 1.25, "ratio"))
    assert figure.verdict == verdict


def test_the_ratio_is_the_median_of_the_ratios_of_the_rounds() -> None:
    slow_and_fast = Figure("paint", "ms", [300.0, 400.0, 130.0], [200.0, 200.0, 100.0])
    assert slow_and_fast.ratio == 1.5


def test_the_table_shows_medians_ratios_and_spreads() -> None:
    figures = Figures()
    for value in (3.0, 1.0, 2.0):
        figures.add("paint", "ms", value, floor=[1.0], budget=Budget(0.5, 0.2, "over"))
    figures.add("wire", "B/s", 0, budget=Budget(0, 0))
    heading, _, paint, wire = format_table(figures).splitlines()
    assert heading.split() == ["metric", "median", "spread", "floor", "ratio", "limit", "goal"]
    assert paint.split() == [
        *("paint", "2.00", "ms", "1.00..3.00", "1.00", "2.00", "x", "+0.5", "+0.2", "OVER")
    ]
    assert wire.split() == ["wire", "0", "B/s", "0", "0", "goal"]
    assert json.loads(to_json(figures, {}))["figures"]["paint"]["values"] == [3.0, 1.0, 2.0]


def test_the_95th_percentile_leaves_one_in_twenty_above_it() -> None:
    assert percentile([float(n) for n in range(1, 21)], 95) == 20
    assert percentile([float(n) for n in range(1, 101)], 95) == 96
