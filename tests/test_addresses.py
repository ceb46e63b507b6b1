"""Which addresses may be fetched, opened, copied or shown."""

from __future__ import annotations

from typing import Final

import pytest

from tests.signed_links.test_signed_url import V1, V2, V4
from tui.addresses import MAX_URL_LENGTH, AddressRule, is_local, is_loopback

PUBLIC: Final = "https://api.scenext.cn/api"
OWN_MACHINE: Final = "http://127.0.0.1:8000/api"
OWN_NETWORK: Final = "https://10.1.2.3/api"
CHARACTERS: Final = "the link has characters that no link has"
NO_HOST: Final = "the link names no host"
NOT_HTTPS: Final = "the link is not https"
LOOPBACK: Final = "the link leads to this machine"
PRIVATE: Final = "the link leads into a private network"
RESERVED: Final = "the link leads to an address that no host on the internet has"
METADATA: Final = "the link leads to the metadata of a cloud machine"

THIS_MACHINE: Final = (
    *("127.0.0.1", "127.0.0.2", "127.255.255.254", "[::1]", "[0:0:0:0:0:0:0:1]", "localhost"),
    *("LOCALHOST", "localhost.", "127.0.0.1.", "127.1", "127.0.1", "2130706433", "0x7f000001"),
    *("0x7f.1", "0X7F.0.0.1", "017700000001", "[::ffff:127.0.0.1]"),
    *("[::FFFF:7f00:1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]", "2130706433."),
)
THIS_MACHINE_BY_NAME: Final = ("a.localhost", "A.B.LocalHost.", "ip6-localhost")
A_PRIVATE_NETWORK: Final = (
    *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"),
    *("169.254.1.1", "[fc00::1]", "[fd12:3456::1]", "[fe80::1]", "[fec0::1]", "167772161"),
    *("0xa.1", "012.0.0.1", "[::ffff:10.0.0.1]", "[::ffff:c0a8:1]", "printer.local", "a.internal"),
    *("nas.lan", "router.home.arpa", "x.corp", "10.1.", "0300.0250.1.1"),
)
NOWHERE: Final = (
    *("0.0.0.0", "0", "0x0", "0.1.2.3", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
    *("[::]", "[::ffff:0.0.0.0]", "[ff02::1]", "198.18.0.1", "[64:ff9b::7f00:1]"),
    *("[64:ff9b::10.0.0.1]", "[2002:7f00:1::]", "[2002:a00:1::1]", "[64:ff9b:1::1]"),
    *("[2001:db8::5efe:10.0.0.1]", "[2001:db8::200:5efe:127.0.0.1]"),
)
CLOUD_METADATA: Final = (
    *("169.254.169.254", "169.254.169.254.", "[::ffff:169.254.169.254]", "2852039166"),
    *("0xa9fea9fe", "0251.0376.0251.0376", "[fd00:ec2::254]", "[fd00:0ec2:0::254]"),
    *("100.100.100.200", "168.63.129.16", "metadata.google.internal", "METADATA.google.internal."),
    *("metadata.goog", "169.254.43518", "[::a9fe:a9fe]"),
)
THE_INTERNET: Final = (
    *("8.8.8.8", "host", "oss.scenext.cn", "my_bucket.oss-cn-hangzhou.aliyuncs.com", "172.32.0.1"),
    *("11.0.0.1", "100.128.0.1", "[2606:4700::1111]", "[2001:db8::1]", "[2002:808:808::1]"),
    *("localhost.evil.example", "127.0.0.1.evil.example", "local", "1e100.net", "xn--fiqs8s"),
    *("[64:ff9b::808:808]", "0x.example", "134744072", "a-.example", "128.0.0.1", "126.0.0.1"),
)
NO_POSSIBLE_HOST: Final = (
    *(
        "",
        ".",
        "..",
        "a..b",
        ".a",
        "256.1.1.1",
        "1.2.3.4.5",
        "4294967296",
        "0x100000000",
        "1.2.3.08.9",
    ),
    *(
        "09.1.1.1.1",
        "1.0xg.0x100000000",
        "127.0.0.1%2f",
        "%31%32%37.0.0.1",
        "127%2e0.0.1",
        "[::1",
        "::1",
        "[1]",
    ),
    *("[fe80::1%25eth0]", "[::1]evil.example", "evil.example[::1]", "[v1.x]", "xn--", "xn--a.xn--"),
    *("xn--127-", "xn--evil-", "a" * 64, ".".join(["a" * 60] * 5), "a,b", "a;b", "a|b"),
    *("host:0", "host:70000", "host:99999999", "host:-1", "host:x", "host:80:90", "[::1]:70000"),
    *("127.0.0.1" + ".0" * 300, "1" * 2000, "0x" + "f" * 1000),
)


@pytest.mark.parametrize(
    "url",
    [
        *(V1, V2, V4, "https://host", "HTTPS://Host/", "https://host:8443/x?y=(a)*[b]{c}|d^e~!$"),
        *("https://host:/x", "https://host?127.0.0.1", "https://host#@127.0.0.1"),
        *(f"https://{host}/x" for host in THE_INTERNET if host != "local"),
    ],
)
def test_what_may_be_opened_whatever_the_base_url(url: str) -> None:
    for base_url in ("", PUBLIC, OWN_MACHINE, OWN_NETWORK, "https://169.254.169.254/"):
        assert AddressRule(base_url).unsafe_reason(url) == ""


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://oss.scenext.cn/x", NOT_HTTPS),
        ("http://localhost.evil.example/x", NOT_HTTPS),
        ("http://evil.localhost/x", NOT_HTTPS),
        ("http://0.0.0.0/", NOT_HTTPS),
        ("http://10.0.0.1/", NOT_HTTPS),
        ("ftp://host/x", NOT_HTTPS),
        ("file:///etc/passwd", NO_HOST),
        ("javascript:alert(1)", NO_HOST),
        ("data:text/html,x", NO_HOST),
        ("https:///x", NO_HOST),
        ("https:host", NO_HOST),
        ("https:/host", NO_HOST),
        *((f"https://{host}/x", NO_HOST) for host in NO_POSSIBLE_HOST),
        ("https://good.example@evil.example/", "the link has a user name in it"),
        ("https://@host/", "the link has a user name in it"),
        ("https://127.0.0.1:80@host/", "the link has a user name in it"),
        *(
            (f"https://host/{character}", CHARACTERS)
            for character in (
                *(" ", "\n", "\x1b]8;;", "\x07", "\x9c", "汉", "\u202e", "\ud800", *"\"'\\<>`"),
            )
        ),
        ("https://１２７.0.0.1/", CHARACTERS),
        ("https://127。0。0。1/", CHARACTERS),
        ("https://ⓛⓞⓒⓐⓛhost/", CHARACTERS),
        ("https://host\\@127.0.0.1/", CHARACTERS),
        ("https:\\\\127.0.0.1", CHARACTERS),
        (" https://host/", CHARACTERS),
        ("-https://host/", NO_HOST),
        ("--help", NO_HOST),
        ("", CHARACTERS),
        ("https://host/" + "x" * MAX_URL_LENGTH, "the link is longer than 16,384 characters"),
    ],
)
def test_what_may_not_be_opened_whatever_the_base_url(url: str, reason: str) -> None:
    for base_url in ("", PUBLIC, OWN_MACHINE, OWN_NETWORK, "http://[", "https://xn--/"):
        assert AddressRule(base_url).unsafe_reason(url) == reason


@pytest.mark.parametrize(
    ("hosts", "reason", "allowed_for"),
    [
        ((*THIS_MACHINE, *THIS_MACHINE_BY_NAME), LOOPBACK, [OWN_MACHINE, "http://localhost:1/"]),
        (A_PRIVATE_NETWORK, PRIVATE, [OWN_NETWORK, "https://box.lan/api", "https://[fd00::1]"]),
        (NOWHERE, RESERVED, []),
        (CLOUD_METADATA, METADATA, []),
    ],
)
def test_hosts_that_are_not_on_the_internet(
    hosts: tuple[str, ...], reason: str, allowed_for: list[str]
) -> None:
    base_urls = ("", PUBLIC, OWN_MACHINE, OWN_NETWORK, "https://169.254.169.254/", *allowed_for)
    for host in hosts:
        for base_url in base_urls:
            expected = "" if base_url in allowed_for else reason
            if base_url == OWN_MACHINE and OWN_MACHINE in allowed_for:
                expected = ""
            if base_url == OWN_NETWORK and OWN_NETWORK in allowed_for:
                expected = ""
            rule = AddressRule(base_url)
            assert rule.unsafe_reason(f"https://{host}/x") == expected, (host, base_url)
            assert rule.unsafe_reason(f"https://{host}:8443?x") == expected, (host, base_url)


def test_plain_http_is_for_this_machine_alone_and_never_for_a_mere_name_of_it() -> None:
    rule = AddressRule(OWN_MACHINE)
    for host in THIS_MACHINE:
        assert is_loopback(host), host
        assert rule.unsafe_reason(f"http://{host}:8000/x") == "", host
        assert AddressRule(PUBLIC).unsafe_reason(f"http://{host}:8000/x") == LOOPBACK, host
    others = ("", *THIS_MACHINE_BY_NAME, *A_PRIVATE_NETWORK, *NOWHERE, *CLOUD_METADATA)
    for host in (*others, *THE_INTERNET):
        assert not is_loopback(host), host
    assert rule.unsafe_reason("http://a.localhost/x") == NOT_HTTPS


def test_no_proxy_is_asked_for_any_name_of_this_machine() -> None:
    for host in (*THIS_MACHINE, *THIS_MACHINE_BY_NAME):
        assert is_local(f"https://{host}:1/x"), host
    for host in (*A_PRIVATE_NETWORK, *NOWHERE, *CLOUD_METADATA, *THE_INTERNET):
        assert not is_local(f"https://{host}:1/x"), host


def test_an_ambiguous_address_is_judged_by_all_of_its_readings() -> None:
    for host in ("0177.0.0.1", "0177.0.0.01"):
        assert AddressRule(PUBLIC).unsafe_reason(f"https://{host}/") == LOOPBACK
        assert AddressRule(OWN_MACHINE).unsafe_reason(f"https://{host}/") == ""
        assert AddressRule(OWN_MACHINE).unsafe_reason(f"http://{host}/") == NOT_HTTPS
    # 010.0.0.1 is 8.0.0.1 to some programs and 10.0.0.1 to others.
    assert AddressRule(PUBLIC).unsafe_reason("https://010.0.0.1/") == PRIVATE
    assert AddressRule(OWN_NETWORK).unsafe_reason("https://010.0.0.1/") == ""
