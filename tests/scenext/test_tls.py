"""The SSL context: whom it trusts, and what of the environment counts."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tui.config import Config
from tui.scenext.tls import ssl_context


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(name, raising=False)


def test_no_keys_of_connections_are_written_where_the_environment_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    assert ssl_context(Config(trust_env=False)).keylog_filename is None
    assert not keys.exists()
    assert ssl_context(Config()).keylog_filename == str(keys)


def test_a_key_log_that_cannot_be_written_does_not_matter_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", "/does/not/exist/keys")
    ssl_context(Config(trust_env=False))


@pytest.mark.parametrize("trust_env", [True, False])
def test_it_verifies_as_pythons_own_does(trust_env: bool) -> None:
    context, default = ssl_context(Config(trust_env=trust_env)), ssl.create_default_context()
    for name in ("verify_mode", "check_hostname", "verify_flags", "options", "minimum_version"):
        assert getattr(context, name) == getattr(default, name), name
    assert context.cert_store_stats()["x509_ca"] > 50
