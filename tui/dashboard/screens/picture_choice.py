"""Whether a picture stands with the selected task. Pure."""

from __future__ import annotations


class PictureChoice:
    """What was chosen, by settings and by a key.

    Where there is room, and nothing speaks against it, pictures are shown by themselves until a key
    hides them; that is remembered. Everywhere else they are shown once a key asks for them, which
    is true for this session: who looks at one picture in a small window hides none in a large one.
    """

    def __init__(self, *, by_themselves: bool = False, remembered: bool = True) -> None:
        """Take over what the settings say, and what the key said last."""
        self._by_themselves = by_themselves
        self.remembered = remembered
        """Whether pictures are shown where they are shown by themselves."""
        self._asked = False

    def shows(self, *, has_room: bool) -> bool:
        """Return whether a picture is shown."""
        return self.remembered if self._by_themselves and has_room else self._asked

    def toggle(self, *, has_room: bool) -> bool:
        """Show or hide the picture; return whether that is to be remembered."""
        if self._by_themselves and has_room:
            self.remembered = not self.remembered
            return True
        self._asked = not self._asked
        return False
