"""The completions, in the shells that are installed here."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.help_texts import flags_of, parsers
from tui.cli.arguments.parser import SHELLS
from tui.cli.completions import print_completions

COMMANDS = parsers().keys() - {""}
CASES = {
    ("",): COMMANDS,
    ("wa",): {"wait", "watch"},
    ("--watchlist", "x.toml", "sta"): {"status"},
    ("list", "--state", ""): {"waiting", "running", "completed", "failed", "unknown"},
    ("wait", "1", "--ti"): {"--timeout"},
    ("completions", ""): set(SHELLS),
    ("--config", "mi"): {"mine.toml", "mine"},
    ("rm", "--watchlist", "mi"): {"mine.toml", "mine"},
}
"""What the last word of each command line may become."""
BASH = """\
. ./script
while IFS= read -r line; do
  IFS='|' read -ra COMP_WORDS <<< "scenext-tui|$line"
  [[ $line == *'|' || -z $line ]] && COMP_WORDS+=("")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  _shtab_scenext_tui 2>/dev/null
  echo "${COMPREPLY[*]}"
done
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder, the current one, with files to complete."""
    for name in ("mine.toml", "other.toml"):
        (tmp_path / name).touch()
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(shell: str, *arguments: str, stdin: str = "") -> str:
    """Return what a shell prints on standard output; it prints no error and ends with 0."""
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    done = subprocess.run(
        [shell, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(Path.cwd()), "TERM": "dumb"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def save(capfd: pytest.CaptureFixture[str], shell: str) -> None:
    """Write the completions of a shell to the current folder."""
    assert print_completions(shell) == 0
    Path("script").write_text(capfd.readouterr().out)


def test_bash_completes(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    save(capfd, "bash")
    lines = "".join("|".join(words) + "\n" for words in CASES)
    completed = run("bash", "-c", BASH, stdin=lines).splitlines()
    assert [set(line.split()) for line in completed] == list(CASES.values())


def test_fish_completes(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    save(capfd, "fish")
    ask = "".join(f"complete -C 'scenext-tui {' '.join(words)}'; echo END;" for words in CASES)
    told = run("fish", "--no-config", "-c", f"source script; {ask}").split("END\n")
    completed = [{line.split("\t")[0].rstrip("/") for line in each.splitlines()} for each in told]
    assert completed[:-1] == list(CASES.values())


def test_zsh_takes_them(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    save(capfd, "zsh")
    Path("script").rename("_scenext-tui")
    load = "fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; print $_comps[scenext-tui]"
    assert run("zsh", "-fc", load) == "_scenext-tui\n"
    run("zsh", "-fn", "_scenext-tui")


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_and_flag_is_in_the_script(
    capfd: pytest.CaptureFixture[str], shell: str
) -> None:
    print_completions(shell)
    script = capfd.readouterr().out
    assert not [name for name in COMMANDS if name not in script]
    flags = {flag for parser in parsers().values() for flag in flags_of(parser)}
    assert not [flag for flag in flags if flag.strip("-") not in script]


def test_only_this_command_loads_the_library() -> None:
    code = "import sys, tui.cli.main as m; m.main(['--version'])"
    done = subprocess.run(
        [sys.executable, "-c", f"try:\n {code}\nfinally:\n assert 'shtab' not in sys.modules"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
