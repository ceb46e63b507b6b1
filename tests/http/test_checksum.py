"""A file that differs from the checksum that came with it was damaged; an odd checksum is none."""

from __future__ import annotations

import base64
import hashlib

import pytest

from tui.http.checksum import Checksum

DATA = b"\x89PNG\r\n\x1a\n and its pixels"


def digest(algorithm: str, data: bytes = DATA) -> str:
    return base64.b64encode(hashlib.new(algorithm, data).digest()).decode()


def is_wrong(headers: dict[str, str], data: bytes = DATA) -> bool:
    checksum = Checksum(headers)
    for position in range(0, len(data), 7):
        checksum.feed(data[position : position + 7])
    return checksum.is_wrong


@pytest.mark.parametrize(
    "headers",
    [
        {"content-md5": digest("md5")},
        {"content-md5": f" {digest('md5')} "},
        {"digest": f"MD5={digest('md5')}"},
        {"digest": f"SHA={digest('sha1')}"},
        {"digest": f"sha-256={digest('sha256')}"},
        {"digest": f"unixsum=30637, SHA-512={digest('sha512')}, crc32c=AAAAAA=="},
        {"repr-digest": f"sha-256=:{digest('sha256')}:"},
        {"content-digest": f"sha-512=:{digest('sha512')}:, md5=:{digest('md5')}:"},
        {"content-digest": f"sha-256=:{digest('sha256')}:", "content-md5": digest("md5", b"x")},
    ],
)
def test_a_checksum_tells_a_damaged_file(headers: dict[str, str]) -> None:
    assert not is_wrong(headers)
    assert is_wrong(headers, DATA[:-1])
    assert is_wrong(headers, DATA.replace(b"x", b"y"))
    assert is_wrong(headers, b"")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-md5": ""},
        {"content-md5": "none"},
        {"content-md5": hashlib.md5(DATA + b"!", usedforsecurity=False).hexdigest()},
        {"content-md5": digest("md5", b"x")[:-4]},
        {"content-md5": digest("sha256", b"x")},
        {"content-md5": f"{digest('md5', b'x')}, {digest('md5', b'x')}"},
        {"digest": f"sha-256=:{digest('md5', b'x')}:"},
        {"digest": f"sha-3={digest('sha256', b'x')}"},
        {"digest": "sha-256"},
        {"digest": "sha-256=" + "A" * 5_000},
        {"digest": "sha-256=" + "：" * 44},
        {"etag": f'"{hashlib.md5(b"x", usedforsecurity=False).hexdigest()}"'},
        {"x-oss-hash-crc64ecma": "1"},
    ],
)
def test_what_is_no_checksum_that_can_be_checked_refuses_nothing(headers: dict[str, str]) -> None:
    assert not is_wrong(headers)
