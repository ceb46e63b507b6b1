"""Which addresses may be opened, fetched or shown."""

from __future__ import annotations

import pytest

from tests.scenext.test_signed_url import V1, V2, V4
from tui.addresses import MAX_URL_LENGTH, is_loopback, unsafe_reason


@pytest.mark.parametrize(
    "url",
    [
        *(V1, V2, V4, "https://host", "HTTPS://Host/", "https://host:8443/x?y=(a)*[b]{c}|d^e~!$"),
        *("http://127.0.0.1:8000/x", "http://localhost/x", "http://[::1]:80/x"),
        *("https://[2001:db8::1]/x", "https://my_bucket.oss-cn-hangzhou.aliyuncs.com/a"),
    ],
)
def test_what_may_be_opened(url: str) -> None:
    assert unsafe_reason(url) == ""


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://oss.scenext.cn/x", "the link is not https"),
        ("http://localhost.evil.example/x", "the link is not https"),
        ("http://evil.localhost/x", "the link is not https"),
        ("http://0.0.0.0/", "the link is not https"),
        ("http://2130706433/", "the link is not https"),
        ("ftp://host/x", "the link is not https"),
        ("file:///etc/passwd", "the link names no host"),
        ("javascript:alert(1)", "the link names no host"),
        ("data:text/html,x", "the link names no host"),
        ("https:///x", "the link names no host"),
        ("https://[::1/x", "the link names no host"),
        ("https://a%00b/x", "the link names no host"),
        ("https://good.example@evil.example/", "the link has a user name in it"),
        ("https://@host/", "the link has a user name in it"),
        *(
            (f"https://host/{character}", "the link has characters that no link has")
            for character in (
                " ",
                "\n",
                "\x1b]8;;",
                "\x07",
                "\x9c",
                "汉",
                "\u202e",
                "\ud800",
                *"\"'\\<>`",
            )
        ),
        (" https://host/", "the link has characters that no link has"),
        ("-https://host/", "the link names no host"),
        ("--help", "the link names no host"),
        ("", "the link has characters that no link has"),
        ("https://host/" + "x" * MAX_URL_LENGTH, "the link is longer than 2,083 characters"),
    ],
)
def test_what_may_not_be_opened(url: str, reason: str) -> None:
    assert unsafe_reason(url) == reason


def test_loopback_is_this_machine_alone() -> None:
    assert all(map(is_loopback, ("localhost", "127.0.0.1", "127.9.9.9", "::1")))
    assert not any(map(is_loopback, ("", "localhost.example", "10.0.0.1", "0.0.0.0", "::", "a.b")))
