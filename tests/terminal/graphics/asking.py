"""A finder whose terminal and tmux answer on a simulated clock, through the input filter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from tests.support.fake_terminals import FakeTerminal
from tui.graphics import CellSize, Graphics
from tui.terminal.graphics.finder import GraphicsFinder, Surroundings
from tui.terminal.graphics.settings import Settings
from tui.terminal.graphics.tmux import TmuxFacts
from tui.terminal.input.input_filter import InputFilter
from tui.terminal.input.pieces import Kind

PANE = "/dev/pts/7"


class Stage:
    """A finder, what it has asked, and what it has told."""

    def __init__(
        self,
        terminal: FakeTerminal,
        settings: Settings | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        window: CellSize | None = None,
        facts: Sequence[TmuxFacts | None] = (),
    ) -> None:
        """Prepare; `facts` is what tmux answers, one after the other, the last one for ever."""
        self.terminal = terminal
        self.asked: list[str] = []
        self.told: list[Graphics] = []
        self.confirmed = 0
        """How often the terminal was found to be of the same kind, though it may be another."""
        self.facts = list(facts)
        self.times_tmux_asked = 0
        self._filter = InputFilter()
        self._filter.takes_graphics = True
        self._loop = asyncio.get_running_loop()
        around = Surroundings(
            ask_terminal=self._ask_terminal,
            ask_tmux=self._ask_tmux,
            window_cell=lambda: window,
            own_terminal=PANE,
            environ={"TERM": "xterm-256color", **terminal.env, **(environ or {})},
        )
        self.finder = GraphicsFinder(
            settings or Settings(), around, self.told.append, self._confirm
        )

    def _confirm(self) -> None:
        self.confirmed += 1

    def _ask_terminal(self, question: str) -> None:
        self.asked.append(question)
        answer = self.terminal.answer(question.encode(), (0, 0))
        if answer:
            self._loop.call_later(self.terminal.delay, self._read, answer)

    def _read(self, data: bytes) -> None:
        for piece in self._filter.feed(data, self._loop.time()):
            assert piece.kind is Kind.GRAPHICS
            self.finder.take_answer(piece.text)

    def _ask_tmux(self, told: Callable[[TmuxFacts | None], None]) -> None:
        self.times_tmux_asked += 1
        facts = self.facts.pop(0) if len(self.facts) > 1 else self.facts[0]
        self._loop.call_later(0.01, told, facts)
