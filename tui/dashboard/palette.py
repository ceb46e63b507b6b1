"""The command palette and the help, both derived from the bindings: one text for each action."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Iterator
from functools import partial

from textual.app import App
from textual.binding import ActiveBinding, Binding, BindingType
from textual.command import DiscoveryHit, Hit, Hits, Provider

from tui.dashboard.screens.help import KeyGroup


class BindingCommands(Provider):
    """Every key of the dashboard that does something now, as a command."""

    async def discover(self) -> Hits:
        """Yield all of them before anything is typed."""
        for text, action in self._commands():
            yield DiscoveryHit(text, self._runner(action))

    async def search(self, query: str) -> Hits:
        """Yield those that match."""
        matcher = self.matcher(query)
        for text, action in self._commands():
            if (score := matcher.match(text)) > 0:
                yield Hit(score, matcher.highlight(text), self._runner(action), text=text)

    def _commands(self) -> Iterator[tuple[str, ActiveBinding]]:
        seen: set[str] = set()
        for active in self.screen.active_bindings.values():
            text = active.tooltip or active.binding.tooltip or active.binding.description
            if active.enabled and text and text not in seen and not _left_out(active):
                seen.add(text)
                yield text, active

    def _runner(self, active: ActiveBinding) -> partial[Coroutine[None, None, bool]]:
        return partial(self.app.run_action, active.binding.action, active.node)


def _left_out(active: ActiveBinding) -> bool:
    """Return whether a key only moves the cursor, or is Textual's own beside one of ours."""
    moves = not active.binding.show and not active.binding.tooltip
    return moves or active.binding.action in ("quit", "command_palette", "help_quit")


def key_groups(
    app: App[None], bindings_by_title: Iterable[tuple[str, Iterable[BindingType]]]
) -> list[KeyGroup]:
    """Return the keys of these bindings and what they do, one group under each title."""
    groups: list[KeyGroup] = []
    for title, bindings in bindings_by_title:
        keys: dict[str, list[str]] = {}
        for binding in Binding.make_bindings(bindings):
            if text := binding.tooltip or binding.description:
                keys.setdefault(text, []).append(app.get_key_display(binding))
        pairs = [(" ".join(dict.fromkeys(names)), text) for text, names in keys.items()]
        groups.append((title, pairs))
    palette = Binding(app.COMMAND_PALETTE_BINDING, "command_palette")
    groups[-1][1].append((app.get_key_display(palette), "Command palette"))
    return groups
