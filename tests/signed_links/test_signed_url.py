"""What a signed link tells: its expiry, its identity and its file name."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.service import frame_url
from tui.addresses import AddressRule
from tui.signed_links.signed_url import NEVER, expires_at, file_name, identity

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
    assert url.startswith(identity(url).partition("?")[0])
    assert identity(identity(url)) == identity(url)
    assert file_name(url) == "" or file_name(url).replace("\u200b", "") == file_name(url)


def test_what_stays_when_a_link_is_signed_afresh() -> None:
    assert identity(V1) == identity(V2) == identity(V4 + "#x") == OBJECT_URL
    assert file_name(V1) == "frame1.png"
    assert file_name("https://host/a/%E8%A7%86%1b%5B2J.png?x=/y") == "视.png"
    assert file_name("https://host/a/%ff.png") == "\ufffd.png"
    for url in ("https://host", "https://host/", "https://host?a=/b", ""):
        assert file_name(url) == ""


# Every store writes its own query

NOON = 1795867200
"""2026-11-28T12:00:00Z."""
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3OTU4NjcyMDB9.c2lnbmF0dXJl"
POLICY = base64.b64encode(
    b'{"Statement":[{"Resource":"https://h/*","Condition":'
    b'{"DateLessThan":{"AWS:EpochTime":1795867200},"DateGreaterThan":{"AWS:EpochTime":1}}}]}'
).decode()
POLICY = POLICY.translate(str.maketrans("+=/", "-_~"))


def v4(vendor: str, **extra: str) -> str:
    """Return the query of a version 4 signature that ends at noon."""
    fields = {
        "Algorithm": "HMAC-SHA256",
        "Credential": "AK%2F20261128%2Fr%2Fs%2Frequest",
        "Date": "20261128T110000Z",
        "Expires": "3600",
        "SignedHeaders": "host",
        "Signature": "0a" * 32,
        **extra,
    }
    return "&".join(f"X-{vendor}-{name}={value}" for name, value in fields.items())


AZURE = (
    "sv=2022-11-02&ss=b&srt=o&st=2026-11-28T10%3A00%3A00Z&se={}&sr=b&sp=r&spr=https&sig=a%2Fb%3D"
)
COS = (
    "q-sign-algorithm=sha1&q-ak=AKID&q-sign-time=1795863600%3B1795867200"
    "&q-key-time=1795863600%3B1795867200&q-header-list=host&q-url-param-list=&q-signature=0a0a"
)
SIGNED = {
    "OSS 1": f"OSSAccessKeyId=LTAI&Expires={NOON}&Signature=a%2Bb%3D",
    "OSS 1 with a token": f"Expires={NOON}&OSSAccessKeyId=STS.a&Signature=a&security-token=CAIS%2B",
    "OSS 2": f"x-oss-signature-version=OSS2&x-oss-expires={NOON}&x-oss-access-key-id=a"
    "&x-oss-additional-headers=host&x-oss-signature=a%3D",
    "OSS 4": "x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-date=20261128T110000Z"
    "&x-oss-expires=3600&x-oss-credential=a%2Fb&x-oss-security-token=c&x-oss-signature=0a",
    "S3 2": f"AWSAccessKeyId=AKIA&Expires={NOON}&Signature=a%3D&x-amz-security-token=t",
    "S3 4": v4("Amz"),
    "S3 4 with a token": v4("Amz", **{"Security-Token": "t%2F%2B", "Content-Sha256": "UNSIGNED"}),
    "S3 4 in lower case": v4("amz").lower().replace("t110000z", "T110000Z"),
    "GCS 2": f"GoogleAccessId=a%40b.iam&Expires={NOON}&Signature=a%2Bb",
    "GCS 4": v4("Goog"),
    "Azure": AZURE.format("2026-11-28T12%3A00%3A00Z"),
    "Azure, raw colons": AZURE.format("2026-11-28T12:00:00Z"),
    "Azure, minutes": AZURE.format("2026-11-28T12:00Z"),
    "Azure, fractions": AZURE.format("2026-11-28T12:00:00.0000000Z"),
    "Azure, no zone": AZURE.format("2026-11-28T12:00:00"),
    "Azure, an offset": AZURE.format("2026-11-28T20%3A00%3A00%2B08%3A00"),
    "Azure, a raw plus": AZURE.format("2026-11-28T20:00:00+08:00"),
    "Azure, user delegation": AZURE.format("2026-11-30")
    + "&skoid=a&sktid=b&skt=2026-11-28T10%3A00%3A00Z&ske=2026-11-28T12%3A00%3A00Z&sks=b&skv=v",
    "COS": COS,
    "COS with a token": COS + "&x-cos-security-token=t",
    "COS, raw semicolons": COS.replace("%3B", ";"),
    "COS, the key ends earlier": COS.replace(
        "sign-time=1795863600%3B1795867200", "sign-time=1;1800000000"
    ),
    "COS, in one field": "sign=" + COS.replace("%", "%25").replace("&", "%26").replace("=", "%3D"),
    "CloudFront": f"Expires={NOON}&Signature=a~b-c__&Key-Pair-Id=K1",
    "CloudFront, a policy": f"Policy={POLICY}&Signature=a&Key-Pair-Id=K1&Hash-Algorithm=SHA256",
    "Google CDN": f"Expires={NOON}&KeyName=k&Signature=a",
    "TOS": v4("Tos"),
    "Volcengine": f"x-expires={NOON}&x-signature=a%2F%3D",
    "OBS": f"AccessKeyId=a&Expires={NOON}&Signature=a&x-obs-security-token=t",
    "OBS 4": v4("Obs"),
    "KS3": f"KSSAccessKeyId=a&Expires={NOON}&Signature=a",
    "UCloud": f"UCloudPublicKey=a&Expires={NOON}&Signature=a",
    "BOS": "authorization=bce-auth-v1%2Fak%2F2026-11-28T11%3A00%3A00Z%2F3600%2Fhost%2F0a",
    "Qiniu": f"e={NOON}&token=AK:a-b_c=",
    "Alibaba CDN": f"auth_key={NOON}-0-0-0123456789abcdef0123456789abcdef",
    "Upyun": f"_upt=0123abcd{NOON}",
    "Wangsu": f"wsSecret=0a0a&wsTime={NOON:x}",
    "Tencent live": f"txSecret=0a0a&txTime={NOON:X}",
    "Tencent CDN": f"sign=0a0a&t={NOON}",
    "Akamai": f"hdnts=st=1~exp={NOON}~acl=/*~hmac=0a0a",
    "Akamai, its default name": f"__token__=exp={NOON}~hmac=0a0a",
    "Akamai, renamed": f"token=exp={NOON}~acl=%2f*~hmac=0a0a",
    "Akamai, with a start": f"token=st=1~exp={NOON}~acl=/*~hmac=0a0a",
    "Google CDN, in one field": "edge-cache-token=URLPrefix=aHR0~"
    f"Expires={NOON}~KeyName=k~Signature=a",
    "S3 Express": v4("Amz", **{"S3session-Token": "a%2F%3D"}),
    "ImageKit": f"ik-t={NOON}&ik-s=0a0a",
    "Tencent VOD": f"t={NOON:x}&us=a1b2&sign=0a0a",
    "no store's, expires and signature": f"Expires={NOON}&Signature=a",
    "nginx": f"md5=a_b-c&expires={NOON}",
    "Bunny": f"token=a&expires={NOON}",
    "imgix": f"expires={NOON}&s=0a",
    "a service's own": f"exp={NOON}&sig=0a",
}
KEPT = ("", "filename=a.png&", "x-oss-process=image%2Fresize,w_100&", "versionId=CAEQ&")


@pytest.mark.parametrize("query", SIGNED.values(), ids=SIGNED)
def test_every_stores_end_and_identity_are_read(query: str) -> None:
    for kept in KEPT:
        for signed in (kept + query, f"{query}&{kept}".rstrip("&"), f"{kept}{query}#x"):
            url = f"{OBJECT_URL}?{signed}"
            assert expires_at(url) == NOON, signed
            assert identity(url) == f"{OBJECT_URL}?{kept}".rstrip("&?"), signed
            assert file_name(url) == "frame1.png"


@pytest.mark.parametrize(
    "query",
    [
        *("token=abc", f"token={JWT}", "sig=abc", "sign=abc", "signature=abc", "t=1795867200"),
        *("e=1795867200", "expires=1795867200", "se=2026-11-28", "auth=a", "k=v", "v=2", "1234"),
        *("auth_key=abc", "auth_key=0a0a-0-0-1", "hdnts=acl=/*~hmac=0a", "_upt=0123abcd"),
        *("x-signature=a", "authorization=Basic%20abc", "sv=2022-11-02&si=policy&sr=b&sig=a"),
        AZURE.format("tomorrow"),
        AZURE.format("2026-13-28"),
        AZURE.format("9999-12-31T23:59:59Z"),
        AZURE.format("2026-11-28") + "&ske=soon",
        v4("Goog", Expires="604801"),
        v4("Tos", Date="soon"),
        COS.replace("%3B", "-"),
        COS.replace("1795867200&q-key", "soon&q-key"),
        f"Policy=%&Signature=a&Key-Pair-Id=K1&Expires={NOON}",
        "Policy=eyJhIjoxfQ__&Signature=a&Key-Pair-Id=K1",
        "q-signature=a",
        "wsSecret=a&wsTime=soon",
        f"filename=a.png&token={NOON}",
        "a=1&" * 150 + SIGNED["OSS 1"],
    ],
)
def test_an_unknown_query_may_end_at_any_time(query: str) -> None:
    assert expires_at(f"{OBJECT_URL}?{query}") is None


@pytest.mark.parametrize(
    "query",
    [
        *("", "filename=a.png", "versionId=CAEQ", "x-oss-process=image/resize,w_100"),
        *(
            "response-content-type=image%2Fpng&response-content-disposition=inline",
            "x-id=GetObject",
        ),
        *("imageView2/2/w/100", "imageMogr2/thumbnail/100x", "download=a.png", "attname=a.mp4"),
    ],
)
def test_a_query_without_a_signature_never_ends(query: str) -> None:
    assert expires_at(f"{OBJECT_URL}?{query}") == NEVER


HASH = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("path", "end"),
    [
        # Tokens of CDNs in a path: their own fields, a hash beside a time, or nothing legible.
        (f"/exp={NOON}~acl=%2Fa%2F*~hmac=0a0a/a/1.png", NOON),
        (f"/hdnts=st=1~exp={NOON}~hmac=0a0a/a/1.png", NOON),
        (f"/bcdn_token=a_b-c&expires={NOON}&token_path=%2Fa%2F/a/1.png", NOON),
        (f"/edge-cache-token=Expires={NOON}~KeyName=k~Signature=a_b-c/a/1.png", NOON),
        ("/exp=soon~hmac=0a0a/1.png", NEVER),
        ("/exp=999999999999~hmac=0a0a/1.png", None),
        (f"/{HASH}/{NOON}/a/1.png", None),
        (f"/{HASH}/6b0ac2c0/1.png", None),
        (f"/202611281200/{HASH}/1.png", None),
        (f"/a/{NOON}/{HASH}/1.png", None),
        (f"/p/{'aB3_-' * 9}/n/bucket/b/o/1.png", None),
        (f"/{JWT}/1.png", None),
        # Folders and names of files that are none.
        ("/frame_img/d988d4d9-0000-0000-0000-ca974335dcf4/ed6e7bae-0000-0000-0000-b4beced80c92/"
         "frame1.png", NEVER),
        ("/Video/d988d4d9-0000-0000-0000-ca974335dcf4/Manimd988d4d9-0000-0000-0000-CA974335DCF4.mp4",
         NEVER),
        (f"/{HASH}/1.png", NEVER),
        (f"/20261128/{HASH}/1.png", NEVER),
        (f"/{HASH}{HASH}/a/{HASH}.png", NEVER),
        (f"/{NOON}/1.png", NEVER),
        ("/a/" + "aB3" * 20 + ".png", NEVER),
    ],
)  # fmt: skip
def test_a_token_in_the_path_may_end_at_any_time(path: str, end: float | None) -> None:
    assert expires_at(f"https://h.test{path}") == end
    assert expires_at(f"https://h.test{path}?x-oss-process=image/resize") == end
    assert expires_at(f"https://h.test{path}?{SIGNED['OSS 1']}") == NOON


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *(
            ("filename=a.png", "filename=b.png"),
            ("id=1", "id=2"),
            ("token=a", "token=b"),
            ("1", "2"),
        ),
        ("versionId=1&" + V1.partition("?")[2], "versionId=2&" + V1.partition("?")[2]),
        ("x-oss-process=image/resize", ""),
        ("sig=a", "sig=b"),
        ("filename=a.png", ""),
        ("a=1&" * 100 + "b=1", "a=1&" * 100 + "b=2"),
    ],
)
def test_links_that_differ_in_more_than_their_signature_are_of_different_files(
    one: str, other: str
) -> None:
    assert identity(f"{OBJECT_URL}?{one}") != identity(f"{OBJECT_URL}?{other}")


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("/view?filename=a.png", "a.png"),
        ("/view?filename=a.png&type=output&subfolder=x", "a.png"),
        ("/view?filename=%E5%9B%BE.png", "图.png"),
        ("/view?filename=..%2F..%2Fa.png", "a.png"),
        ("/view?filename=C:%5Ca.png", "a.png"),
        ("/?file=frames/a.png", "a.png"),
        ("/download.php?file=a.png", "a.png"),
        ("/download?key=1/2/a.mp4&Expires=1&Signature=a", "a.mp4"),
        ("/o/1234?attname=a.mp4&e=1&token=a", "a.mp4"),
        (
            "/o/1234?response-content-disposition=attachment%3B%20filename%3D%22a%20b.png%22",
            "a b.png",
        ),
        ("/o/1234?response-content-disposition=attachment;filename=a.png;x=y", "a.png"),
        ("/o/1234?rscd=attachment%3B%20filename%3Da.png&sv=1&se=2026-11-28&sig=a", "a.png"),
        (
            "/o/1234?response-content-disposition=attachment%3B%20filename%2A%3DUTF-8%27%27"
            "%25E5%259B%25BE.png",
            "图.png",
        ),
        ("/o/1234?response-content-disposition=inline", "1234"),
        ("/frame1.png?filename=other.png", "frame1.png"),
        ("/frame1.png?x-oss-process=image/resize", "frame1.png"),
        ("/view?id=1", "view"),
        ("/view?filename=", "view"),
        ("/view?filename=/", "view"),
        ("/?name=no-extension", ""),
        ("/.png?filename=a.png", "a.png"),
        ("/a.b/?x=1", ""),
        # As oss2 signs, unless told otherwise.
        ("/frame_img%2Fd9%2fframe1.png", "frame1.png"),
        ("/frame%2F1/", ""),
        ("/" + "%E5%9B%BE" * 40 + ".png", "图" * 40 + ".png"),
        ("/" + "x" * 500 + ".png", "x" * 119 + "…"),
    ],
)
def test_a_file_has_the_name_that_its_path_says_or_else_its_query(link: str, name: str) -> None:
    assert file_name(f"https://h.test{link}") == name


def test_reading_a_link_takes_linear_time_and_little_memory() -> None:
    for part in ("a=1&", "a=", "&", "%", "filename=", "q-sign-time=1;&", '"DateLessThan":'):
        url = f"{OBJECT_URL}?" + part * (16_000 // len(part))
        assert expires_at(url) in (None, NEVER)
        assert identity(url)
        assert file_name(url) == "frame1.png"
