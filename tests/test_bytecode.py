"""Modules are cached only where there is space for whole ones."""

from __future__ import annotations

import sys

import pytest

from tui import bytecode


@pytest.mark.skipif(bool(sys.flags.dont_write_bytecode), reason="nothing is cached here")
def test_nothing_is_cached_while_saves_fail(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def is_cached(*, saves_fail: bool = False) -> bool:
        bytecode.adapt(saves_fail=saves_fail)
        return not sys.dont_write_bytecode

    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    assert is_cached()
    assert not is_cached(saves_fail=True)
    assert is_cached()
