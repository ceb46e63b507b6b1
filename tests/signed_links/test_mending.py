"""What is mended of a link, and that nothing else of it is touched."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.signed_links.test_signed_url import SIGNED, V1, V2, V4
from tests.support.examples import examples
from tui.addresses import MAX_URL_LENGTH, AddressRule
from tui.host_names import ascii_host
from tui.signed_links.mending import is_link, mended
from tui.signed_links.signed_url import expires_at, file_name, identity

QUERY = "?OSSAccessKeyId=LTAI&Expires=1795867200&Signature=a%2Fb%2B%3d&x=a+b=c,(d)*~!$;:@/?"


@pytest.mark.parametrize(
    "link", [V1, V2, V4, *(f"https://h.test/a.png?{q}" for q in SIGNED.values())]
)
def test_a_clean_link_stays_as_it_is(link: str) -> None:
    assert mended(link) == link


@pytest.mark.parametrize(
    ("sent", "link"),
    [
        # The scheme is in no signature; plain http is for this machine alone.
        ("http://h.test/a.png", "https://h.test/a.png"),
        ("HTTP://h.test/a.png", "https://h.test/a.png"),
        ("http://h.test:80/a.png", "https://h.test/a.png"),
        ("http://h.test:443/a.png", "https://h.test/a.png"),
        ("http://h.test:8080/a.png", "https://h.test:8080/a.png"),
        ("http://h.test:/a.png", "https://h.test/a.png"),
        ("https://h.test:443/a.png", "https://h.test/a.png"),
        ("https://h.test:80/a.png", "https://h.test:80/a.png"),
        ("http://h.test", "https://h.test"),
        ("//h.test/a.png", "https://h.test/a.png"),
        ("http://10.0.0.1/a.png", "https://10.0.0.1/a.png"),
        ("http://127.0.0.1.evil.test/a.png", "https://127.0.0.1.evil.test/a.png"),
        ("http://a.localhost/a.png", "https://a.localhost/a.png"),
        ("http://[2001:db8::1]/a.png", "https://[2001:db8::1]/a.png"),
        ("http://127.0.0.1:8000/a.png", "http://127.0.0.1:8000/a.png"),
        ("http://127.0.0.1:80/a.png", "http://127.0.0.1/a.png"),
        ("http://LOCALHOST:9/a.png", "http://localhost:9/a.png"),
        ("http://[::1]:9/a.png", "http://[::1]:9/a.png"),
        ("https://127.0.0.1:9/a.png", "https://127.0.0.1:9/a.png"),
        # Scheme and host have no case, and a host has an ASCII form.
        ("HTTPS://OSS.Scenext.CN/A.png", "https://oss.scenext.cn/A.png"),
        ("https://图片.example/a.png", "https://xn--wcsw84d.example/a.png"),
        ("https://BÜCHER.example:443/a.png", "https://xn--bcher-kva.example/a.png"),
        ("https://host。example/a.png", "https://host.example/a.png"),
        ("https://ｈ．example/a.png", "https://h.example/a.png"),
        ("https://straße.example/a", "https://xn--strae-oqa.example/a"),
        ("https://βόλος.example/a", "https://xn--nxasmm1c.example/a"),
        ("https://नमस्\u200dते.example/a", "https://xn--h2bhs4b8d8a2905a.example/a"),
        ("https://𠀀.example/a", "https://xn--j50i.example/a"),
        ("https://" + "图片" * 18 + ".example/a", f"https://{ascii_host('图片' * 18)}.example/a"),
        # Around the link.
        (" https://h.test/a.png\r\n", "https://h.test/a.png"),
        ("\t\u3000https://h.test/a.png\u00a0", "https://h.test/a.png"),
        ("\ufeffhttps://h.test/a.png\u200b\u200d\u2060", "https://h.test/a.png"),
        ("\u202ahttps://h.test/a.png\u202c", "https://h.test/a.png"),
        ("<https://h.test/a.png>", "https://h.test/a.png"),
        ('"https://h.test/a.png"', "https://h.test/a.png"),
        (" 'https://h.test/a.png' ", "https://h.test/a.png"),
        ("“ https://h.test/a.png ”", "https://h.test/a.png"),
        ('<"https://h.test/a.png">', "https://h.test/a.png"),
        ("(https://h.test/a.png)", "https://h.test/a.png"),
        ("【https://h.test/a.png】", "https://h.test/a.png"),
        # Escaped once too often, for JSON, HTML, or as a field of another link.
        (r"https:\/\/h.test\/a.png?x=1\u0026y=2", "https://h.test/a.png?x=1&y=2"),
        (r"\/\/h.test\/a.png", "https://h.test/a.png"),
        ("https://h.test/a.png" + QUERY.replace("&", "&amp;"), "https://h.test/a.png" + QUERY),
        (
            "http://h.test/it's.png" + QUERY.replace("&", "&#38;"),
            "https://h.test/it%27s.png" + QUERY,
        ),
        ("https://h.test/a.png" + QUERY.replace("&", r"\u0026"), "https://h.test/a.png" + QUERY),
        ("https://h.test/a.png?x=1&amp;y=2", "https://h.test/a.png?x=1&amp;y=2"),
        ("https://h.test/a.png" + QUERY + "&amp;z", "https://h.test/a.png" + QUERY + "&amp;z"),
        (quote("http://h.test/a%20b.png" + QUERY, safe=""), "https://h.test/a%20b.png" + QUERY),
        ("https%3a%2f%2fh.test%2fa.png", "https://h.test/a.png"),
        # Without a scheme.
        ("https://http://h.test/a.png", "https://h.test/a.png"),
        ("https://https://HTTP://h.test/a.png", "https://h.test/a.png"),
        ("http:https://h.test/a.png", "https://h.test/a.png"),
        ("https://h.test/https://i.test/a.png", "https://h.test/https://i.test/a.png"),
        ("h.test/a.png" + QUERY, "https://h.test/a.png" + QUERY),
        ("h.test:8443/a's.png" + QUERY, "https://h.test:8443/a%27s.png" + QUERY),
        # In the path.
        ("https://h.test/it's.png", "https://h.test/it%27s.png"),
        ("https://h.test/a b.png", "https://h.test/a%20b.png"),
        ("https://h.test/图 1.png", "https://h.test/%E5%9B%BE%201.png"),
        ("https://h.test/图　1.png", "https://h.test/%E5%9B%BE%E3%80%801.png"),
        ("https://h.test/👩‍💻.png", "https://h.test/%F0%9F%91%A9%E2%80%8D%F0%9F%92%BB.png"),
        (
            'https://h.test/a|b"c<d>e^f`g{h}[i].png',
            "https://h.test/a%7Cb%22c%3Cd%3Ee%5Ef%60g%7Bh%7D%5Bi%5D.png",
        ),
        ("https://h.test/a\\b.png", "https://h.test/a%5Cb.png"),
        ("https://h.test/a%20b%2Fc%e5%9b%be.png", "https://h.test/a%20b%2Fc%e5%9b%be.png"),
        ("https://h.test/图%20a.png", "https://h.test/%E5%9B%BE%20a.png"),
        ("https://h.test/100%.png", "https://h.test/100%25.png"),
        ("https://h.test/%zz%2", "https://h.test/%25zz%252"),
        (
            "https://h.test/a+b,c;d=e@f:g!h$i&j(k)*l~m.png",
            "https://h.test/a+b,c;d=e@f:g!h$i&j(k)*l~m.png",
        ),
        ("https://h.test//a/../b.png", "https://h.test//a/../b.png"),
        ("https://h.test/frame#1.png" + QUERY, "https://h.test/frame%231.png" + QUERY),
        ("https://h.test/a.png#part", "https://h.test/a.png#part"),
        ("https://h.test/a.png#part?x=1", "https://h.test/a.png#part?x=1"),
        # The query, byte for byte but for what no request can carry.
        ("http://h.test/it's.png" + QUERY, "https://h.test/it%27s.png" + QUERY),
        ("https://h.test/a.png?x=[a]{b}|c^d", "https://h.test/a.png?x=[a]{b}|c^d"),
        ("https://h.test/a.png?x=%zz%", "https://h.test/a.png?x=%zz%"),
        (
            "https://h.test/图.png?x=a b\"c'图",
            "https://h.test/%E5%9B%BE.png?x=a%20b%22c%27%E5%9B%BE",
        ),
    ],
)
def test_a_link_is_mended(sent: str, link: str) -> None:
    assert mended(sent) == link
    assert mended(link) == link
    assert is_link(sent, with_spaces=True)
    assert AddressRule("http://127.0.0.1/").unsafe_reason(link) in (
        "",
        "the link leads into a private network",
    )


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("https://u:p@h.test/its.png", "user name"),
        ("https://good.test\\@evil.test/", "characters"),
        ("https://good.test\\.evil.test/a", "characters"),
        ("https://evil.test／.good.test/a", "characters"),
        ("https://evil.test＃.good.test/a", "characters"),
        ("https://good.test＠evil.test/a", "characters"),
        ("https://evil.test℀.good.test/a", "characters"),
        ("https://\u200d图.test/a", "characters"),
        ("https://" + "图" * 70 + ".test/a", "characters"),
        ("https://" + "图." * 200 + "test/a", "characters"),
        ("frame_img/a.png" + QUERY, "no host"),
        ("https://http://10.0.0.1/a.png", "private"),
        ("https://https://u:p@h.test/a.png", "user name"),
        ("h.test/a.png", "no host"),
        ("a.1/b.png" + QUERY, "no host"),
        (r"https:\/\/u:p@h.test\/a.png", "user name"),
        (quote("https://u:p@h.test/a.png", safe=""), "user name"),
        (quote("https://h.test/\x1b[2J", safe=""), "characters"),
        (r"http:\/\/10.0.0.1\/a.png", "private"),
        ("metadata.google.internal/a.png" + QUERY, "metadata"),
        ("https://１２７.0.0.1/a", "this machine"),
        ("http://127。0。0。1/a", "this machine"),
        ("https://ⓛⓞⓒⓐⓛhost/a", "this machine"),
        ("https://１０.1.2.3/a", "private"),
        ("http://１69.254.169.254/a", "metadata"),
        ("https://127.0.0.1%2f/a", "no host"),
        ("https://h.test:70000/a'b", "no host"),
        ("https://h.test:0/a'b", "no host"),
        ("https:///its", "no host"),
        ("https:/h.test/a", "no host"),
        ("ftp://h.test/it's", "characters"),
        ("javascript:alert('1')", "characters"),
        ("https://h.test/\x1b[2J", "characters"),
        ("https://h.test/a\u202eb", "characters"),
        ("https://h.test/a\nb", "characters"),
        ("https://h.test/a\ud800b", "characters"),
        ("", "characters"),
        ("\u200b", "characters"),
    ],
)
def test_what_cannot_be_mended_stays_refused(sent: str, reason: str) -> None:
    assert reason in AddressRule("https://api.test/api").unsafe_reason(mended(sent))


def test_a_link_may_have_16_kib_and_one_that_is_longer_takes_little_memory() -> None:
    url = "https://h.test/a.png?security-token="
    rule = AddressRule()
    long = url + "x" * (MAX_URL_LENGTH - len(url))
    assert (len(long), mended(long), rule.unsafe_reason(long)) == (16_384, long, "")
    for longer in (long + "x", "https://h.test/" + "图" * 2_000, "http://h.test/" + "x" * 2**20):
        assert rule.unsafe_reason(mended(longer)) == "the link is longer than 16,384 characters"
        assert len(mended(longer)) <= 501
    for odd in ("https://h.test/" + "a" * 600 + "\x1b图" * 2_000, "https://@/" + "图" * 5_000):
        assert rule.unsafe_reason(mended(odd))
        assert len(mended(odd)) <= 501


@pytest.mark.parametrize(
    "part",
    ["&amp;", "a.", "\\/", "(", "\u200b", "<", "'", "%", " ", "图", "/", "http://", "?", "#?"],
)
def test_mending_takes_linear_time(part: str) -> None:
    for before, after in (("", ""), ("https://h.test/", ""), ("", "https://h.test/"), ("//", "@")):
        mended(before + part * ((1 << 20) // len(part)) + after)
        is_link(before + part * ((1 << 20) // len(part)) + after)


@pytest.mark.parametrize(
    "text",
    [
        *(V1, "http://host", "HTTPS://host/x", "https://host/汉字", "https://user@host/"),
        *(" https://host\n", "<https://host/it's>", "https://host/\x1b"),
    ],
)
def test_what_is_a_link(text: str) -> None:
    assert is_link(text)
    assert is_link(text, with_spaces=True)


@pytest.mark.parametrize(
    ("text", "in_a_video"),
    [
        *(("", False), ("https://", False), ("host", False), ("see https://host", False)),
        *(("//host/a.png", True), ("host.test/v.mp4" + QUERY, True), ("host.test/v.mp4", False)),
        *(("https://host is the link", True), ("https://host/my video.mp4?a=b", True)),
        *(("ftp://host", False), ("https://host/\x1b[2J", False), ("https://host/\u202ea", False)),
        *(
            ("https://host\nhttps://host", False),
            ("https://host/\ud800", False),
            ("https:///", False),
        ),
    ],
)
def test_what_is_text(text: str, in_a_video: bool) -> None:
    assert not is_link(text)
    assert is_link(text, with_spaces=True) is in_a_video


@given(
    st.text(st.characters(), max_size=60)
    | st.tuples(
        st.sampled_from(["https://h.test/", "http://h.test:80/a?", "//h.test/", "HTTPS://图.test"]),
        st.text("aZ0%2F$(`;&=+?/#é'\" \\<图\u200b\u3000\x1b@:", max_size=40),
    ).map("".join)
)
@settings(max_examples=examples(300))
def test_a_mended_link_is_the_same_address_and_needs_no_more(text: str) -> None:
    link = mended(text)
    assert mended(link) == link
    if AddressRule().unsafe_reason(link) or "#" in text:
        return
    sent = text.strip()
    if not AddressRule().unsafe_reason(sent):
        assert urlsplit(sent).query == urlsplit(link).query
        assert unquote(urlsplit(sent).path) == unquote(urlsplit(link).path)
        assert urlsplit(sent).hostname == urlsplit(link).hostname
    assert expires_at(identity(link)) or file_name(link) is not None
