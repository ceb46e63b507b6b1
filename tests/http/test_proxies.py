"""Which proxy a URL is asked through, with the variables as they are found in the wild."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.config import Config
from tui.errors import UserError
from tui.http.proxies import Proxy, proxy_for, proxy_warnings
from tui.http.tls import ssl_context
from tui.scenext.media import http_proxy

API = "https://api.scenext.cn/api"
PROXY = "http://proxy.corp:3128"


def asked(environ: dict[str, str], url: str = API) -> str:
    """Return the URL of the proxy that is asked, with its login; empty if none is."""
    proxy = proxy_for(environ, url)
    if proxy is None:
        return ""
    login = ":".join(part.reveal() for part in proxy.login or ())
    return proxy.url.replace("://", f"://{login}@") if login else proxy.url


def refusal(environ: dict[str, str], url: str = API) -> str:
    """Return why a start is refused."""
    with pytest.raises(UserError) as caught:
        proxy_for(environ, url)
    return str(caught.value)


# Which variable


@pytest.mark.parametrize(
    ("environ", "url", "variable"),
    [
        ({}, API, ""),
        ({"https_proxy": PROXY}, API, "https_proxy"),
        ({"HTTPS_PROXY": PROXY}, API, "HTTPS_PROXY"),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other"}, API, "https_proxy"),
        ({"http_proxy": PROXY, "HTTP_PROXY": PROXY}, API, ""),
        ({"http_proxy": PROXY}, "http://cdn.example/x", "http_proxy"),
        ({"HTTP_PROXY": PROXY}, "http://cdn.example/x", "HTTP_PROXY"),
        # A CGI script gets a request's header "Proxy" in it (httpoxy.org).
        ({"HTTP_PROXY": PROXY, "REQUEST_METHOD": "GET"}, "http://cdn.example/x", ""),
        ({"http_proxy": PROXY, "REQUEST_METHOD": "GET"}, "http://cdn.example/x", "http_proxy"),
        ({"HTTPS_PROXY": PROXY, "REQUEST_METHOD": "GET"}, API, "HTTPS_PROXY"),
        ({"ALL_PROXY": PROXY}, API, "ALL_PROXY"),
        ({"all_proxy": PROXY, "https_proxy": "http://a"}, API, "https_proxy"),
        ({"ALL_PROXY": PROXY, "HTTPS_PROXY": ""}, API, "ALL_PROXY"),
        ({"ALL_PROXY": PROXY, "HTTPS_PROXY": ' "" '}, API, "ALL_PROXY"),
        ({"HTTPS_PROXY": PROXY, "https_proxy": ""}, API, ""),
        ({"HTTPS_PROXY": "", "ALL_PROXY": " "}, API, ""),
        ({"HTTPS_PROXY": PROXY, "ALL_PROXY": PROXY}, "http://127.0.0.1:8080/api", ""),
        ({"ALL_PROXY": PROXY, "https_proxy": PROXY}, "https://localhost/api", ""),
        ({"ALL_PROXY": PROXY}, "https://[::1]:8443/api", ""),
        ({"ALL_PROXY": PROXY}, "http://127.8.9.1/", ""),
        ({"ftp_proxy": PROXY, "RSYNC_PROXY": PROXY, "TRAVIS_APT_PROXY": PROXY}, API, ""),
    ],
)
def test_the_variable_that_counts(environ: dict[str, str], url: str, variable: str) -> None:
    proxy = proxy_for(environ, url)
    assert (proxy.variable if proxy else "") == variable


@pytest.mark.parametrize(
    ("value", "proxy"),
    [
        (PROXY, PROXY),
        ("proxy.corp:3128", PROXY),
        ("//proxy.corp:3128", PROXY),
        ("HTTP://Proxy.Corp:3128/", PROXY),
        (" 'http://proxy.corp:3128' ", PROXY),
        ('"http://proxy.corp:3128"\r', PROXY),
        ("http://proxy.corp:3128;", PROXY),
        ("http://proxy.corp:3128/path?query#part", PROXY),
        ("http:/proxy.corp:3128", PROXY),
        ("http:///proxy.corp:3128", PROXY),
        ("http//proxy.corp:3128", PROXY),
        ("https_proxy=http://proxy.corp:3128", PROXY),
        ("export HTTPS_PROXY='http://proxy.corp:3128'", PROXY),
        ("http.corp:3128", "http://http.corp:3128"),
        ("http://proxy.corp", "http://proxy.corp:80"),
        ("http://proxy.corp:/", "http://proxy.corp:80"),
        ("https://proxy.corp", "https://proxy.corp:443"),
        ("https://proxy.corp:3129", "https://proxy.corp:3129"),
        ("socks://127.0.0.1:1080/", "socks5://127.0.0.1:1080"),
        ("SOCKS5://proxy", "socks5://proxy:1080"),
        ("socks5h://proxy:9050", "socks5h://proxy:9050"),
        ("http://[fd00::1]:3128", "http://[fd00::1]:3128"),
        ("[fd00::1]:3128", "http://[fd00::1]:3128"),
        ("http://my_proxy.internal.:8080", "http://my_proxy.internal.:8080"),
        ("http://代理.example:8080", "http://xn--mnq481g.example:8080"),
        ("http://me:secret@proxy:1", "http://me:secret@proxy:1"),
        ("me:secret@proxy:1", "http://me:secret@proxy:1"),
        ("http://me@proxy:1", "http://me:@proxy:1"),
        ("http://me:a@b/c?d#e:f@proxy:1", "http://me:a@b/c?d#e:f@proxy:1"),
        ("http://me:p%40ss%25@proxy:1", "http://me:p@ss%@proxy:1"),
        ("http://me:100%@proxy:1", "http://me:100%@proxy:1"),
        ("http://CORP\\me:pä ss@proxy:1", "http://CORP\\me:pä ss@proxy:1"),
    ],
)
def test_a_proxy_as_people_write_it(value: str, proxy: str) -> None:
    assert asked({"HTTPS_PROXY": value}) == proxy
    assert proxy_warnings({"HTTPS_PROXY": value}, API) == ()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("socks4://canary:1080", "SOCKS 4 is not supported, only SOCKS 5"),
        ("socks4a://canary", "SOCKS 4 is not supported"),
        ("foo://canary", "its scheme is none of http, https, socks5 and socks5h"),
        ("pac+http://canary/proxy.pac", "its scheme is none of"),
        ("direct://", "its scheme is none of"),
        ("http://", "it names no possible host"),
        ("http://@:80", "it names no possible host"),
        (":3128", "it names no possible host"),
        ("http://can ary:1", "it names no possible host"),
        ("http://canary..corp:1", "it names no possible host"),
        ("http://*.canary", "it names no possible host"),
        ("http://" + "canary." * 40, "it names no possible host"),
        ("$CANARY_PROXY", "it names no possible host"),
        ("http://canary:port", "it is not host:port"),
        ("http://canary:99999", "its port is not a number from 1 to 65535"),
        ("http://canary:0", "its port is not"),
        ("http://canary:-1", "it is not host:port"),
        ("http:canary:3128", "it is not host:port"),
        ("http://fd00::1:3128", "it is not host:port (an IPv6 address needs brackets)"),
        ("http://[canary", "it is not host:port"),
        ("http://[canary]:1", "its IPv6 address is none"),
        ("http://[1.2.3.4]:1", "its IPv6 address is none"),
        ("http://me:\udcff@canary:1", "its user name or password is not UTF-8 text"),
        ("a canary, a second one", "it names no possible host"),
    ],
)
def test_a_proxy_that_cannot_be_used_stops_only_what_needs_it(value: str, reason: str) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        message = refusal({name: value})
        assert message.startswith(f"{name} cannot be used: {reason}")
        assert message.endswith(". Mend it, or set trust_env = false.")
        assert "canary" not in message.lower()
    good = {"https_proxy": PROXY}
    for name in ("ALL_PROXY", "http_proxy", "HTTP_PROXY"):
        assert asked({**good, name: value}) == PROXY
        (warning,) = proxy_warnings({**good, name: value}, API)
        assert warning.startswith(f"{name} cannot be used: {reason}")
        assert "canary" not in warning.lower()
    # Nor what is asked directly.
    for environ, url in (
        ({"HTTPS_PROXY": value, "NO_PROXY": "scenext.cn"}, API),
        ({"HTTPS_PROXY": value}, "http://127.0.0.1:1/api"),
    ):
        assert asked(environ, url) == ""
        assert len(proxy_warnings(environ, url)) == 1


def test_a_refused_variable_is_not_warned_of_besides() -> None:
    assert proxy_warnings({"HTTPS_PROXY": "foo://x"}, API) == ()


def test_no_login_shows_itself() -> None:
    proxy = proxy_for({"HTTPS_PROXY": "http://me:canary@proxy-canary:1"}, API)
    assert "canary" not in f"{proxy!r} {proxy}"


# What is asked directly


@pytest.mark.parametrize(
    ("no_proxy", "direct", "through"),
    [
        ("*", ["https://a.example", "https://10.0.0.1"], []),
        ("a.example, *", ["https://b.example"], []),
        ("example.com", ["https://example.com", "https://a.b.example.com:8443"],
         ["https://myexample.com", "https://example.com.evil"]),
        (".example.com", ["https://example.com", "https://a.example.com"], ["https://myexample.com"]),
        ("*.example.com", ["https://a.b.example.com", "https://example.com"],
         ["https://myexample.com"]),
        ("*example.com", ["https://example.com", "https://myexample.com"], ["https://example.net"]),
        ("EXAMPLE.com.", ["https://Example.COM/x", "https://example.com./x"], []),
        ("例え.example", ["https://xn--r8jz45g.example"], ["https://other.example"]),
        ("faß.example", ["https://xn--fa-hia.example"], ["https://fass.example"]),
        ("example.com:443", ["https://example.com", "https://a.example.com:443"], ["https://example.com:8443"]),
        (".example.com:8443", ["https://a.example.com:8443"], ["https://a.example.com"]),
        ("http://example.com", ["http://example.com"], ["https://example.com"]),
        ("https://example.com/", ["https://example.com"], ["http://example.com"]),
        ("10.0.0.0/8", ["https://10.1.2.3", "https://10.1.2.3:8443"], ["https://11.0.0.1", "https://10.example"]),
        ("10.1.2.3/8", ["https://10.200.0.1"], ["https://11.0.0.1"]),
        ("10.0.0.0/255.0.0.0", ["https://10.1.2.3"], ["https://11.0.0.1"]),
        ("10/8", ["https://10.1.2.3"], ["https://11.0.0.1"]),
        ("*.local, 169.254/16", ["https://a.local", "https://169.254.3.4"], ["https://169.1.1.1"]),
        ("192.168.0.0/16/", ["https://192.168.1.1"], ["https://192.169.1.1"]),
        ("a.example:*", ["https://a.example:8443", "https://a.example"], ["https://b.example"]),
        ("(a.example)", ["https://a.example"], ["https://b.example"]),
        ("{a.example,b.example}", ["https://a.example", "https://b.example"], ["https://c.example"]),
        ("10.1.2.3", ["https://10.1.2.3"], ["https://10.1.2.4"]),
        ("10.1.2.3:8443", ["https://10.1.2.3:8443"], ["https://10.1.2.3"]),
        ("10.*", ["https://10.1.2.3"], ["https://110.1.2.3"]),
        ("192.168.", ["https://192.168.1.2"], ["https://192.169.1.2", "https://1.192.168.2"]),
        ("0.0.0.0/0", ["https://10.1.2.3", "https://8.8.8.8"], ["https://a.example", "https://[fd00::1]"]),
        ("[fc00::1]", ["https://[fc00::1]", "https://[fc00:0:0::1]:8443"], ["https://[fc00::2]"]),
        ("fc00::1", ["https://[fc00::1]"], ["https://[fc00::2]"]),
        ("[fc00::1]:8443", ["https://[fc00::1]:8443"], ["https://[fc00::1]"]),
        ("fd00::/8", ["https://[fd12::1]"], ["https://[fe00::1]", "https://10.0.0.1"]),
        ("[fd00::]/8", ["https://[fd12::1]"], ["https://[fe00::1]"]),
        ("[fd00::/8]", ["https://[fd12::1]"], ["https://[fe00::1]"]),
        ("::ffff:10.0.0.1", ["https://10.0.0.1"], ["https://10.0.0.2"]),
        ("<local>", ["https://intranet"], ["https://a.example"]),
        ("localhost,127.0.0.1,::1", ["https://localhost"], ["https://a.example"]),
        (" a.example ; b.example,,c.example | d.example,",
         [f"https://{c}.example" for c in "abcd"], ["https://e.example"]),
        ('"a.example,b.example"', ["https://a.example", "https://b.example"], ["https://c.example"]),
        ("'a.example', 'b.example'", ["https://a.example", "https://b.example"], ["https://c.example"]),
        ("['a.example', \"b.example\", '::1']", ["https://a.example", "https://b.example"], ["https://c.example"]),
        (".svc,.cluster.local,10.96.0.0/12",
         ["https://x.svc", "https://a.cluster.local", "https://10.97.0.1"], ["https://10.112.0.1"]),
        ("", [], ["https://a.example"]),
        (" , ; ", [], ["https://a.example"]),
    ],
)  # fmt: skip
def test_what_no_proxy_lists_is_asked_directly(
    no_proxy: str, direct: list[str], through: list[str]
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        environ = {"ALL_PROXY": PROXY, name: no_proxy}
        assert [url for url in direct if asked(environ, url)] == []
        assert [url for url in through if not asked(environ, url)] == []
        assert proxy_warnings(environ, API) == ()


def test_the_lower_case_list_counts() -> None:
    environ = {"ALL_PROXY": PROXY, "no_proxy": "a.example", "NO_PROXY": "b.example"}
    assert [asked(environ, f"https://{c}.example") for c in "ab"] == ["", PROXY]
    environ["no_proxy"] = ""
    assert asked(environ, "https://b.example") == PROXY


@pytest.mark.parametrize(
    ("no_proxy", "which"),
    [
        ("[::1]:port", "entry 1"),
        ("a.example,10.0.0.0/99,b.example", "entry 2"),
        ("a.example, fd00::/200, [::1, b..c, d/e", "entries 2, 4, 5"),
        ("<-loopback>", "entry 1"),
        ("a.example:99:1", "entry 1"),
        (",".join("?" * 9), "entries 1, 2, 3, 4, 5"),
    ],
)
def test_what_cannot_be_read_of_a_list_is_skipped_and_told(no_proxy: str, which: str) -> None:
    environ = {"HTTPS_PROXY": PROXY, "NO_PROXY": f"{no_proxy}"}
    assert asked(environ) == PROXY
    assert proxy_warnings(environ, API) == (f"NO_PROXY: {which} cannot be read and is skipped.",)
    environ["NO_PROXY"] += ",scenext.cn"
    assert asked(environ) == ""
    # Without a proxy, nobody reads the list.
    assert proxy_warnings({"NO_PROXY": no_proxy}, API) == ()


CONTEXT = ssl_context(Config(trust_env=False))


@given(
    st.text(st.characters(), max_size=60) | st.text(":/@[]%#?.\\ a1-_", max_size=30),
    st.sampled_from(["", "http://", "https://", "socks5://", "socks://"]),
    st.text(st.characters(), max_size=60) | st.text("[]:./*,;- a1f<>", max_size=40),
)
def test_no_value_is_too_odd(text: str, scheme: str, no_proxy: str) -> None:
    environ = {"HTTPS_PROXY": scheme + text, "NO_PROXY": no_proxy}
    proxy_warnings(environ, API)
    message, proxy = "", None
    try:
        proxy = proxy_for(environ, API)
    except UserError as error:
        message = str(error)
    assert message.isprintable()
    if proxy is not None:
        assert isinstance(proxy, Proxy)
        # httpx understands all that we do.
        httpx.AsyncHTTPTransport(verify=CONTEXT, proxy=http_proxy(proxy, CONTEXT))
