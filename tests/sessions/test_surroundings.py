"""Started where much is missing: it goes on without, or ends with a line and never a traceback.

Each shell line below takes something away; the program is started behind it.
"""

from __future__ import annotations

import os
import shutil
import sys

import pytest

from tests.support.home import Home
from tests.support.terminal import Terminal

NO_FOLDER = "mkdir gone; cd gone; rmdir ../gone"
NO_HOME = "unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME; export HOME=/dev/null"
NO_LOCALE = "unset LANG; export LC_ALL=nowhere PYTHONUTF8=0 PYTHONIOENCODING=ascii:strict"
NO_TMP = "export TMPDIR=missing; touch missing"
ODD_TERM = "export TERM=nobody-knows TZ=UTC+99 COLUMNS=-1"
ODD_TEXTUAL = (
    "export TEXTUAL_LOG=/nowhere/log TEXTUAL_COLOR_SYSTEM=none TEXTUAL_FPS=1000000000"
    " TEXTUAL_DRIVER=nowhere:Driver TEXTUAL_PRESS=x,x,x TEXTUAL_SCREENSHOT=0 TEXTUAL_SHOW_RETURN=1"
)
ODD_PYTHON = "export PYTHONWARNINGS=error PYTHONOPTIMIZE=2 PYTHONASYNCIODEBUG=1 PYTHONHASHSEED=0"
ODD_BYTES = r"export ODD=$(printf '\377\033[31m') SCENEXT_ODD=$(printf '\376')"


def start(home: Home, *lines: str, arguments: tuple[str, ...], user: str = "") -> Terminal:
    """Start the program behind lines of a shell."""
    script = "; ".join((*lines, f'exec {user} "$@" 2>&1'))
    home.command = ("/bin/bash", "-c", script, "sh", *home.command)
    return home.open(*arguments)


def test_the_demo_needs_nothing_around_it(home: Home) -> None:
    lines = (NO_TMP, NO_FOLDER, NO_HOME, NO_LOCALE, ODD_TERM, ODD_TEXTUAL, ODD_PYTHON, ODD_BYTES)
    with start(home, *lines, arguments=("--demo",)) as terminal:
        terminal.wait_for_text("TZ names no time zone (“UTC+99”): times are in UTC.", 20)
        terminal.press("enter")
        terminal.wait_for("(about|before) [0-9]{2}:[0-9]{2}")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert "Traceback" not in terminal.text()


def test_a_dashboard_that_can_write_nothing_says_so_and_shows_tasks(home: Home) -> None:
    shutil.rmtree(home.state.parents[1])
    for folder in ("data", "state", "cache"):
        (home.folder / folder).write_text("not a folder")
    limits = "ulimit -n 64 -v 300000"
    with start(home, NO_FOLDER, limits, arguments=("watch", "7")) as terminal:
        terminal.wait_for_text("Not saved: ")
        shown = terminal.wait_for_text("No log: ")
        assert "a part of its path is not a folder" in " ".join(shown.split())
        terminal.wait_for(r" 7 ")


@pytest.mark.parametrize(
    ("limit", "command", "line"),
    [
        (
            "ulimit -n 12",
            "watch",
            "Too few files may be open at once; raise the limit: ulimit -n 256",
        ),
        ("ulimit -v 70000", "watch", "There is not enough memory; raise the limit (ulimit -v)"),
        ("ulimit -v 200000", "--demo", "There is not enough memory; raise the limit (ulimit -v)"),
        ("ulimit -f 0", "--demo", "it is too large; move it away, or raise the limit (ulimit -f)"),
    ],
)
def test_a_session_that_allows_too_little_is_told_what(
    home: Home, limit: str, command: str, line: str
) -> None:
    with start(home, limit, arguments=(command,)) as terminal:
        assert terminal.wait_exit() == 1
        shown = terminal.text().replace("\n", "")
        assert shown.startswith("scenext-tui: ")
        assert line in shown


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root can be somebody else"
)
def test_a_user_that_nobody_knows_can_see_the_demo_and_is_told_of_limits(home: Home) -> None:
    user = "setpriv --reuid=54321 --regid=54321 --clear-groups"
    home.folder.chmod(0o755)
    command = home.command
    home.command = ("/bin/sh", "-c", f'{user} "$@"', "sh", *command)
    if home.run("--version").returncode:
        pytest.skip("nobody else may run this Python")
    home.command = command
    with start(home, "unset HOME ${!XDG_*}", arguments=("--demo",), user=user) as terminal:
        terminal.wait_for_text("勾股定理的证明")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    home.command = command
    with start(
        home, "unset HOME ${!XDG_*}; ulimit -u 1", arguments=("--demo",), user=user
    ) as terminal:
        assert terminal.wait_exit() == 1
        shown = terminal.text().replace("\n", "")
        assert "No further thread or process may be started; raise the limit (ulimit -u" in shown
    home.command = command
    with start(home, "unset HOME ${!XDG_*}", arguments=("add", "7"), user=user) as terminal:
        assert terminal.wait_exit() == 1
        assert terminal.text().strip() == (
            "scenext-tui: There is no home folder: set HOME to its full path"
        )


def test_a_full_disk_leaves_no_half_written_module_to_the_next_start(home: Home) -> None:
    home.env["PYTHONPYCACHEPREFIX"] = str(home.folder / "modules")
    command = home.command
    home.command = (sys.executable, "-c", "import runpy")  # What Python needs before ours.
    home.run()
    home.command = ("/bin/bash", "-c", 'ulimit -f 1; exec "$@"', "sh", *command)
    assert home.run("--version").returncode == 0
    home.command = command
    assert home.run("--version").stderr == ""
