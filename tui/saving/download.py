"""One file on its way from its host to the disk, over as many connections as that takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from tui.errors import MediaError, UnreachableError
from tui.http.byte_ranges import ByteRange
from tui.saving.file_writer import PartialFile, append
from tui.saving.saved_files import SavedFile, find_saved

if TYPE_CHECKING:
    from tui.scenext.media import Media
    from tui.scenext.media_response import MediaBody

MIN_PROGRESS: Final = 64 << 10
"""Bytes by which a try must get further to count as progress."""
PIECE_BYTES: Final = 32 << 10
"""Bytes of each piece that is compared with a file that was saved before."""
MIN_COMPARED: Final = 4 * PIECE_BYTES
"""Bytes of the smallest file that is compared by pieces; a smaller one is fetched and compared
whole."""

T = TypeVar("T")


class Download:
    """Saves one link as a file; call `receive` again after a `MediaError`, `discard` at the end.

    After a broken connection it goes on where that broke, if the host tells by a strong validator
    that it still has the same version of the file and sends exactly the rest; otherwise it starts
    again. Nothing is kept for another run of the program.

    A large file that was saved before is not fetched again: it counts as the same if its length is
    the same, and so are its first, its middle and its last `PIECE_BYTES`. The last ones hold the
    checksum of a PNG, and an MP4 has its index at one end.
    """

    def __init__(
        self,
        path: Path,
        media: Callable[[], Media],
        executor: Executor,
        progress: Callable[[int, int | None], None],
    ) -> None:
        """Prepare.

        Args:
            path: What the file is to be named, if its content agrees with the suffix.
            media: Returns the client; raises `MediaError` while there is none.
            executor: Runs the blocking file operations.
            progress: Called with the bytes received, and the total where known.
        """
        self._path = path
        self._media = media
        self._executor = executor
        self._progress = progress
        self._file: PartialFile | None = None
        self._rest: ByteRange | None = None
        """What to ask for next; None for the whole file."""
        self._furthest = 0
        self._is_new = False

    async def receive(self, url: str) -> Path:
        """Fetch the file, or its rest, and return its path.

        Raises:
            MediaError: it could not be fetched; `progressed` tells whether a new part of it was.
            SaveError: it could not be written.
        """
        if not self._is_new and (saved := await self._find_same(url)):
            return saved
        self._is_new = True
        try:
            async with self._media().stream(url, self._rest) as body:
                file = await self._prepare(body)
                return await append(body, file, self._progress, self._executor)
        except MediaError as error:
            self._note_break(error)
            raise

    async def discard(self) -> None:
        """Remove what is not complete; what was saved stays."""
        if self._file is not None:
            # Shielded, so that a second cancellation does not stop the removal.
            await asyncio.shield(self._run(self._file.discard))

    def _run(self, function: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._executor, function)

    async def _prepare(self, body: MediaBody) -> PartialFile:
        """Return the file that the body belongs into, as long as its offset."""
        if self._file is not None and body.offset:
            return self._file
        whole = ByteRange(0, validator=body.validator, total=body.length)
        self._rest = whole if body.validator else None
        path = self._path.with_name(body.file_type.file_name(self._path.name))
        if self._file is not None and self._file.path == path:
            await self._run(self._file.restart)
            return self._file
        await self.discard()
        self._file = PartialFile(path)
        await self._run(self._file.open)
        return self._file

    def _note_break(self, error: MediaError) -> None:
        size = 0 if self._file is None else self._file.size
        error.progressed = size >= self._furthest + MIN_PROGRESS
        if size and isinstance(error, UnreachableError):
            # What has just been there may be back in a moment: a network that was changed, say.
            error.retry_after = 0.0
        self._furthest = max(self._furthest, size)
        if self._rest is not None:
            self._rest = self._rest._replace(first=size) if size else None

    async def _find_same(self, url: str) -> Path | None:
        """Return the path of a file that was saved before and is the same as the link's."""
        saved = await self._run(lambda: find_saved(self._path, min_size=MIN_COMPARED))
        try:
            return await self._compare(url, saved) if saved else None
        finally:
            for file in saved:
                file.close()

    async def _compare(self, url: str, saved: list[SavedFile]) -> Path | None:
        async with self._media().stream(url, ByteRange(0, PIECE_BYTES - 1)) as body:
            length, validator = body.length, body.validator
            if length is None or not body.is_part:
                return None
            same = [file for file in saved if file.size == length]
            same = await self._holding(same, body) if same else []
        for first in ((length - PIECE_BYTES) // 2, length - PIECE_BYTES):
            if not same:
                return None
            wanted = ByteRange(first, first + PIECE_BYTES - 1, validator, length)
            async with self._media().stream(url, wanted) as body:
                same = await self._holding(same, body) if body.is_part else []
        return same[0].path if same else None

    async def _holding(self, files: list[SavedFile], body: MediaBody) -> list[SavedFile]:
        piece = b"".join([chunk async for chunk in body])
        return await self._run(lambda: [file for file in files if file.holds(body.offset, piece)])
