"""What the environment may tell Textual; the rule stands in the module's docstring."""

from __future__ import annotations

import pytest

from tui.terminal import textual_variables

OURS = {"TEXTUAL_SMOOTH_SCROLL": "0", "TEXTUAL_FPS": "120"}


@pytest.mark.parametrize(
    ("name", "kept", "removed"),
    [
        (
            "TEXTUAL_FPS",
            ["1", "30", "240"],
            ["0", "241", "1000000000", "9" * 400, "-1", "x", "٣", ""],
        ),
        ("ESCDELAY", ["0", "25", "10000"], ["10001", "9" * 400, "-1", "1e3", ""]),
        ("TEXTUAL_DIM_FACTOR", ["0", "66", "100"], ["101", "100000", "-5"]),
        ("TEXTUAL_ANIMATIONS", ["none", "BASIC", "full"], ["no", ""]),
        ("TEXTUAL_COLOR_SYSTEM", ["auto", "256", "truecolor"], ["windows", "none", ""]),
        ("TEXTUAL_THEME", ["nord", "nobody", "nord,dracula", ""], []),
        ("TEXTUAL_ALLOW_SIGNALS", ["1"], []),
        ("TEXTUAL_DISABLE_KITTY_KEY", ["1"], []),
        ("TEXTUAL_SPEEDUPS", ["0"], []),
        ("COLUMNS", ["80", "x"], []),
        ("TEXT", ["x"], []),
        ("TEXTUAL", [], ["", "debug,devtools", "headless"]),
        ("TEXTUAL_DRIVER", [], ["", "nowhere:Driver", "textual.drivers.web_driver:WebDriver"]),
        ("TEXTUAL_PRESS", [], ["x,x,x"]),
        ("TEXTUAL_SCREENSHOT", [], ["0", "1"]),
        ("TEXTUAL_SCREENSHOT_LOCATION", [], ["/nowhere"]),
        ("TEXTUAL_SHOW_RETURN", [], ["1"]),
        ("TEXTUAL_LOG", [], ["/nowhere/log", ""]),
        ("TEXTUAL_DEBUG", [], ["1"]),
        ("TEXTUAL_FILTERS", [], ["dim"]),
        ("TEXTUAL_DEVTOOLS_HOST", [], ["192.0.2.1"]),
        ("TEXTUAL_DEVTOOLS_PORT", [], ["99999"]),
        ("TEXTUAL_OF_A_LATER_RELEASE", [], ["1"]),
    ],
)
def test_what_only_tunes_is_kept(name: str, kept: list[str], removed: list[str]) -> None:
    for value in (*kept, *removed):
        environ = {name: value, "PATH": "/bin"}
        textual_variables.settle(environ, low_bandwidth=False, plain=False)
        own = {name: value} if value in kept else {}
        assert environ == {"PATH": "/bin", **OURS, **own}, value


def test_what_we_need_is_set() -> None:
    environ = {"TEXTUAL_FPS": "60", "TEXTUAL_SMOOTH_SCROLL": "1", "TEXTUAL_ANIMATIONS": "full"}
    textual_variables.settle(environ, low_bandwidth=True, plain=True)
    assert environ == {
        "TEXTUAL_FPS": "10",
        "TEXTUAL_SMOOTH_SCROLL": "0",
        "TEXTUAL_ANIMATIONS": "none",
        "TEXTUAL_THEME": "ansi-dark",
    }
