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


def help_groups(app: App[None], everywhere: Iterable[BindingType]) -> list[KeyGroup]:
    """Return all groups of the help; those of a screen with pictures come first where it is open.

    `everywhere` are the keys that work on each screen.
    """
    from tui.dashboard.screens.contact_sheet import SHEET_KEYS, ContactSheet
    from tui.dashboard.screens.enlarged import ENLARGED_KEYS, EnlargedPicture
    from tui.dashboard.screens.main_keys import KEY_GROUPS
    from tui.dashboard.widgets.row_list import RowList
    from tui.wording.row_columns import MARKS

    main: list[KeyGroup] = key_groups(app, KEY_GROUPS)
    # On the first screenful of a small terminal, where they are looked for.
    main.insert(1, ("Signs in the list", list(MARKS)))
    enlarged = key_groups(app, [("The enlarged picture", ENLARGED_KEYS)])
    sheet = key_groups(app, [("The contact sheet", SHEET_KEYS)])
    others = key_groups(app, [("In a list", RowList.BINDINGS), ("Everywhere", everywhere)])
    palette = Binding(app.COMMAND_PALETTE_BINDING, "command_palette")
    others[-1][1].append((app.get_key_display(palette), "Command palette"))
    match app.screen:
        case EnlargedPicture():
            return [*enlarged, *sheet, *main, *others]
        case ContactSheet():
            return [*sheet, *enlarged, *main, *others]
    return [*main, *enlarged, *sheet, *others]


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
    return groups
