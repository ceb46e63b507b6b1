"""What pictures cost: `python -m tests.benchmarks.pictures`.

Prints, for each way and size, the bytes on the line of seven slides and of a photo (with kitty's
cells in their full form), and the times until they are encoded: cold, where the process that does
it is started for the picture; warm, where it is there and the file is not; kept, where the file is
cached and the picture is wanted in another size.
"""

from __future__ import annotations

import asyncio
import io
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Final

from PIL import Image

from tests.pictures.slides import NAMES, chinese_font, photo, slide
from tui.graphics import DEFAULT_CELL, Protocol, SymbolSet
from tui.pictures import kitty
from tui.pictures.cache import PictureCache
from tui.pictures.encoding import EncodedPicture, EncodingRequest

ROUNDS: Final = 5
SIZES: Final = ((57, 16), (190, 45))
"""Cells of the pane, and of a full screen."""
_LINK: Final = "https://localhost/{}"


async def main() -> None:
    """Measure and print."""
    names = [name for name in NAMES if name != "Chinese" or chinese_font()]
    slides = {name: _png(slide(name).picture) for name in names}
    photos = {f"photo{number}": _png(photo()) for number in range(3)}
    with ThreadPoolExecutor(2) as threads:
        for protocol in Protocol:
            for columns, rows in SIZES:
                request = EncodingRequest(columns, rows, protocol, SymbolSet.OCTANTS, DEFAULT_CELL)
                for kind, files in (("slides", slides), ("photo", photos)):
                    told = await _measure(files, request, threads)
                    sys.stdout.write(f"{protocol}, {columns}x{rows}, {kind}: {told}\n")


async def _measure(
    files: Mapping[str, bytes], request: EncodingRequest, threads: ThreadPoolExecutor
) -> str:
    times: dict[str, list[float]] = {"cold": [], "warm": [], "kept": []}
    other = request._replace(columns=request.columns - 4)
    sizes: list[int] = []

    async def fetch(url: str, limit: int) -> bytes:
        return files[url.rpartition("/")[2]]

    async def timed(pictures: PictureCache, state: str, name: str, way: EncodingRequest) -> None:
        began = time.perf_counter()
        encoded = await pictures.encode(_LINK.format(name), way)
        times[state].append(time.perf_counter() - began)
        if way == request:
            sizes.append(_bytes_on_the_line(encoded))

    for _ in range(ROUNDS):
        pictures = PictureCache(fetch, threads)
        first, *others = files
        await timed(pictures, "cold", first, request)
        for name in others:
            await timed(pictures, "warm", name, request)
        for name in files:
            await timed(pictures, "kept", name, other)
    spent = ", ".join(f"{state} {median(each) * 1000:.0f} ms" for state, each in times.items())
    return f"{min(sizes) / 1000:.1f} to {max(sizes) / 1000:.1f} kB, {spent}"


def _bytes_on_the_line(picture: EncodedPicture) -> int:
    """Return the bytes of a picture; of symbols, those of a frame that shows nothing else."""
    if picture.protocol is Protocol.KITTY:
        pieces = "".join(kitty.transmit(1 << 24, picture))
        rows = (kitty.placeholders(1 << 24, row, picture.columns) for row in range(picture.rows))
        return len((pieces + "".join(rows)).encode())
    if picture.protocol is Protocol.SIXEL:
        return len(picture.data)
    return _bytes_of_symbols(picture)


def _bytes_of_symbols(picture: EncodedPicture) -> int:
    size, previous = 0, b""
    for at in range(0, len(picture.data), 7):
        colours = picture.data[at + 1 : at + 7]
        if colours != previous:
            numbers = ";".join(map(str, colours[:3])), ";".join(map(str, colours[3:]))
            size += len("\x1b[38;2;{};48;2;{}m".format(*numbers))
        size += 4  # UTF-8 of an octant
        previous = colours
    return size


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


if __name__ == "__main__":
    asyncio.run(main())
