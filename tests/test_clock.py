"""The service's time, whatever the machine's own clock does."""

from __future__ import annotations

import pytest

from tui.clock import Clock, ServerClock


class Machine:
    """A machine whose clocks a test sets."""

    boot = 100.0
    wall = 1_800_000_000.0

    def clock(self) -> Clock:
        return Clock(boot=lambda: self.boot, wall=lambda: self.wall)

    def pass_time(self, seconds: float) -> None:
        self.boot += seconds
        self.wall += seconds


@pytest.mark.parametrize("offset", [0.0, 4.0, -4.0])
def test_a_clock_that_is_nearly_right_is_left_alone(offset: float) -> None:
    machine = Machine()
    server = ServerClock(machine.clock())
    assert server.now() == machine.wall
    server.observe(machine.wall + offset)
    machine.pass_time(60)
    assert server.now() == machine.wall


@pytest.mark.parametrize("offset", [3600.0, -3600.0, 172_800.0])
def test_a_wrong_clock_is_corrected_by_what_most_answers_say(offset: float) -> None:
    machine = Machine()
    server = ServerClock(machine.clock())
    for odd in (0.0, 0.0, 9e8, 1.0, -9e8):
        server.observe(machine.wall + offset + odd)
    machine.pass_time(60)
    assert server.now() == pytest.approx(machine.wall + offset, abs=1)


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_a_clock_that_is_set_changes_nothing_about_the_service(jump: float) -> None:
    machine = Machine()
    server = ServerClock(machine.clock())
    began = machine.wall
    server.observe(began)
    machine.wall += jump
    machine.pass_time(60)
    assert server.now() == pytest.approx(began + 60)
