"""What a picture takes: `python -m tests.benchmarks.pictures`.

Milliseconds from its file to what the terminal is sent, and kilobytes of that with all that goes
with it. Cold: the process that encodes is started for it. Warm: it is there. What can be read is
the share of words that tesseract reads back, where it is installed.
"""

from __future__ import annotations

import asyncio
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import mean, median

from PIL import Image

from tests.pictures.displays import shown
from tests.pictures.test_readability import PANE, SCREEN, encoded, file, readable, share, wire_bytes
from tui.graphics import DEFAULT_CELL, Protocol, SymbolSet
from tui.pictures.cache import PictureCache
from tui.pictures.encoding import EncodingRequest

ROUNDS = 9


async def main() -> None:
    """Measure slides and a photo in each protocol, in the pane and on a whole screen."""
    await _times()
    for size in (PANE, SCREEN):
        for protocol in Protocol:
            _sizes(protocol, size)


async def _times() -> None:
    with ThreadPoolExecutor(2) as threads:
        for name in ("text", "photo"):
            for protocol in Protocol:
                times = await _measure(file(name), protocol, threads)
                parts = ", ".join(f"{key} {median(each) * 1000:.0f}" for key, each in times.items())
                sys.stdout.write(f"{name}, {protocol}: {parts} ms\n")


async def _measure(
    data: bytes, protocol: Protocol, threads: ThreadPoolExecutor
) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {"cold": [], "warm": [], "whole screen": []}

    async def fetch(url: str, limit: int) -> bytes:
        return data

    for _ in range(ROUNDS):
        pictures = PictureCache(fetch, threads)
        for name, size in (("cold", PANE), ("warm", PANE), ("whole screen", SCREEN)):
            request = EncodingRequest(*size, protocol, SymbolSet.OCTANTS, DEFAULT_CELL)
            began = time.perf_counter()
            await pictures.encode("https://localhost/1", request)
            times[name].append(time.perf_counter() - began)
    return times


def _sizes(protocol: Protocol, size: tuple[int, int]) -> None:
    names = readable()
    pictures = {name: encoded(name, protocol, size) for name in (*names, "photo")}
    shares = []
    for name in names:
        pixels = shown(pictures[name])
        if protocol is Protocol.SYMBOLS:
            cells = pictures[name].columns * 10, pictures[name].rows * 20
            pixels = pixels.resize(cells, Image.Resampling.NEAREST)
        shares.append(share(name, pixels, min(1710, max(1600, pixels.width))))
    line = f"{protocol} {size[0]}x{size[1]}: {mean(shares):.2f} read, {min(shares):.2f} at least"
    if protocol is not Protocol.SYMBOLS:
        kilobytes = [wire_bytes(pictures[name]) / 1000 for name in names]
        photo = wire_bytes(pictures["photo"]) / 1000
        line += f"; slides {min(kilobytes):.0f} to {max(kilobytes):.0f} kB, a photo {photo:.0f} kB"
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    asyncio.run(main())
