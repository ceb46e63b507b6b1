"""The user's own command for opening links: its words, the link among them, and what is refused.

Links come from the service, so a link reaches a program as one argument or through its environment,
never as a part of something that is parsed again: a shell would run what stands in it. Whether it
would be depends on its place among the words:

- `{url}` in a word that looks like a script, because it has quotes or a shell's operators, is
  refused whatever the program is.
- Neither may the link be a part of what an interpreter is told to run (`sh -c`, `python -c`,
  `osascript -e`, `cmd /c`), or of a command line that a program joins from its arguments (`ssh`).
  The interpreter may stand anywhere among the words, such as behind `env` or `sudo`.
- The value of an option that names a command (`-c`, `--exec`, `--run`) is one for every program, if
  the link stands in it beside other words.
- A word of its own behind the script is an argument: `sh -c 'x "$1"' sh {url}`.

In doubt a command is refused, since it can always be written in the last way.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Final, NamedTuple

URL: Final = "{url}"
"""Stands for the link in a command."""

_PLACEHOLDER: Final = re.compile(r"\{url\}")
_BROWSER_PLACEHOLDER: Final = re.compile(r"\{url\}|%s")
_SCRIPT_CHARACTERS: Final = frozenset("\"'`$;|()<>\\\n")
_SHELLS: Final = frozenset(
    {
        *("sh", "bash", "dash", "ash", "hush", "zsh", "ksh", "mksh", "pdksh", "lksh", "oksh"),
        *("loksh", "yash", "posh", "rbash", "rksh", "rzsh", "fish", "csh", "tcsh", "nu"),
        *("elvish", "sash", "xonsh", "osh", "ysh", "oil", "rc", "es", "ion", "murex"),
    }
)
# All but `-c`, which stands for a script that may follow other options.
_SHELL_OPTIONS: Final = ("-C", "--command", "--commands", "--init-command", "--execute")
_SCRIPT_OPTIONS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(_SHELLS, _SHELL_OPTIONS),
    **dict.fromkeys(("python", "pythonw", "pypy", "ipython", "py"), ("-c",)),
    **dict.fromkeys(("perl", "ruby", "jruby", "lua", "luajit", "groovy", "raku"), ("-e", "-E")),
    **dict.fromkeys(("node", "nodejs", "bun", "deno"), ("-e", "-p", "--eval", "--print", "eval")),
    **dict.fromkeys(("osascript", "julia", "rscript", "r", "scala", "elixir"), ("-e", "--eval")),
    **dict.fromkeys(("emacs", "emacsclient"), ("-e", "-eval", "--eval", "--execute")),
    **dict.fromkeys(("vim", "nvim", "vi", "gvim", "ex", "view", "less"), ("-c", "--cmd", "+")),
    **dict.fromkeys(("su", "runuser"), ("-c", "--command", "--session-command")),
    **dict.fromkeys(("script", "flock", "sg", "gjs", "git"), ("-c", "--command")),
    # Unlike others, these may be given several scripts.
    "fish": ("-c", *_SHELL_OPTIONS),
    "nu": ("-c", "-e", *_SHELL_OPTIONS),
    **dict.fromkeys(("expect", "guile", "tclsh", "vagrant", "sqlite"), ("-c", "--command", "-cmd")),
    "php": ("-r", "-B", "-R", "-E", "--run", "--process-code"),
    "gcloud": ("--command",),
    "env": ("-S", "--split-string"),
}
"""Options of programs whose value is a script, or a command line that is split again."""
_TERMINALS: Final = frozenset(
    {
        *("xterm", "uxterm", "urxvt", "rxvt", "st", "konsole", "gnome-terminal", "lxterminal"),
        *("xfce4-terminal", "mate-terminal", "terminator", "tilix", "alacritty", "qterminal"),
        *("x-terminal-emulator", "tmux", "screen", "byobu", "zellij", "kitty", "kitten", "wezterm"),
        *("guake", "qdbus", "qdbus6", "riverctl", "bundle", "hyperfine", "entr", "watchexec"),
        *("socat", "sqlite3"),
    }
)
"""Programs that give a single word with spaces to a shell, but start several words as they are."""
_TYPED: Final = frozenset(
    {
        *("send-keys", "send", "stuff", "send-text", "write-chars", "run-shell", "if-shell", "if"),
        *("pipe-pane", "pipep"),
    }
)
"""Commands of terminals that type their arguments into a shell, or run them in one."""
_TMUX_WINDOWS: Final = frozenset(
    {
        *("new-window", "neww", "new-session", "new", "split-window", "splitw", "display-popup"),
        *("popup", "respawn-pane", "respawnp", "respawn-window", "respawnw"),
    }
)
"""Commands of tmux that give a command of a single word to a shell."""
_JOINERS: Final = frozenset(
    {
        *("ssh", "autossh", "slogin", "rsh", "remsh", "watch", "adb", "wsl", "i3-msg", "swaymsg"),
        *("hyprctl", "make", "gmake", "just", "plink", "dbclient", "parallel", "pdsh", "clush"),
        *("dsh", "pssh"),
    }
)
"""Programs that join their arguments to text that they, or a program elsewhere, parse."""
_OPENERS: Final = frozenset(
    {
        *("firefox", "firefox-esr", "librewolf", "google-chrome", "google-chrome-stable", "chrome"),
        *("chromium", "chromium-browser", "brave", "brave-browser", "msedge", "microsoft-edge"),
        *("vivaldi", "opera", "epiphany", "falkon", "open", "xdg-open"),
    }
)
"""Programs that run no other one that their arguments name: those name profiles and the like."""
_COMMAND_OPTION: Final = re.compile(
    r"(?i)\A(?:-[a-z]{0,4}[cex]"
    r"|--?(?:\w+-)*(?:cmd|commands?|exec|execute|run|eval|call|shell)(?:-\w+)*)"
)
# PowerShell takes any dash for a hyphen, and two for one.
_POWERSHELL_OPTION: Final = r"(?i)(?:/|[-\u2013-\u2015]{1,2})"
_POWERSHELL_FILE: Final = re.compile(rf"{_POWERSHELL_OPTION}f(?:i(?:le?)?)?")
_POWERSHELL_SCRIPT: Final = re.compile(rf"{_POWERSHELL_OPTION}(?:c|co|comm?.*|cwa|e|ec|en.*)")
# Options may follow each other without a space: `/v:on/c`.
_CMD_SCRIPT: Final = re.compile(r"(?i)\A(?:/.*)?/[ckr].*")


def words_of(command: str) -> list[str] | None:
    """Return the words of a command; None if a quote in it is unbalanced."""
    try:
        return [word for word in shlex.split(command) if word != "&"]
    except ValueError:
        return None


def fill(words: Sequence[str], url: str, *, browser: bool = False) -> tuple[str, ...]:
    """Return the words with the link in the place of `{url}`, or behind them.

    In `$BROWSER` (`browser`) `%s` stands for the link too, as its convention has it.
    """
    placeholder = _BROWSER_PLACEHOLDER if browser else _PLACEHOLDER
    # In one pass, as a link may contain a placeholder too.
    filled = [placeholder.sub(lambda _: url, word) for word in words]
    return tuple(filled if any(map(placeholder.search, words)) else [*words, url])


def refusal(command: str, *, browser: bool = False) -> str:
    """Return why a command must not be used and how to write it; empty if it may be used.

    What cannot be read as a command is not refused here: it starts nothing.
    """
    words = words_of(command)
    if not words:
        return ""
    found = _misuse(_split_by_env([*fill(words, URL, browser=browser)]))
    if found is None:
        return ""
    advice = found.advice.replace(URL, "%s") if browser else found.advice
    return f"puts the link into {found.place}, where it could run code; {advice}"


class _Misuse(NamedTuple):
    place: str
    """What the link would be a part of."""
    advice: str = f"pass it as an argument: sh -c 'x \"$1\"' sh {URL}"


_SPACED: Final = f"write its command as several words, and {URL} as one of them"
_JOINED: Final = f"send it through a pipe: sh -c 'echo \"$1\" | x' sh {URL}"
_WINDOWS: Final = "name a program that takes a link, such as wslview or explorer.exe"


def _misuse(words: Sequence[str]) -> _Misuse | None:
    """Return what is wrong with the place of the link; None where it is an argument."""
    if URL in words[0]:
        return _Misuse("the name of the program")
    if any(URL in word and _SCRIPT_CHARACTERS & set(word) for word in words):
        return _Misuse("a script")
    programs = 1 if _name(words[0]) in _OPENERS else len(words)
    each = (_misuse_by(words[index], words[index + 1 :]) for index in range(programs))
    if found := next(filter(None, each), None):
        return found
    if any(URL in value and len(value.split()) > 1 for value in _commands(words)):
        return _Misuse("the command in an option")
    return None


def _commands(words: Sequence[str]) -> Iterator[str]:
    """Yield the values of options that name a command, whatever the program."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        option, equals, value = word.partition("=")
        if _COMMAND_OPTION.fullmatch(option):
            yield value if equals else following


def _misuse_by(word: str, arguments: Sequence[str]) -> _Misuse | None:
    assigned, equals, value = word.partition("=")
    if equals and not assigned.startswith("-"):
        return None
    # A program may be named by an option too, such as `--entrypoint=sh`; a path there may be any.
    name = _name(value if equals else word)
    # Such as `bash-static`, `static-sh`, `python3.12` and `vim.basic`.
    parts = re.split(r"[-.0-9]", name)
    kind = next((part for part in parts if part in _SHELLS), parts[0])
    if equals and kind not in _SHELLS:
        return None
    if any(URL in value for value in _values(arguments, _SCRIPT_OPTIONS.get(kind, ()))):
        return _Misuse(f"a script for {kind}")
    if kind in _SHELLS and _is_shell_script(arguments):
        return _Misuse(f"a script for {kind}")
    if kind == "cmd" and any(map(_CMD_SCRIPT.fullmatch, arguments)):
        return _Misuse("a command line of cmd", _WINDOWS)
    if kind in ("powershell", "pwsh") and _is_powershell_script(kind, arguments):
        return _Misuse(f"a script for {kind}", _WINDOWS)
    if name in _TERMINALS and _is_one_word(arguments):
        return _Misuse(f"a command line of {name}", _SPACED)
    is_joiner = name in _JOINERS or (name == "script" and "--" in arguments)
    if is_joiner and any(URL in argument for argument in arguments):
        return _Misuse(f"a command line of {name}", _JOINED)
    return None


def _name(word: str) -> str:
    """Return the name of a program, without folder and `.exe`, in lower case."""
    return PurePath(word.replace("\\", "/")).name.lower().removesuffix(".exe")


def _values(arguments: Sequence[str], options: Sequence[str]) -> Iterator[str]:
    """Yield the values of options, attached or as a word of their own, whatever stands between."""
    for index, word in enumerate(arguments):
        following = "".join(arguments[index + 1 : index + 2])
        if word in options:
            yield following
        elif word.startswith("--"):
            name, equals, value = word.partition("=")
            # Many programs take the beginning of a long option for it.
            if len(name) > 3 and any(option.startswith(name) for option in options):
                yield value if equals else following
        elif word.startswith("-"):
            for option in options:
                _, letter, value = word.partition(option[1:])
                if len(option) == 2 and letter:
                    yield value or following
        elif word.startswith("+") and "+" in options:
            yield word


def _is_shell_script(arguments: Sequence[str], *, has_script: bool = False) -> bool:
    """Return whether the link is in the script of `-c`: the first word after it and all options.

    `has_script` is whether there was a `-c` before these arguments.
    """
    if not arguments:
        return has_script
    word, *rest = arguments
    if word[:1] not in ("-", "+") or len(word) == 1:
        return URL in word if has_script else _is_shell_script(rest)
    has_script = has_script or (word[0] == "-" != word[1] and "c" in word)
    if has_script and URL in word:
        return True
    # For most shells the name of an option follows an `o`, wherever that stands; for zsh the rest
    # of the word is the name.
    names = 0 if word[1] == "-" else min(len(re.findall("[oO]", word)), len(rest))
    skips = {names} if names == 0 or word[-1] in "oO" else {0, names}
    return any(_is_shell_script(rest[skip:], has_script=has_script) for skip in skips)


def _is_powershell_script(kind: str, arguments: Sequence[str]) -> bool:
    """Return whether PowerShell joins the arguments to a script, or the link names its script."""
    for index, word in enumerate(arguments):
        if _POWERSHELL_SCRIPT.fullmatch(word):
            return True
        if _POWERSHELL_FILE.fullmatch(word):
            return URL in "".join(arguments[index + 1 : index + 2])
    # Without an option the older one runs a script, the newer one a file.
    return kind == "powershell"


def _is_one_word(arguments: Sequence[str]) -> bool:
    """Return whether the link is in a command line that is a single word, or is typed."""
    if _TYPED.intersection(arguments):
        return True
    before = arguments[arguments.index(URL) - 1] if URL in arguments[1:] else ""
    if _TMUX_WINDOWS.intersection(arguments) and (before[:1] == "-" or before in _TMUX_WINDOWS):
        return True
    values = _values(arguments, ("-e", "-x", "--command", "--execute"))
    return any(URL in word and " " in word for word in arguments) or any(
        URL in value for value in values
    )


def _split_by_env(words: list[str]) -> list[str]:
    """Return the words as `env -S` splits them."""
    for start in range(len(words)):
        if _name(words[start]) == "env":
            for index in range(start + 1, len(words)):
                value = next(_values(words[index : index + 2], _SCRIPT_OPTIONS["env"]), "")
                if value and URL not in value:
                    used = 1 if words[index].endswith(value) else 2
                    split = words_of(value) or []
                    return [*words[:start], *_split_by_env([*split, *words[index + used :]])]
    return words
