"""The user's command for opening links: where the link stands in it, and what is refused."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tui.config import load
from tui.errors import UserError
from tui.open_command import fill, refusal, words_of

LINK = "https://x.test/a.png?b=1&c=2"
CODE = "where it could run code"
ADVICE = {
    "pass it as an argument",
    "write its command as several words, and {url} as one of them",
    "send it through a pipe",
    "name a program that takes a link, such as wslview or explorer.exe",
}
SAFE = "sh -c 'x \"$1\"' sh {url}"

REFUSED = [
    # Shells, by name and path, whatever stands before them and before the script.
    """sh -c 'x "{url}"'""",
    "sh -c 'x {url}'",
    "sh -c x{url}",
    "sh -c {url}",
    "sh -c",
    "/bin/bash -lc 'x {url}'",
    "bash -ic 'x {url}'",
    "bash -ce 'x {url}'",
    "bash --norc -c 'x {url}'",
    "bash --rcfile mine -c 'x {url}'",
    "bash -o pipefail -c 'x {url}'",
    "bash -c -o pipefail 'x {url}'",
    "bash -e +x -c -- 'x {url}'",
    "/usr/local/bin/zsh-5.9 -c 'x {url}'",
    "dash -c 'x {url}'",
    "fish -c 'x {url}'",
    "fish --command='x {url}'",
    "fish --command 'x {url}'",
    "fish -C 'x {url}' -c y",
    "ksh93 -c 'x {url}'",
    "csh -c 'x {url}'",
    "tcsh -fc 'x {url}'",
    "busybox sh -c 'x {url}'",
    "env A=1 sh -c 'x {url}'",
    "nice -n 5 sh -c 'x {url}'",
    "sudo -u me -- sh -c 'x {url}'",
    "xargs -I{} sh -c 'x {url}'",
    "setsid nohup sh -c 'x {url}'",
    "docker exec box sh -c 'x {url}'",
    "env -S 'sh -c \"x {url}\"'",
    "env -S 'sh -c x{url}'",
    "env -S 'sh -c' {url}",
    "env -vS'sh -c' {url}",
    "env --split-string='sh -c'",
    "sh -c 'x {url}' &",
    # The shells of Windows, which join all that follows.
    "cmd.exe /c start {url}",
    "CMD /C start",
    "/mnt/c/Windows/System32/cmd.exe /d /s /c start {url}",
    "cmd.exe /s/c start {url}",
    "cmd.exe /Cstart {url}",
    "cmd.exe //c start {url}",
    "powershell.exe Start {url}",
    "powershell.exe -NoProfile -Command Start {url}",
    "powershell.exe -c Start",
    "pwsh -Command 'Start {url}'",
    "pwsh -NoLogo -com Start {url}",
    "powershell.exe -ExecutionPolicy Bypass Start {url}",
    # Other interpreters.
    "python3 -c 'x({url})'",
    "python3.12 -Ic x={url}",
    "perl -e 'x {url}'",
    "perl -lane 'x {url}'",
    "ruby -e 'x {url}'",
    "node --eval x={url}",
    "node --eval=x={url}",
    "node -e x={url}",
    "php -r x={url};",
    """osascript -e 'open location "{url}"'""",
    """emacsclient --eval '(browse-url "{url}")'""",
    "vim.basic '+e {url}'",
    "su me -c 'x {url}'",
    "su me --comm='x {url}'",
    "script -qc 'x {url}' /dev/null",
    # Programs that join their arguments, or parse one of several words.
    "ssh laptop open {url}",
    "ssh laptop",
    "watch x",
    "make open URL={url}",
    "i3-msg exec firefox {url}",
    "tmux new-window 'w3m {url}'",
    "xterm -e 'w3m {url}'",
    "xterm -e {url}",
    "tmux send-keys {url} Enter",
    "screen -X stuff {url}",
    # Options of shells that take other words with them, or that are written in another way.
    "bash -oc pipefail 'x {url}'",
    "bash -Oc extglob {url}",
    "bash -oec pipefail -- 'x {url}'",
    "zsh -oglob_dots -c 'x {url}'",
    "fish -c true -c 'x {url}'",
    "nu -e 'x {url}'",
    "static-sh -c {url}",
    "git-bash.exe -c 'x {url}'",
    "flatpak run --command=sh org.example.Mine -c {url}",
    "docker run --entrypoint=/bin/sh box -c 'x {url}'",
    "pwsh --Command 'Start {url}'",
    "pwsh --c Start {url}",
    "pwsh \u2013Command Start {url}",
    "cmd.exe /von/c start {url}",
    "env -S 'env -S \"sh -c\"' {url}",
    "su me --session-command='x {url}'",
    # An option that names a command, of a program that nobody knows.
    "nix-shell -p w3m --run 'w3m {url}'",
    "nix-shell --command='w3m {url}'",
    "npx -c 'x {url}'",
    "npm exec --call='x {url}'",
    "terminal-notifier -message frame -execute 'open {url}'",
    "mine --on-click-command 'open {url}'",
    "ncat --sh-exec 'x {url}' host 1",
    # More programs that join, type, or take one word for a command line.
    "guake --execute-command 'w3m {url}'",
    "qdbus org.kde.yakuake /yakuake/sessions runCommand 'w3m {url}'",
    "zellij action write-chars {url}",
    "kitty @ send-text {url}",
    "wezterm cli send-text {url}",
    "tmux new-window",
    "tmux split-window -h {url}",
    "tmux if-shell {url} x",
    "script -q /dev/null -- w3m {url}",
    "riverctl spawn 'w3m {url}'",
    "parallel w3m {url} ::: 1",
    "git -c 'alias.x=!w3m {url}' x",
    # A script of a program that nobody knows.
    "mine -x 'y \"{url}\"'",
    "mine 'y;{url}'",
    "mine $({url})",
    "{url}",
    "./{url} x",
]
ALLOWED = [
    "firefox",
    "firefox --new-tab {url}",
    "mine --url={url} -q",
    "mine 'see {url} now'",
    "mine ; rm $HOME | cat",
    "printf %s {url}",
    "printf '%s\\n' {url}",
    SAFE,
    """sh -c 'xdg-open "$SCENEXT_URL"'""",
    """sh -c 'echo "$1" | ssh laptop "read -r link; open \\"\\$link\\""' sh {url}""",
    "explorer.exe",
    """bash -lc 'x "$1"' bash {url}""",
    """bash --norc -o pipefail -c 'x "$1" | y' bash {url}""",
    "sh open.sh {url}",
    "env A=1 sh -c 'x \"$1\"' sh {url}",
    "env -S 'firefox --new-tab' {url}",
    "env firefox {url}",
    "python3 open.py {url}",
    """python3 -c 'import sys; x(sys.argv[1])' {url}""",
    "powershell.exe -ExecutionPolicy Bypass -File open.ps1 {url}",
    "pwsh open.ps1 {url}",
    "osascript open.scpt {url}",
    "xterm -e w3m {url}",
    "tmux new-window w3m {url}",
    "kitty w3m {url}",
    "gio open {url}",
    "open -a Safari",
    "sudo -u me firefox",
    "wslview",
    # What looks like a program is the name of a profile or the like.
    "firefox -P ssh {url}",
    "firefox --profile /home/me/watch {url}",
    "/usr/bin/chromium --user-data-dir=/home/me/make {url}",
    "env BROWSER=/usr/bin/just mine {url}",
    "mine --folder=/srv/ssh {url}",
    "zellij run -- w3m {url}",
    "tmux split-window -h w3m {url}",
    "tmux set-buffer -w {url}",
    "screen -t frame w3m {url}",
    "kitten icat {url}",
    "notify-send -c frames 'see {url}'",
    "mail -s 'see {url}' me",
    "sh -c '~/bin/open'",
    "bash -euo pipefail -c 'x \"$1\"' bash {url}",
    "zsh -onomatch -c 'x \"$1\"' zsh {url}",
    "fish -c 'x $argv' {url}",
    "flatpak run --command=mine org.example.Mine {url}",
    "mine 'unbalanced",
    "",
]


@pytest.mark.parametrize("command", REFUSED)
def test_a_link_in_a_script_is_refused(command: str) -> None:
    place, separator, advice = refusal(command).partition(", where it could run code; ")
    assert place.startswith("puts the link into ")
    assert separator
    assert advice.partition(": ")[0] in ADVICE


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/bin/sh -c 'x {url}'", f"a script for sh, {CODE}; pass it as an argument: {SAFE}"),
        ("cmd.exe /c start", f"a command line of cmd, {CODE}; name a program that takes a link"),
        ("pwsh -c Start", f"a script for pwsh, {CODE}; name a program that takes a link"),
        ("ssh a open {url}", f"a command line of ssh, {CODE}; send it through a pipe: sh -c "),
        ("xterm -e 'x {url}'", f"a command line of xterm, {CODE}; write its command as several"),
    ],
)
def test_the_words_say_where_and_how_else(command: str, words: str) -> None:
    assert refusal(command).startswith(f"puts the link into {words}")


@pytest.mark.parametrize("command", ALLOWED)
def test_a_link_of_its_own_is_allowed(command: str) -> None:
    assert refusal(command) == ""


@pytest.mark.parametrize("command", REFUSED)
def test_the_configuration_is_refused_with_the_place_and_the_way_to_write_it(
    tmp_path: Path, command: str
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f"open_command = '''{command}'''\n")
    with pytest.raises(UserError) as caught:
        load(config, {})
    assert str(caught.value).startswith(f"{config}: open_command puts the link into ")
    assert str(caught.value).isprintable()
    for name in ("SCENEXT_OPEN_COMMAND", "BROWSER"):
        with pytest.raises(UserError) as caught:
            load(tmp_path / "none.toml", {name: command.replace("&", "").rstrip()})
        assert str(caught.value).startswith(f"{name} puts the link into ")


def test_what_counts_alone_is_looked_at(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("open_command = 'sh -c \"x {url}\"'\n")
    bad = "sh -c 'x %s'"
    assert load(config, {"SCENEXT_OPEN_COMMAND": "mine"}).open_command == "mine"
    assert load(tmp_path / "none.toml", {"BROWSER": bad, "SCENEXT_OPEN_COMMAND": "terminal"})
    with pytest.raises(UserError, match=r"^BROWSER puts the link into a script for sh.* sh %s$"):
        load(tmp_path / "none.toml", {"BROWSER": f"firefox:{bad}"})


@pytest.mark.parametrize(
    ("written", "program"),
    [
        ("./open {url}", "{folder}/open"),
        ("bin/open", "{folder}/bin/open"),
        ("~/open", "{home}/open"),
        ("/opt/open", "/opt/open"),
        ("open", "open"),
    ],
)
def test_a_program_with_a_slash_is_found_where_the_configuration_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, program: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "a b"
    folder.mkdir()
    (folder / "config.toml").write_text(f"open_command = '{written}'\n")
    expected = program.format(folder=folder, home=tmp_path / "home")
    for config, environ in (
        (folder / "config.toml", {}),
        (Path("a b/config.toml"), {}),
        (folder / "none.toml", {"SCENEXT_OPEN_COMMAND": written}),
    ):
        words = shlex.split(load(config, environ).open_command)
        assert words == [expected, *shlex.split(written)[1:]]


def test_only_url_is_replaced_but_in_browser() -> None:
    words = words_of("printf '%s\\n' {url} --same={url}")
    assert words is not None
    assert fill(words, LINK) == ("printf", "%s\\n", LINK, f"--same={LINK}")
    assert fill(["mine", "%s"], LINK) == ("mine", "%s", LINK)
    assert fill(["mine", "%s"], LINK, browser=True) == ("mine", LINK)
    assert fill(["mine", "{url}"], "https://x.test/{url}") == ("mine", "https://x.test/{url}")
