"""The wheel is complete and runs, and the README covers every setting, command and flag."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.support.help_texts import flags_of, parsers
from tests.support.home import Home
from tests.support.terminal import Terminal
from tui import __version__
from tui.config import Config
from tui.pictures import cache
from tui.saving import file_writer

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel of this checkout."""
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a folder without its dependencies, which the tests have."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index"]
    subprocess.run(
        [*pip, "--disable-pip-version-check", "--target", str(folder), str(wheel)],
        check=True,
        capture_output=True,
        timeout=60,
    )
    return folder


@pytest.fixture
def command(installed: Path, tmp_path: Path) -> Home:
    """Return a home that runs the installed command."""
    # PYTHONPATH comes before the checkout, which this interpreter has installed as well.
    return Home(
        tmp_path,
        command=(str(installed / "bin" / "scenext-tui"),),
        env={"PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"},
    )


def test_the_wheel_has_what_the_program_reads(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "tui/cli/printing/schema.json",
        "tui/dashboard/app.tcss",
        "tui/dashboard/complete.tcss",
        "tui/py.typed",
        "tui/demo/__main__.py",
    } <= names
    assert not [name for name in names if name.startswith("tests")]
    assert not [name for name in names if "README" in name]
    sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tui").rglob("*.py")}
    assert sources <= names


def test_the_wheel_has_its_license(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (info,) = {name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name}
        metadata = archive.read(f"{info}/METADATA").decode()
        text = archive.read(f"{info}/licenses/LICENSE").decode()
    assert {"License-Expression: MIT", "License-File: LICENSE"} <= set(metadata.splitlines())
    assert text == (ROOT / "LICENSE").read_text("utf-8")


def test_the_installed_command_says_its_version(command: Home, installed: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert __version__ == project["version"]
    assert command.run("--version").stdout == f"scenext-tui {__version__}\n"
    completed = subprocess.run(
        [sys.executable, "-P", "-c", "import tui; print(tui.__file__)"],
        env=command.environment(),
        capture_output=True,
        text=True,
        check=True,
        cwd=command.folder,
    )
    assert completed.stdout.startswith(str(installed))


def test_the_installed_demo_shows_tasks_that_move(command: Home) -> None:
    env = command.environment()
    with Terminal([*command.command, "--demo"], env=env, cwd=command.folder) as terminal:
        first = terminal.wait_for("» .*How quicks")
        terminal.wait_for_text("live")

        def rows(text: str) -> list[str]:
            # A task ends: another glyph, or another place.
            return re.findall(r"[-»✓✗!?] ", text)

        terminal.wait_for(lambda text: rows(text) != rows(first), timeout=30)
        terminal.press("q")
        assert terminal.wait_exit() == 0
    assert not (command.folder / "data").exists(), "the demo wrote to the data folder of the user"


# The README


def test_the_two_lines_of_the_readme_are_what_ci_runs() -> None:
    lines = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert len(lines) == 2
    assert lines[0].endswith("scenext-tui --demo")
    assert lines[1].endswith("-m pytest")
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    (pattern,) = re.findall(r"grep -m1 -- '([^']+)' README\.md", script)
    matches = [line for line in README.splitlines() if re.search(pattern, line)]
    assert matches[0] == lines[1]


def test_the_limits_in_the_readme_are_those_of_the_program() -> None:
    text = " ".join(README.split())
    assert f"pictures that are shown to {cache.MAX_FILE_BYTES >> 20} MiB" in text
    assert f"saved files to {file_writer.MAX_FILE_BYTES >> 30} GiB each" in text


def test_the_readme_has_every_setting() -> None:
    settings = set(Config._fields) - {"key"}
    settings |= {"api_key", "api_key_file", "api_key_command"}
    table = README.partition("## Configuration")[2].partition("\n## ")[0]
    in_table = {
        name
        for line in table.splitlines()
        if line.startswith("| `")
        for name in re.findall("`([a-z_]+)`", line.split("|")[1])
    }
    assert in_table == settings


def test_the_readme_has_every_command_and_flag() -> None:
    words = {flag for parser in parsers().values() for flag in flags_of(parser)} - {"-h", "--help"}
    words |= parsers().keys() - {""}
    assert "completions" in words
    missing = [word for word in words if not re.search(rf"(?<![-\w]){word}\b", README)]
    assert missing == []


def test_the_pictures_of_the_readme_are_there() -> None:
    pictures = re.findall(r"\]\((screenshots/[^)]+)\)", README)
    assert pictures
    assert all((ROOT / picture).is_file() for picture in pictures)
