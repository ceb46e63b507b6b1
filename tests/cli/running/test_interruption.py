"""Signals to a command, in the process of the test; those that end it are in the sessions."""

from __future__ import annotations

import os
import signal

from tui.cli.running.interruption import Interruption


def test_going_on_after_a_stop_is_told_and_ends_nothing() -> None:
    before = signal.getsignal(signal.SIGCONT)
    told: list[str] = []
    with Interruption(resumed=lambda: told.append("resumed")) as interruption:
        os.kill(os.getpid(), signal.SIGCONT)
    assert (told, interruption.code) == (["resumed"], None)
    assert signal.getsignal(signal.SIGCONT) is before
