"""Find out how pictures can be shown, after the first paint, and again where that may change.

Nothing waits for an answer: until one comes, what was known before holds. The rules:

- The terminal is asked; in tmux that is asked instead, by its own program in a thread, unless the
  pane that the variables name is not the one that is drawn on.
- It is asked again whenever another terminal may have taken its place: after a resize, since dtach
  and abduco tell by that alone; after ctrl+l and after a suspension; in tmux also when the focus
  comes, and when the process of its client is gone and another one may be there.
- After a resize a terminal of the same kind may still be another one. What it lacks of kitty's
  pictures, only it can tell: see `confirmed`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from tui.graphics import CellSize, Graphics, PictureSetting, Protocol
from tui.terminal.graphics import choice, questions, reasons, tmux
from tui.terminal.graphics.answers import Answers
from tui.terminal.graphics.known_terminals import Terminal
from tui.terminal.graphics.settings import Settings
from tui.terminal.graphics.tmux import TmuxFacts

WINDOW: Final = 10.0
"""Seconds for all answers to come. Later ones count as well, but nothing waits for them."""
DEBOUNCE: Final = 0.3
"""Seconds of quiet before it is asked again after a resize."""
FOCUS_INTERVAL: Final = 2.0
"""Seconds between two questions because of the focus, at least."""


class Surroundings(NamedTuple):
    """What the finder asks, each without waiting."""

    ask_terminal: Callable[[str], None]
    """Sends a question to the terminal, whose answers are given to `take_answer`."""
    ask_tmux: Callable[[Callable[[TmuxFacts | None], None]], None]
    """Asks tmux, and calls back on the event loop."""
    window_cell: Callable[[], CellSize | None]
    """Returns the size of a cell as the kernel knows it."""
    own_terminal: str
    """The path of the terminal that is drawn on; empty where it has none."""
    environ: Mapping[str, str]


class GraphicsFinder:
    """Know how pictures are shown, and tell when that changes. Runs on the event loop."""

    def __init__(
        self,
        settings: Settings,
        surroundings: Surroundings,
        changed: Callable[[Graphics], object],
        confirmed: Callable[[], object],
    ) -> None:
        """Ask nothing yet; `changed` is called with each other value of `graphics`.

        `confirmed` is called where that has stayed the same for a terminal that kitty's pictures
        are sent to without tmux, although it may be another terminal.
        """
        self._settings = settings
        self._around = surroundings
        self._changed, self._confirmed = changed, confirmed
        self._loop = asyncio.get_running_loop()
        self._is_in_tmux = bool(surroundings.environ.get("TMUX"))
        self._facts: TmuxFacts | None = None
        self._answers = Answers()
        self._asked_kitty = False
        self._kitty_name = ""
        """The name of the terminal that was found to understand kitty's protocol. It is not asked
        again: kitty 0.41 takes a question between two pieces of a picture for an error in it."""
        self._timeout: asyncio.TimerHandle | None = None
        """Set while answers of the terminal are awaited."""
        self._fences_due = 0
        """How many questions are unanswered."""
        self._tmux_is_asked = self._asks_again = False
        self._timer: asyncio.TimerHandle | None = None
        """Set while it is about to ask."""
        self._asked_at = float("-inf")
        self._may_be_other = False
        """Whether another terminal of the same kind may have taken the place of the last one."""
        self.wide_ambiguous = False
        """Whether the terminal shows characters of ambiguous width two columns wide."""
        self.graphics = self._without_answers("")

    def ask(self) -> None:
        """Ask whatever tells the most, unless nothing that it tells would make a difference."""
        self._asked_at = self._loop.time()
        self._cancel_timer()
        if not self._settings.needs_answers:
            self._settle(self._without_answers(""))
        elif self._is_in_tmux:
            self._ask_tmux()
        elif reason := choice.why_not_ask(self._around.environ):
            self._settle(self._without_answers(reason))
        else:
            self._ask_terminal(questions.FIRST)

    def on_resize(self) -> None:
        """Ask once the window is still: outside tmux it may be another terminal."""
        self._may_be_other = not self._is_in_tmux
        self._ask_in(DEBOUNCE, self.ask)

    def on_focus(self) -> None:
        """Ask tmux, which may be shown by another terminal now."""
        if self._is_in_tmux and self._timer is None:
            self._ask_in(self._asked_at + FOCUS_INTERVAL - self._loop.time(), self.ask)

    def look(self) -> None:
        """Ask tmux if its client is gone and another one may be there; call it every few seconds.

        Attached again in a window of the same size, tmux tells nobody.
        """
        if not self._is_in_tmux or self._facts is None or not self._settings.needs_answers:
            return
        client = self._facts.client
        if (not client or tmux.is_gone(client)) and tmux.may_be_attached(self._around.environ):
            self.ask()

    @property
    def is_asking(self) -> bool:
        """Whether an answer is awaited."""
        return self._tmux_is_asked or self._timeout is not None

    def take_answer(self, text: str) -> None:
        """Take an answer of the terminal, whenever it comes."""
        self._answers = self._answers.add(text)
        if self._answers.has_kitty:
            self._kitty_name = self._answers.name
        if questions.is_fence(text):
            self._fences_due = max(0, self._fences_due - 1)
        if self._fences_due:
            return
        if not self._may_have_kitty or self._asked_kitty:
            self.conclude()
        elif self._answers.name == self._kitty_name:
            self._answers = self._answers._replace(has_kitty=True)
            self.conclude()
        else:
            self._asked_kitty = True
            self._ask_terminal(questions.KITTY)

    def conclude(self) -> None:
        """Choose by what has been answered so far, and wait for no more."""
        self._stop_waiting()
        self._fences_due = 0
        window = self._around.window_cell()
        if self._is_in_tmux and self._facts is not None:
            has_sixel = self._answers.has_sixel
            self._settle(choice.in_tmux(self._settings, self._facts, window, has_sixel=has_sixel))
        else:
            environ = self._around.environ
            self._settle(choice.in_terminal(self._settings, environ, self._answers, window))

    @property
    def _may_have_kitty(self) -> bool:
        is_open = self._settings.pictures is PictureSetting.AUTO and not self._is_in_tmux
        return is_open and Terminal.named(self._answers.name).has_placeholders

    def _ask_in(self, seconds: float, ask: Callable[[], None]) -> None:
        self._cancel_timer()
        self._timer = self._loop.call_later(max(0.0, seconds), ask)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ask_terminal(self, question: str) -> None:
        if question is not questions.KITTY:
            self._answers, self._asked_kitty = Answers(), False
        self._stop_waiting()
        self._fences_due += 1
        self._timeout = self._loop.call_later(WINDOW, self.conclude)
        self._around.ask_terminal(question)

    def _stop_waiting(self) -> None:
        if self._timeout is not None:
            self._timeout.cancel()
            self._timeout = None

    def _ask_tmux(self) -> None:
        if self._tmux_is_asked:
            self._asks_again = True
            return
        self._tmux_is_asked, self._asks_again = True, False
        self._around.ask_tmux(self._tmux_told)

    def _tmux_told(self, facts: TmuxFacts | None) -> None:
        self._tmux_is_asked = False
        if self._asks_again:
            self._ask_tmux()
            return
        if facts is not None and not facts.client and self._facts is not None:
            # Nobody sees it; what was there last is most likely to come back.
            self._facts = self._facts._replace(client="")
            return
        self._facts = facts
        if facts is None:
            self._settle(self._without_answers(reasons.TMUX_SILENT))
        elif facts.pane != self._around.own_terminal:
            # Not its pane: the variables were inherited by whatever was started in one.
            self._is_in_tmux = False
            self.ask()
        elif choice.may_have_sixel(facts) and self._settings.pictures is PictureSetting.AUTO:
            self._ask_terminal(questions.FENCE)
        else:
            self.conclude()

    def _without_answers(self, reason: str) -> Graphics:
        around = self._around
        return choice.without_answers(self._settings, around.environ, around.window_cell(), reason)

    def _settle(self, graphics: Graphics) -> None:
        is_kitty = graphics.protocol is Protocol.KITTY
        if not is_kitty:
            graphics = graphics._replace(client="")
        graphics = choice.for_width(graphics, self._settings, wide=self.wide_ambiguous)
        may_be_other, self._may_be_other = self._may_be_other, False
        if graphics != self.graphics:
            self.graphics = graphics
            self._changed(graphics)
        elif is_kitty and may_be_other and not graphics.in_tmux:
            self._confirmed()
