"""Figures measured by tests, printed and appended to the file that SCENEXT_FIGURES names."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest


def figure(capsys: pytest.CaptureFixture[str], name: str, value: object) -> None:
    """Print a figure in spite of pytest's capturing, and append it to the file."""
    line = f"{name}: {value}"
    with capsys.disabled():
        sys.stdout.write(f"\n  {line}\n")
    if path := os.environ.get("SCENEXT_FIGURES"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
