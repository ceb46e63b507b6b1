"""The line of keys at the bottom."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, islice
from typing import Final

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.widgets import Footer

_SPACES: Final = 3
"""Cells around the two texts of a key; one less where the footer is compact."""


class KeyFooter(Footer):
    """Textual's footer, with whole keys only, and without leaking those that it no longer shows."""

    _shown = 0
    """How many keys it was composed of."""

    def compose(self) -> ComposeResult:
        """Yield the keys that do something now, from the first on, as many as fit."""
        self._shown = self._count_fitting()
        yield from islice(super().compose(), self._shown)

    def _count_fitting(self) -> int:
        bindings = [active.binding for active in self.screen.active_bindings.values()]
        # One key for each action, as Textual has it.
        texts = {
            binding.action: self.app.get_key_display(binding) + binding.description
            for binding in reversed(bindings)
            if binding.show
        }
        spaces = _SPACES - self.compact
        ends = accumulate(cell_len(text) + spaces for text in reversed(texts.values()))
        # The space behind the last one may be missing.
        return bisect_right(list(ends), self.app.size.width + 1)

    async def on_resize(self) -> None:
        """Show as many keys as fit now."""
        if self._shown != self._count_fitting():
            await self.recompose()

    async def recompose(self) -> None:
        """Show the keys that do something now.

        Each key of Textual's footer (8.2.8) watches `compact`, and that watcher keeps it alive,
        with all that it drew, until `compact` changes.
        """
        await super().recompose()
        self.mutate_reactive(Footer.compact)
