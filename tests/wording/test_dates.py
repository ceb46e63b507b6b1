"""Dates and durations from outside: whatever they are, there are words for them in any zone."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.support.service import frame_url
from tui.addresses import AddressRule
from tui.clock import EARLIEST, LATEST, from_unix, is_plausible
from tui.http.headers import MAX_RETRY_AFTER, retry_after, server_time
from tui.links.link import Link
from tui.scenext.models import Frame, Task, TaskStatus
from tui.watchlist.codec import decode, encode
from tui.watchlist.entries import Entry, normalize
from tui.watchlist.records import Record
from tui.watchlist.sections import Standing
from tui.wording.details import task_details
from tui.wording.links import link_expired, link_lifetime, link_row
from tui.wording.rows import task_row
from tui.wording.times import clock_time, format_duration

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
FIRST = datetime(1, 1, 1, tzinfo=UTC)
LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
ZONES = ["UTC", "Pacific/Kiritimati", "Etc/GMT+12", "Asia/Shanghai", "America/St_Johns"]
OSS = "https://oss.scenext.cn/frame1.png?"
LINKS = [
    *(f"{OSS}OSSAccessKeyId=a&Signature=b&Expires={end}" for end in ("0", "1", "4102444800")),
    *(f"{OSS}OSSAccessKeyId=a&Signature=b&Expires={end}" for end in ("253402300790", "9" * 12)),
    *(
        f"{OSS}x-oss-date={day}T{hour}Z&x-oss-expires=604800&x-oss-signature=b"
        for day in ("99991231", "00010101", "19700101", "20991231", "20000101")
        for hour in ("000000", "235959")
    ),
]
DATES = [
    *("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00Z"),
    *("0001-01-01T00:00:00+23:59", "1999-12-31T23:59:59Z", "2100-01-01T00:00:01Z"),
]


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Live in a time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize("url", LINKS)
@pytest.mark.parametrize("server_now", [NOW.timestamp(), 0.0, -1e12, 1e12, 253402300799.0])
def test_a_link_has_words_whenever_it_ends(url: str, server_now: float) -> None:
    link = Link("frame 1", "frame1", url)
    assert link_row(link, server_now, AddressRule()).time_left
    assert link_lifetime(link, server_now)
    assert link_expired(link, server_now)


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize("moment", [FIRST, LAST, EARLIEST, LATEST])
def test_a_moment_has_words_whenever_it_is(moment: datetime) -> None:
    assert clock_time(moment, NOW)
    assert clock_time(NOW, moment)
    entry = Entry("t", moment, status=TaskStatus.COMPLETED, ended=NOW)
    task = Task("t", TaskStatus.COMPLETED, frames=(Frame("f", frame_url("t", 1)),))
    for record in (Record(entry, task, NOW), Record(entry._replace(ended=moment, added=NOW), task)):
        assert task_row(record, Standing.FINISHED, NOW).key
        assert task_details(record, NOW).fields
    assert is_plausible(normalize(entry).added)


@pytest.mark.parametrize("seconds", [math.inf, -math.inf, math.nan, 1e300, -1e300, 0.0])
def test_a_duration_has_words_however_long(seconds: float) -> None:
    assert format_duration(seconds)
    assert format_duration(seconds, running=False)


@pytest.mark.parametrize("seconds", [math.inf, -math.inf, 1e300, -1e300, 253402300800.0, 0.0])
def test_a_time_in_seconds_is_a_moment(seconds: float) -> None:
    assert EARLIEST <= from_unix(seconds) <= LATEST


@pytest.mark.parametrize("date", DATES)
def test_an_entry_with_a_date_that_nobody_means_is_kept_without_it(date: str) -> None:
    data = 'version = 1\ncount = 1\n[[task]]\nid = "a"\nstatus = "FAILED"\nlabel = "x"\n'
    data += f"added = {date}\nended = {date}\n"
    document = decode(data.encode(), NOW)
    assert document.entries == (Entry("a", NOW, "x", TaskStatus.FAILED),)
    assert document.problems == ("has 1 damaged entry",)
    assert decode(encode(document._replace(problems=())), NOW).problems == ()


HEADERS = [
    *("Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59 -2359"),
    *("Mon, 01 Jan 1001 00:00:00 +2359", "Thu, 99 Foo 99999 99:99:99 +9999", "0 0 0 0 0 0"),
    *("Thu, 01 Jan 1970 00:00:00 GMT", "Sat, 14 Mar 2026 12:00:00 +99999999", "9" * 5_000),
    *("", " ", "-", ",", ":::", "1 Jan 1 1:1:1:1", "Sat, 14 Mar 2026 12.00.00.00 +0", "\x00"),
]


@pytest.mark.parametrize("date", HEADERS)
@pytest.mark.parametrize("other", [*HEADERS, "Sat, 14 Mar 2026 12:00:00 GMT"])
def test_dates_in_headers_are_plausible_or_none(date: str, other: str) -> None:
    assert server_time(httpx.Headers({"Date": date})) is None
    pause = retry_after(httpx.Headers({"Date": other, "Retry-After": date}))
    assert pause is None or 0 <= pause <= MAX_RETRY_AFTER


def test_a_date_in_a_header() -> None:
    headers = httpx.Headers({"Date": "Sat, 14 Mar 2026 12:00:00 GMT"})
    assert server_time(headers) == NOW.timestamp()
    later = (NOW + timedelta(seconds=30)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert retry_after(httpx.Headers({**headers, "Retry-After": later})) == 30.0
