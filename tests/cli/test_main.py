"""How every command ends by a signal."""

from __future__ import annotations

import signal
import subprocess

import pytest

from tests.support.home import Home


@pytest.mark.parametrize(
    ("command", "number", "code"),
    [("add", signal.SIGTERM, 143), ("list", signal.SIGTERM, 143), ("rm", signal.SIGINT, 130)],
)
def test_a_signal_ends_a_command_with_its_code(
    home: Home, command: str, number: signal.Signals, code: int
) -> None:
    """Also one that reads its input, seen from what is no shell."""
    with subprocess.Popen(
        [*home.command, command, "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", **home.environment()},
    ) as process:
        assert process.stdin is not None
        # More than a pipe holds: it has begun to read.
        process.stdin.write(b"#" * 200_000)
        process.stdin.flush()
        process.send_signal(number)
        assert process.wait(10) == code
        assert process.communicate() == (b"", b"")
