"""What to do with a link where no browser can be started: open it by the terminal, or take it."""

from __future__ import annotations

from typing import ClassVar, Final, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.screen import ModalScreen
from textual.style import Style
from textual.widgets import Static

from tui.dashboard.messages import DownloadRequested
from tui.dashboard.widgets.frame_preview import FramePreview
from tui.dashboard.widgets.hints import hints


class Offer(NamedTuple):
    """A link and what is known about it."""

    task_id: str
    link_key: str
    name: str
    """What the link leads to, as in `frame3 of 12345`."""
    url: str
    """One that may be opened."""
    lives: str
    """How long the link lives, as a sentence."""
    why: str = ""
    """What kept a program from opening it."""


_NOTHING: Final = Offer("", "", "", "", "")


class OpenPanel(ModalScreen[None]):
    """The link itself under a short label, and how it was copied."""

    preview: FramePreview
    """The picture, shown when it is asked for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "copy", "Copy again"),
        Binding("u", "raw", "Show the raw link"),
        Binding("p", "preview", "Preview"),
        Binding("d", "download", "Save"),
        Binding("escape,enter", "dismiss", "Back"),
        Binding("q", "app.quit", "Quit", show=False),
    ]

    offer: reactive[Offer] = reactive(_NOTHING, init=False)
    """The link; another signature of it may take its place."""
    copied: reactive[str] = reactive("", init=False)
    """How the link was copied, in words that claim no more than is known."""
    transfer: reactive[str] = reactive("", init=False)
    """How a download stands that was asked for here."""

    class CopyWanted(Message):
        """The link is to be copied again."""

        def __init__(self, panel: OpenPanel) -> None:
            super().__init__()
            self.panel = panel

    class PreviewWanted(Message):
        """The panel's preview is to be filled."""

        def __init__(self, panel: OpenPanel) -> None:
            super().__init__()
            self.panel = panel

    class RawWanted(Message):
        """The link is to be shown on the terminal's normal screen, as one line."""

        def __init__(self, url: str) -> None:
            super().__init__()
            self.url = url

    def __init__(self, offer: Offer) -> None:
        super().__init__()
        # Kept at hand: what is told before they are mounted, or after, must find them, too.
        self._link = Static(_label(offer), id="link")
        self._copied = Static(id="copied")
        self._lives = Static(Content(offer.lives), id="lives")
        self._transfer = Static(id="transfer")
        self.preview = FramePreview()
        self._dialog = VerticalScroll(classes="dialog", can_focus=False)
        self.set_reactive(OpenPanel.offer, offer)

    def compose(self) -> ComposeResult:
        """What it is, the link, and the keys."""
        offer = self.offer
        with self._dialog as dialog:
            dialog.border_title = Content("Open")
            if offer.why:
                yield Static(Content(f"! {offer.why}"), classes="wrong")
            yield self._link
            yield Static(
                Content("Ctrl+click or Cmd+click it; add Shift if nothing happens."),
                classes="hint",
            )
            yield self._copied
            yield self._lives
            yield self._transfer
            yield self.preview
            yield Static(
                hints(
                    ("p", "preview"),
                    ("d", "save"),
                    ("c", "copy again"),
                    ("u", "raw link"),
                    ("esc", "back"),
                ),
                classes="hint",
            )

    def watch_offer(self, offer: Offer) -> None:
        """Carry another link."""
        self._link.update(_label(offer))
        self._lives.update(Content(offer.lives))

    def watch_copied(self, copied: str) -> None:
        """Say how it was copied."""
        self._copied.update(Content(f"Link {copied}." if copied else "Copying the link."))

    def watch_transfer(self, words: str) -> None:
        """Say how the download stands."""
        self._transfer.update(Content(words))

    def action_copy(self) -> None:
        """Copy the link again."""
        self.post_message(self.CopyWanted(self))

    def action_preview(self) -> None:
        """Show or hide the picture."""
        self._dialog.toggle_class("-preview")

    @on(FramePreview.Resized)
    def _preview_resized(self, event: FramePreview.Resized) -> None:
        event.stop()
        self.post_message(self.PreviewWanted(self))

    def action_download(self) -> None:
        """Save the file."""
        self.app.post_message(DownloadRequested(self.offer.task_id, self.offer.link_key))

    def action_raw(self) -> None:
        """Show the raw link where the terminal can select it whole."""
        self.post_message(self.RawWanted(self.offer.url))


def _label(offer: Offer) -> Content:
    return Content(f"open {offer.name}").stylize(Style(link=offer.url, underline=True))
