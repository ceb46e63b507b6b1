"""Which way is chosen for which terminal, by what it answers; in tmux by what tmux says of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from tests.support import fake_terminals as fakes
from tests.support import virtual_time
from tests.support.fake_terminals import FakeTerminal
from tests.terminal.graphics.asking import PANE, Stage
from tui.graphics import CellSize, Graphics, PictureSetting, Protocol, SymbolSet, SymbolSetting
from tui.terminal.graphics import questions, reasons
from tui.terminal.graphics.finder import WINDOW
from tui.terminal.graphics.settings import Settings
from tui.terminal.graphics.tmux import TmuxFacts

KITTY, SIXEL, SYMBOLS = Protocol.KITTY, Protocol.SIXEL, Protocol.SYMBOLS
OCTANTS, SEXTANTS, QUADRANTS = SymbolSet.OCTANTS, SymbolSet.SEXTANTS, SymbolSet.QUADRANTS
HALVES = SymbolSet.HALVES

TERMINALS = [
    (fakes.KITTY, KITTY, OCTANTS),
    (fakes.KITTY_WITHOUT_OCTANTS, KITTY, QUADRANTS),
    (fakes.KITTY_WITHOUT_PLACEHOLDERS, SYMBOLS, QUADRANTS),
    (fakes.KITTY._replace(kitty="ENOTSUPPORTED"), SYMBOLS, OCTANTS),
    (fakes.KITTY._replace(kitty=""), SYMBOLS, OCTANTS),
    (fakes.GHOSTTY, KITTY, OCTANTS),
    (fakes.RIO, KITTY, QUADRANTS),
    (fakes.KONSOLE, SIXEL, SEXTANTS),
    (fakes.FOOT, SIXEL, OCTANTS),
    (fakes.FOOT_WITHOUT_OCTANTS, SIXEL, QUADRANTS),
    (fakes.XTERM, SYMBOLS, QUADRANTS),
    (fakes.XTERM_VT340, SIXEL, QUADRANTS),
    (fakes.WEZTERM, SIXEL, SEXTANTS),
    (fakes.ITERM, SIXEL, QUADRANTS),
    (fakes.VS_CODE, SYMBOLS, QUADRANTS),
    (fakes.VS_CODE._replace(attributes="62;4;9;22"), SIXEL, QUADRANTS),
    (fakes.VTE, SYMBOLS, QUADRANTS),
    (fakes.ALACRITTY, SYMBOLS, QUADRANTS),
    (fakes.APPLE, SYMBOLS, QUADRANTS),
    (fakes.WINDOWS_TERMINAL, SIXEL, QUADRANTS),
    (fakes.MOSH, SYMBOLS, QUADRANTS),
    (fakes.REMOTE_TMUX, SYMBOLS, QUADRANTS),
    (fakes.SILENT, SYMBOLS, QUADRANTS),
    # A class of 4 is no attribute of 4.
    (fakes.PLAIN._replace(attributes="4"), SYMBOLS, QUADRANTS),
    # What no version has told, or nobody knows.
    (fakes.KITTY._replace(name="kitty"), SYMBOLS, QUADRANTS),
    (fakes.KITTY._replace(name="kitty(1.0)"), KITTY, OCTANTS),
    (fakes.KITTY._replace(name="kittylike 9.9"), SYMBOLS, QUADRANTS),
    (fakes.KITTY._replace(name="(((]:;"), SYMBOLS, QUADRANTS),
]
"""What answers how, and what is chosen."""


def find(
    terminal: FakeTerminal,
    settings: Settings | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    facts: TmuxFacts | None = None,
    window: CellSize | None = None,
) -> tuple[Graphics, list[str]]:
    """Return what is found, and the questions to the terminal."""

    async def ask() -> tuple[Graphics, list[str]]:
        stage = Stage(terminal, settings, environ=environ, window=window, facts=[facts])
        stage.finder.ask()
        await asyncio.sleep(WINDOW + 1)
        assert not stage.finder.is_asking
        return stage.finder.graphics, stage.asked

    return virtual_time.run(ask())


@pytest.mark.parametrize("delay", [0.0, 0.6, 4.0])
@pytest.mark.parametrize(("terminal", "protocol", "symbols"), TERMINALS)
def test_each_terminal_gets_the_best_that_it_shows(
    terminal: FakeTerminal, protocol: Protocol, symbols: SymbolSet, delay: float
) -> None:
    graphics, asked = find(terminal._replace(delay=delay))
    assert (graphics.protocol, graphics.symbols) == (protocol, symbols)
    assert graphics.cell == (terminal.cell or (10, 20))
    assert bool(graphics.reason) == (protocol is not KITTY)
    assert asked[0] == questions.FIRST
    assert not graphics.in_tmux or terminal is not fakes.KITTY


@pytest.mark.parametrize(("terminal", "protocol", "_symbols"), TERMINALS)
def test_only_terminals_that_have_told_their_name_get_a_string(
    terminal: FakeTerminal, protocol: Protocol, _symbols: SymbolSet
) -> None:
    """Others may show it: tmux as the pane's title, GNU screen in its status line."""
    strings = [each for each in find(terminal)[1] if "\x1b_" in each]
    assert len(strings) <= 1
    if strings:
        assert terminal.name.startswith(("kitty(", "ghostty", "rio"))
    assert strings or protocol is not KITTY


@pytest.mark.parametrize(
    ("environ", "symbols", "word"),
    [
        ({"TERM": "linux"}, HALVES, "linux"),
        ({"TERM": "dumb"}, HALVES, "dumb"),
        ({"TERM": "vt100"}, HALVES, "vt100"),
        ({"TERM": ""}, HALVES, "TERM"),
        ({"TERM": "x\x1b]0;t\x07y"}, HALVES, "TERM"),
        ({"TERM": "screen.xterm-256color", "STY": "1.t"}, QUADRANTS, "GNU screen"),
        ({"STY": "1.t"}, QUADRANTS, "GNU screen"),
    ],
)
def test_terminals_that_may_show_questions_are_not_asked(
    environ: dict[str, str], symbols: SymbolSet, word: str
) -> None:
    graphics, asked = find(fakes.KITTY, environ=environ)
    assert asked == []
    assert (graphics.protocol, graphics.symbols) == (SYMBOLS, symbols)
    assert word in graphics.reason
    assert graphics.reason.isprintable()


def test_variables_of_the_environment_prove_nothing() -> None:
    environ = {"KITTY_WINDOW_ID": "1", "TERM": "xterm-kitty", "TERM_PROGRAM": "ghostty"}
    assert find(fakes.MOSH, environ=environ)[0].protocol is SYMBOLS


@pytest.mark.parametrize(
    ("pictures", "symbols", "terminal", "expected", "asked"),
    [
        ("off", "auto", fakes.KITTY, (SYMBOLS, QUADRANTS), 0),
        ("off", "octants", fakes.KITTY, (SYMBOLS, OCTANTS), 0),
        ("symbols", "halves", fakes.KITTY, (SYMBOLS, HALVES), 0),
        ("symbols", "auto", fakes.KITTY, (SYMBOLS, OCTANTS), 1),
        ("symbols", "auto", fakes.SILENT, (SYMBOLS, QUADRANTS), 1),
        ("kitty", "auto", fakes.XTERM, (KITTY, QUADRANTS), 1),
        ("kitty", "auto", fakes.SILENT, (KITTY, QUADRANTS), 1),
        ("kitty", "auto", fakes.LINUX_CONSOLE, (KITTY, HALVES), 0),
        ("sixel", "auto", fakes.KITTY, (SIXEL, OCTANTS), 1),
        ("auto", "octants", fakes.XTERM, (SYMBOLS, OCTANTS), 1),
        ("auto", "halves", fakes.KITTY, (KITTY, HALVES), 2),
    ],
)
def test_what_is_set_is_used_without_proof_and_no_more_is_asked_than_is_needed(
    pictures: str,
    symbols: str,
    terminal: FakeTerminal,
    expected: tuple[Protocol, SymbolSet],
    asked: int,
) -> None:
    settings = Settings(PictureSetting(pictures), SymbolSetting(symbols))
    graphics, questions_asked = find(terminal, settings)
    assert (graphics.protocol, graphics.symbols) == expected
    assert len(questions_asked) == asked
    if asked and terminal.cell:
        assert graphics.cell == terminal.cell


def test_what_is_set_is_used_from_the_start() -> None:
    async def start() -> Graphics:
        return Stage(fakes.SILENT, Settings(PictureSetting.SIXEL)).finder.graphics

    assert virtual_time.run(start()).protocol is SIXEL


@pytest.mark.parametrize(
    ("told", "window", "expected"),
    [
        ((9, 18), (8, 16), (9, 18)),
        (None, (8, 16), (8, 16)),
        (None, None, (10, 20)),
        ((0, 0), (8, 16), (8, 16)),
        ((20, 10), None, (10, 20)),
        ((99999, 99999), None, (10, 20)),
    ],
)
def test_the_size_of_a_cell_is_what_the_terminal_tells_else_the_kernels(
    told: tuple[int, int] | None, window: tuple[int, int] | None, expected: tuple[int, int]
) -> None:
    size = None if window is None else CellSize(*window)
    assert find(fakes.FOOT._replace(cell=told), window=size)[0].cell == expected


FACTS = TmuxFacts(
    version=(3, 5),
    pane=PANE,
    passes_through=True,
    features=frozenset(("bpaste", "title")),
    cell=CellSize(10, 20),
    client="4711",
    is_utf8=True,
    terminal="kitty(0.41.1)",
)
WITH_SIXEL = frozenset(("sixel", "title"))


@pytest.mark.parametrize(
    ("facts", "protocol", "symbols", "reason"),
    [
        (FACTS, KITTY, SEXTANTS, ""),
        (FACTS._replace(version=(3, 3)), KITTY, SEXTANTS, ""),
        (FACTS._replace(version=()), KITTY, SEXTANTS, ""),
        (FACTS._replace(version=(3, 2)), SYMBOLS, SEXTANTS, reasons.old_tmux((3, 3))),
        (FACTS._replace(passes_through=False), SYMBOLS, SEXTANTS, reasons.TMUX_PASSTHROUGH),
        (FACTS._replace(is_utf8=False), SYMBOLS, SEXTANTS, reasons.TMUX_NOT_UTF8),
        (FACTS._replace(client=""), SYMBOLS, SEXTANTS, reasons.TMUX_DETACHED),
        (FACTS._replace(terminal="ghostty 1.2"), KITTY, SEXTANTS, ""),
        (FACTS._replace(terminal="Konsole 25.04"), SYMBOLS, SEXTANTS, reasons.TMUX_NEITHER),
        (FACTS._replace(terminal=""), SYMBOLS, QUADRANTS, reasons.TMUX_NEITHER),
        (
            FACTS._replace(terminal="foot(1.21.0)", features=WITH_SIXEL),
            *(SIXEL, SEXTANTS, reasons.TMUX_SIXEL),
        ),
        (
            FACTS._replace(terminal="foot(1.21.0)", features=WITH_SIXEL, version=(3, 3)),
            *(SYMBOLS, SEXTANTS, reasons.TMUX_NEITHER),
        ),
        (
            FACTS._replace(terminal="kitty(0.26.1)"),
            *(SYMBOLS, QUADRANTS, reasons.too_old("kitty(0.26.1)", (0, 28))),
        ),
        (None, SYMBOLS, QUADRANTS, reasons.TMUX_SILENT),
    ],
)
def test_in_tmux_its_own_words_decide(
    facts: TmuxFacts | None, protocol: Protocol, symbols: SymbolSet, reason: str
) -> None:
    pane = FakeTerminal("tmux 3.5a", "1;2;4", (10, 20))
    environ = {"TMUX": "/tmp/tmux,1,0", "TERM": "tmux-256color"}
    graphics, asked = find(pane, environ=environ, facts=facts)
    assert (graphics.protocol, graphics.symbols) == (protocol, symbols)
    assert graphics.reason == reason
    assert graphics.in_tmux
    assert (graphics.client != "") == (protocol is KITTY)
    # tmux itself, and only where it makes a difference.
    assert asked in ([], [questions.FENCE])
    assert asked or protocol is not SIXEL


def test_a_tmux_that_was_built_without_sixel_gets_none() -> None:
    facts = FACTS._replace(terminal="foot(1.21.0)", features=WITH_SIXEL)
    pane = FakeTerminal("tmux 3.5a", "1;2")
    graphics, _ = find(pane, environ={"TMUX": "/tmp/tmux,1,0"}, facts=facts)
    assert graphics.protocol is SYMBOLS


def test_what_is_set_is_wrapped_for_tmux() -> None:
    environ = {"TMUX": "/tmp/tmux,1,0"}
    for facts in (FACTS._replace(passes_through=False), None):
        settings = Settings(PictureSetting.KITTY)
        graphics, _ = find(fakes.SILENT, settings, environ=environ, facts=facts)
        assert (graphics.protocol, graphics.in_tmux) == (KITTY, True)


@pytest.mark.parametrize(
    ("terminal", "protocol", "in_tmux"),
    [(fakes.KITTY, KITTY, False), (fakes.REMOTE_TMUX, SYMBOLS, True), (fakes.FOOT, SIXEL, False)],
)
def test_variables_of_a_tmux_that_is_not_around_it_any_more_mislead_nobody(
    terminal: FakeTerminal, protocol: Protocol, in_tmux: bool
) -> None:
    """As of a terminal that was started from a pane, or where `script` runs in one."""
    facts = FACTS._replace(pane="/dev/pts/99")
    graphics, _ = find(terminal, environ={"TMUX": "/tmp/tmux,1,0"}, facts=facts)
    assert (graphics.protocol, graphics.in_tmux) == (protocol, in_tmux)
