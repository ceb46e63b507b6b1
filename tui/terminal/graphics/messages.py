"""What the app is told about how pictures can be shown. The only module here that knows Textual."""

from __future__ import annotations

from textual.message import Message

from tui.graphics import Graphics


class GraphicsChanged(Message):
    """Pictures are shown in another way from now on, or in a terminal that has none of them."""

    def __init__(self, graphics: Graphics) -> None:
        super().__init__()
        self.graphics = graphics
