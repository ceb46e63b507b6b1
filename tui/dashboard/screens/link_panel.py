"""The panel with a link, where no browser can be started: the terminal opens it."""

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
from tui.dashboard.widgets.notices import key_hints
from tui.dashboard.widgets.picture import PictureView
from tui.links.link import MAX_CLICK_LENGTH


class OfferedLink(NamedTuple):
    """A link and what is known about it."""

    task_id: str
    link_key: str
    name: str
    """What the link leads to, as in `frame3 of Circles`."""
    url: str
    """Checked: it may be opened."""
    lifetime: str
    """How long the link stays valid, as a sentence."""
    reason: str = ""
    """What kept a program from opening it."""


_CLICK: Final = "Ctrl+click or Cmd+click it; add Shift if nothing happens."
_NO_LINK: Final = OfferedLink("", "", "", "", "")


class LinkPanel(ModalScreen[None]):
    """The link itself under a short label, and how it was copied."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open", "Open"),
        Binding("c", "copy", "Copy again"),
        Binding("u", "raw", "Show the raw link"),
        Binding("p", "preview", "Preview"),
        Binding("d", "download", "Save"),
        Binding("escape,enter", "dismiss", "Back"),
        Binding("q", "app.quit", "Quit", show=False),
    ]

    link: reactive[OfferedLink] = reactive(_NO_LINK, init=False)
    """The link; another signature of it may take its place."""
    copied: reactive[str] = reactive("", init=False)
    """How the link was copied, claiming no more than is known."""
    transfer: reactive[str] = reactive("", init=False)
    """How a download started here is doing."""

    class _Requested(Message):
        """Do something with the panel's link."""

        def __init__(self, panel: LinkPanel) -> None:
            super().__init__()
            self.panel = panel

    class OpenRequested(_Requested):
        """Try again to open the link with a program."""

    class CopyRequested(_Requested):
        """Copy the link again."""

    class PreviewRequested(_Requested):
        """Fill the panel's preview."""

    class RawLinkRequested(_Requested):
        """Show the link on the terminal's normal screen, as one line."""

    def __init__(self, link: OfferedLink, no_click: str = "") -> None:
        """Show a link; `no_click` says why a click on it does nothing, empty where it opens it."""
        super().__init__()
        self._click_hint = f"{no_click}; u shows the raw link." if no_click else _CLICK
        # Created here, since values may be set before the panel is mounted.
        self._link_text = Static(_label(link), id="link")
        self._copied = Static(id="copied")
        self._lifetime = Static(Content(link.lifetime), id="lives")
        self._transfer = Static(id="transfer")
        self.preview = PictureView()
        """The picture, shown on request."""
        self._dialog = VerticalScroll(classes="dialog", can_focus=False)
        self.set_reactive(LinkPanel.link, link)

    def compose(self) -> ComposeResult:
        """Yield the link, what is known of it, and the keys."""
        with self._dialog as dialog:
            dialog.border_title = Content("Open")
            if self.link.reason:
                yield Static(Content(f"! {self.link.reason}"), classes="wrong")
            yield self._link_text
            yield Static(Content(self._click_hint), classes="hint")
            yield self._copied
            yield self._lifetime
            yield self._transfer
            yield self.preview
            keys = ("o", "open"), ("p", "preview"), ("d", "save"), ("c", "copy again")
            yield Static(key_hints(*keys, ("u", "raw link"), ("esc", "back")), classes="hint")

    def watch_link(self, link: OfferedLink) -> None:
        """Show another signature of the link."""
        self._link_text.update(_label(link))
        self._lifetime.update(Content(link.lifetime))

    def watch_copied(self, copied: str) -> None:
        """Show how it was copied."""
        self._copied.update(Content(f"Link {copied}." if copied else "Copying the link."))

    def watch_transfer(self, text: str) -> None:
        """Show how the download is doing."""
        self._transfer.update(Content(text))

    def action_open(self) -> None:
        """Try to open the link: what cannot be shown here, a browser may show."""
        self.post_message(self.OpenRequested(self))

    def action_copy(self) -> None:
        """Copy the link again."""
        self.post_message(self.CopyRequested(self))

    def action_preview(self) -> None:
        """Show or hide the picture."""
        self._dialog.toggle_class("-preview")
        self.preview.forget()
        if self._dialog.has_class("-preview"):
            self.post_message(self.PreviewRequested(self))

    @on(PictureView.Resized)
    def _preview_resized(self, event: PictureView.Resized) -> None:
        event.stop()
        self.post_message(self.PreviewRequested(self))

    def action_download(self) -> None:
        """Save the file."""
        self.app.post_message(DownloadRequested(self.link.task_id, self.link.link_key))

    def action_raw(self) -> None:
        """Show the raw link where the terminal can select it whole."""
        self.post_message(self.RawLinkRequested(self))


def _label(link: OfferedLink) -> Content:
    label = Content(f"open {link.name}")
    if len(link.url) > MAX_CLICK_LENGTH:
        return label
    return label.stylize(Style(link=link.url, underline=True))
