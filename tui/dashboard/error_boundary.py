"""Keeps a fault in one handler of the app from ending it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from tui.background import report_fault


class Notifier(Protocol):
    """Shows lines for a moment."""

    def show_notice(self, text: str) -> None:
        """Show a line for a moment."""


_NotifierT = TypeVar("_NotifierT", bound=Notifier)
_P = ParamSpec("_P")


def bounded(
    name: str,
) -> Callable[
    [Callable[Concatenate[_NotifierT, _P], None]], Callable[Concatenate[_NotifierT, _P], None]
]:
    """Let no fault in a handler end the app: it becomes a line on the screen and in the log."""

    def decorate(
        handler: Callable[Concatenate[_NotifierT, _P], None],
    ) -> Callable[Concatenate[_NotifierT, _P], None]:
        @wraps(handler)
        def handle(self: _NotifierT, /, *args: _P.args, **kwargs: _P.kwargs) -> None:
            try:
                handler(self, *args, **kwargs)
            except Exception as error:
                self.show_notice(report_fault(name, error))

        return handle

    return decorate
