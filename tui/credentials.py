"""The API key: where it comes from, and whether it is well-formed. It is never shown.

Precedence is environment `SCENEXT_API_KEY` > `api_key_command` > `api_key_file` > `api_key` in
`config.toml`. There is no flag, as every user of the machine can see arguments.

What of a text is the key, and whether it can be sent, says `key_format`. A key is checked before it
is sent: httpx 0.28.1 quotes a malformed one in its error message.
"""

from __future__ import annotations

import codecs
import os
import shlex
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Final, NamedTuple

from tui import key_command
from tui.errors import UserError
from tui.key_format import extract_key, is_placeholder, malformed_reason, refusal_hint
from tui.sanitize import clean, display_path
from tui.user_file import read_user_file

VARIABLE: Final = "SCENEXT_API_KEY"
COMMAND_TIMEOUT: Final = 10.0
"""Seconds that `api_key_command` may take."""

_MAX_FILE_BYTES: Final = 4096
_UTF_16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Secret:
    """A string that is only shown by `reveal`, never by `repr` or `str`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


class KeySettings(NamedTuple):
    """The settings for the key in `config.toml`."""

    command: tuple[str, ...] = ()
    file: Path | None = None
    inline: Secret | None = None
    base_url: str = ""
    """The base URL beside these settings: the key belongs to it."""

    @classmethod
    def from_table(cls, table: Mapping[str, object], config: Path) -> KeySettings:
        """Return the settings in `table`, the contents of `config`. Raises `UserError`."""
        file = _text(table, "api_key_file", config)
        inline = _text(table, "api_key", config)
        return cls(
            command=_command(table.get("api_key_command", ()), config),
            file=resolve_path(config, file, "api_key_file") if file else None,
            inline=Secret(inline) if inline and not is_placeholder(inline) else None,
        )


class ApiKey(NamedTuple):
    """A well-formed key and its source."""

    secret: Secret
    source: str
    """`SCENEXT_API_KEY`, `api_key_command`, or the path of a file."""
    hint: str = ""
    """Advice for when the service rejects it: what is odd about it, and whether it overrides
    another key. May be empty."""


class BaseUrlChangedError(UserError):
    """The settings for the key are for another base URL than the one that is polled."""


class KeySource:
    """Reads the key, and notices when a file behind it has changed.

    A key belongs to the base URL beside which it is configured. Once that is another one than the
    program polls, no key is read, nor is the command for it run.

    The variable is removed from the environment, so that child processes do not inherit it.
    """

    def __init__(
        self,
        config: Path,
        read_settings: Callable[[], KeySettings],
        environ: MutableMapping[str, str],
        *,
        base_url: str = "",
        command_timeout: float = COMMAND_TIMEOUT,
        goes_on: bool = True,
    ) -> None:
        """Read the key for `base_url`, as `read_settings` returns it.

        `goes_on` tells whether the program runs without a key, too: its environment does not change
        then, so that the advice is to restart it.
        """
        self._config = config
        self._base_url = base_url
        self._command_timeout = command_timeout
        self._goes_on = goes_on
        self._read_settings = read_settings
        value = extract_key(environ.pop(VARIABLE, ""))
        self._environment = Secret(value) if value and not is_placeholder(value) else None
        self._stamps: tuple[object, ...] = ()
        self._watched: tuple[Path, ...] = ()

    def read(self) -> ApiKey:
        """Return the current key.

        Raises `UserError`, which names the source and never contains any part of the key.
        """
        key = self._find(self._settings())
        if key is None:
            variable = f"restart with {VARIABLE} set" if self._goes_on else f"set {VARIABLE}"
            raise UserError(
                "No API key. Put api_key_file or api_key_command into "
                f"{display_path(self._config)}, or {variable}. "
                "Keys are made on scenext.cn: personal centre, API Keys."
            )
        return key

    @property
    def is_fixed(self) -> bool:
        """Whether the key is from the environment."""
        return self._environment is not None

    def changed(self) -> bool:
        """Return whether a file behind the key has changed since `read`. Blocks for a stat."""
        return bool(self._watched) and self._stamps != tuple(map(_stamp, self._watched))

    def _settings(self) -> KeySettings:
        if self._environment is not None:
            self._watched = ()
            try:
                return self._read_settings()
            except UserError:
                return KeySettings()
        # Stamps are taken before reading, so that a change in between is noticed.
        config_stamp = _stamp(self._config)
        settings = self._read_settings()
        self._watched = (self._config, *([settings.file] if settings.file else []))
        self._stamps = (config_stamp, *map(_stamp, self._watched[1:]))
        if settings.base_url != self._base_url:
            raise BaseUrlChangedError(
                f"base_url changed in {clean(self._config.name, 60)}: restart to use it."
            )
        return settings

    def _find(self, settings: KeySettings) -> ApiKey | None:
        if self._environment is not None:
            hint, value = self._override_hint(settings), self._environment.reveal()
            return _validate(value, VARIABLE, hint, needs_restart=self._goes_on)
        if settings.command:
            return _validate(
                key_command.run(settings.command, self._command_timeout), "api_key_command"
            )
        if settings.file is not None:
            return _validate(_read_file(settings.file), display_path(settings.file))
        if settings.inline is not None:
            return _validate(settings.inline.reveal(), display_path(self._config))
        return None

    def _override_hint(self, settings: KeySettings) -> str:
        inline = settings.inline and Secret(extract_key(settings.inline.reveal()))
        if not (settings.command or settings.file or inline not in (None, self._environment)):
            return ""
        return f"{display_path(self._config)} has another key; unset {VARIABLE} to use it."


class CurrentKey:
    """The current key, shared by the clients that send it and the code that reloads it."""

    def __init__(self, source: KeySource) -> None:
        """Read the key. Blocks, for a command up to `COMMAND_TIMEOUT`."""
        self._source = source
        self.key: ApiKey | None = None
        """None until one could be read; from then on there always is one."""
        self.problem = ""
        """Why there is no key and what to do about it, in one line; empty once there is one."""
        try:
            self.key = source.read()
        except UserError as error:
            self.problem = str(error)

    @property
    def needs_restart(self) -> bool:
        """Whether the key is from the environment, which does not change while a program runs."""
        return self._source.is_fixed

    def reload(self, *, always: bool = False) -> bool:
        """Read the key again if a file behind it has changed; return whether it differs.

        With `always`, read it in any case. Blocks, for a command up to `COMMAND_TIMEOUT`. Raises
        `UserError` as `KeySource.read` does; the key then stays as it was.
        """
        if not always and not self._source.changed():
            return False
        previous = self.key
        try:
            self.key, self.problem = self._source.read(), ""
        except UserError as error:
            if previous is None:
                self.problem = str(error)
            elif isinstance(error, BaseUrlChangedError):
                self.key = previous._replace(hint=str(error))
            raise
        return previous is None or self.key.secret != previous.secret


def _validate(text: str, source: str, hint: str = "", *, needs_restart: bool = False) -> ApiKey:
    value = extract_key(text)
    if reason := malformed_reason(value):
        restart = " and restart" if needs_restart else ""
        raise UserError(f"The key from {source} {reason}{restart}.")
    return ApiKey(Secret(value), source, f"{refusal_hint(value)} {hint}".strip())


def _read_file(path: Path) -> str:
    try:
        data = read_user_file(path, _MAX_FILE_BYTES)
        # Windows PowerShell's `>` writes UTF-16.
        return data.decode("utf-16" if data.startswith(_UTF_16_MARKS) else "utf-8-sig")
    except OSError as error:
        raise UserError(
            f"api_key_file: {display_path(path)} cannot be read ({error.strerror})."
        ) from None
    except UnicodeDecodeError:
        raise UserError(
            f"The key from {display_path(path)} is not text; put an API key there."
        ) from None


def _command(value: object, config: Path) -> tuple[str, ...]:
    name = f"{display_path(config)}: api_key_command"
    if isinstance(value, str):
        try:
            value = shlex.split(value)
        except ValueError:
            raise UserError(f"{name} has an unbalanced quote") from None
    if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
        raise UserError(f"{name} must be a text, or a list of texts")
    if any("\0" in part for part in value) or (value and not value[0]):
        raise UserError(f"{name} names no program that could be started")
    if not value:
        return ()
    return (resolve_program(config, value[0], "api_key_command"), *value[1:])


def _text(table: Mapping[str, object], key: str, config: Path) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise UserError(f"{display_path(config)}: {key} must be a text in quotes")
    return value.strip()


def resolve_path(config: Path, text: str, key: str) -> Path:
    """Return the path in setting `key`, relative to the config's folder. Raises `UserError`."""
    try:
        path = config.parent / Path(text).expanduser()
        os.fsencode(path)
    except UnicodeEncodeError:
        raise UserError(f"{display_path(config)}: {key}: this locale cannot write it") from None
    except RuntimeError:
        raise UserError(f"{display_path(config)}: {key}: “~” stands for no known user") from None
    if "\0" in text:
        raise UserError(f"{display_path(config)}: {key} is not the path of a file")
    return path


def resolve_program(config: Path, name: str, key: str) -> str:
    """Return the program in setting `key`; one with a slash is a path, as any in the config file.

    Otherwise the current folder, which may be anybody's, would decide what `./x` runs. A name
    without a slash is looked for in `PATH`. Raises `UserError` as `resolve_path` does.
    """
    return str(resolve_path(config, name, key).absolute()) if "/" in name else name


def _stamp(path: Path) -> tuple[int, ...] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    # The time of the last change of its status, since it may just have become readable.
    return stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino
