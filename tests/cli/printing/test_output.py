"""What the commands print: nothing that a terminal would interpret, wherever it came from."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import Commands
from tests.support.home import Home
from tests.support.service import ScriptedService
from tests.support.waiting import wait_until
from tui.cli.errors import CommandError, ErrorCode
from tui.cli.printing.output import ending_with_the_reader, print_errors

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
        (">&-", ("add", "7"), 0, ("", "scenext-tui: Added 1 task. (output: it is closed)\n")),
        ("2>&-", ("add", "7"), 0, ("Added 1 task.\n", "")),
        ("<&- >&- 2>&-", ("add", "7"), 0, ("", "")),
        ("<&-", ("add", "-"), 0, ("Added 0 tasks.\n", "")),
        (">&-", ("--version",), 1, ("", "scenext-tui: output: it is closed\n")),
        (">&-", ("--help",), 1, ("", "scenext-tui: output: it is closed\n")),
        (">&-", ("paths",), 1, ("", "scenext-tui: output: it is closed\n")),
        (">&-", ("completions", "zsh"), 1, ("", "scenext-tui: output: it is closed\n")),
        ("<&- | head -c 1", ("completions", "zsh"), 0, ("#", "")),
        (">&- 2>&-", ("paths",), 1, ("", "")),
        ("2>&-", ("--nothing",), 2, ("", "")),
    ],
)
def test_a_closed_standard_output_fails_only_where_output_is_the_job(
    home: Home, closed: str, arguments: tuple[str, ...], code: int, shown: tuple[str, str]
) -> None:
    command = home.command
    home.command = ("/bin/sh", "-c", f'exec "$@" {closed}', "sh", *command)
    done = home.run(*arguments)
    assert (done.returncode, (done.stdout, done.stderr)) == (code, shown)
    if "7" in arguments:
        assert 'id = "7"' in home.watchlist.read_text("utf-8")


@pytest.mark.parametrize("arguments", [("list", "--schema"), ("completions", "bash")])
def test_whoever_has_read_enough_ends_it_quietly(run: Commands, arguments: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.MonkeyPatch.context() as patch, os.fdopen(writer, "w") as stream:
        patch.setattr(sys, "stdout", stream)
        assert run(*arguments) == (0, "", "")


FULL = "No space left on device"
CANNOT = "scenext-tui: output: "


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize(
    ("redirected", "arguments", "code", "shown"),
    [
        # What was done is done.
        (">/dev/full", ("add", "7"), 0, ("", f"Added 1 task. ({CANNOT[13:]}{FULL})\n")),
        (">/dev/full 2>/dev/full", ("add", "7"), 0, ("", "")),
        ("1</dev/null", ("add", "7"), 0, ("", "Added 1 task. ")),
        ("| true", ("add", "7"), 0, ("", "")),
        ("2>/dev/full", ("add", "7"), 0, ("Added 1 task.\n", "")),
        # What was asked for is missing.
        (">/dev/full", ("paths",), 1, ("", f"{CANNOT}{FULL}\n")),
        (">/dev/full", ("--help",), 1, ("", f"{CANNOT}{FULL}\n")),
        (">/dev/full", ("--version",), 1, ("", f"{CANNOT}{FULL}\n")),
        ("1</dev/null", ("--help",), 1, ("", CANNOT)),
        ("| true", ("--help",), 1, ("", "")),
        # What went wrong did so, although nobody hears of it.
        ("2>/dev/full", ("nothing",), 2, ("", "")),
        ("2</dev/null", ("watch",), 2, ("", "")),
        (">/dev/full 2>/dev/full <&-", (), 2, ("", "")),
        # What cannot be read.
        ("0>/dev/null", ("add", "-"), 1, ("", "scenext-tui: standard input cannot be read: ")),
        ("</dev/zero", ("add", "-"), 1, ("", "scenext-tui: standard input is longer than 16 MiB")),
    ],
)
def test_a_stream_that_is_full_or_wrong_changes_no_exit_code_of_what_was_done(
    home: Home, redirected: str, arguments: tuple[str, ...], code: int, shown: tuple[str, str]
) -> None:
    home.command = ("/bin/bash", "-c", f'set -o pipefail; "$@" {redirected}', "sh", *home.command)
    done = home.run(*arguments, stdin="7\n8\n")
    assert done.returncode == code
    assert done.stdout == shown[0]
    assert shown[1] in done.stderr
    assert len(done.stderr.splitlines()) == (1 if shown[1] else 0)
    if arguments[0:1] == ("add",) and code == 0:
        assert 'id = "7"' in home.watchlist.read_text("utf-8")


@pytest.mark.parametrize("encoding", ["ascii:strict", "idna", "utf-8:nothing", "utf-7"])
def test_an_encoding_that_cannot_take_the_words_changes_no_exit_code(
    home: Home, encoding: str
) -> None:
    home.env["PYTHONIOENCODING"] = encoding
    done = home.run("add", "7", "--label", "勾股")
    again = home.run("add", "7", "--label", "定理")
    assert (done.returncode, again.returncode) == (0, 0), done.stderr + again.stderr
    assert "Added 1 task." in done.stdout.replace("+AC4", "")
    assert "1 already there" in again.stdout


def test_streams_that_are_shared_and_do_not_block_are_waited_for(home: Home) -> None:
    """As ssh and some supervisors leave them; the reader is slower than we are."""
    reader, stdin = os.pipe()
    output, writer = os.pipe()
    for descriptor in (reader, writer):
        os.set_blocking(descriptor, False)
    os.write(writer, b"x" * os.fpathconf(writer, "PC_PIPE_BUF") * 16)  # Nothing more fits.
    environment = {"PATH": "/usr/bin:/bin", **home.environment()}
    with subprocess.Popen(
        [*home.command, "add", "-"],
        stdin=reader,
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        cwd=home.folder,
        env=environment,
    ) as process:
        os.close(reader)
        os.close(writer)
        for line in (b"7\n", b"8\n"):
            os.write(stdin, line)
        os.close(stdin)
        wait_until(home.watchlist.exists)
        with os.fdopen(output, "rb") as file:
            assert file.read().lstrip(b"x") == b"Added 2 tasks.\n"
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_no_umask_takes_what_was_written_from_its_owner(home: Home) -> None:
    home.command = ("/bin/sh", "-c", 'umask 777; exec "$@"', "sh", *home.command)
    assert home.run("add", "7").returncode == 0
    assert stat.S_IMODE(home.watchlist.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.watchlist.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("message", "shown"),
    [("no answer", "no answer. Go on."), ("is base_url right?", "is base_url right? Go on.")],
)
def test_a_hint_begins_a_sentence_of_its_own(
    capfd: pytest.CaptureFixture[str], message: str, shown: str
) -> None:
    print_errors([CommandError(message, ErrorCode.NO_ANSWER, hint="Go on.")], as_json=False)
    assert capfd.readouterr().err == f"scenext-tui: {shown}\n"


@pytest.mark.parametrize("make", [os.pipe, socket.socketpair], ids=["pipe", "socket"])
def test_a_reader_that_leaves_is_noticed_although_nothing_is_printed(
    monkeypatch: pytest.MonkeyPatch, make: Callable[[], tuple[Any, Any]]
) -> None:
    reader, writer = (end if isinstance(end, int) else end.detach() for end in make())

    async def leave() -> None:
        closed = asyncio.Event()
        with ending_with_the_reader(closed.set):
            await asyncio.sleep(0)
            assert not closed.is_set()
            os.close(reader)
            async with asyncio.timeout(10):
                await closed.wait()

    with os.fdopen(writer, "w") as stream, monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", stream)
        asyncio.run(leave())
