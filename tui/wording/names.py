"""The names of tasks in few cells, cut so that no two of them read alike. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len

from tui.wording.cells import cut_middle, fit


def alike_heads(names: Iterable[str], width: int) -> frozenset[str]:
    """Return what more than one name would be cut to, if each lost its end, at this width.

    Equal names count once: nothing that is cut tells them apart. Takes one pass over the names.
    """
    first: dict[str, str] = {}
    alike = set()
    for name in names:
        if cell_len(name) > width:
            head = fit(name, width)
            if first.setdefault(head, name) != name:
                alike.add(head)
    return frozenset(alike)


def short_name(name: str, width: int, alike: frozenset[str]) -> str:
    """Return a name in exactly `width` cells; what reads like another one loses its middle.

    `alike` is what `alike_heads` returned for all names and this width.
    """
    head = fit(name, width)
    return fit(cut_middle(name, width), width) if head in alike else head
