"""scenext-tui: a terminal dashboard for Scenext video tasks.

Each package holds one subject, and imports run down the floors only. The contracts in
`pyproject.toml` (import-linter) say which package may import which.
"""

__version__ = "0.1.0"
