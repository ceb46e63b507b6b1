"""The user's settings, and the paths of the program's files.

Precedence is flag > environment > `config.toml` > default. The file is never written.
"""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Mapping
from contextlib import suppress
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from platformdirs.unix import Unix

from tui.addresses import is_loopback
from tui.config_table import Fields, read_table
from tui.credentials import KeySettings, resolve_path, resolve_program
from tui.errors import UserError
from tui.graphics import PictureSetting, SymbolSetting
from tui.os_errors import os_error_reason
from tui.sanitize import clean, display_path

APP: Final = "scenext-tui"
DEFAULT_BASE_URL: Final = "https://api.scenext.cn/api"
SERVICE_INTERVAL: Final = 30.0
"""Seconds between two polls of one task, as docs.scenext.cn requests."""

_BASE_URL: Final = "SCENEXT_API_BASE_URL"
_OPEN_COMMAND: Final = "SCENEXT_OPEN_COMMAND"
_BROWSER: Final = "BROWSER"
_HOST: Final = re.compile(r"(?!.{254})[0-9a-z_-]{1,63}(?:\.[0-9a-z_-]{1,63})*\.?")


class Paths(NamedTuple):
    """The paths of the program's files; folders are only created for writing."""

    config: Path
    watchlist: Path
    log: Path
    state: Path
    """What the dashboard remembers of how it was used."""

    @classmethod
    def standard(cls, config: Path | None = None) -> Paths:
        """Return the paths in the XDG folders, on macOS too: users of terminals expect it.

        Raises `UserError` if one of them is below a home folder that nobody knows.
        """
        folders = Unix(APP, appauthor=False)
        try:
            return cls(
                config=config or folders.user_config_path / "config.toml",
                watchlist=folders.user_data_path / "watchlist.toml",
                log=folders.user_state_path / f"{APP}.log",
                state=folders.user_state_path / "state.toml",
            )
        except RuntimeError:
            raise UserError("There is no home folder: set HOME to its full path") from None

    def with_watchlist(self, watchlist: Path | None) -> Paths:
        """Return the paths with another watchlist, where one is given."""
        return self if watchlist is None else self._replace(watchlist=watchlist.absolute())

    @staticmethod
    def downloads() -> Path:
        """Return the user's folder for downloads, or one of ours if it cannot be found.

        Never the current folder: what another user put there could lead files elsewhere.
        """
        folders = Unix(APP, appauthor=False)
        # There may be no home folder, and none of the rights that it takes to look at one.
        with suppress(RuntimeError, OSError):
            folder = folders.user_downloads_path
            if folder.is_absolute() and folder.is_dir():
                return folder
        return folders.user_data_path / "downloads"

    @classmethod
    def inside(cls, folder: Path) -> Paths:
        """Return paths inside `folder`, for the demo."""
        return cls(
            folder / "config.toml",
            folder / "watchlist.toml",
            folder / f"{APP}.log",
            folder / "state.toml",
        )


class Notify(StrEnum):
    """When somebody is told that tasks ended, by a bell and a notice."""

    UNFOCUSED = "unfocused"
    """While the terminal is not known to have the focus."""
    ALWAYS = "always"
    NEVER = "never"
    """Never; the window's title is left alone as well."""


class NotifyOn(StrEnum):
    """Which ends somebody is told of."""

    EACH = "each"
    FAILED = "failed"
    """Failures alone."""
    ALL = "all"
    """All of them, once nothing runs any more."""


class Config(NamedTuple):
    """Every setting; `config.example.toml` explains each to the user."""

    base_url: str = DEFAULT_BASE_URL
    """`/get_status/{id}` is appended to it; has no slash at the end."""
    key: KeySettings = KeySettings()
    """Where the API key comes from."""
    poll_interval: float = SERVICE_INTERVAL
    """Seconds between two polls of one task; at least 1."""
    max_requests_per_second: float = 20.0
    """Maximum over all tasks."""
    open_command: str = ""
    """Command that opens a link: `{url}` is replaced, or the link appended. Empty: automatic.
    Checked: the link is an argument in it, never part of a script."""
    theme: str = ""
    """The name of a Textual theme; empty: the default."""
    ca_file: Path | None = None
    """PEM file of certificates to trust besides the usual ones."""
    download_dir: Path | None = None
    """Where frames and videos are saved, in a folder per task; None: `Paths.downloads`."""
    watchlist: Path | None = None
    """The file of the watchlist; None: `Paths.standard`."""
    low_bandwidth: bool = False
    """Whether to save bandwidth: no mouse, animations or unasked pictures, fewer frames."""
    pictures: PictureSetting = PictureSetting.AUTO
    symbols: SymbolSetting = SymbolSetting.AUTO
    notify: Notify = Notify.UNFOCUSED
    notify_on: NotifyOn = NotifyOn.EACH
    trust_env: bool = True
    """Whether proxy variables, SSL_CERT_FILE, SSL_CERT_DIR and SSLKEYLOGFILE are honoured."""

    @property
    def host(self) -> str:
        """The host that is polled, with its port if the URL has one."""
        return clean(urlsplit(self.base_url).netloc, 80)


def load(path: Path, environ: Mapping[str, str], *, required: bool = False) -> Config:
    """Return the settings in the file at `path`, overridden by those in `environ`.

    Without the file the defaults apply, unless it is `required`. Raises `UserError`, which names
    file and key, if the file or a value in it is invalid.
    """
    table = read_table(path, required=required)
    fields = Fields(table, display_path(path))
    downloads = fields.text("download_dir", "")
    pictures, symbols = _graphics(fields)
    config = Config(
        base_url=_read_base_url(fields, environ),
        key=KeySettings.from_table(table, path),
        poll_interval=fields.number("poll_interval", SERVICE_INTERVAL, minimum=1, maximum=86_400),
        max_requests_per_second=fields.number(
            "max_requests_per_second", 20.0, minimum=0.01, maximum=1_000
        ),
        open_command=_open_command(fields, environ, path),
        theme=fields.text("theme", ""),
        ca_file=_ca_file(fields.text("ca_file", ""), path),
        # Absolute, since the paths of saved files are copied and pasted elsewhere.
        download_dir=(
            resolve_path(path, downloads, "download_dir").absolute() if downloads else None
        ),
        watchlist=_watchlist(fields, path),
        low_bandwidth=fields.boolean("low_bandwidth", False),
        pictures=pictures,
        symbols=symbols,
        notify=fields.choice("notify", Notify.UNFOCUSED),
        notify_on=fields.choice("notify_on", NotifyOn.EACH),
        trust_env=fields.boolean("trust_env", True),
    )
    _check_unknown_keys(table, path)
    return config


def load_key_settings(path: Path, environ: Mapping[str, str]) -> KeySettings:
    """Return the settings for the key, with the base URL of the same moment. Raises `UserError`."""
    table = read_table(path)
    base_url = _read_base_url(Fields(table, display_path(path)), environ)
    return KeySettings.from_table(table, path)._replace(base_url=base_url)


def load_watchlist_path(path: Path, *, required: bool = False) -> Path | None:
    """Return the watchlist that the file at `path` names, or None; no other setting is looked at.

    Raises `UserError`, as `load` does.
    """
    table = read_table(path, required=required)
    return _watchlist(Fields(table, display_path(path)), path)


def load_graphics(path: Path) -> tuple[PictureSetting, SymbolSetting]:
    """Return the two settings about pictures alone. Raises `UserError`, as `load` does."""
    return _graphics(Fields(read_table(path, required=False), display_path(path)))


def _graphics(fields: Fields) -> tuple[PictureSetting, SymbolSetting]:
    return (
        fields.choice("pictures", PictureSetting.AUTO),
        fields.choice("symbols", SymbolSetting.AUTO),
    )


_KNOWN_KEYS: Final = {*Config._fields, "api_key_command", "api_key_file", "api_key"} - {"key"}


def _check_unknown_keys(table: Mapping[str, object], path: Path) -> None:
    for key in table:
        if key not in _KNOWN_KEYS:
            similar = get_close_matches(key[:60].lower(), _KNOWN_KEYS, n=1, cutoff=0.0)[0]
            raise UserError(
                f"{display_path(path)}: unknown key “{clean(key, 40)}”; did you mean “{similar}”?"
            )


def _open_command(fields: Fields, environ: Mapping[str, str], config: Path) -> str:
    """Return the command that opens links; if it is empty, `$BROWSER` is checked in its place."""
    text, source = fields.text("open_command", ""), fields.name("open_command")
    if command := environ.get(_OPEN_COMMAND, "").strip():
        text, source = command, _OPEN_COMMAND
    if not text:
        for candidate in environ.get(_BROWSER, "").split(":"):
            _check_command(candidate, _BROWSER, browser=True)
        return ""
    _check_command(text, source)
    try:
        program, *arguments = shlex.split(text)
    except ValueError:
        return text
    resolved = resolve_program(config, program, "open_command")
    return text if resolved == program else shlex.join([resolved, *arguments])


def _check_command(text: str, source: str, *, browser: bool = False) -> None:
    if not text.strip():
        return
    # Few users have one, and the first paint does not wait for the rules.
    from tui.open_command import refusal

    if reason := refusal(text, browser=browser):
        raise UserError(f"{source} {reason}")


def _read_base_url(fields: Fields, environ: Mapping[str, str]) -> str:
    base_url = _base_url(fields.text("base_url", DEFAULT_BASE_URL), fields.name("base_url"))
    text = environ.get(_BASE_URL, "").strip()
    return _base_url(text, _BASE_URL) if text else base_url


def _base_url(text: str, source: str) -> str:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise UserError(f"{source} is not a URL") from None
    if parts.username is not None or "?" in text or "#" in text:
        raise UserError(f"{source} must be a plain URL, without a user name, “?” or “#”")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise UserError(f"{source} has a character that no URL has")
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        raise UserError(f"{source} must start with https:// (http:// only for this machine)")
    if not _HOST.fullmatch(host) and not _is_address(host):
        raise UserError(f"{source} names no possible host")
    return text.rstrip("/")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _watchlist(fields: Fields, config: Path) -> Path | None:
    text = fields.text("watchlist", "")
    return resolve_path(config, text, "watchlist").absolute() if text else None


def _ca_file(text: str, config: Path) -> Path | None:
    if not text:
        return None
    path = resolve_path(config, text, "ca_file")
    try:
        is_file = path.is_file()
    except OSError as error:  # Before Python 3.14, where its folder may not be looked into.
        reason = f"{display_path(path)} cannot be read ({os_error_reason(error)})"
        raise UserError(f"{display_path(config)}: ca_file: {reason}") from None
    if not is_file:
        raise UserError(f"{display_path(config)}: ca_file: there is no file {display_path(path)}")
    return path
