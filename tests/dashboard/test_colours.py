"""The colours of every theme that Textual brings, on terminals that round them."""

from __future__ import annotations

import pytest
from rich.color import ColorSystem
from textual.color import BLACK, WHITE, Color
from textual.theme import BUILTIN_THEMES, Theme

from tui.dashboard.colours import (
    MIN_CONTRAST,
    MIN_CURSOR_CONTRAST,
    contrast,
    readable_variables,
    shown,
)

OWN = [theme for theme in BUILTIN_THEMES.values() if not theme.ansi]
SYSTEMS = (ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT, ColorSystem.STANDARD)
BACKGROUNDS = (
    *("background", "surface", "panel", "panel-lighten-1", "warning-muted", "footer-background"),
    *("row-cursor", "row-cursor-blurred", "input-selection-background"),
)
WORDS = (
    *("foreground", "text", "text-muted", "text-disabled", "row-minor", "row-stale"),
    *("row-finished", "row-cursor-text", "footer-key-foreground", "footer-foreground"),
    *("text-primary", "text-secondary", "text-warning", "text-error", "text-success"),
    *("text-accent", "footer-description-foreground"),
)


class Shown:
    """The variables of a theme, as a terminal shows them."""

    def __init__(self, theme: Theme, system: ColorSystem) -> None:
        given = {**theme.to_color_system().generate(), **theme.variables}
        self.variables = given | readable_variables(given, system, dark=theme.dark, ansi=theme.ansi)
        self._system = system

    def __getitem__(self, name: str) -> Color:
        return shown(Color.parse(self.variables[name]), self._system)

    def worst(self, name: str) -> float:
        """Return the smallest contrast of a colour with any background."""
        return min(contrast(self[name], self[background]) for background in BACKGROUNDS)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(WHITE, BLACK) == pytest.approx(21)
    assert contrast(BLACK, BLACK) == 1
    # The example of "G18" of the techniques for WCAG 2.2.
    assert contrast(Color.parse("#767676"), WHITE) == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("theme", OWN, ids=lambda theme: theme.name)
def test_every_word_can_be_read_on_every_background(theme: Theme, system: ColorSystem) -> None:
    colours = Shown(theme, system)
    assert {name: colours.worst(name) for name in WORDS if colours.worst(name) < 4.5} == {}
    block = colours["block-cursor-background"]
    assert contrast(colours["block-cursor-foreground"], block) >= MIN_CONTRAST


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("theme", OWN, ids=lambda theme: theme.name)
def test_the_cursor_is_seen_by_its_background_or_by_a_line(
    theme: Theme, system: ColorSystem
) -> None:
    colours = Shown(theme, system)
    is_seen = contrast(colours["row-cursor"], colours["background"]) >= MIN_CURSOR_CONTRAST
    assert is_seen or colours.variables["row-cursor-style"] == "bold underline"
    if system is ColorSystem.TRUECOLOR:
        assert is_seen


@pytest.mark.parametrize("theme", OWN, ids=lambda theme: theme.name)
def test_what_is_stale_is_weaker_than_what_is_not(theme: Theme) -> None:
    colours = Shown(theme, ColorSystem.TRUECOLOR)
    assert colours.worst("foreground") >= 7
    assert colours.worst("row-stale") < colours.worst("row-minor") < colours.worst("foreground")
    assert colours.worst("row-stale") <= colours.worst("foreground") * 0.75


def test_a_theme_in_which_everything_can_be_read_keeps_its_colours() -> None:
    theme = BUILTIN_THEMES["flexoki"]
    given = {**theme.to_color_system().generate(), **theme.variables}
    changed = readable_variables(given, ColorSystem.TRUECOLOR, dark=True, ansi=False)
    kept = ("background", "foreground", "surface", "panel", "text-warning", "text-success")
    assert all(Color.parse(changed[name]) == Color.parse(given[name]) for name in kept)


def test_a_terminals_own_colours_are_left_to_it() -> None:
    for theme in BUILTIN_THEMES.values():
        if theme.ansi:
            changed = Shown(theme, ColorSystem.TRUECOLOR).variables
            own = {name: value for name, value in changed.items() if name.startswith("row-")}
            assert all(
                value == "transparent" or value.startswith("ansi_")
                for name, value in own.items()
                if not name.endswith("-style")
            )
