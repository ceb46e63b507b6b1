"""The app's handlers for all that is requested about links and pictures."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from tui.dashboard import messages
from tui.dashboard.error_boundary import bounded
from tui.dashboard.screens.main import MainScreen
from tui.dashboard.screens.picture_choice import PictureChoice
from tui.dependencies import Dependencies
from tui.engine import Engine
from tui.graphics import PictureSetting
from tui.terminal.app import TerminalApp
from tui.terminal.graphics.messages import GraphicsChanged

if TYPE_CHECKING:
    from tui.dashboard.controllers.services import LinkServices
    from tui.dashboard.controllers.state import StateController
    from tui.dashboard.screens.contact_sheet import ContactSheet
    from tui.dashboard.screens.enlarged import EnlargedPicture
    from tui.dashboard.screens.link_panel import LinkPanel

NOTIFICATION_SECONDS: Final = 5.0


class LinkHandlers(TerminalApp):
    """Hands each request to its controller; these are imported for the first one."""

    main_screen: MainScreen
    engine: Engine
    _dependencies: Dependencies

    def show_notice(self, text: str) -> None:
        """Show a line for a moment."""
        self.notify(text, markup=False, timeout=NOTIFICATION_SECONDS)

    @cached_property
    def _services(self) -> LinkServices:
        from tui.dashboard.controllers.services import LinkServices

        return LinkServices(
            self, self.main_screen, self.engine, self._dependencies, self.show_notice
        )

    @bounded("Opening")
    def on_open_requested(self, event: messages.OpenRequested) -> None:
        """Open a link the way that works here."""
        self._services.links.open(event.task_id, event.link_key)

    @bounded("Copying")
    def on_copy_requested(self, event: messages.CopyRequested) -> None:
        """Copy a link."""
        self._services.links.copy(event.task_id, event.link_key)

    @bounded("Copying")
    def on_copy_text_requested(self, event: messages.CopyTextRequested) -> None:
        """Copy an ID or a path."""
        self._services.links.copy_text(event.text, event.name)

    @bounded("Opening")
    def on_link_panel_open_requested(self, event: LinkPanel.OpenRequested) -> None:
        """Try again to open the panel's link."""
        self._services.links.open_again(event.panel)

    @bounded("Copying")
    def on_link_panel_copy_requested(self, event: LinkPanel.CopyRequested) -> None:
        """Copy the panel's link again."""
        self._services.links.copy_again(event.panel)

    @bounded("Showing the link")
    def on_link_panel_raw_link_requested(self, event: LinkPanel.RawLinkRequested) -> None:
        """Show the panel's link on the normal screen."""
        self._services.links.show_raw(event.panel)

    @bounded("The picture")
    def on_link_panel_preview_requested(self, event: LinkPanel.PreviewRequested) -> None:
        """Show the picture in the panel."""
        self._services.pictures.show_in_panel(event.panel)

    @bounded("The picture")
    def on_preview_requested(self, event: messages.PreviewRequested) -> None:
        """Show the picture of the selected frame."""
        if (deferred := self.main_screen.deferred) is not None:
            show = self._services.pictures.show
            show(deferred.detail, event.task_id, event.link_key, asked=event.asked)

    @bounded("The picture")
    def on_enlarge_requested(self, event: messages.EnlargeRequested) -> None:
        """Show a frame over the whole screen."""
        self._services.gallery.enlarge(event.task_id, event.link_key)

    @bounded("The picture")
    def on_enlarged_picture_requested(self, event: EnlargedPicture.Requested) -> None:
        """Show the picture of that frame."""
        self._services.gallery.fill_enlarged(event.screen)

    @bounded("The contact sheet")
    def on_contact_sheet_requested(self, event: messages.ContactSheetRequested) -> None:
        """Show all frames of a task side by side."""
        self._services.gallery.open_sheet(event.task_id, event.link_key)

    @bounded("The contact sheet")
    def on_contact_sheet_pictures_requested(self, event: ContactSheet.PicturesRequested) -> None:
        """Show the pictures in sight."""
        self._services.gallery.fill_sheet(event.screen)

    def update_gallery(self) -> None:
        """Show what has changed about the frames that have a screen of their own."""
        if "_services" in vars(self):
            self._services.gallery.update()

    def end_pictures(self) -> None:
        """End the child that encodes pictures, after all that may need it."""
        if "_services" in vars(self):
            self._services.pictures.close()

    @bounded("The pictures")
    def on_graphics_changed(self, event: GraphicsChanged) -> None:
        """Show pictures in another way, or anew in a terminal that has none of them."""
        self.main_screen.set_cell(event.graphics.cell)
        if "_services" in vars(self):
            # After the layer has dropped what it had sent, which is told later than this handler.
            self.call_next(self._services.pictures.graphics_changed)

    @cached_property
    def _state(self) -> StateController:
        from tui.dashboard.controllers.state import StateController

        return StateController(self.engine, self._dependencies.state)

    async def _begin_pictures(self) -> str:
        """Show pictures as settings and memory say; return a line where that cannot be read."""
        state, warning = await self._state.load()
        config, environ = self._dependencies.config, self._dependencies.environ
        off = config.low_bandwidth or config.pictures is PictureSetting.OFF
        choice = PictureChoice(
            by_themselves=not off and "NO_COLOR" not in environ, remembered=state.pictures
        )
        self.main_screen.begin_pictures(choice, self.graphics.cell)
        return warning

    @bounded("Remembering")
    def on_pictures_toggled(self, event: messages.PicturesToggled) -> None:
        """Remember whether pictures are shown by themselves."""
        self._state.remember(pictures=event.shown)

    @bounded("Saving")
    def on_download_requested(self, event: messages.DownloadRequested) -> None:
        """Save a frame, or all there is of a task."""
        self._services.downloads.start(event.task_id, event.link_key, everything=event.everything)

    def on_cancel_download_requested(self) -> None:
        """Cancel the download that is running, or hide the result of the last one."""
        self._services.downloads.cancel()
