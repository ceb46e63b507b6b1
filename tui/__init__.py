"""scenext-tui: keeps watch over Scenext video tasks in a terminal.

`__main__` builds the parts and hands them to each other; imports run one way only, from there
down to `models`. The contracts that keep it so stand in `pyproject.toml` (import-linter).
"""

__version__ = "0.1.0"
