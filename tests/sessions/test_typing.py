"""Soak test of memory use under constant typing; it takes two minutes.

Run it with `python -m pytest -m soak tests/sessions/test_typing.py`.
"""

from __future__ import annotations

import random
import re
import time
from pathlib import Path

import pytest

from tests.support.figures import figure
from tests.support.home import Home
from tests.support.service import ScriptedService, frame_url, task
from tests.support.terminal import Terminal

IDS = [f"task{number:03}" for number in range(200)]
KEY_SEQUENCES = (
    *[(key,) for key in ("j", "k", "G", "g", "pagedown", "pageup")] * 4,
    ("?", "escape"),
    ("/", "t", "1", "escape", "escape"),
    ("a", "escape"),
    ("o", "escape"),
    ("enter", "j", "k", "escape"),
    ("x", "u"),
)


@pytest.mark.soak
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc to read memory use")
def test_memory_does_not_grow_with_what_is_typed(
    home: Home, service: ScriptedService, capsys: pytest.CaptureFixture[str]
) -> None:
    for task_id in IDS:
        links = [frame_url(task_id, number) for number in range(1, 9)]
        service.script(task_id, task(task_id, frames=links))
    assert home.run("add", *IDS).returncode == 0
    rng = random.Random(1)
    with home.open() as terminal:
        terminal.wait_for_text("200 running", timeout=20)
        warm = memory_after_typing(terminal, rng, seconds=40)
        after = memory_after_typing(terminal, rng, seconds=80)
    figure(capsys, "resident memory, 40 s and 120 s of typing", f"{warm}, {after} MB")
    assert after < warm * 1.15


def memory_after_typing(terminal: Terminal, rng: random.Random, seconds: float) -> int:
    """Type random keys for so many seconds; return the resident memory in MiB."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        terminal.press(*rng.choice(KEY_SEQUENCES))
        terminal.read_for(0.05)
    status = Path(f"/proc/{terminal.pid}/status").read_text()
    match = re.search(r"VmRSS:\s+(\d+)", status)
    assert match is not None
    return int(match[1]) // 1024
