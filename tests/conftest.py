"""Fixtures that most session tests use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.home import Home
from tests.support.service import ScriptedService


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    """A running service whose responses the test scripts."""
    with ScriptedService() as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, service: ScriptedService) -> Home:
    """A home that is configured for the service, with the right key."""
    home = Home(tmp_path)
    home.configure(base_url=service.base_url, api_key=service.api_key, poll_interval=1)
    home.config.chmod(0o600)
    return home
