"""A redirect is followed within the origin that was asked, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tui.http.redirects import redirect_target

HOST = "https://cdn.example.com"
SAME = {
    "/b.png?x=1": "/b.png?x=1",
    "b.png": "/a/b.png",
    "../b.png": "/b.png",
    "?Signature=a%2Fb%3D": "/a/a.png?Signature=a%2Fb%3D",
    "//cdn.example.com/b.png": "/b.png",
    f"{HOST}/b.png": "/b.png",
    f"{HOST}:443/b.png?x=1": "/b.png?x=1",
    f"{HOST}:0443/b.png": "/b.png",
    f"{HOST}:/b.png": "/b.png",
    "https://CDN.Example.COM/b.png": "/b.png",
    "HTTPS://cdn.example.com/b.png": "/b.png",
    "https://cdn.example.com./b.png": "/b.png",
    "https://cdn.example.com.:443/b.png": "/b.png",
    "http://cdn.example.com/b.png": "/b.png",
    "http://cdn.example.com:80/b.png": "/b.png",
    "http://cdn.example.com:443/b.png": "/b.png",
    "//cdn.example.com:443/b.png": "/b.png",
    f"{HOST}/b.png#part": "/b.png",
    f"{HOST}/勾 股.png": "/%E5%8B%BE%20%E8%82%A1.png",
    f"{HOST}/a%2Fb+c'd.png?x=%e5": "/a%2Fb+c'd.png?x=%e5",
    f"{HOST}": "",
    "": "/a/a.png?Expires=1",
    "/\\evil.test/x": "/\\evil.test/x",
}
OTHER = (
    *("https://evil.test/", "//evil.test/x", "https://cdn.example.com:8443/", "file:///etc/passwd"),
    *("http://cdn.example.com:8080/", "https://cdn.example.com.evil.test/", "https://example.com/"),
    *(
        "https://user@cdn.example.com/",
        "https://@cdn.example.com/",
        "https://cdn.example.com@evil/",
    ),
    *("ftp://cdn.example.com/", "https://cdn.example.com:99999/", "https://cdn.example.com:x/"),
    *("http://[", "//[", "javascript:alert(1)", "data:image/png;base64,AA"),
    *("https://cdn.example.com../", "https://cdn.example.com%00.evil.test/"),
)


@pytest.mark.parametrize(("location", "path"), SAME.items())
def test_the_same_origin_is_followed_however_it_is_written(location: str, path: str) -> None:
    url = f"{HOST}/a/a.png?Expires=1"
    assert redirect_target(url, location) == f"{HOST}{path}"


@pytest.mark.parametrize("location", OTHER)
def test_another_origin_is_not_followed(location: str) -> None:
    assert redirect_target(f"{HOST}/a/a.png", location) is None


@pytest.mark.parametrize(
    ("url", "location", "target"),
    [
        (f"{HOST}:443/a", f"{HOST}/b", f"{HOST}:443/b"),
        (f"{HOST}:8443/a", f"{HOST}:8443/b", f"{HOST}:8443/b"),
        (f"{HOST}:8443/a", "http://cdn.example.com:8443/b", f"{HOST}:8443/b"),
        (f"{HOST}:8443/a", f"{HOST}/b", None),
        (f"{HOST}:8443/a", "http://cdn.example.com/b", None),
        ("http://127.0.0.1:8000/a", "http://127.0.0.1:8000/b", "http://127.0.0.1:8000/b"),
        ("http://127.0.0.1:8000/a", "http://127.0.0.1/b", None),
        ("http://127.0.0.1:8000/a", "https://127.0.0.1:8000/b", None),
        ("http://localhost/a", "http://LOCALHOST:80/b", "http://localhost/b"),
        ("http://[::1]:8000/a", "http://[::1]:8000/b", "http://[::1]:8000/b"),
    ],
)
def test_a_port_is_a_part_of_the_origin(url: str, location: str, target: str | None) -> None:
    assert redirect_target(url, location) == target


@settings(max_examples=examples(200))
@given(st.text(max_size=60))
def test_no_location_leads_elsewhere_or_raises(location: str) -> None:
    target = redirect_target(f"{HOST}/a/a.png", location)
    assert target is None or target == HOST or target[len(HOST)] in "/?"
