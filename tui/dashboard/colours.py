"""A theme's colours, moved as far as it takes to read every word on every background.

Most of Textual's themes have words below a contrast of 4.5 : 1 (WCAG 2.2, success criterion 1.4.3),
under the cursor above all. Here backgrounds that are too far from the theme's own come closer to
it, and words go towards black or white; what is readable already stays as it is. The terminal may
round colours to 256 or 16: what it then shows is what counts.

In an `ansi` theme the terminal chooses the colours. There the names are chosen that are readable
with xterm's own palette, on black for a dark theme and on white for a light one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from rich.color import ColorSystem
from textual.color import BLACK, WHITE, Color

MIN_CONTRAST: Final = 4.5
"""Of every word on every background."""
TEXT_CONTRAST: Final = 7.0
"""Of ordinary words, so that weaker ones are seen to be weaker."""
MINOR_CONTRAST: Final = 5.5
"""Of words that are less important, yet not stale."""
MAX_BACKGROUND_CONTRAST: Final = 1.4
"""Between two backgrounds: what one of them takes is missing to the words on it."""
MIN_CURSOR_CONTRAST: Final = 1.15
"""Between the cursor's background and that of the list, for it to be seen."""
_MIN_BASE_CONTRAST: Final = MAX_BACKGROUND_CONTRAST * TEXT_CONTRAST
_STEPS: Final = 20

COLOR_SYSTEMS: Final[Mapping[str | None, ColorSystem]] = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
}
"""What rounds colours, by Rich's names; all others show them as they are."""

_BACKGROUNDS: Final = (
    *("surface", "surface-active", "panel", "panel-lighten-1", "panel-darken-1"),
    *("primary-muted", "warning-muted", "error-muted", "footer-background"),
    "block-cursor-blurred-background",
)
_COLOURED: Final = ("primary", "secondary", "warning", "error", "success", "accent")
_ORDINARY: Final = (
    *("foreground", "text", "footer-foreground", "footer-description-foreground"),
    *("input-selection-foreground", "block-cursor-blurred-foreground", "link-color"),
    *("input-cursor-background", "row-cursor-text"),
)
_TRANSPARENT: Final = ("key", "description", "item")

# From `256colres.h` and `XTerm-col.ad` of xterm.
_XTERM: Final = (
    *("#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5"),
    *("#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff"),
)
XTERM_COLORS: Final = tuple(map(Color.parse, _XTERM))
"""The 16 colours of xterm."""

_ANSI: Final = {
    "text-muted": "ansi_default",
    "text-disabled": "ansi_default",
    "foreground-muted": "ansi_default",
    "block-cursor-background": "ansi_blue",
    "block-cursor-foreground": "ansi_bright_white",
    "input-selection-background": "ansi_blue",
    "input-selection-foreground": "ansi_bright_white",
    "row-minor": "ansi_default",
    "row-stale": "ansi_default",
    "row-cursor": "ansi_blue",
    "row-cursor-text": "ansi_bright_white",
    "row-cursor-style": "bold not dim",
    "row-cursor-blurred": "transparent",
    "row-stale-style": "dim",
    "primary-muted": "ansi_blue",
    "warning-muted": "transparent",
    "error-muted": "transparent",
}
_ANSI_DARK: Final = {
    "text-primary": "ansi_cyan",
    "text-secondary": "ansi_cyan",
    "text-warning": "ansi_yellow",
    "text-error": "ansi_bright_red",
    "text-success": "ansi_green",
    "text-accent": "ansi_bright_magenta",
    "footer-key-foreground": "ansi_bright_magenta",
    "row-finished": "ansi_green",
}
_ANSI_LIGHT: Final = {
    "text-primary": "ansi_blue",
    "text-secondary": "ansi_blue",
    "text-warning": "ansi_magenta",
    "text-error": "ansi_red",
    "text-success": "ansi_default",
    "text-accent": "ansi_magenta",
    "footer-key-foreground": "ansi_magenta",
    "row-finished": "ansi_default",
}


def shown(color: Color, system: ColorSystem = ColorSystem.TRUECOLOR) -> Color:
    """Return what a terminal with the colours of `system` shows of an opaque colour."""
    if system is ColorSystem.TRUECOLOR:
        return color
    rounded = color.rich_color.downgrade(system)
    if rounded.number is not None and rounded.number < len(XTERM_COLORS):
        return XTERM_COLORS[rounded.number]
    return Color.from_rich_color(rounded)


def contrast(one: Color, other: Color) -> float:
    """Return the contrast of two opaque colours, from 1 to 21, as WCAG 2.2 defines it."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable_variables(
    variables: Mapping[str, str], system: ColorSystem, *, dark: bool, ansi: bool
) -> dict[str, str]:
    """Return those of Textual's `variables` that must change, and ours, which begin with `row-`.

    Every `$text…` and `$foreground…` can be read on each of the backgrounds by then.
    """
    if ansi:
        return {**_ANSI, **(_ANSI_DARK if dark else _ANSI_LIGHT)}
    return dict(_readable(tuple(variables.items()), system))


@lru_cache(maxsize=2)
def _readable(variables: tuple[tuple[str, str], ...], system: ColorSystem) -> Mapping[str, str]:
    palette = _Palette(dict(variables), system)
    return dict(palette.backgrounds()) | dict(palette.words())


class _Palette:
    """The colours of one theme on one kind of terminal."""

    def __init__(self, variables: Mapping[str, str], system: ColorSystem) -> None:
        self._variables = variables
        self._system = system
        base = self._parse("background", WHITE)
        self._is_dark = _luminance(base) < _luminance(Color.parse("#777777"))
        self._extreme = WHITE if self._is_dark else BLACK
        # Rounding may have made a grey of it on which nothing can be read well.
        self._base = self._move(base, self._extreme.inverse, self._extreme, _MIN_BASE_CONTRAST)
        self._backgrounds = {
            name: self._soften(self._parse(name, self._base)) for name in _BACKGROUNDS
        }
        self._backgrounds["row-cursor"] = self._cursor()
        self._worst = min(
            (self._base, *self._backgrounds.values()), key=lambda it: self._ratio(self._extreme, it)
        )

    def backgrounds(self) -> Iterator[tuple[str, str]]:
        """Yield what words stand on."""
        yield "background", self._base.hex
        yield "input-cursor-foreground", self._base.hex
        yield from ((name, color.hex) for name, color in self._backgrounds.items())
        cursor = self._backgrounds["row-cursor"]
        is_seen = self._ratio(cursor, self._base) >= MIN_CURSOR_CONTRAST
        yield "row-cursor-style", "bold" if is_seen else "bold underline"
        yield "row-cursor-blurred", self._backgrounds["surface"].hex
        yield "row-stale-style", "none"
        yield "input-selection-background", cursor.hex
        yield "screen-selection-background", cursor.hex
        for part in _TRANSPARENT:
            yield f"footer-{part}-background", "transparent"

    def words(self) -> Iterator[tuple[str, str]]:
        """Yield the colours of words."""
        foreground = self._parse("foreground", self._base)
        text = self._strengthen(foreground, TEXT_CONTRAST)
        minor, stale = self._weaken(text, MINOR_CONTRAST), self._weaken(text, MIN_CONTRAST)
        for name in _ORDINARY:
            yield name, text.hex
        for name in ("text-muted", "foreground-muted", "row-minor"):
            yield name, minor.hex
        for name in ("text-disabled", "foreground-disabled", "row-stale"):
            yield name, stale.hex
        for name in _COLOURED:
            color = self._parse(f"text-{name}", self._base)
            yield f"text-{name}", self._strengthen(color, MIN_CONTRAST).hex
        finished = self._strengthen(self._parse("text-success", self._base), MIN_CONTRAST)
        yield "row-finished", self._weaken(finished, MIN_CONTRAST).hex
        key = self._parse("footer-key-foreground", self._base)
        yield "footer-key-foreground", self._strengthen(key, MIN_CONTRAST).hex
        block = self._parse("block-cursor-background", self._base)
        best = max((WHITE, BLACK), key=lambda color: self._ratio(color, block))
        yield "block-cursor-foreground", best.hex

    def _parse(self, name: str, behind: Color) -> Color:
        """Return a variable as an opaque colour in front of another."""
        return behind + Color.parse(self._variables[name])

    def _ratio(self, one: Color, other: Color) -> float:
        return contrast(shown(one, self._system), shown(other, self._system))

    def _move(self, color: Color, target: Color, against: Color, ratio: float) -> Color:
        """Return `color`, moved towards `target` until it has this contrast with `against`."""
        for step in range(_STEPS):
            moved = color.blend(target, step / _STEPS)
            if self._ratio(moved, against) >= ratio:
                return moved
        return target

    def _strengthen(self, color: Color, ratio: float) -> Color:
        return self._move(color, self._extreme, self._worst, ratio)

    def _weaken(self, color: Color, ratio: float) -> Color:
        """Return `color` as close to the background as it may come and be read."""
        return self._move(self._worst, color, self._worst, ratio)

    def _cursor(self) -> Color:
        """Return the background of the cursor's row: the theme's, or one that rounding shows."""
        usual = self._backgrounds["primary-muted"]
        for target in (self._parse("primary", self._base), self._extreme):
            for step in range(_STEPS):
                color = usual if not step else self._base.blend(target, step / _STEPS)
                ratio = self._ratio(color, self._base)
                if MIN_CURSOR_CONTRAST <= ratio <= MAX_BACKGROUND_CONTRAST:
                    return color
        return usual

    def _soften(self, background: Color) -> Color:
        """Return `background`, no further from the theme's own than words can bear."""
        for step in range(_STEPS):
            softened = background.blend(self._base, step / _STEPS)
            if self._ratio(softened, self._base) <= MAX_BACKGROUND_CONTRAST:
                return softened
        return self._base


def _luminance(color: Color) -> float:
    red, green, blue = (_linear(part) for part in color.rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@lru_cache(maxsize=256)
def _linear(part: int) -> float:
    value = part / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
