"""What to do with a link where no browser can be started: open it by the terminal, or take it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.screen import ModalScreen
from textual.style import Style
from textual.widgets import Static

from tui.signed_url import why_not_open


@dataclass(frozen=True)
class Offer:
    """A link and what is known about it."""

    name: str
    """What the link leads to, as in `frame3 of 12345`."""
    url: str
    lives: str
    """How long the link lives, as a sentence."""
    why: str = ""
    """What kept a program from opening it."""


class OpenPanel(ModalScreen[None]):
    """The link itself under a short label, and how it was copied."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", "Copy again"),
        Binding("u", "raw", "Show the raw link"),
        Binding("escape,enter", "dismiss", "Back"),
        Binding("q", "app.quit", "Quit", show=False),
    ]

    copied: reactive[str] = reactive("", init=False)
    """How the link was copied, in words that claim no more than is known."""

    @dataclass
    class CopyWanted(Message):
        """The link is to be copied again."""

        panel: OpenPanel

    @dataclass
    class RawWanted(Message):
        """The link is to be shown on the terminal's normal screen, as one line."""

        url: str

    def __init__(self, offer: Offer) -> None:
        super().__init__()
        self.offer = offer

    def compose(self) -> ComposeResult:
        """What it is, the link, and the keys."""
        offer = self.offer
        openable = not why_not_open(offer.url)
        with VerticalScroll(classes="dialog", can_focus=False) as dialog:
            dialog.border_title = Content("Open")
            if offer.why:
                yield Static(Content(f"! {offer.why}"), classes="wrong")
            if openable:
                yield Static(
                    Content(f"open {offer.name}").stylize(Style(link=offer.url, underline=True)),
                    id="link",
                )
                yield Static(
                    Content("Ctrl+click or Cmd+click it; add Shift if nothing happens."),
                    classes="hint",
                )
            yield Static(id="copied")
            yield Static(Content(offer.lives))
            yield Static(
                Content("c: copy again   u: show the raw link   esc: back"), classes="hint"
            )

    def watch_copied(self, copied: str) -> None:
        """Say how it was copied."""
        self.query_one("#copied", Static).update(
            Content(f"Link {copied}." if copied else "Copying the link.")
        )

    def action_copy(self) -> None:
        """Copy the link again."""
        self.post_message(self.CopyWanted(self))

    def action_raw(self) -> None:
        """Show the raw link where the terminal can select it whole."""
        self.post_message(self.RawWanted(self.offer.url))
