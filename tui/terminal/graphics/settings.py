"""What the user has set about pictures; the first paint waits for this module."""

from __future__ import annotations

from typing import NamedTuple

from tui.graphics import PictureSetting, SymbolSet, SymbolSetting


class Settings(NamedTuple):
    """What the user has set."""

    pictures: PictureSetting = PictureSetting.AUTO
    symbols: SymbolSetting = SymbolSetting.AUTO

    @property
    def needs_answers(self) -> bool:
        """Whether anything that the terminal knows would make a difference."""
        if self.pictures is PictureSetting.SYMBOLS:
            return self.symbols is SymbolSetting.AUTO
        return self.pictures is not PictureSetting.OFF

    def symbol_set(self, finest: SymbolSet) -> SymbolSet:
        """Return the set to use where the terminal surely has `finest`."""
        return finest if self.symbols is SymbolSetting.AUTO else SymbolSet(self.symbols.value)
