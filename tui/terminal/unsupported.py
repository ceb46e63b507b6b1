"""Check whether the dashboard can run on this terminal."""

from __future__ import annotations

import sys
from collections.abc import Mapping


def unsupported_reason(environ: Mapping[str, str], hint: str) -> str:
    """Return why the dashboard cannot start on this terminal; empty if it can.

    Textual draws on standard error. `hint` says what works without a terminal.
    """
    for name, stream in (("input", sys.stdin), ("output", sys.stdout), ("error", sys.__stderr__)):
        try:
            terminal = stream is not None and stream.isatty()
        except ValueError:
            terminal = False
        if not terminal:
            return f"The dashboard needs a terminal, and standard {name} is none. {hint}"
    if environ.get("TERM", "") == "dumb":
        return "The dashboard cannot draw on a terminal of the kind “dumb” (the variable TERM)."
    return ""
