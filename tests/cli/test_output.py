"""What the commands print: nothing that a terminal would interpret, wherever it came from."""

from __future__ import annotations

import pytest

from tests.support.home import Home
from tests.support.service import ScriptedService

HOSTILE = "\x1b]0;owned\x07\x1b[31m\x9b5m\u202e\x08"


@pytest.mark.parametrize(
    "arguments",
    [
        (f"--{HOSTILE}",),
        (f"--v{HOSTILE}",),
        (f"--verbose={HOSTILE}",),
        (f"--config={HOSTILE}", "paths"),
        (HOSTILE,),
        ("add", f"--{HOSTILE}", "1"),
        ("add", f"1{HOSTILE}"),
        ("add", "1", "--label"),
        ("add", "1", f"--label={HOSTILE}"),
        ("watch", f"1{HOSTILE}"),
        ("paths", HOSTILE),
    ],
    ids=ascii,
)
def test_nothing_from_the_command_line_reaches_the_terminal_raw(
    home: Home, arguments: tuple[str, ...]
) -> None:
    done = home.run(*arguments)
    assert done.stdout or done.stderr
    for text in (done.stdout, done.stderr):
        assert all(line.isprintable() for line in text.split("\n")), text


@pytest.mark.parametrize("name", ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"])
def test_nothing_from_the_environment_reaches_the_terminal_raw(home: Home, name: str) -> None:
    home.env[name] = f"{home.folder}/{HOSTILE}"
    for arguments in (("paths",), ("add", "1")):
        done = home.run(*arguments)
        for text in (done.stdout, done.stderr):
            assert all(line.isprintable() for line in text.split("\n")), text


def test_a_theme_is_named_without_its_control_characters(
    home: Home, service: ScriptedService
) -> None:
    home.configure(
        base_url=service.base_url, api_key=service.api_key, theme="nrod\x1b]0;owned\x07\x1b[31m"
    )
    with home.open() as terminal:
        terminal.wait_for(lambda text: "notheme“nrod”" in "".join(text.split()))
        assert terminal.wait_exit() == 1
        assert b"owned" not in terminal.raw


def test_a_configuration_whose_path_is_odd_is_named_clean(
    home: Home, service: ScriptedService
) -> None:
    folder = home.folder / "a\x1b]0;owned\x07b"
    folder.mkdir()
    config = folder / "config.toml"
    config.write_text(f'base_url = "{service.base_url}"\napi_key = "12345678"\ntheme = "nrod"\n')
    with home.open("--config", str(config)) as terminal:
        terminal.wait_for(lambda text: "notheme“nrod”" in "".join(text.split()))
        assert terminal.wait_exit() == 1
        assert b"owned" not in terminal.raw


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_what_the_encoding_of_the_output_lacks_is_escaped(home: Home, encoding: str) -> None:
    home.env["PYTHONIOENCODING"] = encoding
    home.env["XDG_STATE_HOME"] = f"{home.folder}/日志"
    for arguments, text in (
        (("paths",), "\\u65e5\\u5fd7"),
        (("add", "1"), "Added 1 task."),
        (("add", "1", "--label", "勾股"), "\\u52fe\\u80a1"),
    ):
        done = home.run(*arguments)
        assert (done.returncode, done.stderr) == (0, "")
        assert text in done.stdout


@pytest.mark.parametrize(
    ("closed", "arguments", "code", "shown"),
    [
        (">&-", ("add", "7"), 0, ("", "")),
        ("2>&-", ("add", "7"), 0, ("Added 1 task.\n", "")),
        ("<&- >&- 2>&-", ("add", "7"), 0, ("", "")),
        ("<&-", ("add", "-"), 0, ("Added 0 tasks.\n", "")),
        (">&-", ("--version",), 0, ("", "")),
        ("2>&-", ("--nothing",), 2, ("", "")),
    ],
)
def test_a_standard_stream_that_is_closed_loses_words_and_nothing_else(
    home: Home, closed: str, arguments: tuple[str, ...], code: int, shown: tuple[str, str]
) -> None:
    command = home.command
    home.command = ("/bin/sh", "-c", f'exec "$@" {closed}', "sh", *command)
    done = home.run(*arguments)
    assert (done.returncode, (done.stdout, done.stderr)) == (code, shown)
    if "7" in arguments:
        assert 'id = "7"' in home.watchlist.read_text("utf-8")
