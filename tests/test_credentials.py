"""The API key: where it is found, what is refused, and that no message tells any of it."""

from __future__ import annotations

import logging
import os
import sys
import time
import traceback
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tui.config import load, read_table
from tui.credentials import VARIABLE, ApiKey, CurrentKey, KeySettings, KeySource, Secret
from tui.errors import UserError
from tui.log import RedactingFormatter, Redactor

KEY = "sk-canary-0123456789"
OTHER = "sk-other-9876543210"


class Place:
    """A folder with a config file, and the key's source there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "config.toml"
        self.environ: dict[str, str] = {}

    def write(self, text: str, name: str = "config.toml") -> Path:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return path

    def source(self) -> KeySource:
        return KeySource(
            self.config,
            lambda: KeySettings.from_table(read_table(self.config), self.config),
            self.environ,
        )

    def read(self) -> ApiKey:
        return self.source().read()

    def refusal(self) -> str:
        """The one line that says why there is no key."""
        with pytest.raises(UserError) as caught:
            self.read()
        message = str(caught.value)
        assert message.isprintable()
        for secret in (KEY, OTHER):
            assert secret[3:9] not in message
            assert secret[-6:] not in message
        assert KEY not in "".join(traceback.format_exception(caught.value))
        return message


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty folder."""
    return Place(tmp_path)


def command(code: str) -> str:
    """The `api_key_command` that runs this line of Python."""
    return f"api_key_command = ['{sys.executable}', '-c', '''{code}''']\n"


# Where it is found


def test_the_order_of_the_places(place: Place) -> None:
    place.environ[VARIABLE] = KEY
    place.write("file-key-0123\n", "key")
    place.write(
        command('print("command-key-0123")') + 'api_key_file = "key"\napi_key = "inline-key"'
    )
    found = place.read()
    assert (found.secret.reveal(), found.source) == (KEY, VARIABLE)
    assert found.hint == f"{place.config} has another key; unset {VARIABLE} to use it."
    found = place.read()
    assert (found.secret.reveal(), found.source) == ("command-key-0123", "api_key_command")
    place.write('api_key_file = "key"\napi_key = "inline-key"')
    found = place.read()
    assert (found.secret.reveal(), found.source) == ("file-key-0123", str(place.folder / "key"))
    place.write('api_key = "inline-key"')
    found = place.read()
    assert (found.secret.reveal(), found.source) == ("inline-key", str(place.config))
    assert found.hint == ""


def test_the_variable_is_taken_out_of_the_environment(place: Place) -> None:
    place.environ[VARIABLE] = f" {KEY}\n"
    source = place.source()
    assert place.environ == {}
    assert source.read().secret == Secret(KEY)
    assert source.read().hint == ""
    assert not source.changed()


def test_the_same_key_in_the_file_needs_no_hint(place: Place) -> None:
    place.environ[VARIABLE] = KEY
    place.write(f'api_key = "{KEY}"')
    assert place.read().hint == ""


def test_a_broken_file_does_not_matter_behind_the_variable(place: Place) -> None:
    place.environ[VARIABLE] = KEY
    place.write("broken")
    assert place.read().secret == Secret(KEY)


@pytest.mark.parametrize("empty", ["", "  ", "\n", "YOUR_API_KEY", "your_actual_api_key_here"])
def test_an_empty_variable_counts_as_unset(place: Place, empty: str) -> None:
    place.environ[VARIABLE] = empty
    assert place.refusal() == (
        "No API key. Set SCENEXT_API_KEY, or api_key_command / api_key_file in "
        f"{place.config}. Keys: scenext.cn → personal centre → API Keys."
    )
    place.write(f'api_key = "{KEY}"')
    place.environ[VARIABLE] = empty
    assert place.read().source == str(place.config)


def test_a_placeholder_is_no_key(place: Place) -> None:
    place.write('api_key = "YOUR_API_KEY"')
    assert place.refusal().startswith("No API key. ")
    path = place.write("YOUR_API_KEY\n", "key")
    place.write('api_key_file = "key"')
    assert place.refusal() == f"The key from {path} is a placeholder; put an API key there."


# What is refused


@pytest.mark.parametrize(
    ("value", "position"),
    [
        ("sk-canary\n0123456789", 10),
        ("sk-canary\r\n0123456789", 10),
        ("sk-canary 0123456789", 10),
        ("sk-canary\t0123456789", 10),
        ("sk-canary\x000123456789", 10),
        ("sk-canary\x7f0123456789", 10),
        ("sk-canary-é0123456789", 11),
        ("sk-canary-\u200b0123456789", 11),
        ("密钥-canary-0123456789", 1),
        ("sk-canary-0123456789\u200b", 21),
        ("sk-canary-\udcff0123456789", 11),
    ],
)
def test_a_malformed_key_is_told_by_its_place(place: Place, value: str, position: int) -> None:
    place.environ[VARIABLE] = value
    assert place.refusal() == (
        f"The key from {VARIABLE} has a space, a line break or a character outside ASCII at "
        f"position {position}; copy it again."
    )


@pytest.mark.parametrize("value", ["k" * 7, "k" * 513])
def test_a_key_of_no_possible_length(place: Place, value: str) -> None:
    place.environ[VARIABLE] = value
    assert place.refusal() == (
        f"The key from {VARIABLE} must have 8 to 512 characters; copy it again."
    )


def test_a_key_file(place: Place, tmp_path: Path) -> None:
    place.write('api_key_file = "key"')
    path = tmp_path / "key"
    assert place.refusal() == f"api_key_file: {path} cannot be read (No such file or directory)."
    for content in (KEY, f"{KEY}\n", f"\ufeff {KEY}\r\n\r\n"):
        place.write(content, "key")
        assert place.read().secret == Secret(KEY)
    place.write(" \n", "key")
    assert place.refusal() == f"The key from {path} is empty; put an API key there."
    place.write(f"{KEY}\n{OTHER}\n", "key")
    assert "a line break" in place.refusal()
    path.write_bytes(KEY.encode("utf-16"))
    assert place.refusal() == f"The key from {path} is not text; put an API key there."
    path.unlink()
    path.mkdir()
    assert place.refusal() == f"api_key_file: {path} cannot be read (Is a directory)."


def test_an_endless_key_file_ends(place: Place) -> None:
    place.write('api_key_file = "/dev/zero"')
    assert "The key from /dev/zero has" in place.refusal()


# The command


def test_the_first_line_of_a_command_counts(place: Place) -> None:
    place.write(command(rf'print("{KEY}\r\nlogin: me")'))
    assert place.read().secret == Secret(KEY)
    place.write('api_key_command = \'printf "%s" "sk-with-quote"\'')
    assert place.read().secret == Secret("sk-with-quote")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("pass", "The key from api_key_command is empty; put an API key there."),
        ("exit(3)", "api_key_command ended with 3."),
        (
            f'import sys; print("{KEY}"); sys.exit("tried {KEY}\\nno \\x1b[31maccess: {KEY}")',
            "api_key_command ended with 1: no access: ***",
        ),
        (f'print("{KEY}\\x85{OTHER}")', "The key from api_key_command has a space, a line break"),
        ('print("\\n")', "The key from api_key_command is empty"),
        (
            'import sys; sys.stdout.buffer.write(b"key-\\xff-key")',
            "The key from api_key_command has",
        ),
    ],
)
def test_a_command_that_brings_no_key(place: Place, code: str, says: str) -> None:
    place.write(command(code))
    assert place.refusal().startswith(says)


def test_a_command_that_is_not_there(place: Place) -> None:
    place.write("api_key_command = 'no-such-program-here --key'")
    assert place.refusal() == (
        "api_key_command: no-such-program-here could not start: No such file or directory."
    )
    place.write(f"api_key_command = ['{place.folder}']")
    assert "could not start: Permission denied" in place.refusal()


def test_a_command_that_hangs(place: Place) -> None:
    place.write("api_key_command = ['sh', '-c', 'echo half; sleep 5 & sleep 5']")
    source = KeySource(
        place.config,
        lambda: KeySettings.from_table(read_table(place.config), place.config),
        place.environ,
        command_timeout=0.2,
    )
    started = time.monotonic()
    with pytest.raises(UserError, match=r"^api_key_command took over 0\.2 s\.$"):
        source.read()
    assert time.monotonic() - started < 2


def test_a_command_inherits_no_key_and_gets_no_input(place: Place) -> None:
    os.environ[VARIABLE] = KEY
    place.write(
        command(
            'import os, sys; print(os.environ.get("SCENEXT_API_KEY", "none-there"),'
            ' sys.stdin.read(), sep="")'
        )
    )
    source = KeySource(
        place.config,
        lambda: KeySettings.from_table(read_table(place.config), place.config),
        os.environ,
    )
    assert VARIABLE not in os.environ
    assert source.read().secret == Secret(KEY)
    assert place.read().secret == Secret("none-there")


# When it changes


def test_a_new_key_is_noticed(place: Place) -> None:
    place.write('api_key_file = "key"')
    place.write(KEY, "key")
    source = place.source()
    current = CurrentKey(source)
    assert not current.reload()
    assert not current.reload(always=True)
    place.write(OTHER + "\n", "key")
    assert source.changed()
    assert current.reload()
    assert current.key.secret == Secret(OTHER)
    assert not source.changed()
    (place.folder / "key").unlink()
    with pytest.raises(UserError):
        current.reload()
    assert current.key.secret == Secret(OTHER)
    place.write(f'api_key = "{KEY}"')
    assert current.reload()
    assert current.key.source == str(place.config)


def test_an_inline_key_that_others_may_read(place: Place) -> None:
    place.write(f'api_key = "{KEY}"').chmod(0o644)
    source = place.source()
    assert source.permission_warning() == (
        f"{place.config} holds the API key and other users may read it: chmod 600 it"
    )
    place.config.chmod(0o600)
    assert source.permission_warning() == ""
    place.write("theme = 'nord'").chmod(0o644)
    assert source.permission_warning() == ""
    place.config.unlink()
    assert source.permission_warning() == ""


# That nobody tells it


def test_a_secret_shows_itself_to_nobody(place: Place) -> None:
    secret = Secret(KEY)
    place.write(f'api_key = "{KEY}"')
    shown = (repr(secret), str(secret), f"{secret}", f"{secret!r:>40}", f"{[secret]}")
    assert KEY not in " ".join((*shown, repr(place.read()), repr(load(place.config, {}))))
    assert len({secret, Secret(KEY), Secret(OTHER)}) == 2


@given(st.text(st.characters(), max_size=40) | st.text("!~az09\n\t é", max_size=40))
@settings(max_examples=examples(300))
def test_any_key_is_well_formed_or_refused(value: str) -> None:
    said = ""
    try:
        source = KeySource(Path("/none/config.toml"), KeySettings, {VARIABLE: value})
        found = source.read().secret.reveal()
    except UserError as error:
        found, said = "", str(error)
    assert bool(found) != bool(said)
    if found:
        assert found == value.strip()
        assert found.isascii()
        assert found.isprintable()
        assert " " not in found
        assert 8 <= len(found) <= 512
    else:
        assert said.startswith(("No API key. ", f"The key from {VARIABLE} "))
        assert len(said.splitlines()) == 1


def test_a_redactor_knows_the_forms_of_a_key() -> None:
    redact = Redactor()
    redact.learn(Secret("sk-'quo\"te\\+/=&"))
    redact.learn(Secret(KEY))
    redact.learn(Secret(KEY + "-longer"))
    secret = "sk-'quo\"te\\+/=&"
    text = f"{secret} {secret!r} sk-%27quo%22te%5C%2B%2F%3D%26 {KEY}-longer {KEY}"
    assert redact(text) == "*** '***' *** *** ***"
    assert redact("Authorization: Bearer abc.def x") == "Authorization: Bearer *** x"
    link = "https://h/x?OSSAccessKeyId=LTAI&Expires=1&Signature=a%2Bb%3D&security-token=CAIS"
    assert (
        redact(link) == "https://h/x?OSSAccessKeyId=***&Expires=1&Signature=***&security-token=***"
    )
    assert redact("?x-oss-signature=0a&x-oss-credential=L") == (
        "?x-oss-signature=***&x-oss-credential=***"
    )


def test_a_log_record_is_redacted_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    redact = Redactor()
    redact.learn(Secret(KEY))
    try:
        raise ValueError(f"{KEY} \x1b]0;x\x07\x1b[2J")
    except ValueError:
        logging.getLogger("test").exception("query with %s", KEY)
    told = RedactingFormatter(redact, "%(levelname)s %(message)s").format(caplog.records[0])
    assert told.startswith("ERROR query with ***\nTraceback")
    assert told.endswith("ValueError: *** ")
    assert KEY not in told
    assert "\x1b" not in told


@pytest.mark.parametrize("name", ["./print-key", "bin/../print-key", "~/print-key"])
def test_a_command_with_a_slash_is_the_one_beside_the_configuration(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for folder, key in ((place.folder, KEY), (tmp_path / "current", OTHER)):
        (folder / "bin").mkdir(parents=True)
        program = folder / "print-key"
        program.write_text(f"#!/bin/sh\necho {key}\n")
        program.chmod(0o755)
    monkeypatch.setenv("HOME", str(place.folder))
    monkeypatch.chdir(tmp_path / "current")
    for command in (f"'{name} one'", f"['{name}', 'one']"):
        place.write(f"api_key_command = {command}")
        assert place.read().secret == Secret(KEY)
    monkeypatch.chdir(place.folder)
    place.config = Path("config.toml")
    assert place.read().secret == Secret(KEY)
