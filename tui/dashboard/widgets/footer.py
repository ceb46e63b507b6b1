"""The line of keys at the bottom."""

from __future__ import annotations

from textual.widgets import Footer


class KeyFooter(Footer):
    """Textual's footer, but without leaking the keys that it no longer shows."""

    async def recompose(self) -> None:
        """Show the keys that do something now.

        Each key of Textual's footer (8.2.8) watches `compact`, and that watcher keeps it alive,
        with all that it drew, until `compact` changes.
        """
        await super().recompose()
        self.mutate_reactive(Footer.compact)
