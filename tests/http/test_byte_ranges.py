"""A part of a file is taken only if it is exactly the part that was asked for."""

from __future__ import annotations

import pytest

from tui.http.byte_ranges import ByteRange, content_range, is_whole, strong_validator

DATE = "Sun, 22 Nov 2026 12:00:00 GMT"
EARLIER = "Sun, 22 Nov 2026 11:59:58 GMT"


def test_a_part_is_asked_for_with_the_version_that_it_must_belong_to() -> None:
    assert ByteRange(20).headers() == {"Range": "bytes=20-"}
    assert ByteRange(0, 9, '"v1"').headers() == {"Range": "bytes=0-9", "If-Range": '"v1"'}


@pytest.mark.parametrize(
    ("wanted", "sent", "fits"),
    [
        (ByteRange(20), "bytes 20-99/100", True),
        (ByteRange(20), "BYTES  20-99/100 ", True),
        (ByteRange(20, total=100), "bytes 20-99/*", True),
        (ByteRange(20), "bytes 20-99/*", False),
        (ByteRange(20, 29), "bytes 20-29/100", True),
        (ByteRange(20, 200), "bytes 20-99/100", True),
        (ByteRange(20), "bytes 20-98/100", False),
        (ByteRange(20), "bytes 19-99/100", False),
        (ByteRange(20), "bytes 0-99/100", False),
        (ByteRange(20, 29), "bytes 20-28/100", False),
        (ByteRange(20, 29), "bytes 20-99/100", False),
        (ByteRange(20, total=100), "bytes 20-100/101", False),
        (ByteRange(20, total=100), "bytes 20-98/*", False),
        (ByteRange(20), "bytes 20-99/99", False),
        (ByteRange(20), "bytes 99-20/100", False),
        (ByteRange(20), "bytes 20-99", False),
        (ByteRange(20), "bytes 20-99/", False),
        (ByteRange(20), "bytes 20-/100", False),
        (ByteRange(20), "bytes */100", False),
        (ByteRange(20), "items 20-99/100", False),
        (ByteRange(20), "bytes ２０-99/100", False),
        (ByteRange(20), f"bytes 20-{'9' * 400}/{'9' * 401}", False),
        (ByteRange(20), "bytes -20-99/100", False),
        (ByteRange(20), "", False),
    ],
)
def test_only_the_part_that_was_asked_for_fits(wanted: ByteRange, sent: str, fits: bool) -> None:
    assert wanted.is_in({"content-range": sent}) is fits


def test_a_part_of_another_version_or_of_a_packed_file_does_not_fit() -> None:
    sent = {"content-range": "bytes 20-99/100"}
    wanted = ByteRange(20, validator='"v1"')
    assert wanted.is_in({**sent, "etag": '"v1"'})
    assert wanted.is_in(sent)
    assert not wanted.is_in({**sent, "etag": '"v2"'})
    assert not wanted.is_in({**sent, "etag": '"v1"', "content-encoding": "gzip"})
    assert not ByteRange(20, validator=EARLIER).is_in({**sent, "last-modified": DATE})


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("bytes 0-99/100", True),
        ("bytes 0-98/100", False),
        ("bytes 1-99/100", False),
        ("bytes 0-99/*", False),
        ("", False),
    ],
)
def test_a_part_may_be_all_there_is(text: str, whole: bool) -> None:
    assert is_whole({"content-range": text}) is whole
    assert content_range({}) is None


@pytest.mark.parametrize(
    ("headers", "validator"),
    [
        ({"etag": '"5B3C1A2E"'}, '"5B3C1A2E"'),
        ({"etag": ' "5B3C1A2E" ', "last-modified": EARLIER, "date": DATE}, '"5B3C1A2E"'),
        ({"etag": 'W/"5B3C1A2E"', "last-modified": EARLIER, "date": DATE}, ""),
        ({"etag": "5B3C1A2E"}, ""),
        ({"etag": '"'}, ""),
        ({"etag": '""'}, ""),
        ({"etag": '"a"b"'}, ""),
        ({"etag": '"\x1b]0;x"'}, ""),
        ({"last-modified": EARLIER, "date": DATE}, EARLIER),
        ({"last-modified": DATE, "date": DATE}, ""),
        ({"last-modified": EARLIER}, ""),
        ({"last-modified": "yesterday", "date": DATE}, ""),
        ({}, ""),
    ],
)
def test_a_validator_is_used_only_if_it_is_strong(headers: dict[str, str], validator: str) -> None:
    assert strong_validator(headers) == validator
