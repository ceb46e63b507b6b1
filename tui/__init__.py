"""scenext-tui: a terminal dashboard for Scenext video tasks."""

__version__ = "0.1.0"
