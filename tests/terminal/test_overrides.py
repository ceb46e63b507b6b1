"""The dashboard works with a Textual that has renamed any of the names it relies on."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.support.home import Home
from tests.support.service import ScriptedService, task
from tui.terminal import overrides
from tui.terminal.overrides import HOOKS, Hook, Kind

ROOT = Path(__file__).parents[2]
DRIVERS = r"textual\.(app|driver|drivers\.linux_driver)"
WRITERS = r"textual\.drivers\.(linux_driver|_writer_thread)"
WRITER = r"(?<=_writer_thread\.)"
PARSERS = r"textual\.(_parser|_xterm_parser|drivers\.linux_driver)"
CAREFULLY = {
    # Common names are renamed only where the hook is meant: pattern and modules.
    "_compositor": (r"(?<!textual\.)\b_compositor\b", ".*"),
    "write": (r"(?<=def |elf\.)write\b|(?<=_driver\.)write\b", DRIVERS),
    "_writer_thread": (r"(?<=self\.)_writer_thread\b", DRIVERS),
    "WriterThread.write": (rf"(?<=def )write(?=\(self, text)|{WRITER}write\b", WRITERS),
    "WriterThread.stop": (rf"(?<=def )stop(?=\(self\))|{WRITER}stop\b", WRITERS),
    "close": (r"(?<=def |elf\.)close\b|(?<=driver\.)close\b", DRIVERS),
    "fileno": (r"(?<=self\.)fileno\b", DRIVERS),
    "feed": (r"\bfeed\b", PARSERS),
    "tick": (r"\btick\b", PARSERS),
    "strips": (r"(?<=self\.)strips\b", r"textual\._compositor"),
    "region": (r"(?<=self\.)region\b", r"textual\._compositor"),
}


def renaming(hooks: Sequence[Hook]) -> dict[str, str]:
    """Return the environment in which hooks have other names."""
    renames = [
        CAREFULLY.get(f"{hook.owner}.{hook.name}")
        or CAREFULLY.get(hook.name)
        or (rf"\b{hook.name}\b", ".*")
        for hook in hooks
    ]
    return {"RENAMES": json.dumps(renames), "PYTHONPATH": str(ROOT)}


def groups(size: int = 40) -> Iterator[tuple[Hook, ...]]:
    """Return the hooks, many at a time since a start with each alone takes a second of CPU time.

    Classes are apart from what they have, which the program then cannot find either: each name of
    a group must be missed for itself. So are the writer's names, which `CAREFULLY` finds behind
    that of the attribute that holds it.
    """
    parts: dict[tuple[bool, bool], list[Hook]] = {}
    for hook in HOOKS:
        key = (hook.kind is Kind.CLASS, hook.owner == "WriterThread")
        parts.setdefault(key, []).append(hook)
    for hooks in parts.values():
        for start in range(0, len(hooks), size):
            yield tuple(hooks[start : start + size])


def test_the_installed_textual_fits() -> None:
    assert overrides.misfit() == ""


def test_each_hook_is_listed_once_and_states_its_benefit() -> None:
    assert len({(hook.owner, hook.name) for hook in HOOKS}) == len(HOOKS)
    assert all(hook.benefit.endswith(".") for hook in HOOKS)


@pytest.mark.parametrize("kind", Kind)
def test_a_missing_module_class_or_name_and_another_signature_do_not_fit(
    kind: Kind,
) -> None:
    for module, owner, name in (
        ("textual.no_such_module", "App", "run"),
        ("textual.app", "NoSuchClass", "run"),
        ("textual.app", "App", "no_such_name"),
        ("textual.app", "App", "TITLE"),
        ("textual.app", "on", "on"),
        ("textual.app", "App", "run"),
    ):
        assert not overrides._fits(Hook(module, owner, name, kind, ("nothing",), "")) or (
            kind is Kind.ATTRIBUTE and name == "TITLE"
        )


def test_the_check_is_quick_and_imports_nothing_else() -> None:
    program = (
        "import sys, time, tui.terminal.input_queue, textual.drivers.linux_driver\n"
        "from tui.terminal import overrides\n"
        "before = set(sys.modules)\n"
        "times = []\n"
        "for _ in range(5):\n"
        "    began = time.perf_counter()\n"
        "    overrides.misfit.__wrapped__()\n"
        "    overrides._set_by_constructor.cache_clear()\n"
        "    times.append(time.perf_counter() - began)\n"
        "print(min(times), *(set(sys.modules) - before))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    seconds, *imported = done.stdout.split()
    assert float(seconds) < 0.003
    assert imported == []


@pytest.mark.parametrize(
    "hooks",
    list(groups()),
    ids=lambda hooks: f"{len(hooks)} from {hooks[0].owner}.{hooks[0].name} on",
)
def test_with_renamed_hooks_everything_works_and_the_log_names_each(
    home: Home, service: ScriptedService, hooks: tuple[Hook, ...]
) -> None:
    for number in (1, 2, 3):
        service.script(f"task{number}", task(f"task{number}", "COMPLETED"))
    assert home.run("add", "task1", "task2", "task3").returncode == 0
    home.command = (sys.executable, "-m", "tests.support.renamed_textual", "tui")
    with home.open(env=renaming(hooks)) as terminal:
        terminal.wait_for_text("Finished  3")
        terminal.wait_for_text("│ task1")
        terminal.press("j")
        terminal.wait_for_text("│ task2")
        terminal.press("?")
        terminal.wait_for_text("esc: close")
        terminal.press("escape")
        terminal.wait_gone("esc: close")
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.canonical_mode
        assert not terminal.modes & {1049, 1000, 1003, 2004}
        assert "Traceback" not in terminal.text()
    told = re.findall(r"(?m) WARNING \S+ .*no longer fit it: (.*)$", home.log.read_text())
    assert len(told) == 1
    assert {f"{hook.owner}.{hook.name}" for hook in hooks} <= set(told[0].split(", "))
