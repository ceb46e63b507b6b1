"""Which sizes of a cell are believed."""

from __future__ import annotations

import os
import termios

import pytest

from tui.terminal.graphics import cell_size


@pytest.mark.parametrize(
    ("window", "size"),
    [
        ((24, 80, 800, 480), (10, 20)),
        ((24, 80, 484, 316), (6, 13)),  # xterm, with its border.
        ((24, 80, 0, 0), None),
        ((0, 0, 800, 480), None),
        ((40, 160, 640, 480), None),  # OpenSSH on Windows: 4 by 12.
        ((24, 80, 640, 480), (8, 20)),
        ((24, 80, 240, 200), None),
        ((24, 80, 3280, 1640), None),
        ((65535, 65535, 65535, 65535), None),
    ],
)
def test_a_window_tells_the_size_of_a_possible_cell(
    window: tuple[int, int, int, int], size: tuple[int, int] | None
) -> None:
    assert cell_size.of_window(*window) == size


def test_the_kernel_is_asked_where_there_is_a_terminal() -> None:
    master, slave = os.openpty()
    try:
        termios.tcsetwinsize(slave, (24, 80))
        assert cell_size.of_terminal(slave) is None
    finally:
        os.close(master)
        os.close(slave)
    reader, writer = os.pipe()
    os.close(writer)
    assert cell_size.of_terminal(reader) is None
    os.close(reader)
    assert cell_size.of_terminal(reader) is None
