"""Files that the user names: read at most to a limit, and never waited for."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.home import Home
from tui.user_file import read_user_file


def test_a_file_is_read_to_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789" * 100_000)
    assert read_user_file(path, 15) == b"012345678901234"
    assert read_user_file(path, 1 << 20) == path.read_bytes()
    path.write_bytes(b"")
    assert read_user_file(path, 15) == b""
    assert read_user_file(Path("/dev/null"), 15) == b""
    assert read_user_file(Path("/dev/zero"), 15) == bytes(15)


def test_what_may_never_end_or_never_begin_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        for path in (tmp_path / "fifo", tmp_path / "link", tmp_path / "socket"):
            with pytest.raises(OSError, match=r"not a regular file|o such device") as raised:
                read_user_file(path, 15)
            assert raised.value.errno == errno.ENXIO
    with pytest.raises(IsADirectoryError):
        read_user_file(tmp_path, 15)
    with pytest.raises(FileNotFoundError):
        read_user_file(tmp_path / "missing", 15)


def saying(words: str) -> Callable[[str], bool]:
    """Return a condition for the words, wherever the terminal has broken its lines."""
    return lambda text: words in "".join(text.split())


def test_a_configuration_or_key_that_is_no_file_ends_in_a_line(home: Home) -> None:
    """The dashboard waited for a FIFO for ever, and read /dev/zero until there was no memory."""
    key = home.folder / "key"
    os.mkfifo(key)
    home.configure(api_key_file=str(key))
    with home.open() as terminal:
        terminal.wait_for(saying("cannotberead(itisnotaregularfile)"))
        terminal.wait_for_text("quit")
        terminal.press("q")
        assert terminal.wait_exit() == 0
    for target, reason in (
        (str(key), "cannotberead(itisnotaregularfile)"),
        ("/dev/tty", "cannotberead(itisnotaregularfile)"),
        ("/dev/zero", "istoolargetobeaconfiguration"),
    ):
        home.config.unlink()
        home.config.symlink_to(target)
        with home.open("--demo") as terminal:
            terminal.wait_for(saying(reason))
            assert terminal.wait_exit() == 1
