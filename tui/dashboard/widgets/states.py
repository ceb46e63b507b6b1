"""The names under which `app.tcss` knows the states of a task."""

from __future__ import annotations

from typing import Final

from tui.scenext.models import TaskStatus

STATE_NAMES: Final = {status: status.value.lower().replace("_", "-") for status in TaskStatus}
"""`in-progress` and the like, as they stand in classes: `-state-in-progress`."""
