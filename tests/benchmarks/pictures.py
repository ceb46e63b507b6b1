"""What a picture takes: `python -m tests.benchmarks.pictures`.

Cold: the process that decodes is started for it. Warm: it is there. Kept: the picture has been
decoded, and is shown in another size.
"""

from __future__ import annotations

import asyncio
import io
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from PIL import Image

from tui.pictures.cache import PictureCache

ROUNDS = 9


async def main() -> None:
    """Measure a frame as the service sends them, in two formats."""
    frame = Image.effect_noise((480, 270), 60).convert("RGB").resize((1920, 1080))
    with ThreadPoolExecutor(2) as threads:
        for kind in ("PNG", "JPEG"):
            packed = io.BytesIO()
            frame.save(packed, kind, quality=90)
            times = await _measure(packed.getvalue(), threads)
            told = ", ".join(f"{name} {median(each) * 1000:.0f} ms" for name, each in times.items())
            sys.stdout.write(f"{kind} of 1920x1080: {told}\n")


async def _measure(data: bytes, threads: ThreadPoolExecutor) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {"cold": [], "warm": [], "kept": []}

    async def fetch(url: str, limit: int) -> bytes:
        return data

    for _ in range(ROUNDS):
        pictures = PictureCache(fetch, threads)
        for name, number, columns in (("cold", 1, 48), ("warm", 2, 48), ("kept", 2, 40)):
            began = time.perf_counter()
            await pictures.pixels(f"https://localhost/{number}", columns, 14)
            times[name].append(time.perf_counter() - began)
    return times


if __name__ == "__main__":
    asyncio.run(main())
