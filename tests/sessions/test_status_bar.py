"""`list --line` in the status bar of tmux, which takes `#` in what it shows for its own."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.support.home import Home
from tests.support.multiplexers import Tmux, missing
from tests.support.terminal import Terminal
from tui.scenext.models import TaskStatus
from tui.watchlist.asked import touch
from tui.watchlist.entries import Relabel, Update
from tui.watchlist.storage import WatchlistFile


@pytest.mark.skipif(bool(missing(Tmux)), reason=missing(Tmux))
def test_the_status_bar_of_tmux_follows_the_watchlist(home: Home, tmp_path: Path) -> None:
    assert home.run("add", "1", "2", "3").returncode == 0
    owned = tmp_path / "owned"
    file = WatchlistFile(home.watchlist)
    file.save([Relabel("1", f"#(touch {owned}) #[bg=red]")])
    line = shlex.join([*home.command, "list", "--line"])
    config = f"set -g status-interval 1\nset -g status-right '[#({line})]'\n"
    folder = tmp_path / "tmux"
    tmux = Tmux(folder, config)
    env = {**home.environment(), **tmux.environment, "LANG": "C.UTF-8"}
    with Terminal(tmux.start(["sleep", "60"]), env=env) as terminal:
        try:
            terminal.wait_for_text("[-3 ?]", 30)
            touch(home.watchlist)
            terminal.wait_for_text("[-3]", 30)
            file.save([Update("2", TaskStatus.COMPLETED), Update("3", TaskStatus.FAILED)])
            terminal.wait_for_text("[✗1 -1 ✓1]", 30)
        finally:
            tmux.close()
    assert not owned.exists()
