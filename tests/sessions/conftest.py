"""What the sessions share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.home import Home
from tests.support.picture_host import PictureHost


@pytest.fixture
def host() -> Iterator[PictureHost]:
    """Run a host of pictures."""
    with PictureHost() as running:
        yield running


@pytest.fixture
def downloads(home: Home) -> Path:
    """Make the folder that files are saved to."""
    folder = home.folder / "Downloads"
    folder.mkdir()
    return folder
