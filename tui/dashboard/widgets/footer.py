"""The line of keys at the bottom."""

from __future__ import annotations

from textual.widgets import Footer


class KeyFooter(Footer):
    """Textual's footer, which lets go of the keys that it no longer shows."""

    async def recompose(self) -> None:
        """Show the keys that do something now.

        Each key that Textual shows watches `compact`, and is kept by that, with all that it drew,
        until that changes (8.2.8): a third of a megabyte for each move between list and frames.
        """
        await super().recompose()
        self.mutate_reactive(Footer.compact)
