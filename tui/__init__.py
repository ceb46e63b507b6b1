"""scenext-tui: a terminal dashboard for Scenext video tasks.

Each package covers one subject, and packages are layered: `pyproject.toml` declares for
import-linter which package may import which.
"""

__version__ = "0.1.0"
