"""All that is done with a link: opened, copied, shown as a picture, saved.

The app's side of links, with the parts behind it connected. Imported when the first of it is
wanted: the first paint does not wait for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.content import Content

from tui.dashboard.controllers.downloads import Downloads
from tui.dashboard.controllers.opening import Opening
from tui.dashboard.controllers.previews import Previewing
from tui.dashboard.screens.main import Dashboard
from tui.dashboard.widgets.frame_preview import FramePreview
from tui.engine import Backend, Parts
from tui.links.resolver import Links
from tui.pictures.decoding import Pictures
from tui.saving.saver import Saving

if TYPE_CHECKING:
    from textual.app import App

    from tui.dashboard.messages import DownloadRequested, PreviewRequested
    from tui.dashboard.screens.link_panel import OpenPanel


class LinkActions:
    """Does what is asked about links, in the background."""

    def __init__(
        self,
        app: App[None],
        dashboard: Dashboard,
        backend: Backend,
        parts: Parts,
        say: Callable[[str], None],
    ) -> None:
        """Connect the parts; `say` is told what is worth a passing line."""
        threads = backend.threads
        self._dashboard = dashboard
        self._backend = backend
        self._links = Links(backend, say)
        self._opening = Opening(app, self._links, parts.environ, parts.config.open_command, threads)
        pictures = Pictures(backend.fetch, threads)
        self._previewing = Previewing(self._links, pictures, off=_pictures_off(parts))
        saving = Saving(self._links, backend.media, parts.downloads, threads)
        self._downloads = Downloads(dashboard, backend, saving)

    def open(self, task_id: str, link_key: str) -> None:
        """Open a link in the way that works here."""
        self._backend.spawn(self._opening.open(task_id, link_key))

    def copy(self, task_id: str, link_key: str) -> None:
        """Copy a link."""
        self._backend.spawn(self._opening.copy(task_id, link_key))

    def copy_text(self, words: str, name: str) -> None:
        """Copy a text that is no secret; `name` says what it is."""
        self._backend.spawn(self._opening.copy_plain(words, name))

    def copy_again(self, panel: OpenPanel) -> None:
        """Copy the link of a panel again."""
        self._backend.spawn(self._opening.copy_again(panel))

    def show_raw(self, url: str) -> None:
        """Show a link on the normal screen."""
        self._opening.show_raw(url)

    def preview_in(self, panel: OpenPanel) -> None:
        """Show the picture of a panel's link in the panel."""
        self._fill(panel.preview, panel.offer.task_id, panel.offer.link_key)

    def preview(self, event: PreviewRequested) -> None:
        """Show the picture of the frame that is selected now beside the list."""
        link = self._links.find(event.task_id, event.link_key)
        detail = self._dashboard.detail
        detail.preview_heading.update(Content(f"Preview of {link.name}" if link else "Preview"))
        self._fill(detail.preview, event.task_id, event.link_key)

    def _fill(self, preview: FramePreview, task_id: str, link_key: str) -> None:
        self._backend.spawn(self._previewing.fill(preview, task_id, link_key))

    def download(self, event: DownloadRequested) -> None:
        """Save a frame, or all there is of a task."""
        one = self._links.find(event.task_id, event.link_key)
        links = self._links.all_of(event.task_id) if event.everything else [one] if one else []
        self._downloads.start(event.task_id, links)

    def cancel_download(self) -> None:
        """End the download that runs, or hide what came of it."""
        self._downloads.cancel()


def _pictures_off(parts: Parts) -> str:
    if parts.config.low_bandwidth:
        return "Pictures are off, to spare the line (--low-bandwidth)."
    return "Pictures need colours, and NO_COLOR is set." if "NO_COLOR" in parts.environ else ""
