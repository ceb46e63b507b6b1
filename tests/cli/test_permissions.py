"""Files of the key and of the commands that other users may read or change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui.cli.permissions import permission_warnings
from tui.config import load
from tui.credentials import KeySettings

KEY = "sk-canary-0123456789"
READ = "holds the API key and other users may read it: chmod 600 it"
CHANGE = "decides what is run and other users may change it: chmod 600 it"
COMMAND = 'api_key_command = "pass show scenext"'


@pytest.mark.parametrize(
    ("text", "config_mode", "key_mode", "warnings"),
    [
        (f'api_key = "{KEY}"', 0o600, 0o644, []),
        (f'api_key = "{KEY}"', 0o400, 0o644, []),
        (f'api_key = "{KEY}"', 0o644, 0o644, ["config.toml " + READ]),
        (f'api_key = "{KEY}"', 0o640, 0o644, ["config.toml " + READ]),
        (f'api_key = "{KEY}"', 0o666, 0o644, ["config.toml " + READ]),
        ("theme = 'nord'", 0o644, 0o644, []),
        ("theme = 'nord'", 0o666, 0o644, ["config.toml " + CHANGE]),
        (COMMAND, 0o644, 0o644, []),
        (COMMAND, 0o666, 0o644, ["config.toml " + CHANGE]),
        (COMMAND, 0o660, 0o644, ["config.toml " + CHANGE]),
        (COMMAND, 0o602, 0o644, ["config.toml " + CHANGE]),
        ('open_command = "firefox {url}"', 0o620, 0o644, ["config.toml " + CHANGE]),
        ('api_key_file = "key"', 0o644, 0o600, []),
        ('api_key_file = "key"', 0o644, 0o644, ["key " + READ]),
        ('api_key_file = "key"', 0o644, 0o640, ["key " + READ]),
        ('api_key_file = "key"', 0o644, 0o602, ["key " + READ]),
        ('api_key_file = "key"', 0o666, 0o644, ["config.toml " + CHANGE, "key " + READ]),
        (
            f'api_key_file = "key"\napi_key = "{KEY}"',
            0o644,
            0o604,
            ["config.toml " + READ, "key " + READ],
        ),
        ('api_key_file = "link"', 0o644, 0o644, ["link " + READ]),
        ('api_key_file = "missing"', 0o644, 0o644, []),
        ('api_key_file = "/dev/null"', 0o644, 0o644, []),
    ],
)
def test_files_that_others_may_read_or_change(
    tmp_path: Path, text: str, config_mode: int, key_mode: int, warnings: list[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(text)
    config.chmod(config_mode)
    (tmp_path / "key").write_text(KEY)
    (tmp_path / "key").chmod(key_mode)
    (tmp_path / "link").symlink_to("key")
    told = permission_warnings(config, load(config, {}).key)
    assert told == tuple(f"{tmp_path}/{warning}" for warning in warnings)


def test_a_configuration_that_is_missing_needs_no_warning(tmp_path: Path) -> None:
    assert permission_warnings(tmp_path / "config.toml", KeySettings()) == ()
