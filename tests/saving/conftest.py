"""Systems that make files of different kinds."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(params=["nameless", "named"])
def partial_files(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whether files that are not complete have a hidden name, as where no other can be had."""
    if request.param == "named":
        monkeypatch.setattr(os, "O_TMPFILE", 0, raising=False)
    elif not hasattr(os, "O_TMPFILE"):
        pytest.skip("needs Linux")
    return str(request.param)
