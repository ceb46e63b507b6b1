"""Only `tui/terminal/` uses private names of Textual and Rich, and only those in its table."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

import tui
from tests.support.private_names import Use, modules, uses
from tui.terminal.overrides import HOOKS

INSIDE = "tui.terminal."
OFFENDING = """
import textual._xterm_parser
from rich._loop import loop_last
from textual import _compositor
from textual.app import App
from textual.widget import Widget
from typing import NamedTuple


class Pair(NamedTuple):
    one: int


class Base(Widget):
    _own = 1


class Rows(Base):
    _size = 2

    def __init__(self):
        self._parent = None
        self._own = 3

    async def _on_focus(self, event):
        self._own += self._layout_required
        super()._on_blur(event)
        Pair(1)._replace(one=2)


def touch(app: App, rows: Rows):
    app._driver.write("")
    rows.screen._compositor.clear()
    return rows._own
"""
FOUND = {
    ("", "textual._xterm_parser", "imports"),
    ("", "rich._loop.loop_last", "imports"),
    ("", "textual._compositor", "imports"),
    ("Rows", "_size", "overrides"),
    ("Rows", "_parent", "overrides"),
    ("Rows", "_on_focus", "overrides"),
    ("Rows", "_layout_required", "uses"),
    ("Rows", "_on_blur", "uses"),
    ("", "_driver", "touches"),
    ("", "_compositor", "touches"),
}


@pytest.fixture(scope="module")
def found() -> list[Use]:
    """Return all uses in the whole program."""
    return [use for module in modules(tui) for use in uses(module)]


def test_the_search_finds_every_way_to_use_a_private_name_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "offending.py").write_text(OFFENDING)
    monkeypatch.syspath_prepend(tmp_path)
    assert {use[1:] for use in uses(import_module("offending"))} == FOUND


def test_no_module_outside_terminal_uses_a_private_name(found: list[Use]) -> None:
    assert [str(use) for use in found if not use.module.startswith(INSIDE)] == []


def test_every_private_name_that_terminal_uses_is_in_the_table(found: list[Use]) -> None:
    used = {use.name for use in found if use.module.startswith(INSIDE)}
    assert used
    listed = {hook.name for hook in HOOKS} | {f"{hook.module}.{hook.owner}" for hook in HOOKS}
    assert used <= listed
