"""What a signed link tells: its expiry, its identity and its file name."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.service import frame_url
from tui.addresses import AddressRule
from tui.scenext.signed_url import NEVER, expires_at, file_name, identity, is_link

OBJECT_URL = "https://oss.scenext.cn/frame_img/d988d4d9/ed6e7bae/frame1.png"
V1 = (
    OBJECT_URL + "?OSSAccessKeyId=LTAI5tEXAMPLE&Expires=1749287113&Signature=ZofSGtAyhO3KolVaMC8%3D"
)
V2 = (
    OBJECT_URL + "?x-oss-signature-version=OSS2&x-oss-expires=1795371598"
    "&x-oss-access-key-id=LTAI5tEXAMPLE&x-oss-signature=gnxnXYZ%3D"
)
V4 = (
    OBJECT_URL + "?x-oss-date=20261122T171958Z&x-oss-expires=3600"
    "&x-oss-signature-version=OSS4-HMAC-SHA256"
    "&x-oss-credential=LTAI%2F20261122%2Fcn-hangzhou%2Foss%2Faliyun_v4_request"
    "&x-oss-signature=" + "0a" * 32
)


@pytest.mark.parametrize(
    ("url", "expiry"),
    [
        (V1, 1749287113),
        (V1.replace("Expires", "EXPIRES").replace("Signature", "signature"), 1749287113),
        (OBJECT_URL + "?x-oss-process=image%2Fresize&" + V1.partition("?")[2], 1749287113),
        (V1 + "&security-token=CAIS%2Babc", 1749287113),
        (V1 + "#fragment", 1749287113),
        (frame_url("12345", 3), 4_102_444_800),
        (V2, 1795371598),
        (V4, 1795367998 + 3600),
        (V4.replace("x-oss-", "X-Amz-").replace("Amz-date", "Amz-Date"), 1795367998 + 3600),
        (OBJECT_URL, NEVER),
        (OBJECT_URL + "?x-oss-process=image%2Fresize", NEVER),
        ("http://127.0.0.1:8000/frame1.png", NEVER),
    ],
)
def test_when_a_link_expires(url: str, expiry: float) -> None:
    assert expires_at(url) == expiry


@pytest.mark.parametrize(
    "url",
    [
        *(
            V1.replace("1749287113", value)
            for value in ("", "soon", "-1", "+1", "1e9", "1.5", "٣", " 1")
        ),
        *(V1.replace("1749287113", value) for value in ("1749287113000", "999999999999", "0x10")),
        *(V1.replace("1749287113", value) for value in ("253402300790", "4102444801")),
        *(V4.replace("20261122T", f"{day}T") for day in ("99991231", "00010101")),
        V4.replace("20261122T", "19691231T"),
        V1.replace("&Expires=1749287113", ""),
        V1 + "&Expires=1",
        V1.partition("&Signature")[0],
        V2.replace("x-oss-expires", "expires-x"),
        V2.replace("OSS2", "OSS3"),
        V2.partition("&x-oss-signature=")[0],
        V4.replace("&x-oss-expires=3600", ""),
        V4.replace("=3600", "=604801"),
        V4.replace("20261122T171958Z", "20261322T171958Z"),
        V4.replace("20261122T171958Z", "20261122T171958"),
        *(V1.replace("1749287113", end) for end in ("253402300790", "253402300799")),
        *(V4.replace("20261122T171958Z", f"{day}T235959Z") for day in ("99991231", "00010101")),
        V4.replace("20261122T171958Z", "2026112T171958Z"),
        V4.replace("20261122T171958Z", "２0261122T171958Z"),
        V4.replace("20261122T171958Z", ""),
        OBJECT_URL + "?" + "a=1&" * 200 + "Expires=1749287113&Signature=x",
        "https://[::1/frame.png?Expires=1749287113&Signature=x",
        *("", "frame1.png", "ftp://host/x?Expires=1&Signature=x", "javascript:alert(1)"),
    ],
)
def test_whatever_is_odd_has_an_unknown_expiry(url: str) -> None:
    assert expires_at(url) is None


@given(
    st.text(st.characters())
    | st.tuples(
        st.just(OBJECT_URL + "?"), st.text("&=;%#?+2026TZ ExpiresSignaturex-oss-datever\ud800٣")
    ).map("".join)
)
@settings(max_examples=examples(300))
def test_no_link_is_too_odd(url: str) -> None:
    expiry = expires_at(url)
    assert expiry is None or expiry == NEVER or 0 <= expiry < 1e12
    assert AddressRule().unsafe_reason(url) or (
        url.isascii() and url.isprintable() and " " not in url
    )
    assert url.startswith(identity(url))
    assert file_name(url) == "" or file_name(url).replace("\u200b", "") == file_name(url)
    assert not is_link(url) or url.isprintable()


@pytest.mark.parametrize(
    "text", [V1, "http://host", "HTTPS://host/x", "https://host/汉字", "https://user@host/"]
)
def test_what_is_a_link(text: str) -> None:
    assert is_link(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "https://", "host", "see https://host", "https://host is the link", "ftp://host"),
        *("https://host/\x1b[2J", "https://host/\u202e", "https://host\n", "https://host/\ud800"),
    ],
)
def test_what_is_text(text: str) -> None:
    assert not is_link(text)


def test_what_stays_when_a_link_is_signed_afresh() -> None:
    assert identity(V1) == identity(V2) == identity(V4 + "#x") == OBJECT_URL
    assert file_name(V1) == "frame1.png"
    assert file_name("https://host/a/%E8%A7%86%1b%5B2J.png?x=/y") == "视.png"
    assert file_name("https://host/a/%ff.png") == "\ufffd.png"
    for url in ("https://host", "https://host/", "https://host?a=/b", ""):
        assert file_name(url) == ""
