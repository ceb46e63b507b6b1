"""What the README says about scripts runs as it stands there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.home import Home
from tests.support.picture_host import PictureHost
from tests.support.service import ScriptedService, completed, task
from tui.cli import exit_codes
from tui.config import load
from tui.demo.server import Response

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
SCRIPTS = README.partition("\n## For scripts\n")[2].partition("\n## ")[0]
VIDEO = b"\x00\x00\x00\x18ftypmp42 a video"


def block(text: str, language: str) -> str:
    """Return the only block of a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert isinstance(found, str)
    return found


@pytest.fixture
def videos() -> Iterator[PictureHost]:
    """Run a host of videos."""
    with PictureHost() as host:
        host.answers["/sky.mp4"] = Response(200, VIDEO, {"Content-Type": "video/mp4"})
        yield host


def run_script(shell: Home, service: ScriptedService, key: str) -> subprocess.CompletedProcess[str]:
    """Run the script of the README as it stands there."""
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here")
    path = shell.folder / "video.sh"
    path.write_text(block(SCRIPTS, "bash"))
    added = {"SCENEXT_API_KEY": key, "SCENEXT_API_BASE_URL": service.base_url}
    return subprocess.run(
        ["bash", "-eu", str(path)],
        cwd=shell.folder,
        env=shell.environment(added),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_the_script_creates_a_task_and_fetches_its_video(
    shell: Home, service: ScriptedService, videos: PictureHost
) -> None:
    service.create("12345")
    ended_without_video = task("12345", "COMPLETED", result=[])
    ended = completed("12345", video=videos.link("/sky.mp4"))
    service.script("12345", task("12345"), ended_without_video, ended)
    done = run_script(shell, service, service.api_key)
    assert (done.returncode, done.stderr) == (0, "")
    assert (shell.folder / "sky.mp4").read_bytes() == VIDEO
    created = service.requests[0]
    assert json.loads(created.body) == {"question": "Why is the sky blue?"}
    assert 'label = "the sky"' in shell.watchlist.read_text()
    (fetched,) = videos.requests_for("/sky.mp4")
    assert service.api_key not in str(fetched)
    assert "Signature" not in done.stdout


def test_the_script_tells_a_failure_from_a_wrong_key(shell: Home, service: ScriptedService) -> None:
    service.create("12345")
    service.script("12345", task("12345", "FAILED"))
    done = run_script(shell, service, service.api_key)
    assert (done.returncode, done.stderr) == (3, "It failed, and its points come back.\n")
    assert not (shell.folder / "sky.mp4").exists()
    done = run_script(shell, service, "sk-of-somebody-else")
    assert done.returncode == 22, "as curl tells an error of HTTP"
    assert "401" in done.stderr


def test_the_script_sends_nothing_without_a_key(shell: Home, service: ScriptedService) -> None:
    done = run_script(shell, service, "")
    assert done.returncode == 1
    assert "SCENEXT_API_KEY" in done.stderr
    assert service.requests == []


def test_the_codes_are_those_of_the_program_in_their_order() -> None:
    codes = [int(code) for code in re.findall(r"^\| (\d) \|", SCRIPTS, re.MULTILINE)]
    assert codes == list(exit_codes.PRECEDENCE)
    help_text = (ROOT / "tui" / "cli" / "arguments" / "help_texts.py").read_text("utf-8")
    for codes_of in re.findall(r"first of them in this list:\n((?:  \d .*\n)+)", help_text):
        assert [int(line.split()[0]) for line in codes_of.splitlines()] == codes


def test_the_keys_are_those_of_the_schema() -> None:
    schema = json.loads((ROOT / "tui" / "cli" / "printing" / "schema.json").read_text("utf-8"))
    table = SCRIPTS.partition("| key |")[2].partition("\n\n")[0]
    named = [
        name for line in table.splitlines() for name in re.findall(r"`(\w+)`", line.split("|")[1])
    ]
    assert sorted(named) == sorted(schema["$defs"]["task"]["properties"])


def test_the_second_account_has_files_of_its_own(home: Home) -> None:
    text = README.partition("**Two accounts**")[2].partition("\n## ")[0]
    home.config.write_text(block(text, "toml"))
    config = load(home.config, {})
    assert config.watchlist is not None
    assert config.watchlist.name == "school.toml"
    assert config.key.file == home.config.with_name("school.key")
    assert "--config" in block(text, "sh")
