"""Choose how pictures are shown, from the settings and from what is known of the terminal."""

from __future__ import annotations

from typing import NamedTuple

from tui.graphics import PictureSetting, SymbolSet, SymbolSetting


class Settings(NamedTuple):
    """What the user has set."""

    pictures: PictureSetting = PictureSetting.AUTO
    symbols: SymbolSetting = SymbolSetting.AUTO

    def symbol_set(self, finest: SymbolSet) -> SymbolSet:
        """Return the set to use where the terminal surely has `finest`."""
        return finest if self.symbols is SymbolSetting.AUTO else SymbolSet(self.symbols.value)
