"""Figures and their table."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

HEADINGS: Final = ("what", "median", "spread", "floor", "ratio", "least", "goal", "")


@dataclass(frozen=True)
class Budget:
    """What a figure may be."""

    least: float
    goal: float
    of: str = ""
    """What is compared: the figure itself, its `ratio` to the floor, or what is `over` it."""


@dataclass
class Figure:
    """One thing that was measured, again and again."""

    name: str
    unit: str
    values: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    """The same of the floor, in the same rounds; empty where it has none."""
    budget: Budget | None = None

    @property
    def median(self) -> float:
        """The middle of what was measured."""
        return statistics.median(self.values)

    @property
    def floor_median(self) -> float | None:
        """The middle of the floor's."""
        return statistics.median(self.floor) if self.floor else None

    @property
    def ratio(self) -> float | None:
        """The ratio to the floor: the middle of those of the rounds, where each had its own."""
        if not self.floor_median:
            return None
        if len(self.floor) == len(self.values):
            pairs = zip(self.values, self.floor, strict=True)
            return statistics.median(value / floor for value, floor in pairs)
        return self.median / self.floor_median

    @property
    def judged(self) -> float | None:
        """The number that is compared with the budget."""
        match self.budget:
            case Budget(of="ratio"):
                return self.ratio
            case Budget(of="over"):
                return self.median - (self.floor_median or 0.0)
        return self.median

    @property
    def verdict(self) -> str:
        """How the budget stands, in a word."""
        if self.budget is None or self.judged is None:
            return ""
        if self.judged <= self.budget.goal:
            return "goal"
        return "least" if self.judged <= self.budget.least else "OVER"


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value below which so many percent of the others lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


class Figures:
    """All figures by name, in the order in which they came."""

    def __init__(self) -> None:
        """Start with none."""
        self._all: dict[str, Figure] = {}

    def __iter__(self) -> Iterator[Figure]:
        """Go through them."""
        return iter(self._all.values())

    def add(
        self,
        name: str,
        unit: str,
        *values: float,
        floor: Iterable[float] = (),
        budget: Budget | None = None,
    ) -> None:
        """Take in what was measured once more, or for the first time."""
        figure = self._all.setdefault(name, Figure(name, unit, budget=budget))
        figure.values += values
        figure.floor += floor


def table(figures: Iterable[Figure]) -> str:
    """Return a table of all figures."""
    rows = [HEADINGS, *map(_cells, figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if number == 0 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def _cells(figure: Figure) -> tuple[str, ...]:
    low, high = min(figure.values), max(figure.values)
    spread = f"{_short(low)}..{_short(high)}" if len(figure.values) > 1 else ""
    floor, ratio, budget = figure.floor_median, figure.ratio, figure.budget
    return (
        figure.name,
        f"{_short(figure.median)} {figure.unit}",
        spread,
        "" if floor is None else _short(floor),
        "" if ratio is None else f"{ratio:.2f} x",
        "" if budget is None else _allowed(budget, budget.least),
        "" if budget is None else _allowed(budget, budget.goal),
        figure.verdict,
    )


def _allowed(budget: Budget, number: float) -> str:
    match budget.of:
        case "ratio":
            return f"{number:g} x"
        case "over":
            return f"+{number:g}"
    return f"{number:g}"


def _short(number: float) -> str:
    if number == 0:
        return "0"
    digits = 0 if abs(number) >= 100 else 1 if abs(number) >= 10 else 2
    return f"{number:,.{digits}f}"


def as_json(figures: Iterable[Figure], about: Mapping[str, object]) -> str:
    """Return the figures with all that was measured."""
    kept = {
        figure.name: {
            "unit": figure.unit,
            "median": figure.median,
            "floor": figure.floor_median,
            "ratio": figure.ratio,
            "verdict": figure.verdict,
            "values": figure.values,
            "floor_values": figure.floor,
        }
        for figure in figures
    }
    return json.dumps({"about": dict(about), "figures": kept}, indent=1, ensure_ascii=False)
