"""The keys of a dialog, as a line of words."""

from __future__ import annotations

from textual.content import Content


def hints(*pairs: tuple[str, str]) -> Content:
    """Return pairs of a key and what it does as one line, in the footer's colours."""
    return Content("   ").join(
        Content.assemble((key, "bold $footer-key-foreground"), f" {what}") for key, what in pairs
    )
