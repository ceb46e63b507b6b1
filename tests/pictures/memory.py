"""Prints by how many megabytes beyond the file each costly picture makes the program grow.

`python -m tests.pictures.memory [NAME…]`, with the real client and a host of its own, each in
another process, so that nothing but the program's own side is measured. All without a name.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from tui.config import Config
from tui.demo.server import LoopbackServer, Request, Response
from tui.graphics import DEFAULT_CELL, Protocol, SymbolSet
from tui.pictures.cache import PictureCache, PictureError
from tui.pictures.encoding import EncodingRequest
from tui.scenext.client import HttpClientFactory

_REQUEST = EncodingRequest(57, 16, Protocol.KITTY, SymbolSet.OCTANTS, DEFAULT_CELL)


def _serve(pipe: Connection, chosen: list[str]) -> None:
    from PIL import Image

    from tests.pictures.costly import COSTLY, LARGE, saved

    noise = Image.frombytes("RGB", (2600, 2600), random.Random(1).randbytes(3 * 2600 * 2600))
    files = {
        "20 MiB": lambda: saved(noise, "PNG"),
        **{f"costly {name}": make for name, (make, _) in COSTLY.items()},
        **{f"large {name}": make for name, make in LARGE.items()},
    }
    names = chosen or list(files)

    def respond(request: Request) -> Response:
        data = files[names[int(request.path[1:])]]()
        pipe.send(len(data))
        return Response(200, data, {"Content-Type": "image/png"})

    server = LoopbackServer(respond)
    server.start()
    pipe.send((server.origin, names))
    pipe.recv()
    server.close()


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024


def _start_measuring() -> int:
    Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


async def _measure(origin: str, names: list[str], pipe: Connection) -> None:
    media = HttpClientFactory(Config(base_url=origin)).media_client()
    with ThreadPoolExecutor(4) as threads:
        pictures = PictureCache(media.fetch, threads)
        for number, name in enumerate(names):
            before = _start_measuring()
            with suppress(PictureError):
                await pictures.encode(f"{origin}/{number}", _REQUEST)
            size = await asyncio.to_thread(pipe.recv)
            grown = (_status("VmHWM") - before - size) / 1e6
            sys.stdout.write(f"{name}: {grown:.1f}\n")
    await media.aclose()


def main() -> None:
    """Measure."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    host = context.Process(target=_serve, args=(theirs, sys.argv[1:]), daemon=True)
    host.start()
    origin, names = ours.recv()
    asyncio.run(_measure(origin, names, ours))
    ours.send(None)
    host.join()


if __name__ == "__main__":
    main()
