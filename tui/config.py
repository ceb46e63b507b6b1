"""The user's settings: a documented, strict type, and where the program's files live.

Precedence is flag > environment > `config.toml` > default. The file is the user's own: it is read
and never written. An unknown key or a wrong type is an error that names the file and the key. The
API key is looked for in `api_key`, from the settings kept here.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final, NamedTuple, TypeVar
from urllib.parse import urlsplit

from platformdirs.unix import Unix

from tui import toml
from tui.addresses import is_loopback
from tui.credentials import KeySettings, beside
from tui.errors import UserError
from tui.sanitize import clean, display_path

APP: Final = "scenext-tui"
DEFAULT_BASE_URL: Final = "https://api.scenext.cn/api"
SERVICE_INTERVAL: Final = 30.0
"""Seconds between two queries of one task, as docs.scenext.cn asks for."""

_BASE_URL: Final = "SCENEXT_API_BASE_URL"
_OPEN_COMMAND: Final = "SCENEXT_OPEN_COMMAND"
_HOST: Final = re.compile(r"(?!.{254})[0-9a-z_-]{1,63}(?:\.[0-9a-z_-]{1,63})*\.?")


class Paths(NamedTuple):
    """Where the program's files live; nothing is created before it is written."""

    config: Path
    watchlist: Path
    log: Path

    @classmethod
    def standard(cls, config: Path | None = None) -> Paths:
        """Return the XDG places, on macOS too, where terminal programs are expected there.

        The folders are named by `XDG_CONFIG_HOME`, `XDG_DATA_HOME` and `XDG_STATE_HOME`.
        """
        places = Unix(APP, appauthor=False)
        return cls(
            config=config or places.user_config_path / "config.toml",
            watchlist=places.user_data_path / "watchlist.toml",
            log=places.user_state_path / f"{APP}.log",
        )

    @staticmethod
    def downloads() -> Path:
        """Return the user's folder for downloads, or the current one where there is none."""
        found = Unix(APP, appauthor=False).user_downloads_path
        return found if found.is_dir() else Path.cwd()

    @classmethod
    def inside(cls, folder: Path) -> Paths:
        """Return paths that all lie in `folder`, for the demo."""
        return cls(folder / "config.toml", folder / "watchlist.toml", folder / f"{APP}.log")


class Config(NamedTuple):
    """Every setting; `config.example.toml` explains each to the user."""

    base_url: str = DEFAULT_BASE_URL
    """`/get_status/{id}` is appended; no slash at its end."""
    key: KeySettings = KeySettings()
    """Where the API key comes from."""
    poll_interval: float = SERVICE_INTERVAL
    """Seconds between two queries of one task; at least 1."""
    max_requests_per_second: float = 20.0
    """For all tasks together."""
    open_command: str = ""
    """How to open a link; `{url}` is replaced, else the link is appended. Empty: find a way."""
    theme: str = ""
    """A Textual theme by name; empty: the default."""
    ca_file: Path | None = None
    """Certificates to trust besides the usual ones, as PEM."""
    download_dir: Path | None = None
    """Where frames and videos are saved, in a folder for each task; None: Downloads, or here."""
    low_bandwidth: bool = False
    """Whether to spare the line: no mouse, no animations, fewer frames a second, no previews."""
    trust_env: bool = True
    """Whether proxy variables, SSL_CERT_FILE and SSL_CERT_DIR are honoured."""

    @property
    def host(self) -> str:
        """The host that is polled, with its port where it is not the usual one."""
        return clean(urlsplit(self.base_url).netloc, 80)


def load(path: Path, environ: Mapping[str, str], *, required: bool = False) -> Config:
    """Return the settings of the file at `path` under those of `environ`.

    Args:
        path: `config.toml`; where it is missing, the defaults hold unless it is `required`.
        environ: The environment; a variable that is set but empty counts as unset.
        required: Whether the user named this file.

    Raises:
        UserError: the file or a value in it is unusable; the message names file and key.
    """
    table = read_table(path, required=required)
    fields = _Fields(table, display_path(path))
    base_url = _base_url(fields.text("base_url", DEFAULT_BASE_URL), fields.name("base_url"))
    if text := environ.get(_BASE_URL, "").strip():
        base_url = _base_url(text, _BASE_URL)
    open_command = fields.text("open_command", "")
    config = Config(
        base_url=base_url,
        key=KeySettings.from_table(table, path),
        poll_interval=fields.number("poll_interval", SERVICE_INTERVAL, least=1, most=86_400),
        max_requests_per_second=fields.number(
            "max_requests_per_second", 20.0, least=0.01, most=1_000
        ),
        open_command=environ.get(_OPEN_COMMAND, "").strip() or open_command,
        theme=fields.text("theme", ""),
        ca_file=_ca_file(fields.text("ca_file", ""), path),
        download_dir=_folder(fields.text("download_dir", ""), path),
        low_bandwidth=fields.boolean("low_bandwidth", False),
        trust_env=fields.boolean("trust_env", True),
    )
    _refuse_unknown(table, path)
    return config


def read_table(path: Path, *, required: bool = False) -> dict[str, object]:
    """Return the TOML table at `path`; empty where there is no file. Raises `UserError`."""
    try:
        return toml.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        if required:
            raise UserError(f"{display_path(path)}: there is no such file") from None
        return {}
    except OSError as error:
        raise UserError(f"{display_path(path)}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{display_path(path)}: is not valid TOML: {_toml_error(error)}") from None


def _toml_error(error: Exception) -> str:
    match error:
        case UnicodeDecodeError():
            return "it is not UTF-8 text"
        case RecursionError():
            return "it is nested too deeply"
        case _ if type(error) is ValueError:
            return "a number in it is too long"
    # It quotes a character or the name of a key, never a value.
    return clean(str(error), 120)


_T = TypeVar("_T")

_KNOWN: Final = (
    *("base_url", "api_key_command", "api_key_file", "api_key", "poll_interval"),
    *("max_requests_per_second", "open_command", "theme", "ca_file", "trust_env"),
    *("download_dir", "low_bandwidth"),
)


def _refuse_unknown(table: Mapping[str, object], path: Path) -> None:
    for key in table:
        if key not in _KNOWN:
            near = get_close_matches(key[:60].lower(), _KNOWN, n=1, cutoff=0.0)[0]
            raise UserError(
                f"{display_path(path)}: unknown key “{clean(key, 40)}”; did you mean “{near}”?"
            )


class _Fields(NamedTuple):
    table: Mapping[str, object]
    file: str

    def name(self, key: str) -> str:
        return f"{self.file}: {key}"

    def _get(self, key: str, kind: type[_T], default: _T, wanted: str) -> _T:
        value = self.table.get(key, default)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise UserError(f"{self.name(key)} must be {wanted}")
        return value

    def text(self, key: str, default: str) -> str:
        return self._get(key, str, default, "a text in quotes").strip()

    def boolean(self, key: str, default: bool) -> bool:
        return self._get(key, bool, default, "true or false")

    def number(self, key: str, default: float, *, least: float, most: float) -> float:
        value = self.table.get(key, default)
        if (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and least <= value <= most
        ):
            return float(value)
        raise UserError(f"{self.name(key)} must be a number from {least:g} to {most:g}")


def _base_url(text: str, where: str) -> str:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise UserError(f"{where} is not a URL") from None
    if parts.username is not None or "?" in text or "#" in text:
        raise UserError(f"{where} must be a plain URL, without a user name, “?” or “#”")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise UserError(f"{where} has a character that no URL has")
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))):
        raise UserError(f"{where} must start with https:// (http:// only for this machine)")
    if not _HOST.fullmatch(host) and not _is_address(host):
        raise UserError(f"{where} names no possible host")
    return text.rstrip("/")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _folder(text: str, config: Path) -> Path | None:
    return beside(config, text, "download_dir") if text else None


def _ca_file(text: str, config: Path) -> Path | None:
    if not text:
        return None
    path = beside(config, text, "ca_file")
    if not path.is_file():
        raise UserError(f"{display_path(config)}: ca_file: there is no file {display_path(path)}")
    return path
