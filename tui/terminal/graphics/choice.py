"""Choose how pictures are shown, from the settings and from what is known of the terminal. Pure.

The rules, in this order; `tests/terminal/graphics/test_choice.py` has a table of terminals:

- What is set is used without proof. The terminal is asked all the same for the size of its cells.
- Kitty's protocol where the terminal has said that it understands it, and its name is that of one
  that draws at Unicode placeholders. In tmux, where that passes it on.
- Sixel where the attributes say so; in tmux, where tmux itself has it and knows of it outside.
- Symbols, in the finest characters that the terminal surely has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tui.graphics import (
    CellSize,
    Graphics,
    PictureSetting,
    Protocol,
    SymbolSet,
)
from tui.sanitize import clean
from tui.terminal import title
from tui.terminal.graphics import reasons
from tui.terminal.graphics.answers import Answers
from tui.terminal.graphics.cell_size import first_known
from tui.terminal.graphics.known_terminals import Terminal, Version
from tui.terminal.graphics.settings import Settings

if TYPE_CHECKING:
    from tui.terminal.graphics.tmux import TmuxFacts

_FORCED: Final = {
    PictureSetting.KITTY: Protocol.KITTY,
    PictureSetting.SIXEL: Protocol.SIXEL,
    PictureSetting.SYMBOLS: Protocol.SYMBOLS,
    PictureSetting.OFF: Protocol.SYMBOLS,
}
_KITTY_IN_TMUX: Final[Version] = (3, 3)
"""Has the option `allow-passthrough`, and cells that hold all that belongs to a placeholder."""
_SIXEL_IN_TMUX: Final[Version] = (3, 4)
_MAX_TERM: Final = 40


def why_not_ask(environ: Mapping[str, str]) -> str:
    """Return why the terminal must not be asked anything; empty where it may be.

    Only those are asked whose kind is known to take sequences that it does not understand without
    showing them. GNU screen understands none, and would pass strings on to whatever it runs in.
    """
    if environ.get("STY"):
        return reasons.GNU_SCREEN
    if not title.takes_titles(environ):
        return reasons.not_known(clean(environ.get("TERM", ""), _MAX_TERM))
    return ""


def without_answers(
    settings: Settings, environ: Mapping[str, str], window: CellSize | None, reason: str
) -> Graphics:
    """Return how pictures are shown while nothing was answered; `reason` says why that is."""
    finest = SymbolSet.QUADRANTS if title.takes_titles(environ) else SymbolSet.HALVES
    return _settled(
        settings,
        Graphics(
            symbols=finest,
            cell=first_known(window),
            in_tmux=bool(environ.get("TMUX")) or _names_tmux(environ),
            reason=reason,
        ),
    )


def in_terminal(
    settings: Settings, environ: Mapping[str, str], answers: Answers, window: CellSize | None
) -> Graphics:
    """Return how pictures are shown by a terminal that has answered; `window` is the kernel's."""
    if not answers.any:
        return without_answers(settings, environ, window, reasons.SILENT)
    terminal = Terminal.named(answers.name)
    is_tmux = terminal.kind == "tmux"
    protocol, reason = _best(terminal, answers)
    if is_tmux:
        protocol, reason = Protocol.SYMBOLS, reasons.OUTER_TMUX
    return _settled(
        settings,
        Graphics(
            protocol=protocol,
            symbols=terminal.finest_symbols,
            cell=first_known(answers.cell, window),
            terminal=answers.name,
            in_tmux=is_tmux or (not answers.name and _names_tmux(environ)),
            reason=reason,
        ),
    )


def in_tmux(
    settings: Settings, facts: TmuxFacts, window: CellSize | None, *, has_sixel: bool = False
) -> Graphics:
    """Return how pictures are shown in tmux; `has_sixel` is what tmux says of itself (DA1).

    Octants are left out: tmux drops characters that are newer than its C library's Unicode.
    """
    terminal = Terminal.named(facts.terminal)
    finest = terminal.finest_symbols
    protocol, reason = _best_in_tmux(terminal, facts, has_sixel=has_sixel)
    return _settled(
        settings,
        Graphics(
            protocol=protocol,
            symbols=SymbolSet.SEXTANTS if finest is SymbolSet.OCTANTS else finest,
            cell=first_known(facts.cell, window),
            terminal=facts.terminal,
            in_tmux=True,
            client=facts.client,
            reason=reason,
        ),
    )


def for_width(graphics: Graphics, settings: Settings, *, wide: bool) -> Graphics:
    """Return the same for a terminal that shows characters of ambiguous width two columns wide.

    Half of the block characters are; in their place the background of a cell is drawn.
    """
    return graphics._replace(symbols=settings.symbol_set(SymbolSet.HALVES)) if wide else graphics


def may_have_sixel(facts: TmuxFacts) -> bool:
    """Return whether it makes a difference if tmux itself has sixel."""
    return "sixel" in facts.features and _is_since(facts, _SIXEL_IN_TMUX)


def _settled(settings: Settings, graphics: Graphics) -> Graphics:
    """Return what is left of the choice where the user has made it."""
    graphics = graphics._replace(symbols=settings.symbol_set(graphics.symbols))
    if settings.pictures is PictureSetting.AUTO:
        return graphics
    reason = reasons.OFF if settings.pictures is PictureSetting.OFF else reasons.SET
    protocol = _FORCED[settings.pictures]
    return graphics._replace(protocol=protocol, reason="" if protocol is Protocol.KITTY else reason)


def _best(terminal: Terminal, answers: Answers) -> tuple[Protocol, str]:
    """Return the best protocol outside tmux, and why it is not a better one."""
    if terminal.has_placeholders and answers.has_kitty:
        return Protocol.KITTY, ""
    if answers.has_sixel:
        return Protocol.SIXEL, reasons.NO_PLACEHOLDERS
    if since := terminal.placeholders_since:
        return Protocol.SYMBOLS, reasons.too_old(answers.name, since)
    return Protocol.SYMBOLS, reasons.REFUSED if terminal.has_placeholders else reasons.NEITHER


def _best_in_tmux(terminal: Terminal, facts: TmuxFacts, *, has_sixel: bool) -> tuple[Protocol, str]:
    """Return the best protocol in tmux, and why it is not a better one."""
    if not facts.client:
        return Protocol.SYMBOLS, reasons.TMUX_DETACHED
    obstacle = ""
    if terminal.has_placeholders:
        if not _is_since(facts, _KITTY_IN_TMUX):
            obstacle = reasons.old_tmux(_KITTY_IN_TMUX)
        elif not facts.passes_through:
            obstacle = reasons.TMUX_PASSTHROUGH
        elif not facts.is_utf8:
            obstacle = reasons.TMUX_NOT_UTF8
        else:
            return Protocol.KITTY, ""
    if has_sixel and may_have_sixel(facts):
        return Protocol.SIXEL, obstacle or reasons.TMUX_SIXEL
    if since := terminal.placeholders_since:
        obstacle = reasons.too_old(facts.terminal, since)
    return Protocol.SYMBOLS, obstacle or reasons.TMUX_NEITHER


def _is_since(facts: TmuxFacts, since: Version) -> bool:
    """Return whether tmux is at least of a version; one without a number is newer than all."""
    return not facts.version or facts.version >= since


def _names_tmux(environ: Mapping[str, str]) -> bool:
    """Return whether TERM is what tmux sets, perhaps on another machine."""
    return environ.get("TERM", "").startswith(("tmux", "screen")) and not environ.get("STY")
