"""Loading settings from file and environment, and the one-line errors for invalid ones."""

from __future__ import annotations

import os
import pwd
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tui.config import DEFAULT_BASE_URL, Config, Notify, NotifyOn, Paths, load
from tui.credentials import Secret
from tui.errors import UserError

EXAMPLE = Path(__file__).parent.parent / "config.example.toml"

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a config file."""

    def write(text: str | bytes) -> Path:
        path = tmp_path / "config.toml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def load_error(path: Path, environ: dict[str, str] | None = None, *, required: bool = False) -> str:
    """Return the one-line message of the error that loading raises."""
    with pytest.raises(UserError) as caught:
        load(path, environ or {}, required=required)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert message.isprintable()
    return message


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    path = tmp_path / "none.toml"
    config = load(path, {})
    assert config == Config()
    assert config.base_url == "https://api.scenext.cn/api"
    assert (config.poll_interval, config.max_requests_per_second) == (30, 20)
    assert (config.open_command, config.theme, config.ca_file) == ("", "", None)
    assert config.trust_env
    assert load_error(path, required=True) == f"{path}: there is no such file"


# The example


def test_the_example_changes_nothing() -> None:
    assert load(EXAMPLE, {}, required=True) == Config()


def _uncommented() -> dict[str, list[object]]:
    """Return every key of the example with the values that it shows."""
    shown: dict[str, list[object]] = {}
    for line in EXAMPLE.read_text("utf-8").splitlines():
        if match := re.fullmatch(r"# ([a-z_]+ = .+)", line):
            for key, value in tomllib.loads(match[1]).items():
                shown.setdefault(key, []).append(value)
    return shown


def test_the_example_shows_every_key_and_its_default(write: Write) -> None:
    shown = _uncommented()
    keys = set(Config._fields) - {"key"}
    assert set(shown) == keys | {"api_key", "api_key_file", "api_key_command"}
    for key in keys - {"ca_file", "download_dir", "watchlist"}:
        assert shown[key] == [getattr(Config(), key)]


def test_every_key_of_the_example_can_be_used_at_once(tmp_path: Path) -> None:
    (tmp_path / "company-ca.pem").write_text("")
    text = EXAMPLE.read_text("utf-8")
    # TOML allows a key only once: the second form of api_key_command stays a comment.
    lines = re.sub(r"(?m)^# ([a-z_]+ = )(?!\[)", r"\1", text)
    path = tmp_path / "config.toml"
    path.write_text(lines, "utf-8")
    config = load(path, {})
    assert config.ca_file == tmp_path / "company-ca.pem"
    assert config.download_dir == Path("~/Videos/scenext").expanduser()
    assert config.watchlist == tmp_path / "school.toml"
    assert config.key.command == ("pass", "show", "scenext")
    assert config.key.file == Path("~/.config/scenext-tui/api-key").expanduser()
    assert config.key.inline is None
    assert set(tomllib.loads(lines)) == set(_uncommented())


# Precedence


def test_the_environment_counts_before_the_file(write: Write) -> None:
    path = write('base_url = "https://file.example/api/"\nopen_command = "from-file"')
    config = load(path, {})
    assert (config.base_url, config.open_command) == ("https://file.example/api", "from-file")
    environ = {
        "SCENEXT_API_BASE_URL": "http://127.0.0.1:8080/api//",
        "SCENEXT_OPEN_COMMAND": "from-env {url}",
    }
    config = load(path, environ)
    assert (config.base_url, config.open_command) == (
        "http://127.0.0.1:8080/api",
        "from-env {url}",
    )
    assert config.host == "127.0.0.1:8080"
    for empty in ("", "  "):
        config = load(path, dict.fromkeys(environ, empty))
        assert (config.base_url, config.open_command) == ("https://file.example/api", "from-file")


def test_every_key_is_read(write: Write, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    config = load(
        write(
            "\ufeff"
            'base_url = "http://localhost/x"\r\napi_key_command = ["a", "b c"]\r\n'
            'api_key_file = "key"\r\napi_key = "sk-0123456789"\r\npoll_interval = 1.5\r\n'
            "max_requests_per_second = 5\r\n"
            'open_command = "o"\r\ntheme = "nord"\r\nca_file = "ca.pem"\r\ntrust_env = false\r\n'
            'notify = "always"\r\nnotify_on = "all"\r\n'
        ),
        {},
    )
    assert config.key.command == ("a", "b c")
    assert config.key.file == tmp_path / "key"
    assert config.key.inline == Secret("sk-0123456789")
    assert "0123456789" not in repr(config)
    assert (config.poll_interval, config.max_requests_per_second) == (1.5, 5)
    assert (config.open_command, config.theme, config.trust_env) == ("o", "nord", False)
    assert (config.notify, config.notify_on) == (Notify.ALWAYS, NotifyOn.ALL)
    assert config.ca_file == tmp_path / "ca.pem"


@pytest.mark.parametrize(
    "url",
    [
        "https://api.scenext.cn",
        "https://api.scenext.cn:8443/a/b",
        "HTTPS://Api.Scenext.cn/api",
        "http://localhost:1234",
        "http://127.0.0.1",
        "http://127.8.9.1/",
        "http://[::1]:8080/api",
        "https://my_proxy.internal./api",
        "https://[2001:db8::1]/api",
    ],
)
def test_base_urls_that_can_be_asked(url: str, tmp_path: Path) -> None:
    config = load(tmp_path / "none", {"SCENEXT_API_BASE_URL": f" {url}/ "})
    assert config.base_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        *("api.scenext.cn/api", "http://api.scenext.cn/api", "ftp://api.scenext.cn", "//x", "x"),
        *("http://localhost.evil.example", "http://10.0.0.1", "http://evil.localhost", "https://"),
        *("https://user@host/api", "https://user:pass@host", "https://@host", "https:///api"),
        *("https://host/api?x=1", "https://host/api?", "https://host/api#", "https://host/#x"),
        *("https://ho st/api", "https://host/a\tb", "https://host/\x1b[2J", "https://汉字.cn/api"),
        *("https://host:port/", "https://host:99999/", "https://[::1", "https://ho\\st/api"),
        *("https://a..b/", "https://" + "a" * 64 + "/", "https://<host>/", "https://%68ost/"),
    ],
)
def test_base_urls_that_cannot(url: str, write: Write, tmp_path: Path) -> None:
    message = load_error(tmp_path / "none", {"SCENEXT_API_BASE_URL": url})
    assert message.startswith("SCENEXT_API_BASE_URL ")
    assert "pass" not in message
    path = write(f"base_url = '{url}'" if url.isprintable() else 'base_url = "a\\u001b"')
    assert load_error(path).startswith(f"{path}: base_url ")


# Invalid settings


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("poll_intervall", "poll_interval"),
        ("poll-interval", "poll_interval"),
        ("Theme", "theme"),
        ("THEME", "theme"),
        ("apikey", "api_key"),
        ("api_keyfile", "api_key_file"),
        ("base_ulr", "base_url"),
        ("ca", "ca_file"),
        ("max_requests", "max_requests_per_second"),
    ],
)
def test_an_unknown_key_names_the_nearest(write: Write, key: str, nearest: str) -> None:
    path = write(f"{key} = 1")
    assert load_error(path) == f"{path}: unknown key “{key}”; did you mean “{nearest}”?"


@pytest.mark.parametrize(
    "line", ["[section]", '"" = 1', '"\\u001b[2J\\n" = 1', f'"{"x" * 9999}"=1']
)
def test_any_unknown_key_is_one_line(write: Write, line: str) -> None:
    message = load_error(write(line))
    assert "did you mean" in message
    assert len(message) < 300


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("poll_interval = 0.5", "poll_interval must be a number from 1 to 86400"),
        ("poll_interval = '30'", "poll_interval must be a number"),
        ("poll_interval = true", "poll_interval must be a number"),
        ("poll_interval = nan", "poll_interval must be a number"),
        ("poll_interval = inf", "poll_interval must be a number"),
        (f"poll_interval = {'9' * 4000}", "poll_interval must be a number"),
        ("max_requests_per_second = 0", "max_requests_per_second must be a number from 0.01"),
        ("max_requests_per_second = -1", "max_requests_per_second must be"),
        ("open_command = ['a']", "open_command must be a text in quotes"),
        ("theme = 1", "theme must be a text in quotes"),
        ("notify = 'bell'", 'notify must be "unfocused", "always" or "never"'),
        ("notify = 'Always'", 'notify must be "unfocused", "always" or "never"'),
        ("notify = true", 'notify must be "unfocused", "always" or "never"'),
        ("notify_on = ['each']", 'notify_on must be "each", "failed" or "all"'),
        ("notify_on = ''", 'notify_on must be "each", "failed" or "all"'),
        ("trust_env = 1", "trust_env must be true or false"),
        ("trust_env = 'no'", "trust_env must be true or false"),
        ("base_url = 1", "base_url must be a text in quotes"),
        ("ca_file = 'none.pem'", "ca_file: there is no file"),
        ("ca_file = '~nobody-here/ca.pem'", "ca_file: “~” stands for no known user"),
        ('ca_file = "a\\u0000b"', "ca_file is not the path of a file"),
        ("ca_file = '.'", "ca_file: there is no file"),
        ("download_dir = '~nobody-here/x'", "download_dir: “~” stands for no known user"),
        ("download_dir = 1", "download_dir must be a text in quotes"),
        ("api_key = 12345678", "api_key must be a text in quotes"),
        ("api_key_file = 1", "api_key_file must be a text in quotes"),
        ("api_key_file = '~nobody-here/key'", "api_key_file: “~” stands for no known user"),
        ('api_key_file = "a\\u0000b"', "api_key_file is not the path of a file"),
        ("api_key_command = 1", "api_key_command must be a text, or a list of texts"),
        ("api_key_command = [1]", "api_key_command must be a text, or a list of texts"),
        ("api_key_command = 'a \"b'", "api_key_command has an unbalanced quote"),
        ('api_key_command = "a\\u0000b"', "api_key_command names no program"),
        ("api_key_command = ['', 'x']", "api_key_command names no program"),
        ("poll_interval = ", "is not valid TOML: Invalid value (at"),
        ("theme = 'a'\ntheme = 'b'", "is not valid TOML: Cannot overwrite a value"),
        ("api_key = sk-0123456789", "is not valid TOML: Invalid value (at"),
        (f"poll_interval = {'9' * 5000}", "is not valid TOML: a number in it is too long"),
        (f"theme = {'[' * 20_000}", "is not valid TOML: it is nested too deeply"),
    ],
)
def test_a_bad_value_names_file_and_key(write: Write, line: str, expected: str) -> None:
    path = write(line)
    message = load_error(path)
    assert message.startswith(f"{path}: {expected}")
    assert "0123456789" not in message


def test_the_file_is_checked_although_the_environment_counts(write: Write) -> None:
    environ = {"SCENEXT_API_BASE_URL": DEFAULT_BASE_URL, "SCENEXT_OPEN_COMMAND": "x"}
    assert "base_url" in load_error(write("base_url = 5"), environ)
    assert "open_command" in load_error(write("open_command = 5"), environ)


def test_a_file_that_cannot_be_read(write: Write, tmp_path: Path) -> None:
    assert load_error(tmp_path) == f"{tmp_path}: cannot be read (Is a directory)"
    path = write(b"theme = '\xff'")
    assert load_error(path) == f"{path}: is not valid TOML: it is not UTF-8 text"
    below = path / "config.toml"
    assert load_error(below) == f"{below}: cannot be read (Not a directory)"
    assert load_error(tmp_path / "a\nb\x1b", required=True).endswith("b: there is no such file")


@given(
    data=st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))
)
@settings(max_examples=examples(200))
def test_no_file_is_too_odd(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "odd.toml"
    path.write_bytes(data)
    message = ""
    try:
        load(path, {})
    except UserError as error:
        message = str(error)
    assert len(message.splitlines()) <= 1


@pytest.mark.parametrize(
    ("variable", "chosen"),
    [
        ("", ""),
        ("Downloads", "Downloads"),
        ("other", "other"),
        ("missing", ""),
        ("file", ""),
        ("dangling", ""),
        ("link", "link"),
        # The kernel does not even look at a name like this.
        ("x" * 300, ""),
    ],
)
def test_saved_files_go_to_the_downloads_folder_or_to_one_in_the_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, chosen: str
) -> None:
    for name in ("other", "here", "Downloads") if variable else ("here",):
        (tmp_path / name).mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "link").symlink_to("here")
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_DOWNLOAD_DIR", str(tmp_path / variable) if variable else "")
    expected = tmp_path / chosen if chosen else tmp_path / "data" / "scenext-tui" / "downloads"
    assert Paths.downloads() == expected
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("relative", [".", "here", "./here", "~"])
def test_a_relative_downloads_folder_never_means_the_current_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, relative: str
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_DOWNLOAD_DIR", relative)
    assert Paths.downloads() == tmp_path / "data" / "scenext-tui" / "downloads"


def test_files_are_in_the_xdg_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    paths = Paths.standard()
    assert paths.config == tmp_path / "CONFIG" / "scenext-tui" / "config.toml"
    assert paths.watchlist == tmp_path / "DATA" / "scenext-tui" / "watchlist.toml"
    assert paths.log == tmp_path / "STATE" / "scenext-tui" / "scenext-tui.log"
    assert Paths.standard(tmp_path / "mine.toml").config == tmp_path / "mine.toml"
    assert list(tmp_path.iterdir()) == []
    inside = Paths.inside(tmp_path)
    assert {inside.config.parent, inside.watchlist.parent, inside.log.parent} == {tmp_path}


LOAD_IN_A_LOCALE = """
import sys
from pathlib import Path
from tui.config import load
from tui.errors import UserError

path = Path(sys.argv[1])
for key in ("api_key_file", "download_dir", "ca_file", "api_key_command", "open_command"):
    path.write_text(f"{key} = './\\u4e2d'", "utf-8")
    try:
        load(path, {})
    except UserError as error:
        print(error)
"""


def test_a_path_that_the_locale_cannot_write_names_its_key(tmp_path: Path) -> None:
    # A process has the locale that it started with. This one stands in for all of one script.
    path = tmp_path / "config.toml"
    completed = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", LOAD_IN_A_LOCALE, str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
    )
    assert completed.stdout.splitlines() == [
        f"{path}: {key}: this locale cannot write it"
        for key in ("api_key_file", "download_dir", "ca_file", "api_key_command", "open_command")
    ]


def test_without_a_home_folder_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("HOME", raising=False)
    for name in ("CONFIG_HOME", "DATA_HOME", "STATE_HOME", "DOWNLOAD_DIR"):
        monkeypatch.delenv(f"XDG_{name}", raising=False)
    # As in a container that runs with a number of a user whom nobody entered.
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"^There is no home folder: set HOME to its full path"):
        Paths.standard()
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    assert Paths.standard().watchlist.is_relative_to(tmp_path / "DATA")
    assert Paths.downloads() == tmp_path / "DATA" / "scenext-tui" / "downloads"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("written", ["frames", "-o", "./a/../b"])
def test_the_download_folder_is_the_same_wherever_its_path_is_pasted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text(f'download_dir = "{written}"\n')
    assert load(Path("config.toml"), {}).download_dir == tmp_path / written
