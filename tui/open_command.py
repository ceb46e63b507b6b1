"""The user's own command for opening links: its words, the link among them, and what is refused.

Links come from the service, so a link reaches a program as one argument or through its environment,
never as a part of something that is parsed again: a shell would run what stands in it. Whether it
would be depends on its place among the words:

- `{url}` in a word that looks like a script, because it has quotes or a shell's operators, is
  refused whatever the program is.
- Neither may the link be a part of what an interpreter is told to run (`sh -c`, `python -c`,
  `osascript -e`, `cmd /c`), or of a command line that a program joins from its arguments (`ssh`).
  The interpreter may stand anywhere among the words, such as behind `env` or `sudo`.
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
    **dict.fromkeys(("su", "runuser", "script", "flock", "sg", "gjs"), ("-c", "--command")),
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
        *("x-terminal-emulator", "tmux", "screen", "byobu", "zellij", "parallel"),
    }
)
"""Programs that give a single word with spaces to a shell, but start several words as they are."""
_TYPED: Final = frozenset({"send-keys", "send", "stuff", "run-shell", "run"})
"""Commands of terminals that type their arguments into a shell, or run them in one."""
_JOINERS: Final = frozenset(
    {
        *("ssh", "autossh", "slogin", "rsh", "remsh", "watch", "adb", "wsl", "i3-msg", "swaymsg"),
        *("hyprctl", "make", "gmake", "just", "plink", "dbclient"),
    }
)
"""Programs that join their arguments to text that they, or a program elsewhere, parse."""
_POWERSHELL_FILE: Final = re.compile(r"(?i)[-/]f(?:i(?:le?)?)?")
_POWERSHELL_SCRIPT: Final = re.compile(r"(?i)[-/](?:c|co|comm?.*|cwa|e|ec|en.*)")
_CMD_SCRIPT: Final = re.compile(r"(?i)/{1,2}(?:[a-z]/)*[ckr].*")


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
    each = (_misuse_by(_name(word), words[number:]) for number, word in enumerate(words, 1))
    return next(filter(None, each), None)


def _misuse_by(name: str, arguments: Sequence[str]) -> _Misuse | None:
    # Such as `bash-static`, `python3.12` and `vim.basic`.
    kind = re.split(r"[-.0-9]", name)[0]
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
    if name in _JOINERS and any(URL in argument for argument in arguments):
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


def _is_shell_script(arguments: Sequence[str]) -> bool:
    """Return whether the link is in the script of `-c`: the first word after it and all options."""
    has_script = is_value = False
    for word in arguments:
        if is_value:
            is_value = False
        elif word[:1] in ("-", "+") and len(word) > 1:
            has_script = has_script or (word[0] == "-" != word[1] and "c" in word)
            # The name of an option of the shell follows.
            is_value = word[1] != "-" and word[-1] in "oO"
            if has_script and URL in word:
                return True
        elif has_script:
            return URL in word
    return has_script


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
                    return [*words[:start], *split, *_split_by_env(words[index + used :])]
    return words
