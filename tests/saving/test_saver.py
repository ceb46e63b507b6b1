"""Saving over connections that break, from hosts that are not ready, and what was saved before."""

from __future__ import annotations

import asyncio
import errno
import os
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.scenext.test_file_type import PICTURES, VIDEOS
from tests.scenext.test_media import client, host
from tests.wording.test_details import record, running
from tui.atomic_file import Filesystem
from tui.demo.server import Request, Response
from tui.errors import ApiError, ErrorKind
from tui.links.resolver import LinkResolver
from tui.saving.download import MIN_COMPARED, PIECE_BYTES
from tui.saving.saver import SaveProgress, Saver, SaveReport
from tui.scenext.media import Media
from tui.scenext.models import Frame, PollResult, Result
from tui.wording.transfers import received_of, save_outcome, save_progress

MP4 = VIDEOS["mp4"][0]
VIDEO = MP4 + bytes(range(256)) * 2_000
DATE = "Sun, 22 Nov 2026 12:00:00 GMT"
EARLIER = "Sun, 22 Nov 2026 11:00:00 GMT"
STRONG: Mapping[str, str] = {"ETag": '"v1"'}


@dataclass
class Store:
    """A host that sends one file, and parts of it as RFC 9110 has it."""

    data: bytes = VIDEO
    headers: Mapping[str, str] = field(default_factory=lambda: STRONG)
    cuts: list[int] = field(default_factory=list)
    """After how many bytes the connection breaks, at each request until they are used up."""
    change: Callable[[Store, int], Response | None] = lambda _, __: None
    """Called with the number of each request; answers in the store's place, or changes it."""
    requests: list[Request] = field(default_factory=list)
    sent: int = 0

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        if other := self.change(self, len(self.requests)):
            return other
        status, body, headers = 200, self.data, {"Date": DATE, **self.headers}
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
        version = request.headers.get("if-range")
        if wanted and version in (
            None,
            self.headers.get("ETag"),
            self.headers.get("Last-Modified"),
        ):
            first, last = int(wanted[1]), int(wanted[2] or len(body) - 1)
            if first >= len(body):
                return Response(416, b"", {"Content-Range": f"bytes */{len(body)}"})
            last = min(last, len(body) - 1)
            headers["Content-Range"] = f"bytes {first}-{last}/{len(body)}"
            status, body = 206, body[first : last + 1]
        if self.cuts:
            headers |= {"Content-Length": str(len(body)), "Connection": "close"}
            body = body[: self.cuts.pop(0)]
        self.sent += len(body)
        return Response(status, body, headers)

    @property
    def ranges(self) -> list[str]:
        return [request.headers.get("range", "") for request in self.requests]


@dataclass
class Session:
    """Saves links of a task that has one frame for each path."""

    folder: Path
    store: Store
    paths: tuple[str, ...] = ("/Manim.mp4?Signature=a",)
    video: str = ""
    """The path of the task's video."""
    refreshed: tuple[str, ...] = ()
    """What the paths are in the service's next answer."""
    progress: list[SaveProgress] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    queries: int = 0
    trouble: ApiError | None = None
    """What happens when the service is asked."""
    meanwhile: Callable[[], object] = lambda: None
    """Called during each wait."""

    async def save(self, origin: str = "") -> SaveReport:
        """Save all, from a host of its own unless one is given."""
        with ExitStack() as running_hosts, ThreadPoolExecutor(2) as threads:
            origin = origin or running_hosts.enter_context(host(self.store))

            def answer(paths: tuple[str, ...]) -> PollResult:
                frames = (Frame(f"f{n}", f"{origin}{path}") for n, path in enumerate(paths, 1))
                video = (Result("video", f"{origin}{self.video}", is_link=True),)
                task = running(*frames)._replace(results=video if self.video else ())
                return PollResult("t", task)

            async def ask(_: str) -> PollResult:
                self.queries += 1
                if self.trouble is not None:
                    return PollResult("t", error=self.trouble)
                return answer(self.refreshed or self.paths)

            async def sleep(seconds: float) -> None:
                self.waited.append(seconds)
                self.meanwhile()
                await asyncio.sleep(0)

            watched = record(answer(self.paths).task)
            resolver = LinkResolver(
                get_record=lambda _: watched,
                ask=ask,
                now=lambda: 0.0,
                on_refresh=lambda: None,
                sleep=sleep,
            )
            async with client() as media:
                saver = Saver(resolver, lambda: media, self.folder, threads)
                return await saver.save("t", resolver.get_all("t"), self.progress.append)

    async def outcome(self) -> str:
        """Return the words for a save that fails."""
        report = await self.save()
        assert not report.paths
        assert files(self.folder) == {}
        return save_outcome(report, 0.0)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# A connection that breaks


@pytest.mark.parametrize(
    ("cuts", "ranges"),
    [
        ([200_000], ["", "bytes=200000-"]),
        ([200_000, 150_000, 100_000], ["", *(f"bytes={n}-" for n in (200_000, 350_000, 450_000))]),
        ([0, 0], ["", "", ""]),
        ([100], ["", ""]),
        ([200_000, 10], ["", "bytes=200000-", "bytes=200010-"]),
        ([70_000] * 6, ["", *(f"bytes={70_000 * n}-" for n in range(1, 7))]),
    ],
)
async def test_a_broken_download_goes_on_where_it_stopped(
    tmp_path: Path, cuts: list[int], ranges: list[str]
) -> None:
    session = Session(tmp_path, Store(cuts=[*cuts]))
    report = await session.save()
    assert files(tmp_path) == {"Manim.mp4": VIDEO}
    assert report.paths == (tmp_path / "t" / "Manim.mp4",)
    assert session.store.ranges == ranges
    asked = [request.headers.get("if-range") for request in session.store.requests]
    assert asked == ['"v1"' if wanted else None for wanted in ranges]
    assert session.store.sent == len(VIDEO) + (100 if cuts == [100] else 0)


async def test_a_date_is_as_good_as_a_tag(tmp_path: Path) -> None:
    store = Store(cuts=[200_000], headers={"Last-Modified": EARLIER})
    await Session(tmp_path, store).save()
    assert files(tmp_path) == {"Manim.mp4": VIDEO}
    assert store.requests[1].headers["if-range"] == EARLIER


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"ETag": 'W/"v1"'},
        {"ETag": "v1"},
        {"Last-Modified": DATE},
        {**STRONG, "Accept-Ranges": "none"},
    ],
    ids=["nothing", "weak", "not quoted", "a date that is too new", "no ranges"],
)
async def test_without_a_certain_version_it_starts_again(
    tmp_path: Path, headers: Mapping[str, str]
) -> None:
    store = Store(cuts=[200_000], headers=headers)
    await Session(tmp_path, store).save()
    assert files(tmp_path) == {"Manim.mp4": VIDEO}
    assert store.ranges == ["", ""]


OTHER = MP4 + b"another take" * 40_000


def drawn_anew(store: Store, number: int) -> None:
    if number == 2:
        store.data, store.headers = OTHER, {"ETag": '"v2"'}


def deaf(store: Store, number: int) -> Response | None:
    return Response(200, VIDEO, STRONG) if number == 2 else None


def refusing(store: Store, number: int) -> Response | None:
    return Response(416, b"", {"Content-Range": "bytes */9"}) if number == 2 else None


def wrong_part(store: Store, number: int) -> Response | None:
    part = {"Content-Range": f"bytes 0-{len(VIDEO) - 1}/{len(VIDEO)}"}
    return Response(206, VIDEO, part) if number == 2 else None


def silent_part(store: Store, number: int) -> Response | None:
    return Response(206, VIDEO[200_000:]) if number == 2 else None


def mixed_up(store: Store, number: int) -> Response | None:
    rest = OTHER[200_000:]
    part = {"Content-Range": f"bytes 200000-{len(OTHER) - 1}/{len(OTHER)}", "ETag": '"v2"'}
    return Response(206, rest, part) if number == 2 else None


def packed_part(store: Store, number: int) -> Response | None:
    size = len(VIDEO)
    part = {"Content-Range": f"bytes 200000-{size - 1}/{size}", "Content-Encoding": "gzip"}
    return Response(206, VIDEO[200_000:], part) if number == 2 else None


@pytest.mark.parametrize(
    ("change", "data", "requests"),
    [
        (drawn_anew, OTHER, 2),
        (deaf, VIDEO, 2),
        (refusing, VIDEO, 3),
        (wrong_part, VIDEO, 3),
        (silent_part, VIDEO, 3),
        (mixed_up, VIDEO, 3),
        (packed_part, VIDEO, 3),
    ],
)
async def test_what_is_no_rest_of_the_same_file_starts_it_again(
    tmp_path: Path,
    change: Callable[[Store, int], Response | None],
    data: bytes,
    requests: int,
) -> None:
    store = Store(cuts=[200_000], change=change)
    await Session(tmp_path, store).save()
    assert files(tmp_path) == {"Manim.mp4": data}
    assert len(store.requests) == requests


async def test_a_fresh_link_goes_on_with_the_file(tmp_path: Path) -> None:
    def ended(_: Store, number: int) -> Response | None:
        return Response(403, b"Request has expired") if number == 2 else None

    store = Store(cuts=[200_000], change=ended)
    session = Session(tmp_path, store, refreshed=("/Manim.mp4?Signature=b",))
    await session.save()
    assert files(tmp_path) == {"Manim.mp4": VIDEO}
    assert [request.query for request in store.requests] == [f"Signature={n}" for n in "aab"]
    assert store.ranges == ["", "bytes=200000-", "bytes=200000-"]


async def test_a_host_that_goes_away_meanwhile_is_tried_again(tmp_path: Path) -> None:
    store = Store(cuts=[200_000])
    with ExitStack() as hosts:
        origin = hosts.enter_context(host(store))
        session = Session(tmp_path, store)
        session.meanwhile = hosts.close
        report = await session.save(origin)
    assert "cannot be reached" in save_outcome(report, 0.0)
    assert session.waited == [1.0, 4.0]
    session = Session(tmp_path, store)
    report = await session.save(origin)
    assert "cannot be reached" in save_outcome(report, 0.0)
    assert session.waited == []
    assert files(tmp_path) == {}


async def test_a_connection_that_always_breaks_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    session = Session(tmp_path, Store(cuts=[1_000] * 9))
    assert await session.outcome() == "f1: The connection broke half-way."
    assert len(session.store.requests) == 3


# A host that is not ready


@pytest.mark.parametrize(
    ("answers", "waited"),
    [
        ([Response(404)], [1.0]),
        ([Response(404), Response(404)], [1.0, 4.0]),
        ([Response(503)], [1.0]),
        ([Response(500), Response(502)], [1.0, 4.0]),
        ([Response(504), Response(404)], [1.0, 4.0]),
        ([Response(429, b"", {"Retry-After": "3"})], [3.0]),
        ([Response(503, b"", {"Retry-After": "86400"})], [20.0]),
        ([Response(202)], [1.0]),
        ([Response(200)], [1.0]),
        ([Response(200, b"", {"Content-Length": "9", "Connection": "close"})], [1.0]),
    ],
)
async def test_a_file_that_is_there_a_moment_later_is_saved(
    tmp_path: Path, answers: list[Response], waited: list[float]
) -> None:
    store = Store(change=lambda _, __: answers.pop(0) if answers else None)
    trouble = f"answered {answers[0].status}" if answers[0].status >= 400 else ""
    session = Session(tmp_path, store)
    await session.save()
    assert files(tmp_path) == {"Manim.mp4": VIDEO}
    assert session.waited == waited
    told = [save_progress(progress) for progress in session.progress if progress.trouble]
    assert len(told) == len(waited)
    assert told[0].startswith("Saving 1 of 1: f1: The ")
    assert told[0].endswith(f"Trying again in {waited[0]:.0f} s.")
    assert trouble in told[0]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Response(404), "f1: The host of the link answered 404: it has no such file."),
        (Response(503), "f1: The host of the link answered 503: it is too busy."),
    ],
)
async def test_a_file_that_never_comes_is_said(
    tmp_path: Path, answer: Response, words: str
) -> None:
    session = Session(tmp_path, Store(change=lambda _, __: answer))
    assert await session.outcome() == words
    assert len(session.store.requests) == 3


# A link that is refused


@pytest.mark.parametrize("status", [401, 403, 410])
async def test_a_refused_link_is_exchanged_once(tmp_path: Path, status: int) -> None:
    store = Store(change=lambda _, number: Response(status) if number == 1 else None)
    session = Session(tmp_path, store, refreshed=("/Manim.mp4?Signature=b",))
    await session.save()
    assert files(tmp_path) == {"Manim.mp4": VIDEO}
    assert [request.query for request in store.requests] == ["Signature=a", "Signature=b"]
    assert (session.queries, session.waited) == (1, [])


async def test_a_link_that_is_refused_for_good_says_so(tmp_path: Path) -> None:
    refused = "f1: The host of the link answered 403: it refuses the link."
    session = Session(tmp_path, Store(change=lambda *_: Response(403)))
    assert await session.outcome() == f"{refused} The service gave no other link."
    assert (session.queries, len(session.store.requests)) == (1, 1)
    renewed = ("/Manim.mp4?Signature=b",)
    session = Session(tmp_path, Store(change=lambda *_: Response(403)), refreshed=renewed)
    assert await session.outcome() == refused
    assert (session.queries, len(session.store.requests)) == (1, 2)
    session = Session(tmp_path, Store(change=lambda *_: Response(403, b"Request has expired.")))
    assert await session.outcome() == ("f1: The link has ended and the service did not renew it.")


# A disk or a folder that takes no file

FRAMES = tuple(f"/frame{number}.png?Signature=a" for number in range(1, 6))


@pytest.mark.parametrize(
    ("error", "words", "asked"),
    [
        (errno.ENOSPC, "the disk is full. 2 of them were not fetched.", 3),
        (errno.EDQUOT, "your disk quota is used up. 2 of them were not fetched.", 3),
        (errno.EROFS, "read-only file system. 2 of them were not fetched.", 3),
        (errno.EFBIG, "it is too large.", 5),
        (errno.EIO, "the disk reports an error.", 5),
    ],
)
async def test_a_disk_that_takes_no_more_ends_the_save(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int, words: str, asked: int
) -> None:
    # What a disk could not take may be told as late as here.
    room = [1, 2]

    def sync(fd: int) -> None:
        if not room:
            raise OSError(error, os.strerror(error))
        room.pop()
        os.fsync(fd)

    monkeypatch.setattr(Filesystem, "fsync", staticmethod(sync))
    session = Session(tmp_path, Store(data=PICTURES["png"][0]), paths=FRAMES)
    outcome = save_outcome(await session.save(), 0.0)
    folder = tmp_path / "t"
    assert len(session.store.requests) == asked
    assert outcome == (
        f"Saved 2 files in {folder}. 3 not saved: f3: Not saved to {folder / 'frame3.png'}: {words}"
    )
    assert set(files(tmp_path)) == {"frame1.png", "frame2.png"}


async def test_the_video_is_saved_last(tmp_path: Path) -> None:
    session = Session(tmp_path, Store(), paths=("/a.mp4", "/b.mp4"), video="/c.mp4")
    await session.save()
    assert [request.path for request in session.store.requests] == ["/a.mp4", "/b.mp4", "/c.mp4"]


@pytest.mark.parametrize("taken", ["file", "link", "download folder"])
async def test_a_folder_that_takes_no_file_ends_the_save(tmp_path: Path, taken: str) -> None:
    folder = tmp_path / "downloads"
    if taken != "download folder":
        folder.mkdir()
    match taken:
        case "file":
            (folder / "t").write_text("mine")
        case "link":
            (folder / "t").symlink_to(tmp_path)
        case _:
            folder.write_text("mine")
    session = Session(folder, Store(data=PICTURES["png"][0]), paths=FRAMES)
    outcome = save_outcome(await session.save(), 0.0)
    assert len(session.store.requests) == 1
    assert outcome.startswith("Nothing saved. 5 not saved: f1: Not saved")
    assert outcome.endswith(". 4 of them were not fetched.")


@pytest.mark.parametrize(
    ("kind", "service"),
    [
        (ErrorKind.OFFLINE, "could not be asked for another"),
        (ErrorKind.TIMEOUT, "could not be asked for another"),
        (ErrorKind.CERTIFICATE, "could not be asked for another"),
        (ErrorKind.SERVER, "gave no other"),
        (ErrorKind.NOT_FOUND, "gave no other"),
    ],
)
async def test_a_service_that_cannot_be_asked_is_not_blamed(
    tmp_path: Path, kind: ErrorKind, service: str
) -> None:
    trouble = ApiError(kind, "…")
    session = Session(tmp_path, Store(change=lambda *_: Response(403)), trouble=trouble)
    assert (await session.outcome()).endswith(f": it refuses the link. The service {service} link.")
    expired = Store(change=lambda *_: Response(403, b"Request has expired."))
    words = await Session(tmp_path, expired, trouble=trouble).outcome()
    could = "could not be asked for another one" if kind.transport else "did not renew it"
    assert words == f"f1: The link has ended and the service {could}."


# What was saved before


async def test_a_large_file_that_was_saved_before_is_not_fetched_again(tmp_path: Path) -> None:
    store = Store()
    session = Session(tmp_path, store)
    first = await session.save()
    store.requests.clear()
    store.sent = 0
    again = await session.save()
    assert again.paths == first.paths
    assert files(tmp_path) == {"Manim.mp4": VIDEO}
    assert store.sent == 3 * PIECE_BYTES
    assert "" not in store.ranges


@pytest.mark.parametrize("position", [100, len(VIDEO) // 2, len(VIDEO) - 1, None])
async def test_another_file_is_fetched_and_gets_a_number(
    tmp_path: Path, position: int | None
) -> None:
    await Session(tmp_path, Store()).save()
    other = bytearray(VIDEO + b"longer") if position is None else bytearray(VIDEO)
    if position is not None:
        other[position] ^= 1
    await Session(tmp_path, Store(data=bytes(other))).save()
    await Session(tmp_path, Store(data=bytes(other))).save()
    assert files(tmp_path) == {"Manim.mp4": VIDEO, "Manim-2.mp4": bytes(other)}


@pytest.mark.parametrize(
    "change",
    [
        lambda _, number: Response(200, VIDEO),
        lambda _, number: Response(416) if number == 1 else None,
        lambda _, number: Response(200, VIDEO) if number == 2 else None,
        lambda _, number: Response(503) if number == 2 else None,
    ],
    ids=["no ranges", "refused", "no second part", "not ready"],
)
async def test_a_host_without_parts_is_asked_for_the_whole(
    tmp_path: Path, change: Callable[[Store, int], Response | None]
) -> None:
    await Session(tmp_path, Store()).save()
    report = await Session(tmp_path, Store(change=change)).save()
    assert report.paths == (tmp_path / "t" / "Manim.mp4",)
    assert files(tmp_path) == {"Manim.mp4": VIDEO}


async def test_a_small_file_is_compared_whole(tmp_path: Path) -> None:
    one, other = (PICTURES["png"][0].ljust(MIN_COMPARED - 1) + end for end in (b"1", b"2"))
    one = one[: PIECE_BYTES + 5] + b"!" + one[PIECE_BYTES + 6 : -1]
    other = one[: PIECE_BYTES + 5] + b"?" + one[PIECE_BYTES + 6 :]
    for data in (one, other, one):
        await Session(tmp_path, Store(data=data), paths=("/frame1.png?Signature=a",)).save()
    assert files(tmp_path) == {"frame1.png": one, "frame1-2.png": other}


async def test_nothing_that_another_put_there_is_taken_for_ours(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(VIDEO)
    folder = tmp_path / "downloads"
    (folder / "t").mkdir(parents=True)
    (folder / "t" / "Manim.mp4").symlink_to(elsewhere)
    report = await Session(folder, Store()).save()
    assert report.paths == (folder / "t" / "Manim-2.mp4",)
    assert not report.paths[0].is_symlink()


# Names


@pytest.mark.parametrize(
    ("path", "data", "name"),
    [
        ("/frame1.png", PICTURES["jpeg"][0], "frame1.jpg"),
        ("/view", VIDEO, "view.mp4"),
        ("/Manim.mp4", PICTURES["gif"][0], "Manim.gif"),
        ("/evil.desktop", PICTURES["png"][0], "evil.desktop.png"),
        ("/a.MP4", VIDEO, "a.MP4"),
    ],
)
async def test_a_files_suffix_is_that_of_its_content(
    tmp_path: Path, path: str, data: bytes, name: str
) -> None:
    for _ in range(2):
        await Session(tmp_path, Store(data=data), paths=(f"{path}?Signature=a",)).save()
        assert files(tmp_path) == {name: data}


def test_a_progress_says_what_is_waited_for() -> None:
    progress = SaveProgress(2, 3, "frame2", trouble="The connection broke.", delay=4.0)
    words = "Saving 2 of 3: frame2: The connection broke. Trying again in 4 s."
    assert save_progress(progress) == words


def test_a_progress_says_how_much_has_come() -> None:
    progress = SaveProgress(2, 3, "frame2", received=120_000, length=700_000)
    assert save_progress(progress) == "Saving 2 of 3: frame2, 120.0 kB of 700.0 kB"
    assert received_of(120_000, None) == "120.0 kB"


async def test_a_saved_file_is_found_by_its_name_without_its_host(tmp_path: Path) -> None:
    links = [
        Frame(f"f{number}", f"https://oss.scenext.cn{path}")
        for number, path in enumerate(("/a.png", "/b.png", "/c.png"), 1)
    ]
    watched = record(running(*links))
    folder = tmp_path / "t"
    folder.mkdir()
    for name in ("a.png", "a-1.png", "b-2.webp", "other.png"):
        (folder / name).write_bytes(b"x")
    (folder / "c.png").symlink_to(folder / "other.png")
    with ThreadPoolExecutor(1) as threads:
        resolver = LinkResolver(
            get_record={"t": watched}.get,
            ask=lambda _: asyncio.sleep(0, PollResult("t")),
            now=lambda: 0.0,
            on_refresh=lambda: None,
        )
        saver = Saver(resolver, no_media, tmp_path, threads)
        found = [await saver.find("t", link) for link in resolver.get_all("t")]
    assert found == [folder / "a.png", folder / "b-2.webp", None]


def no_media() -> Media:
    """Fetch nothing."""
    raise AssertionError("nothing is fetched")
