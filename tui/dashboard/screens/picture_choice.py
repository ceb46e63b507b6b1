"""Whether a picture stands with the selected task. Pure."""

from __future__ import annotations


class PictureChoice:
    """What was chosen, by settings and by a key.

    Where there is room, and nothing speaks against it, pictures are shown by themselves until a key
    hides them; that is remembered. Everywhere else they are shown once a key asks for them, in this
    session: who looks at one picture in a small window hides none in a large one.
    """

    def __init__(self, *, by_themselves: bool = False, remembered: bool = True) -> None:
        """Take over what the settings say, and what the key said last."""
        self._by_themselves = by_themselves
        self.remembered = remembered
        """Whether pictures are shown where they are shown by themselves."""
        self._asked = False

    def shows(self, *, has_room: bool) -> bool:
        """Return whether a picture is shown."""
        return self._asked or (self.remembered and self._by_themselves and has_room)

    def toggle(self, *, has_room: bool) -> bool:
        """Show or hide the picture; return whether that is to be remembered."""
        shown = not self.shows(has_room=has_room)
        is_general = self._by_themselves and has_room
        if is_general:
            self.remembered = shown
        self._asked = shown and not is_general
        return is_general
