"""Figures and their table."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

HEADINGS: Final = ("metric", "median", "spread", "floor", "ratio", "limit", "goal", "")


@dataclass(frozen=True)
class Budget:
    """The limit that a figure must keep, and the goal that it should reach."""

    limit: float
    goal: float
    basis: str = ""
    """What is compared: the figure itself, its `ratio` to the floor, or what it is `over` it."""


@dataclass
class Figure:
    """One metric with its samples."""

    name: str
    unit: str
    values: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    """Samples of the floor from the same rounds; empty if there is no floor."""
    budget: Budget | None = None

    @property
    def median(self) -> float:
        """The median of the samples."""
        return statistics.median(self.values)

    @property
    def floor_median(self) -> float | None:
        """The median of the floor's samples."""
        return statistics.median(self.floor) if self.floor else None

    @property
    def ratio(self) -> float | None:
        """The ratio to the floor: the median ratio if each sample has a floor of its own."""
        if not self.floor_median:
            return None
        if len(self.floor) == len(self.values):
            pairs = zip(self.values, self.floor, strict=True)
            return statistics.median(value / floor for value, floor in pairs)
        return self.median / self.floor_median

    @property
    def compared(self) -> float | None:
        """The number that is compared with the budget."""
        match self.budget:
            case Budget(basis="ratio"):
                return self.ratio
            case Budget(basis="over"):
                return self.median - (self.floor_median or 0.0)
        return self.median

    @property
    def verdict(self) -> str:
        """`goal` or `limit` if the figure keeps to it, `OVER` if to neither."""
        if self.budget is None or self.compared is None:
            return ""
        if self.compared <= self.budget.goal:
            return "goal"
        return "limit" if self.compared <= self.budget.limit else "OVER"


def percentile(values: Sequence[float], percent: float) -> float:
    """Return a percentile of some values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


class Figures:
    """All figures by name, in the order in which they were added."""

    def __init__(self) -> None:
        """Create an empty collection."""
        self._all: dict[str, Figure] = {}

    def __iter__(self) -> Iterator[Figure]:
        """Iterate over the figures."""
        return iter(self._all.values())

    def add(
        self,
        name: str,
        unit: str,
        *values: float,
        floor: Iterable[float] = (),
        budget: Budget | None = None,
    ) -> None:
        """Add samples to a figure, which is created at the first ones."""
        figure = self._all.setdefault(name, Figure(name, unit, budget=budget))
        figure.values += values
        figure.floor += floor


def format_table(figures: Iterable[Figure]) -> str:
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
    spread = f"{_format(low)}..{_format(high)}" if len(figure.values) > 1 else ""
    floor, ratio, budget = figure.floor_median, figure.ratio, figure.budget
    return (
        figure.name,
        f"{_format(figure.median)} {figure.unit}",
        spread,
        "" if floor is None else _format(floor),
        "" if ratio is None else f"{ratio:.2f} x",
        "" if budget is None else _format_bound(budget, budget.limit),
        "" if budget is None else _format_bound(budget, budget.goal),
        figure.verdict,
    )


def _format_bound(budget: Budget, number: float) -> str:
    match budget.basis:
        case "ratio":
            return f"{number:g} x"
        case "over":
            return f"+{number:g}"
    return f"{number:g}"


def _format(number: float) -> str:
    if number == 0:
        return "0"
    digits = 0 if abs(number) >= 100 else 1 if abs(number) >= 10 else 2
    return f"{number:,.{digits}f}"


def to_json(figures: Iterable[Figure], about: Mapping[str, object]) -> str:
    """Return all figures with their samples as JSON."""
    entries = {
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
    return json.dumps({"about": dict(about), "figures": entries}, indent=1, ensure_ascii=False)
