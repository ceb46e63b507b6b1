"""What tmux is asked, and what becomes of strange answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.graphics import CellSize
from tui.terminal.graphics import tmux
from tui.terminal.graphics.tmux import TmuxFacts, parse

OLD = TmuxFacts(version=(3, 3), pane="/dev/pts/1", features=frozenset(("bpaste", "title")))


@pytest.mark.parametrize(
    ("output", "facts"),
    [
        (
            "3.3a|/dev/pts/1|0|bpaste,title|10|20|15543|1|kitty(0.41.1)\n",
            OLD._replace(
                cell=CellSize(10, 20), client="15543", is_utf8=True, terminal="kitty(0.41.1)"
            ),
        ),
        ("3.3a|/dev/pts/1|1|bpaste,title|||||\n", OLD._replace(passes_through=True)),
        ("3.3a|/dev/pts/1|on|bpaste,title|0|0|||", OLD._replace(passes_through=True)),
        ("3.3a|/dev/pts/1|all|bpaste,title|||||", OLD._replace(passes_through=True)),
        ("3.3a|/dev/pts/1|off|bpaste,title|x|y|z|0|a|b", OLD._replace(terminal="a|b")),
        ("next-3.6|/dev/pts/1||bpaste,title|||||", OLD._replace(version=(3, 6))),
        ("master|/dev/pts/1||bpaste,title|||||", OLD._replace(version=())),
        (f"{'9' * 5000}.1|/dev/pts/1||bpaste,title|||||", OLD._replace(version=())),
        ("3.3a|/dev/pts/1||bpaste,title|||||\x1b]0;t\x07x", OLD._replace(terminal="x")),
        ("", None),
        ("usage: tmux", None),
    ],
)
def test_what_tmux_says_is_read_as_far_as_it_goes(output: str, facts: TmuxFacts | None) -> None:
    assert parse(output) == facts


@pytest.mark.parametrize(
    "script",
    ["exit 1", "echo no server running on /tmp/x >&2; exit 1", "echo", "printf '\\377\\n'", None],
)
def test_a_tmux_that_cannot_answer_is_no_fault(
    script: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if script is not None:
        program = tmp_path / "tmux"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tmux.ask({"TMUX": "x"}) is None


def test_a_tmux_that_hangs_is_given_up_and_learns_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "tmux"
    program.write_text(f"#!/bin/sh\nset >{tmp_path}/variables\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("SCENEXT_API_KEY", "sk-secret")
    assert tmux.ask({"TMUX": "x", "TMUX_PANE": "%1"}) is None
    assert "sk-secret" not in (tmp_path / "variables").read_text()
