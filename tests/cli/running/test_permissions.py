"""Files of the key and of the commands that other users may read or change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tui.cli.running.permissions import permission_warnings
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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_file_of_another_user_is_theirs_to_change_whatever_its_mode(
    tmp_path: Path, mode: int
) -> None:
    config, key = tmp_path / "config.toml", tmp_path / "key"
    config.write_text('api_key_file = "key"')
    key.write_text(KEY)
    for path in (config, key):
        path.chmod(mode)
        os.chown(path, 65502, -1)
    copy = "it belongs to another user (uid 65502), so use a copy of your own"
    assert permission_warnings(config, load(config, {}).key) == (
        f"{config} {CHANGE.partition(':')[0]}: {copy}",
        f"{key} {READ.partition(':')[0]}: {copy}",
    )


@pytest.mark.parametrize(
    ("mode", "owner", "warned"),
    [
        (0o700, 0, False),
        (0o775, 0, False),
        (0o777, 0, True),
        (0o703, 0, True),
        (0o1777, 0, False),
        (0o755, 65502, True),
        (0o1777, 65502, True),
    ],
)
def test_a_folder_in_which_others_may_replace_the_configuration(
    tmp_path: Path, mode: int, owner: int, warned: bool
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    config = folder / "config.toml"
    config.write_text(COMMAND)
    config.chmod(0o600)
    if owner:
        if os.geteuid() != 0:
            pytest.skip("only root can give folders away")
        os.chown(folder, owner, -1)
    folder.chmod(mode)
    where = "move it to a folder in which only you may write"
    warning = f"{config} may be replaced by other users: {where}"
    assert permission_warnings(config, KeySettings()) == ((warning,) if warned else ())


@pytest.mark.parametrize(("mode", "warned"), [(0o755, False), (0o777, True), (0o1777, False)])
def test_a_configuration_that_is_a_link_is_no_safer_than_what_it_leads_to(
    tmp_path: Path, mode: int, warned: bool
) -> None:
    config, folder, between = tmp_path / "config.toml", tmp_path / "folder", tmp_path / "between"
    folder.mkdir()
    (folder / "mine.toml").write_text(COMMAND)
    (folder / "mine.toml").chmod(0o600)
    between.symlink_to("folder/mine.toml")
    config.symlink_to("between")
    folder.chmod(mode)
    where = "move it to a folder in which only you may write"
    warning = f"{config} may be replaced by other users: {where}"
    assert permission_warnings(config, KeySettings()) == ((warning,) if warned else ())
