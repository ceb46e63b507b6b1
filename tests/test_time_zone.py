"""The zone of the user: whatever TZ says, times have words; one that is unusable is UTC."""

from __future__ import annotations

import ast
import os
import time
from collections.abc import Iterator, MutableMapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

import tui
from tui.polling.health import HealthKind, PollingHealth
from tui.polling.schedule import Held
from tui.time_zone import is_zone, local_time, settle
from tui.wording.polling import held, host_trouble
from tui.wording.times import clock_time

NOON = datetime(2026, 7, 15, 12, 0, tzinfo=UTC)
ENDS = [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]

needs_zones = pytest.mark.skipif(
    not Path("/usr/share/zoneinfo/Asia/Shanghai").is_file(), reason="there is no database of zones"
)

UNUSABLE = [
    *("UTC+99", "UTC-25", "UTC+24", "XXX-23:59YYY", "<+9999>-9999", "XXX-167YYY,M3.2.0,M11.1.0"),
    *("Foo/Bar", "Asia/Shangai", "CST", "+8", "8", "UTC+", "UTC +8", " UTC", "UTC8h", "GMT+8:99"),
    *(":/etc/passwd", "/etc/passwd", "../../../etc/passwd", ":", "/", "America", ".", "/dev/null"),
    *("A" * 5_000, "A" * 31 + "\udcff\x1b[31m", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.5.0"),
]


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> Iterator[MutableMapping[str, str]]:
    """Give the process its zone back at the end."""
    monkeypatch.delenv("TZ", raising=False)
    yield os.environ
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("name", UNUSABLE, ids=lambda name: ascii(name)[:30])
def test_a_zone_that_cannot_be_used_is_utc_and_told_of(
    environ: MutableMapping[str, str], name: str
) -> None:
    environ["TZ"] = name
    time.tzset()
    warning = settle(environ)
    assert warning.startswith("TZ names no time zone (“")
    assert warning.endswith("”): times are in UTC.")
    assert warning.isprintable()
    assert len(warning) < 100
    assert local_time(NOON).utcoffset() == timedelta()
    assert time.localtime(0).tm_hour == 0, "the log has other times than the screen"
    assert settle(environ) == "", "it is told of twice"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", "12:00"),
        ("UTC", "12:00"),
        ("UTC0", "12:00"),
        (":UTC0", "12:00"),
        ("CST-8", "20:00"),
        ("<+0530>-5:30", "17:30"),
        ("<-03>3", "09:00"),
        ("NST3:30NDT2:30,M3.2.0,M11.1.0", "09:30"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "14:00"),
        ("EST5EDT", "08:00"),
        ("XXX-23:59", "2026-07-16 11:59"),
        ("XXX23", "2026-07-14 13:00"),
        ("IST-1GMT0,M10.5.0,M3.5.0/1", "13:00"),
        ("XXX4YYY,J60/0,J300", "09:00"),
        *(
            pytest.param(name, shown, marks=needs_zones)
            for name, shown in (
                ("Asia/Shanghai", "20:00"),
                (":Asia/Kathmandu", "17:45"),
                ("/usr/share/zoneinfo/Asia/Shanghai", "20:00"),
                ("Pacific/Kiritimati", "2026-07-16 02:00"),
                ("Etc/GMT+12", "00:00"),
            )
        ),
    ],
)
def test_a_zone_that_is_one_is_used_without_a_word(
    environ: MutableMapping[str, str], name: str, shown: str
) -> None:
    environ["TZ"] = name
    time.tzset()
    assert settle(environ) == ""
    assert environ["TZ"] == name
    today = NOON.replace(hour=13)
    assert clock_time(NOON, today).endswith(shown[-5:])
    if len(shown) > 5:
        assert clock_time(NOON, NOON - timedelta(days=3)) == shown


def test_no_zone_that_is_set_is_the_one_of_the_machine(environ: MutableMapping[str, str]) -> None:
    assert settle(environ) == ""
    assert "TZ" not in environ


def test_zones_may_lie_elsewhere_and_are_no_pipe(tmp_path: Path) -> None:
    (tmp_path / "Own").write_bytes(b"TZif2" + bytes(100))
    (tmp_path / "Other").write_bytes(b"TZ")
    os.mkfifo(tmp_path / "Pipe")
    environ = {"TZDIR": str(tmp_path)}
    names = ("Own", "Other", "Pipe", "Missing", str(tmp_path / "Own"))
    assert [is_zone(name, environ) for name in names] == [True, False, False, False, True]


@pytest.mark.parametrize("zone", ["UTC0", "UTC+99", "Foo/Bar", "XXX23:59", "XXX-23:59"])
@pytest.mark.parametrize("moment", [*ENDS, NOON.astimezone(timezone(timedelta(hours=-23)))])
def test_every_moment_has_words_in_every_zone(
    environ: MutableMapping[str, str], zone: str, moment: datetime
) -> None:
    """Before the zone is settled, too."""
    environ["TZ"] = zone
    time.tzset()
    assert local_time(moment) == moment
    assert clock_time(moment, NOON)
    assert clock_time(NOON, moment)
    assert held(Held(tasks=1, until=0.0, is_pause=True), moment, 1)
    paused = PollingHealth(HealthKind.PAUSED)
    assert host_trouble(paused, NOON, until=moment, answered_at=moment)


def test_local_time_is_made_in_one_place() -> None:
    folder = Path(tui.__file__).parent
    found = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (
            (node.func.attr == "astimezone" and not node.args)
            or node.func.attr in ("localtime", "ctime", "asctime")
        )
    }
    assert found == {"time_zone.py"}
