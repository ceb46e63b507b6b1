"""No exception that a host can cause ends the dashboard: each is thrown through each boundary.

The classes are found by walking those of the libraries that read what a host sends.
"""

from __future__ import annotations

import asyncio
import builtins
import logging
import re
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

import anyio
import h11
import httpcore
import httpx
import idna
import pytest
from PIL import Image

from tests.scenext.test_media import PICTURE
from tests.sessions.test_dashboard import FakeService, make_task, session
from tests.support import virtual_time
from tests.support.dependencies import make_dependencies
from tests.support.no_trust import NO_TRUST
from tui.addresses import AddressRule
from tui.clock import Clock
from tui.credentials import Secret
from tui.engine import Callbacks, Engine
from tui.errors import ApiError, ErrorKind, MediaError
from tui.polling.poller import Poller
from tui.polling.schedule import Schedule
from tui.scenext.client import StatusClient
from tui.scenext.media import Media
from tui.scenext.models import PollResult, StatusResponse

LIBRARIES: Final = (httpx, httpcore, h11, anyio, idna, Image, ssl)
ROOTS: Final = frozenset(
    ("httpx", "httpcore", "h11", "anyio", "idna", "PIL", "ssl", "socket", "builtins", "zlib")
) | {"struct", "binascii", "json", "asyncio", "encodings", "codecs"}
"""The packages whose exceptions are thrown."""
ENDINGS: Final = (KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError)
"""What ends a program or a task on purpose."""
FORESEEN: Final = (httpx.HTTPError, OSError, UnicodeError, OverflowError, ExceptionGroup)
"""What a host or a network has caused, so that it is no bug of ours."""


def walk(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    """Yield an exception class and all below it."""
    yield kind
    for below in type.__subclasses__(kind):
        yield from walk(below)


def make(kind: type[BaseException]) -> BaseException:
    """Return an exception of a class, whatever its constructor takes."""
    attempts: tuple[tuple[Any, ...], ...] = (
        *((), ("secret-text",), ("utf-8", b"x", 0, 1, "y"), ("utf-8", "x", 0, 1, "y")),
        ("group", [ssl.SSLError("inner")]),
        ("x", "y"),
    )
    for arguments in attempts:
        try:
            return kind(*arguments)
        except Exception:  # noqa: S112
            continue
    return kind.__new__(kind)


def exceptions() -> list[BaseException]:
    """Return one exception of each class."""
    kinds = {
        kind
        for kind in walk(BaseException)
        if kind.__module__.partition(".")[0] in ROOTS
        and not issubclass(kind, ENDINGS)
        # pytest passes its own outcomes off as builtins.
        and (kind.__module__ != "builtins" or hasattr(builtins, kind.__name__))
    }
    kinds -= {BaseException, StopIteration, StopAsyncIteration}
    made = [make(kind) for kind in sorted(kinds, key=lambda kind: kind.__qualname__)]
    groups = [
        ExceptionGroup("g", [OverflowError("port"), ExceptionGroup("h", [OSError()])]),
        BaseExceptionGroup("g", [asyncio.CancelledError()]),
    ]
    return [*made, *groups]


def test_the_walk_finds_what_hosts_have_raised() -> None:
    assert LIBRARIES
    names = {type(error).__name__ for error in exceptions()}
    assert len(names) > 120
    assert names >= {
        *("SSLError", "SSLCertVerificationError", "IDNAError", "InvalidCodepoint", "gaierror"),
        *("ExceptionGroup", "BaseExceptionGroup", "OverflowError", "UnicodeDecodeError"),
        *("RecursionError", "MemoryError", "InvalidURL", "RemoteProtocolError", "PoolTimeout"),
        *("DecompressionBombError", "UnidentifiedImageError", "BrokenResourceError"),
    }


class Failing(httpx.AsyncBaseTransport, httpx.AsyncByteStream):
    """A network that fails at one moment of a request."""

    def __init__(self, error: BaseException, moment: str) -> None:
        self.error = error
        self.moment = moment

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.moment == "connect":
            raise self.error
        status = 403 if self.moment == "refusal" else 200
        return httpx.Response(status, headers={"content-length": "2005"}, stream=self)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        # Enough of a picture to be taken for one.
        yield PICTURE.ljust(2_000)
        if self.moment in ("body", "refusal"):
            raise self.error
        yield b"final"

    async def aclose(self) -> None:
        if self.moment == "close":
            raise self.error


@asynccontextmanager
async def failing_media(error: BaseException, moment: str) -> AsyncIterator[Media]:
    media = Media(
        NO_TRUST,
        AddressRule(),
        trust_env=False,
        transport=Failing(error, moment),
    )
    yield media
    await media.aclose()


@pytest.mark.parametrize("moment", ["connect", "body", "refusal", "close"])
async def test_whatever_a_file_host_causes_is_a_media_error(moment: str) -> None:
    for error in filter(lambda error: isinstance(error, Exception), exceptions()):
        async with failing_media(error, moment) as media:
            with pytest.raises(MediaError) as caught:
                await media.fetch("https://host/x.png", 9_999)
        assert "secret-text" not in str(caught.value), error
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


async def test_whatever_the_service_causes_is_a_failed_query() -> None:
    for error in filter(lambda error: isinstance(error, Exception), exceptions()):
        async with httpx.AsyncClient(transport=Failing(error, "body")) as http:
            client = StatusClient(http, "https://host/api", Secret("sk-test-0123456789"), 5.0)
            if isinstance(error, FORESEEN):
                with pytest.raises(ApiError) as failed:
                    await client.query("1")
                assert failed.value.kind.transport, error
            else:
                # A bug, as far as anybody knows: the worker logs it.
                with pytest.raises((type(error), ApiError)):
                    await client.query("1")


def make_engine(folder: Path, crashes: list[Exception], clock: Clock | None = None) -> Engine:
    """Return an engine that polls nothing."""
    dependencies = make_dependencies(folder, FakeService)._replace(clock=clock or Clock())
    ignore = list[object]().append
    return Engine(dependencies, Callbacks(ignore, lambda: None, lambda *_: None, crashes.append))


async def test_whatever_fails_in_an_errand_is_a_line_and_a_log_entry(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    crashes: list[Exception] = []
    engine = make_engine(tmp_path, crashes)
    leaked = asyncio.CancelledError("by a library")
    for error in (*exceptions(), leaked):
        caplog.clear()
        lines: list[str] = []

        async def fail(error: BaseException = error) -> None:
            raise error

        await engine.spawn_errand("Saving", fail(), lines.append)
        await asyncio.sleep(0)
        name = type(error).__name__
        assert lines == [f"Saving failed ({name}); the log says more."]
        assert [record.exc_info[1] for record in caplog.records if record.exc_info] == [error]
    assert crashes == []
    engine.threads.shutdown()


async def test_a_cancelled_errand_is_no_failure_even_if_its_end_fails(tmp_path: Path) -> None:
    crashes: list[Exception] = []
    engine = make_engine(tmp_path, crashes)
    for error in (
        None,
        OSError("while cleaning up"),
        BaseExceptionGroup("g", [asyncio.CancelledError()]),
    ):
        lines: list[str] = []
        begun = asyncio.Event()

        async def hang(error: BaseException | None = error, begun: asyncio.Event = begun) -> None:
            try:
                begun.set()
                await asyncio.Event().wait()
            finally:
                if error is not None:
                    raise error

        errand = engine.spawn_errand("Saving", hang(), lines.append)
        await begun.wait()
        errand.cancel()
        await asyncio.wait([errand])
        await asyncio.sleep(0)
        assert lines == []
    assert crashes == []
    engine.threads.shutdown()


def test_whatever_fails_in_a_query_polling_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    errors = dict(enumerate(exceptions()))
    results: list[PollResult] = []

    class FailingClient:
        async def query(self, task_id: str) -> StatusResponse:
            raise errors[int(task_id)]

        async def aclose(self) -> None:
            raise next(iter(errors.values()))

    async def run() -> None:
        loop = asyncio.get_running_loop()
        schedule = Schedule(period=30.0, rate=1000.0, random=Random(3))
        schedule.sync({str(number): False for number in errors}, loop.time())
        clock = Clock(boot=loop.time)
        poller = Poller(schedule, FailingClient, results.append, clock=clock)
        polling = asyncio.create_task(poller.run())
        await asyncio.sleep(100)
        polling.cancel()
        await asyncio.wait([polling])
        assert polling.cancelled()

    virtual_time.run(run())
    assert {int(result.task_id) for result in results} == errors.keys()
    assert {result.error.kind for result in results if result.error} == {ErrorKind.UNEXPECTED}
    assert len(results) > 2 * len(errors)


@pytest.mark.parametrize(
    "error",
    [
        ssl.SSLError("record layer failure"),
        MemoryError(),
        BaseExceptionGroup("g", [asyncio.CancelledError()]),
        asyncio.CancelledError("by a library"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("moment", ["connect", "body"])
async def test_the_dashboard_survives_a_preview_and_a_save(
    tmp_path: Path, error: BaseException, moment: str
) -> None:
    async with (
        session(tmp_path, {"t": make_task("t", 2)}) as dashboard,
        failing_media(error, moment) as media,
    ):

        def shows(*words: str) -> bool:
            text = re.sub(r"[\s│]+", " ", dashboard.text)
            return any(word in text for word in words)

        dashboard.service.media = media
        failed = f"failed ({type(error).__name__}); the log says more."
        said = ("The host of the link cannot be reached.", "The connection broke half-way.")
        await dashboard.press("p")
        await dashboard.wait_until(lambda: shows(*said, f"The picture of t {failed}"))
        await dashboard.press("d")
        await dashboard.wait_until(
            lambda: shows(*(f"frame2: {words}" for words in said), f"Saving {failed}")
        )
        await dashboard.press("o")
        await dashboard.wait_for_text("open frame2 of t")
        assert dashboard.app.is_running
