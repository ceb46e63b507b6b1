"""Runs `tui/pictures/worker.py`, the process that encodes pictures, and talks to it.

A picture comes from a host that nobody here controls, and a few bytes of it can claim gigabytes and
minutes. So it is decoded in a child process: what it may use is limited there, and here it is
killed at its deadline and when nobody wants the picture any more. What it answers is checked like
anything else from outside.
"""

from __future__ import annotations

import asyncio
import logging
import os
import select
import signal
import subprocess
import sys
import time
import weakref
from concurrent.futures import Executor
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tui.pictures import worker
from tui.pictures.encoding import EncodedPicture, EncodingRequest
from tui.pictures.soundness import is_sound
from tui.pictures.worker_protocol import MAX_REPLY_BYTES, REPLY, Result, pack

START_TIMEOUT: Final = 10.0
"""Seconds for the child to start and to import Pillow, on a machine that is busy."""
ENCODE_TIMEOUT: Final = 5.0
"""Seconds for one picture."""
CANCEL_GRACE: Final = 0.2
"""Seconds for a picture that nobody wants any more, before the child is ended."""
IDLE_SECONDS: Final = 60.0
"""Seconds after a picture for which the child is kept for the next one."""

# The child needs none to run but those that find the libraries of an unusual installation. Any
# other may hold a key: ours, or somebody else's.
_PASSED_VARIABLES: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
_TOO_LONG: Final = "The picture takes too long to decode."
_CANNOT_START: Final = "Pictures cannot be decoded: {}."

_log = logging.getLogger(__name__)


class PictureError(Exception):
    """A picture cannot be shown; the message is one line that says why."""


class Encoder:
    """Encodes pictures in a child that is started when needed and ends when idle.

    One at a time, to limit the memory that large pictures take.
    """

    def __init__(
        self,
        executor: Executor,
        *,
        idle_seconds: float = IDLE_SECONDS,
        timeout: float = ENCODE_TIMEOUT,
    ) -> None:
        """Prepare.

        Args:
            executor: Runs what waits for the child, so that the loop never does.
            idle_seconds: How long the child is kept after a picture.
            timeout: Seconds for one picture, however busy the machine is.
        """
        self._executor = executor
        self._idle_seconds = idle_seconds
        self._timeout = timeout
        self._lock = asyncio.Lock()
        self._child: _Child | None = None
        self._idle_timer: asyncio.TimerHandle | None = None

    async def encode(self, file: bytes, request: EncodingRequest) -> EncodedPicture:
        """Return the picture in a file, encoded for a terminal. Ended when cancelled.

        Raises:
            PictureError: it is no picture, or costs too much, or there is nothing to encode it.
        """
        async with self._lock:
            if self._idle_timer is not None:
                self._idle_timer.cancel()
            child = self._child or _Child(self._timeout)
            self._child = None
            loop = asyncio.get_running_loop()
            answer = loop.run_in_executor(self._executor, child.request, file, request)
            # Nobody asks for the error of a request that was cancelled.
            answer.add_done_callback(lambda done: done.cancelled() or done.exception())
            try:
                picture = await asyncio.shield(answer)
            except asyncio.CancelledError:
                # Most pictures take less time than the start of another child.
                if not (await asyncio.wait([answer], timeout=CANCEL_GRACE))[0]:
                    child.kill()
                    await asyncio.wait([answer])
                raise
            finally:
                if not answer.done():
                    child.kill()
                elif child.is_running:
                    self._child = child
                    self._idle_timer = loop.call_later(self._idle_seconds, self._retire)
                # Its error refers to this frame: in a circle, the file would stay in memory until
                # garbage is collected, which may take long.
                del answer
            return picture

    def close(self) -> None:
        """End the child, if there is one: nothing is being encoded, and nothing will be."""
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        child, self._child = self._child, None
        if child is not None:
            child.close()

    def _retire(self) -> None:
        """End the child; in a thread, since reaping a process may take a moment."""
        child, self._child = self._child, None
        if child is not None:
            with suppress(RuntimeError):  # The executor has ended, and the program with it.
                self._executor.submit(child.close)


class _Child:
    """The process. All but `kill` blocks, and is called by one thread at a time.

    It is ended with this object at the latest, hence at the end of the program too; if that is
    killed, the child's input ends.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False
        self._end: weakref.finalize[..., _Child] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it can take another request."""
        return self._end is not None and self._end.alive and not self._killed

    def kill(self) -> None:
        """End the process at once; what is waiting for it returns, and closes it."""
        self._killed = True
        if self._process is not None:
            self._process.kill()

    def close(self) -> int:
        """End the process and reap it; return its exit code."""
        return (self._end() if self._end is not None else None) or 0

    def request(self, file: bytes, request: EncodingRequest) -> EncodedPicture:
        """Send a request and return the picture; close the child if anything fails.

        Raises:
            PictureError: see `Encoder.encode`.
        """
        try:
            if self._process is None or self._process.poll() is not None:
                self._start()
            return self._exchange(file, request)
        except PictureError:
            raise
        except TimeoutError:
            self.close()
            raise PictureError(_TOO_LONG) from None
        except (OSError, EOFError):
            code = self.close()
            if not self._killed:
                _log.warning("the process that encodes pictures ended with %d", code)
            slow = code in (-signal.SIGPROF, -signal.SIGXCPU)
            raise PictureError(_TOO_LONG if slow else "The picture cannot be decoded.") from None
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        self.close()
        pillow = find_spec("PIL")
        if pillow is None or not pillow.origin:
            raise PictureError(_CANNOT_START.format("Pillow is not installed"))
        # -I and -S: no variable, no folder and no .pth file has a say in what it imports.
        cache = ("-B",) if sys.dont_write_bytecode else ()
        flags = ("-I", "-S", *cache, worker.__file__, Path(pillow.origin).parents[1])
        try:
            self._process = process = subprocess.Popen(
                [sys.executable, *flags],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={name: os.environ[name] for name in _PASSED_VARIABLES if name in os.environ},
                # ctrl+c and ctrl+z concern the dashboard alone.
                start_new_session=True,
            )
        except OSError as error:
            reason = f"{sys.executable} does not start ({error.strerror})"
            raise PictureError(_CANNOT_START.format(reason)) from None
        self._end = weakref.finalize(self, _end, process)
        if self._killed:
            process.kill()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None  # noqa: S101 (both are pipes)
            os.set_blocking(pipe.fileno(), False)
        self._greet(process)

    def _greet(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until the child is ready."""
        result, reason = int(Result.NO_PILLOW), f"{sys.executable} does not start"
        with suppress(OSError, EOFError, TimeoutError):
            until = time.monotonic() + START_TIMEOUT
            result = REPLY.unpack(_read(process, REPLY.size, until))[0]
            reason = "Pillow cannot be imported; install scenext-tui again"
        if result != Result.READY:
            self.close()
            raise PictureError(_CANNOT_START.format(reason))

    def _exchange(self, file: bytes, request: EncodingRequest) -> EncodedPicture:
        process, until = self._process, time.monotonic() + self._timeout
        assert process is not None  # noqa: S101 (started)
        _write(process, pack(request, len(file)), until)
        _write(process, file, until)
        result, first, second, length = REPLY.unpack(_read(process, REPLY.size, until))
        if result == Result.DONE and 0 < length <= MAX_REPLY_BYTES:
            data = bytes(_read(process, length, until))
            picture = EncodedPicture(request.protocol, request.symbols, first, second, data)
            if is_sound(picture, request):
                return picture
        if result == Result.TOO_LARGE:
            raise PictureError(f"The picture is too large to show: {first} by {second}.")
        if result == Result.BROKEN:
            raise PictureError("The picture is broken, or none.")
        self.close()
        if result == Result.TOO_MUCH_MEMORY:
            raise PictureError("The picture needs too much memory to decode.")
        raise PictureError("The picture cannot be decoded.")


def _end(process: subprocess.Popen[bytes]) -> int:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    return process.wait()


def _write(process: subprocess.Popen[bytes], data: bytes, until: float) -> None:
    assert process.stdin is not None  # noqa: S101 (it is a pipe)
    view = memoryview(data)
    while view:
        _wait(process.stdin.fileno(), select.POLLOUT, until)
        view = view[os.write(process.stdin.fileno(), view) :]


def _read(process: subprocess.Popen[bytes], length: int, until: float) -> bytearray:
    assert process.stdout is not None  # noqa: S101 (it is a pipe)
    data = bytearray(length)
    view = memoryview(data)
    while view:
        _wait(process.stdout.fileno(), select.POLLIN, until)
        count = os.readv(process.stdout.fileno(), [view])
        if not count:
            raise EOFError
        view = view[count:]
    return data


def _wait(descriptor: int, event: int, until: float) -> None:
    poller = select.poll()
    poller.register(descriptor, event)
    if not poller.poll(max(0.0, until - time.monotonic()) * 1000):
        raise TimeoutError
