"""The SSL context: whom it trusts, and what of the environment counts."""

from __future__ import annotations

import base64
import os
import ssl
from pathlib import Path

import pytest

from tests.support.tls_hosts import write_certificate
from tui.config import Config
from tui.errors import UserError
from tui.http.tls import ssl_context


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    bundles = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE", *bundles):
        monkeypatch.delenv(name, raising=False)


def test_no_keys_of_connections_are_written_where_the_environment_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    assert ssl_context(Config(trust_env=False)).keylog_filename is None
    assert not keys.exists()
    assert ssl_context(Config()).keylog_filename == str(keys)


def test_a_key_log_that_cannot_be_written_does_not_matter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", "/does/not/exist/keys")
    ssl_context(Config(trust_env=False))
    # No connection needs it.
    ssl_context(Config())


@pytest.mark.parametrize("trust_env", [True, False])
def test_it_verifies_as_pythons_own_does(trust_env: bool) -> None:
    context, default = ssl_context(Config(trust_env=trust_env)), ssl.create_default_context()
    for name in ("verify_mode", "check_hostname", "verify_flags", "options", "minimum_version"):
        assert getattr(context, name) == getattr(default, name), name
    assert context.cert_store_stats()["x509_ca"] > 50


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a certificate, and with files that people take for one."""
    pem = write_certificate(tmp_path, "authority").read_text()
    der = base64.b64decode("".join(pem.splitlines()[1:-1]))
    for name, data in {
        "with-text.pem": f"Company CA\n# a remark\n\n{pem}\n\nIssuer: …\n{pem}".encode(),
        "crlf.pem": pem.replace("\n", "\r\n").encode(),
        "ca.der": der,
        "empty.pem": b"",
        "words.pem": b"put it here",
        "cut.pem": pem.encode()[:200],
        "utf-16.pem": pem.encode("utf-16"),
    }.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "folder").mkdir()
    (tmp_path / "circle").symlink_to("circle")
    return tmp_path


@pytest.mark.parametrize(
    "value", ["authority.pem", "with-text.pem", "crlf.pem", '"authority.pem"', " authority.pem\r"]
)
def test_a_file_of_certificates_takes_the_place_of_the_usual_ones(
    folder: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SSL_CERT_FILE", value)
    # The folder counts only where there is no file.
    monkeypatch.setenv("SSL_CERT_DIR", "/does/not/exist")
    assert ssl_context(Config()).cert_store_stats()["x509_ca"] == 1


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing.pem", "is not there"),
        ("~/ca.pem", "is not there"),
        ("folder", "is a folder, and not a file of certificates"),
        ("ca.der/x", "cannot be read (a part of its path is not a folder)"),
        ("circle", "cannot be read (too many symbolic links)"),
        ("ca.der", "is DER and not PEM (openssl x509 -inform der makes PEM of it)"),
        ("empty.pem", "is empty"),
        ("words.pem", "holds no certificates as PEM, or a damaged one"),
        ("cut.pem", "holds no certificates as PEM, or a damaged one"),
        ("utf-16.pem", "holds no certificates as PEM, or a damaged one"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_reason(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, reason: str
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("SSL_CERT_FILE", name)
    with pytest.raises(UserError) as caught:
        ssl_context(Config())
    assert str(caught.value) == (
        f"SSL_CERT_FILE: its file {reason}. Mend or unset it, or set trust_env = false."
    )
    ssl_context(Config(trust_env=False))
    with pytest.raises(UserError) as caught:
        ssl_context(Config(trust_env=False, ca_file=folder / name))
    assert str(caught.value) == f"ca_file: {folder / name} {reason}."


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "authority.pem").chmod(0)
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "authority.pem"))
    with pytest.raises(UserError, match=r"cannot be read \(permission denied\)"):
        ssl_context(Config())


def test_a_folder_is_used_by_its_hashes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for value, reason in (
        ("/does/not/exist", "names no folder that is there"),
        (str(folder / "authority.pem"), "names no folder that is there"),
        (str(folder), "no certificate in it has a name by which it is found (openssl rehash"),
        (f"/does/not/exist:{folder}", "no certificate in it has a name by which it is found"),
    ):
        monkeypatch.setenv("SSL_CERT_DIR", value)
        with pytest.raises(UserError) as caught:
            ssl_context(Config())
        assert str(caught.value).startswith("SSL_CERT_DIR")
        assert reason in str(caught.value)
    (folder / "0a1b2c3d.0").symlink_to("authority.pem")
    for value in (str(folder), f"/does/not/exist:{folder}", f"'{folder}'", f"{folder}:"):
        monkeypatch.setenv("SSL_CERT_DIR", value)
        ssl_context(Config())
    # Whatever else it lacks, ca_file is trusted as well.
    monkeypatch.setenv("SSL_CERT_DIR", str(folder / "folder"))
    ssl_context(Config(ca_file=folder / "authority.pem"))


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"])
@pytest.mark.parametrize("value", ["", "  ", '""'])
def test_an_empty_variable_counts_as_unset(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert ssl_context(Config()).cert_store_stats()["x509_ca"] > 50


def test_variables_of_other_programs_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, "/does/not/exist.pem")
    assert ssl_context(Config()).cert_store_stats()["x509_ca"] > 50
