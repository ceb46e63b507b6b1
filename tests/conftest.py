"""Fixtures shared by all tests."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.home import Home
from tests.support.service import ScriptedService
from tests.support.terminal import Terminal

# No test asserts a speed: a busy machine is no failure.
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")


def pytest_xdist_auto_num_workers() -> int:
    """Return three workers more than there are cores: half of the time the tests wait."""
    return (os.cpu_count() or 1) + 3


def pytest_configure() -> None:
    """Make SIGINT end the programs under test, although a shell ignores it in the background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Import the tests in another order in each worker, so that one of them compiles each.

    In a fresh checkout all would rewrite the assertions of the same module at the same time.
    """
    config = session.config
    worker: dict[str, object] = getattr(config, "workerinput", {})
    if not worker or config.args != config.getini("testpaths"):
        return
    paths = sorted(Path(__file__).parent.rglob("test_*.py"))
    number, count = int(str(worker["workerid"]).removeprefix("gw")), int(str(worker["workercount"]))
    start = len(paths) * number // count
    for path in paths[start:] + paths[:start]:
        # What cannot be imported, or is skipped, is told of when it is collected.
        with suppress(Exception, pytest.skip.Exception):
            import_module(".".join(path.relative_to(config.rootpath).with_suffix("").parts))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that start the program for real, mostly in a pseudo-terminal.

    They are those with a `home`, and all of a module that imports `Terminal`.
    """
    for item in items:
        if isinstance(item, pytest.Function) and (
            "home" in item.fixturenames or vars(item.module).get("Terminal") is Terminal
        ):
            item.add_marker(pytest.mark.terminal)


def pytest_collection_finish() -> None:
    """Leave what was collected out of every full garbage collection: each took 0.15 s."""
    gc.freeze()


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    """Run a stand-in for the service whose replies the test scripts."""
    with ScriptedService() as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, service: ScriptedService) -> Home:
    """Return a home whose configuration has the address of the service and its key."""
    home = Home(tmp_path)
    home.configure(base_url=service.base_url, api_key=service.api_key, poll_interval=1)
    home.config.chmod(0o600)
    # The frames of most scripted tasks lie on the real host.
    home.hide_pictures()
    return home
