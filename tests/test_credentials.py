"""The API key: where it is found, which keys are invalid, and that no message contains it."""

from __future__ import annotations

import json
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
from tui.config import load, load_key_settings
from tui.config_table import read_table
from tui.credentials import VARIABLE, ApiKey, CurrentKey, KeySettings, KeySource, Secret
from tui.errors import UserError
from tui.log import RedactingFormatter
from tui.redactor import Redactor, without_queries

KEY = "sk-canary-0123456789"
OTHER = "sk-other-9876543210"


class KeySetup:
    """A folder with a config file, and the key source that reads it."""

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

    def error(self) -> str:
        """Return the one-line message that says why there is no key."""
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
def key_setup(tmp_path: Path) -> KeySetup:
    """Return a setup in an empty folder."""
    return KeySetup(tmp_path)


def command(code: str) -> str:
    """Return the setting of an `api_key_command` that runs this line of Python."""
    return f"api_key_command = ['{sys.executable}', '-c', '''{code}''']\n"


# Where the key is found


def test_the_order_of_the_places(key_setup: KeySetup) -> None:
    key_setup.environ[VARIABLE] = KEY
    key_setup.write("file-key-0123\n", "key")
    key_setup.write(
        command('print("command-key-0123")') + 'api_key_file = "key"\napi_key = "inline-key"'
    )
    key = key_setup.read()
    assert (key.secret.reveal(), key.source) == (KEY, VARIABLE)
    assert key.hint == f"{key_setup.config} has another key; unset {VARIABLE} to use it."
    key = key_setup.read()
    assert (key.secret.reveal(), key.source) == ("command-key-0123", "api_key_command")
    key_setup.write('api_key_file = "key"\napi_key = "inline-key"')
    key = key_setup.read()
    assert (key.secret.reveal(), key.source) == ("file-key-0123", str(key_setup.folder / "key"))
    key_setup.write('api_key = "inline-key"')
    key = key_setup.read()
    assert (key.secret.reveal(), key.source) == ("inline-key", str(key_setup.config))
    assert key.hint == ""


def test_the_variable_is_taken_out_of_the_environment(key_setup: KeySetup) -> None:
    key_setup.environ[VARIABLE] = f" {KEY}\n"
    source = key_setup.source()
    assert key_setup.environ == {}
    assert source.read().secret == Secret(KEY)
    assert source.read().hint == ""
    assert not source.changed()


def test_the_same_key_in_the_file_needs_no_hint(key_setup: KeySetup) -> None:
    key_setup.environ[VARIABLE] = KEY
    key_setup.write(f'api_key = "{KEY}"')
    assert key_setup.read().hint == ""


def test_a_broken_file_does_not_matter_behind_the_variable(key_setup: KeySetup) -> None:
    key_setup.environ[VARIABLE] = KEY
    key_setup.write("broken")
    assert key_setup.read().secret == Secret(KEY)


@pytest.mark.parametrize("empty", ["", "  ", "\n", "YOUR_API_KEY", "your_actual_api_key_here"])
def test_an_empty_variable_counts_as_unset(key_setup: KeySetup, empty: str) -> None:
    key_setup.environ[VARIABLE] = empty
    assert key_setup.error() == (
        f"No API key. Put api_key_file or api_key_command into {key_setup.config}, or restart with "
        "SCENEXT_API_KEY set. Keys are made on scenext.cn: personal centre, API Keys."
    )
    key_setup.write(f'api_key = "{KEY}"')
    key_setup.environ[VARIABLE] = empty
    assert key_setup.read().source == str(key_setup.config)


def test_a_placeholder_is_no_key(key_setup: KeySetup) -> None:
    key_setup.write('api_key = "YOUR_API_KEY"')
    assert key_setup.error().startswith("No API key. ")
    path = key_setup.write("YOUR_API_KEY\n", "key")
    key_setup.write('api_key_file = "key"')
    assert key_setup.error() == f"The key from {path} is a placeholder; put an API key there."


def test_who_ends_without_a_key_has_nothing_to_restart(key_setup: KeySetup) -> None:
    def error() -> str:
        with pytest.raises(UserError) as caught:
            KeySource(key_setup.config, KeySettings, key_setup.environ, goes_on=False).read()
        return str(caught.value)

    assert f", or set {VARIABLE}. Keys are made" in error()
    key_setup.environ[VARIABLE] = "sk with spaces"
    assert error() == f"The key from {VARIABLE} has a space at position 3; copy it again."


# Invalid keys


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("sk-canary\n0123456789", "a line break at position 10"),
        ("sk-canary\r\n0123456789", "a line break at position 10"),
        ("sk-canary 0123456789", "a space at position 10"),
        ("sk-canary\t0123456789", "a tab at position 10"),
        ("sk-canary\x000123456789", "an invisible character at position 10"),
        ("sk-canary\x7f0123456789", "an invisible character at position 10"),
        ("sk-canary-é0123456789", "a character outside ASCII at position 11"),
        ("sk-canary-\u200b0123456789", "an invisible character at position 11"),
        ("sk-canary\xa00123456789", "a no-break space at position 10"),
        ("sk-canary\u20030123456789", "a space that is no plain one at position 10"),
        ("sk–canary-0123456789", "a typographic dash at position 3"),
        ("sk-canary…9", "an ellipsis at position 10"),
        ("sk-can’ary-0123456789", "a quotation mark at position 7"),
        ("密钥-canary-0123456789", "a character outside ASCII at position 1"),
        ("sk-canary-\udcff0123456789", "a byte that is no text at position 11"),
    ],
)
def test_a_malformed_key_is_told_by_its_place(key_setup: KeySetup, value: str, what: str) -> None:
    key_setup.environ[VARIABLE] = value
    assert key_setup.error() == f"The key from {VARIABLE} has {what}; copy it again and restart."


PASTED = [
    *(f"{quote}{KEY}{quote}" for quote in "\"'`"),
    *(f"“{KEY}”", f"‘{KEY}’", f"«{KEY}»", f"「{KEY}」", f"＂{KEY}＂", f'"{KEY}', f"'\"{KEY}\"'"),
    *(f"<{KEY}>", f"({KEY})", f"[{KEY}]", f"{KEY},", f"{KEY};", f'"{KEY}",', f"{KEY}，"),
    *(f" {KEY}\n", f"{KEY}\r", f"{KEY}\r\n", f"\ufeff{KEY}", f"{KEY}\u200b", f"\xa0{KEY}\u3000"),
    *(f"SCENEXT_API_KEY={KEY}", f'SCENEXT_API_KEY="{KEY}"', f"SCENEXT_API_KEY = '{KEY}'"),
    *(f"export SCENEXT_API_KEY={KEY}", f"set SCENEXT_API_KEY={KEY}", f'api_key = "{KEY}"'),
    *(f'$env:SCENEXT_API_KEY = "{KEY}"', f"api_key: {KEY}", f"API-Key: {KEY}", f"TOKEN={KEY};"),
    *(f'{{"api_key":"{KEY}"}}', f'{{"api_key": "{KEY}"}}', f"'apiKey': '{KEY}',"),
    *(f"Bearer {KEY}", f"bearer  {KEY}", f'"Bearer {KEY}"', f"Bearer: {KEY}", f"Token {KEY}"),
    *(f"Authorization: Bearer {KEY}", f"authorization:bearer {KEY}", f"Authorization: {KEY}"),
    *(f'"Authorization": "Bearer {KEY}",', f"export SCENEXT_API_KEY='Bearer {KEY}'"),
    *(f"# the key\n{KEY}\n", f"\n\n{KEY}\n# of May\n", f"{KEY}  # of May", f"#\r\n{KEY}\r\n"),
    *(f"set -gx SCENEXT_API_KEY {KEY}", f"set -Ux SCENEXT_API_KEY '{KEY}'", f"{KEY}。"),
    *(f"setx SCENEXT_API_KEY {KEY}", f"setenv SCENEXT_API_KEY {KEY}", f"  - SCENEXT_API_KEY={KEY}"),
    *(f'declare -x SCENEXT_API_KEY="{KEY}"', f"ENV SCENEXT_API_KEY={KEY}", f"密钥：{KEY}"),
    *(f"API密钥: {KEY}", f"API 密钥：「{KEY}」", f"$Env:SCENEXT_API_KEY='{KEY}'"),
    f"OTHER=1\nexport SCENEXT_API_KEY={KEY}\nDEBUG=true\n",
    f"# .env\nSCENEXT_API_KEY='{KEY}'\nSCENEXT_API_BASE_URL=https://x.example/api\n",
    KEY.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}),
    f"Ｂｅａｒｅｒ　{KEY}",
]


@pytest.mark.parametrize("text", PASTED)
def test_what_is_pasted_with_a_key_is_taken_off(key_setup: KeySetup, text: str) -> None:
    key_setup.environ[VARIABLE] = text
    assert key_setup.read() == ApiKey(Secret(KEY), VARIABLE)
    path = key_setup.write(text, "key")
    key_setup.write('api_key_file = "key"')
    assert key_setup.read() == ApiKey(Secret(KEY), str(path))
    key_setup.write(f"api_key = {json.dumps(text)}")
    assert key_setup.read().secret == Secret(KEY)
    if "\n" not in text.strip():
        # Of a command, the first line counts.
        path = key_setup.write(text, "printed")
        key_setup.write(f"api_key_command = ['cat', '{path}']")
        assert key_setup.read() == ApiKey(Secret(KEY), "api_key_command")


@pytest.mark.parametrize(
    "key", ["abcdefgh", "a-._~+/Z0==", "eyJhbGciOi.J9-_x.Sig=", "key-0123456789", "bearer-0123456"]
)
def test_a_token_is_left_alone_and_needs_no_hint(key_setup: KeySetup, key: str) -> None:
    key_setup.environ[VARIABLE] = key
    assert key_setup.read() == ApiKey(Secret(key), VARIABLE)


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("MY_NAME=sk-canary-01", "The key begins with a name and “=”: is that the key?"),
        ("$SCENEXT_CANARY", "The key begins with a variable that nothing replaced: is"),
        ("%SCENEXT_CANARY%", "The key begins with a variable that nothing replaced: is"),
        ("op://canary/scenext/key", "The key begins with a URL: is that the key?"),
        (
            "/run/secrets/canary",
            "The key begins with the path of a file, which is for api_key_file: is",
        ),
        (
            "~/canary-of-mine",
            "The key begins with the path of a file, which is for api_key_file: is",
        ),
        ("Basic:Y2FuYXJ5LWtleQ==", "The key begins with “Basic”: is that the key?"),
        ("sk-canary,sk-other", "The key has a comma at position 10, as no key has: copy it again."),
        ("sk-canary:0123456789", "The key has a colon at position 10, as no key has"),
        ("sk-canary%2F0123456789", "The key has a percent sign at position 10, as no key has"),
        ("sk-c******89", "The key has an asterisk at position 5, as no key has"),
        ("sk-canary=0123456789", "The key has an equals sign at position 10, as no key has"),
        ('sk-canary"0123456789', "The key has a quotation mark at position 10, as no key has"),
        ("sk-canary{0123456789", "The key has a punctuation mark at position 10, as no key has"),
    ],
)
def test_an_odd_key_is_sent_and_has_a_hint_for_its_refusal(
    key_setup: KeySetup, key: str, hint: str
) -> None:
    key_setup.environ[VARIABLE] = key
    read = key_setup.read()
    assert read.secret == Secret(key)
    assert read.hint.startswith(hint)
    assert "canary" not in read.hint.lower()


@pytest.mark.parametrize("value", ["k" * 7, "k" * 513])
def test_a_key_of_no_possible_length(key_setup: KeySetup, value: str) -> None:
    key_setup.environ[VARIABLE] = value
    assert key_setup.error() == (
        f"The key from {VARIABLE} must have 8 to 512 characters; copy it again and restart."
    )


def test_a_key_file(key_setup: KeySetup, tmp_path: Path) -> None:
    key_setup.write('api_key_file = "key"')
    path = tmp_path / "key"
    assert key_setup.error() == f"api_key_file: {path} cannot be read (No such file or directory)."
    for content in (KEY, f"{KEY}\n", f"\ufeff {KEY}\r\n\r\n"):
        key_setup.write(content, "key")
        assert key_setup.read().secret == Secret(KEY)
    key_setup.write(" \n", "key")
    assert key_setup.error() == f"The key from {path} is empty; put an API key there."
    key_setup.write(f"{KEY}\n{OTHER}\n", "key")
    assert "a line break" in key_setup.error()
    for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        path.write_bytes(f"\ufeff{KEY}\r\n".encode(encoding))
        assert key_setup.read().secret == Secret(KEY)
    path.write_bytes(b"\xff\xfeodd")
    assert key_setup.error() == f"The key from {path} is not text; put an API key there."
    path.write_bytes("sk-clé-1234".encode("latin-1"))
    assert key_setup.error() == f"The key from {path} is not text; put an API key there."
    path.unlink()
    path.mkdir()
    assert key_setup.error() == f"api_key_file: {path} cannot be read (Is a directory)."


def test_an_endless_key_file_ends(key_setup: KeySetup) -> None:
    key_setup.write('api_key_file = "/dev/zero"')
    assert "The key from /dev/zero has" in key_setup.error()


# The command


def test_the_first_line_of_a_command_counts(key_setup: KeySetup) -> None:
    key_setup.write(command(rf'print("{KEY}\r\nlogin: me")'))
    assert key_setup.read().secret == Secret(KEY)
    key_setup.write(command(rf'print("\n  \n{KEY}")'))
    assert key_setup.read().secret == Secret(KEY)
    key_setup.write('api_key_command = \'printf "%s" "sk-with-quote"\'')
    assert key_setup.read().secret == Secret("sk-with-quote")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("pass", "The key from api_key_command is empty; put an API key there."),
        ("exit(3)", "api_key_command ended with 3."),
        (
            f'import sys; print("{KEY}"); sys.exit("tried {KEY}\\nno \\x1b[31maccess: {KEY}")',
            "api_key_command ended with 1: no access: ***",
        ),
        (f'print("{KEY}\\x85{OTHER}")', "The key from api_key_command has an invisible character"),
        ('print("\\n")', "The key from api_key_command is empty"),
        (
            'import sys; sys.stdout.buffer.write(b"key-\\xff-key")',
            "The key from api_key_command has",
        ),
    ],
)
def test_a_command_that_brings_no_key(key_setup: KeySetup, code: str, expected: str) -> None:
    key_setup.write(command(code))
    assert key_setup.error().startswith(expected)


def test_a_command_that_is_not_there(key_setup: KeySetup) -> None:
    key_setup.write("api_key_command = 'no-such-program-here --key'")
    assert key_setup.error() == (
        "api_key_command: no-such-program-here could not start: No such file or directory."
    )
    key_setup.write(f"api_key_command = ['{key_setup.folder}']")
    assert "could not start: Permission denied" in key_setup.error()


def test_a_command_that_hangs(key_setup: KeySetup) -> None:
    key_setup.write("api_key_command = ['sh', '-c', 'echo half; sleep 5 & sleep 5']")
    source = KeySource(
        key_setup.config,
        lambda: KeySettings.from_table(read_table(key_setup.config), key_setup.config),
        key_setup.environ,
        command_timeout=0.2,
    )
    started = time.monotonic()
    with pytest.raises(UserError, match=r"^api_key_command took over 0\.2 s\.$"):
        source.read()
    assert time.monotonic() - started < 2


def test_a_command_inherits_no_key_and_gets_no_input(key_setup: KeySetup) -> None:
    os.environ[VARIABLE] = KEY
    key_setup.write(
        command(
            'import os, sys; print(os.environ.get("SCENEXT_API_KEY", "none-there"),'
            ' sys.stdin.read(), sep="")'
        )
    )
    source = KeySource(
        key_setup.config,
        lambda: KeySettings.from_table(read_table(key_setup.config), key_setup.config),
        os.environ,
    )
    assert VARIABLE not in os.environ
    assert source.read().secret == Secret(KEY)
    assert key_setup.read().secret == Secret("none-there")


# Changes of the key


def test_a_new_key_is_noticed(key_setup: KeySetup) -> None:
    key_setup.write('api_key_file = "key"')
    key_setup.write(KEY, "key")
    source = key_setup.source()
    current = CurrentKey(source)
    assert not current.reload()
    assert not current.reload(always=True)
    key_setup.write(OTHER + "\n", "key")
    assert source.changed()
    assert current.reload()
    other = ApiKey(Secret(OTHER), str(key_setup.folder / "key"))
    assert current.key == other
    assert not source.changed()
    (key_setup.folder / "key").unlink()
    with pytest.raises(UserError):
        current.reload()
    assert (current.key, current.problem) == (other, "")
    key_setup.write(f'api_key = "{KEY}"')
    assert current.reload()
    assert current.key == ApiKey(Secret(KEY), str(key_setup.config))


def test_a_key_that_is_missing_at_first_is_noticed_when_it_is_there(key_setup: KeySetup) -> None:
    current = CurrentKey(key_setup.source())

    def known() -> tuple[ApiKey | None, str]:
        return current.key, current.problem

    assert known()[0] is None
    assert known()[1].startswith("No API key. ")
    assert not current.needs_restart
    assert not current.reload()
    path = key_setup.folder / "key"
    key_setup.write('api_key_file = "key"')
    for content, problem in (
        (None, f"api_key_file: {path} cannot be read (No such file or directory)."),
        (" \n", f"The key from {path} is empty; put an API key there."),
        ("YOUR_API_KEY", f"The key from {path} is a placeholder; put an API key there."),
        ("short", f"The key from {path} must have 8 to 512 characters; copy it again."),
    ):
        if content is not None:
            path.write_text(content)
        with pytest.raises(UserError):
            current.reload()
        assert known() == (None, problem)
        assert not current.reload()
    path.write_text(KEY)
    assert current.reload()
    assert known() == (ApiKey(Secret(KEY), str(path)), "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_key_file_that_becomes_readable_is_noticed(key_setup: KeySetup) -> None:
    key_setup.write('api_key_file = "key"')
    path = key_setup.write(KEY, "key")
    path.chmod(0)
    current = CurrentKey(key_setup.source())
    assert current.problem == f"api_key_file: {path} cannot be read (Permission denied)."
    path.chmod(0o600)
    assert current.reload()


def test_a_change_of_permissions_is_a_change(key_setup: KeySetup) -> None:
    source = key_setup.source()
    key_setup.write(f'api_key = "{KEY}"').chmod(0o644)
    source.read()
    assert not source.changed()
    key_setup.config.chmod(0o600)
    assert source.changed()


def test_the_environment_of_a_running_program_does_not_change(key_setup: KeySetup) -> None:
    key_setup.environ[VARIABLE] = "sk canary"
    current = CurrentKey(key_setup.source())
    assert (current.key, current.needs_restart) == (None, True)
    assert current.problem.endswith("a space at position 3; copy it again and restart.")
    key_setup.write(f'api_key = "{KEY}"')
    assert not current.reload()
    with pytest.raises(UserError):
        current.reload(always=True)
    assert current.key is None


def test_a_key_belongs_to_the_base_url_beside_it(key_setup: KeySetup) -> None:
    def source(base_url: str) -> KeySource:
        return KeySource(
            key_setup.config,
            lambda: load_key_settings(key_setup.config, {}),
            {},
            base_url=base_url,
        )

    old, new = "https://old.example/api", "https://new.example/api"
    changed = r"^base_url changed in config\.toml: restart to use it\.$"
    key_setup.write(f'base_url = "{old}"\napi_key = "{KEY}"')
    current = CurrentKey(source(old))
    ran = key_setup.folder / "ran"
    key_setup.write(f'base_url = "{new}/"\napi_key_command = ["touch", "{ran}"]')
    with pytest.raises(UserError, match=changed):
        current.reload()
    with pytest.raises(UserError, match=changed):
        current.reload(always=True)
    assert not current.reload()
    assert not ran.exists()
    assert current.key == ApiKey(
        *(Secret(KEY), str(key_setup.config)), "base_url changed in config.toml: restart to use it."
    )
    # The file may change between the first look at it and the second.
    with pytest.raises(UserError, match=changed):
        source(old).read()
    key_setup.write(f'base_url = "{old}/"\napi_key = "{OTHER}"')
    assert current.reload()
    assert current.key == ApiKey(Secret(OTHER), str(key_setup.config))


# No message contains the key


def test_a_secret_shows_itself_to_nobody(key_setup: KeySetup) -> None:
    secret = Secret(KEY)
    key_setup.write(f'api_key = "{KEY}"')
    renderings = (repr(secret), str(secret), f"{secret}", f"{secret!r:>40}", f"{[secret]}")
    assert KEY not in " ".join(
        (*renderings, repr(key_setup.read()), repr(load(key_setup.config, {})))
    )
    assert len({secret, Secret(KEY), Secret(OTHER)}) == 2


@given(st.text(st.characters(), max_size=40) | st.text("!~az09\n\t é", max_size=40))
@settings(max_examples=examples(300))
def test_any_key_is_well_formed_or_refused(value: str) -> None:
    message = ""
    try:
        source = KeySource(Path("/none/config.toml"), KeySettings, {VARIABLE: value})
        key = source.read().secret.reveal()
    except UserError as error:
        key, message = "", str(error)
    assert bool(key) != bool(message)
    if key:
        assert key in value.translate({code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)})
        assert key.isascii()
        assert key.isprintable()
        assert " " not in key
        assert 8 <= len(key) <= 512
    else:
        assert message.startswith(("No API key. ", f"The key from {VARIABLE} "))
        assert len(message.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://a.invalid/b.png", "https://a.invalid/b.png"),
        ("see HTTP://a.invalid/视频.mp4?名=视频&sig=1 (2)", "see HTTP://a.invalid/视频.mp4 (2)"),
        ("<a href='https://a.invalid?x=1'>, y?", "<a href='https://a.invalid'>, y?"),
        ("失败：https://a.invalid/?x=1。请重试", "失败：https://a.invalid/。请重试"),
        ("why? 1://2?3", "why? 1://2?3"),
        ("https://" * 100_000, "https://" * 100_000),
    ],
)
def test_links_lose_their_queries(text: str, shown: str) -> None:
    assert without_queries(text) == shown


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
    formatted = RedactingFormatter(redact, "%(levelname)s %(message)s").format(caplog.records[0])
    assert formatted.startswith("ERROR query with ***\nTraceback")
    assert formatted.endswith("ValueError: *** ")
    assert KEY not in formatted
    assert "\x1b" not in formatted


@pytest.mark.parametrize("split", ["\x1b[0m", "\x1b]0;x\x07", "\0", "\u200b", "\ufe0f"])
def test_a_secret_that_cleaning_joins_is_not_logged(split: str) -> None:
    redact = Redactor()
    redact.learn(Secret(KEY))
    for text, logged in (
        (split.join(KEY), "***"),
        (f"Bea{split}rer abcdefgh", "Bearer ***"),
        (f"https://h/x?Signa{split}ture=abcd", "https://h/x"),
        (f"ht{split}tps://h/x?q=abcd", "https://h/x"),
    ):
        record = logging.LogRecord("test", logging.ERROR, "", 0, "said %s", (text,), None)
        assert RedactingFormatter(redact, "%(message)s").format(record) == f"said {logged}"


@pytest.mark.parametrize("name", ["./print-key", "bin/../print-key", "~/print-key"])
def test_a_command_with_a_slash_is_the_one_beside_the_configuration(
    key_setup: KeySetup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for folder, key in ((key_setup.folder, KEY), (tmp_path / "current", OTHER)):
        (folder / "bin").mkdir(parents=True)
        program = folder / "print-key"
        program.write_text(f"#!/bin/sh\necho {key}\n")
        program.chmod(0o755)
    monkeypatch.setenv("HOME", str(key_setup.folder))
    monkeypatch.chdir(tmp_path / "current")
    for command in (f"'{name} one'", f"['{name}', 'one']"):
        key_setup.write(f"api_key_command = {command}")
        assert key_setup.read().secret == Secret(KEY)
    monkeypatch.chdir(key_setup.folder)
    key_setup.config = Path("config.toml")
    assert key_setup.read().secret == Secret(KEY)
