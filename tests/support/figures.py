"""Figures that a test measured: told on the terminal, and kept where SCENEXT_FIGURES says."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest


def figure(capsys: pytest.CaptureFixture[str], name: str, value: object) -> None:
    """Tell a figure."""
    line = f"{name}: {value}"
    with capsys.disabled():
        sys.stdout.write(f"\n  {line}\n")
    if kept := os.environ.get("SCENEXT_FIGURES"):
        with Path(kept).open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
