"""The exit codes of all commands."""

from __future__ import annotations

from typing import Final

DONE: Final = 0
FAILED: Final = 1
"""The command could not do what it was asked to."""
USAGE: Final = 2
"""The command line is wrong, or this is no terminal."""
