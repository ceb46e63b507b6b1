"""Decoding costs what it may, in a child that knows nothing and leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import os
import re
import subprocess
import sys
import textwrap
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tui.pictures.decoder import DECODE_TIMEOUT, MAX_SIZE, Decoder, Picture, PictureError

from tests.pictures import costly
from tests.pictures.costly import COSTLY, LARGE
from tests.pictures.kinds import CORNERS, KINDS, turned
from tests.support.figures import figure
from tui.pictures.worker import MAX_MEMORY_BYTES

ROOT = Path(__file__).parents[2]
NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
RED = costly.saved(Image.new("RGB", (64, 36), (255, 0, 0)), "PNG")


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    # The decoder of the last test may be in a circle still, and its child with it.
    gc.collect()
    with ThreadPoolExecutor(2) as pool:
        yield pool


def workers(parent: int | None = None) -> list[int]:
    """The children that decode pictures, of a process; those that ended unreaped too."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        ours = int(fields[1]) == (parent or os.getpid())
        if ours and (fields[0] == "Z" or b"worker.py" in command):
            found.append(int(folder.name))
    return found


async def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while True:
            if true():
                return
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("name", COSTLY)
async def test_what_costs_too_much_ends_with_a_line(threads: ThreadPoolExecutor, name: str) -> None:
    make, words = COSTLY[name]
    data = make()
    decoder = Decoder(threads)
    began = time.monotonic()
    with pytest.raises(PictureError, match=f"^(?:{words})$"):
        await decoder.decode(data)
    # The rest is for a loaded machine: the deadline itself is exact.
    assert time.monotonic() - began < DECODE_TIMEOUT + 10
    picture = await decoder.decode(RED)
    assert picture == (64, 36, b"\xff\0\0" * (64 * 36))


@pytest.mark.parametrize("name", LARGE)
async def test_what_is_large_is_shown_within_the_limits(
    threads: ThreadPoolExecutor, name: str
) -> None:
    picture = await Decoder(threads).decode(LARGE[name]())
    assert picture.width <= MAX_SIZE[0]
    assert picture.height <= MAX_SIZE[1]
    assert len(picture.data) == 3 * picture.width * picture.height


async def test_each_kind_of_picture_is_shown_in_its_colours(threads: ThreadPoolExecutor) -> None:
    decoder, wrong = Decoder(threads), {}
    for name, kind in KINDS.items():
        picture = Image.frombytes("RGB", *_split(await decoder.decode(kind.file)))
        step = picture.width / len(kind.colours)
        shown = [
            picture.getpixel((int((number + 0.5) * step), picture.height // 2))
            for number in range(len(kind.colours))
        ]
        if not all(map(partial(_is_near, kind.tolerance), shown, kind.colours)):
            wrong[name] = shown, kind.colours
    assert wrong == {}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_a_picture_is_turned_as_its_exif_says(threads: ThreadPoolExecutor, kind: str) -> None:
    """One that says what there is not is shown as it is stored."""
    decoder, wrong = Decoder(threads), {}
    for orientation in (1, 2, 3, 4, 5, 6, 7, 8, 0, 9, 65535):
        picture = await decoder.decode(turned(kind, orientation))
        if (picture.width, picture.height) != (64, 32) or not _has_corners(picture):
            wrong[orientation] = picture[:2]
    assert wrong == {}


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
async def test_what_is_turned_is_as_sharp_as_what_is_not(
    threads: ThreadPoolExecutor, orientation: int
) -> None:
    picture = await Decoder(threads).decode(turned("JPEG", orientation, (2400, 1200)))
    assert picture[:2] == (640, 320)
    assert _has_corners(picture)


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"Exif\0\0",
        b"Exif\0\0MM\0*\0\0\0\x08",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\2\0\2\0\0\0006\0\0\0\0\0\0\0",
        b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x12\1\3\0\xff\xff\xff\xff" * 5000,
        b"?" * 60_000,
    ],
    ids=["empty", "header", "cut short", "far", "a word", "many", "none"],
)
async def test_a_broken_exif_costs_only_the_turning(
    threads: ThreadPoolExecutor, exif: bytes
) -> None:
    for kind in ("JPEG", "WEBP"):
        red = Image.new("RGB", (64, 32), (255, 0, 0))
        picture = await Decoder(threads).decode(costly.saved(red, kind, exif=exif))
        assert picture[:2] == (64, 32)
        assert picture.data[0] > 240


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
async def test_the_first_frame_is_shown(threads: ThreadPoolExecutor, kind: str) -> None:
    picture = await Decoder(threads).decode(costly.animated(kind))
    assert picture.data[0] > 240
    assert picture.data[1] < 15


@pytest.mark.parametrize("kind", ["TIFF", "BMP", "PPM", "ICO", "TGA", "PDF", "EPS", "JPEG2000"])
async def test_no_other_format_is_read(threads: ThreadPoolExecutor, kind: str) -> None:
    data = costly.saved(Image.new("RGB", (64, 36)), kind)
    with pytest.raises(PictureError, match="broken, or none"):
        await Decoder(threads).decode(data)


async def test_shrinking_keeps_what_is_seen(threads: ThreadPoolExecutor) -> None:
    """Half red, half clear, in a size that no whole factor divides."""
    wide = Image.new("RGBA", (4001, 2003), (0, 0, 255, 0))
    wide.paste((255, 0, 0, 255), (0, 0, 2001, 2003))
    picture = await Decoder(threads).decode(costly.saved(wide, "PNG"))
    assert (picture.width, picture.height) == (640, 320)
    shown = Image.frombytes("RGB", picture[:2], picture.data)
    expected = Image.alpha_composite(Image.new("RGBA", wide.size, "white"), wide).convert("RGB")
    expected.thumbnail(MAX_SIZE)
    for x in (0, 100, 310, 330, 500, 639):
        for y in (0, 160, 319):
            assert shown.getpixel((x, y)) == expected.getpixel((x, y)), (x, y)


@NEEDS_PROC
async def test_a_decode_that_nobody_wants_any_more_is_killed(threads: ThreadPoolExecutor) -> None:
    decoder, began = Decoder(threads), time.monotonic()
    await decoder.decode(RED)
    (child,) = workers()
    decoding = asyncio.create_task(decoder.decode(costly.jpeg_of_scans(500)))
    await until(lambda: _cpu_seconds(child) > 0.3)
    decoding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await decoding
    assert workers() == []
    assert (await decoder.decode(RED)).width == 64
    assert time.monotonic() - began < 60


class File(bytearray):
    """A file that can be referenced weakly, which `bytes` cannot."""


@pytest.mark.parametrize(
    "data",
    [RED, RED[:-30], costly.claiming_webp(5000, 5000)],
    ids=["fine", "broken", "too large"],
)
async def test_a_file_is_let_go_with_its_picture_however_that_ends(
    threads: ThreadPoolExecutor, data: bytes
) -> None:
    """Without garbage collection, which is rare in the program: a file may have 20 MiB."""
    decoder = Decoder(threads)
    gc.disable()
    try:
        file = File(data)
        gone = weakref.ref(file)
        with suppress(PictureError):
            await decoder.decode(file)  # type: ignore[arg-type]
        del file
        await until(lambda: gone() is None)
    finally:
        gc.enable()


@NEEDS_PROC
async def test_the_child_knows_nothing_and_is_limited(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCENEXT_API_KEY", "sk-CANARY")
    monkeypatch.setenv("SOMEBODY_ELSES_TOKEN", "sk-CANARY")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/nowhere")
    decoder = Decoder(threads)
    await decoder.decode(RED)
    (child,) = workers()
    folder = Path(f"/proc/{child}")
    names = {
        entry.partition(b"=")[0] for entry in folder.joinpath("environ").read_bytes().split(b"\0")
    }
    # Python itself sets LC_CTYPE where there is no locale.
    assert names - {b"", b"LC_CTYPE"} == {b"LD_LIBRARY_PATH"}
    assert b"sk-" not in folder.joinpath("cmdline").read_bytes()
    assert folder.joinpath("cwd").readlink() == Path("/")
    assert os.getsid(child) == child
    limits = {
        line[:26].strip(): line[26:].split()[:2]
        for line in folder.joinpath("limits").read_text().splitlines()
    }
    assert limits["Max address space"] == [str(MAX_MEMORY_BYTES)] * 2
    assert limits["Max core file size"] == ["0", "0"]
    assert limits["Max open files"] == ["16", "16"]
    assert int(limits["Max cpu time"][0]) <= 5
    assert {int(each.name) for each in folder.joinpath("fd").iterdir()} == {0, 1, 2}


@NEEDS_PROC
async def test_the_child_is_kept_and_goes_when_idle(threads: ThreadPoolExecutor) -> None:
    decoder = Decoder(threads, idle_seconds=0.5)
    pids = set()
    for _ in range(3):
        await decoder.decode(RED)
        pids |= set(workers())
    assert len(pids) == 1
    await until(lambda: not workers())
    assert (await decoder.decode(RED)).width == 64


@NEEDS_PROC
async def test_a_child_that_somebody_ended_is_replaced(threads: ThreadPoolExecutor) -> None:
    decoder = Decoder(threads)
    await decoder.decode(RED)
    (child,) = workers()
    os.kill(child, 9)
    await until(lambda: "Z" in Path(f"/proc/{child}/stat").read_text())
    assert (await decoder.decode(RED)).width == 64
    assert child not in workers()


@NEEDS_PROC
@pytest.mark.parametrize("end", ["sys.exit()", "os.kill(os.getpid(), 9)", "os._exit(1)"])
def test_the_child_ends_with_the_program(end: str) -> None:
    """However that ends, and while a picture is being decoded too."""
    code = f"""
        import asyncio, os, sys
        from concurrent.futures import ThreadPoolExecutor
        from tests.pictures.test_decoder import RED, workers
        from tui.pictures.decoder import Decoder

        async def main():
            with ThreadPoolExecutor(1) as threads:
                await Decoder(threads).decode(RED)
                print(*workers(), flush=True)
                {end}

        asyncio.run(main())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=60,
    )
    assert not done.stderr
    child = Path(f"/proc/{int(done.stdout)}")
    deadline = time.monotonic() + 10
    while child.exists() and "Z" not in child.joinpath("stat").read_text().rpartition(")")[2]:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/nowhere/python", r"/nowhere/python does not start \(No such file or directory\)"),
        ("/bin/false", "/bin/false does not start"),
    ],
)
async def test_where_it_cannot_be_started_one_line_says_so(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, command: str, words: str
) -> None:
    monkeypatch.setattr(sys, "executable", command)
    with pytest.raises(PictureError, match=rf"^Pictures cannot be decoded: {words}\.$"):
        await Decoder(threads).decode(RED)


@pytest.mark.parametrize(
    "answer",
    [
        "struct.pack('>BII', 0, 641, 400)",
        "struct.pack('>BII', 0, 2**32 - 1, 2**32 - 1)",
        "struct.pack('>BII', 0, 0, 0)",
        "struct.pack('>BII', 77, 1, 1)",
        "struct.pack('>BII', 0, 9, 9) + b'xx'",
        "b''",
    ],
)
async def test_what_a_child_taken_over_answers_is_checked(
    threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: str
) -> None:
    impostor = tmp_path / "python"
    impostor.write_text(
        f"#!{sys.executable}\n"
        "import os, struct\n"
        "os.write(1, struct.pack('>BII', 1, 0, 0))\n"
        "os.read(0, 65536)\n"
        f"os.write(1, {answer})\n"
    )
    impostor.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(impostor))
    with pytest.raises(PictureError, match=r"^The picture cannot be decoded\.$"):
        await Decoder(threads).decode(RED)


@NEEDS_PROC
@pytest.mark.parametrize(
    "names",
    [
        # One of each end: shown, refused by its size, ended by a limit.
        pytest.param(["20 MiB", "large palette", "costly webp", "costly png, text"], id="some"),
        pytest.param([], marks=pytest.mark.soak, id="all"),
    ],
)
def test_the_program_grows_by_no_more_than_the_file(
    capsys: pytest.CaptureFixture[str], names: list[str]
) -> None:
    """In a process of its own, with a picture of 20 MiB and some that are made to be costly."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.pictures.memory", *names],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        name, _, grown = line.rpartition(": ")
        figure(capsys, f"memory beyond the file, {name}", f"{grown} MB")
        assert float(grown) <= 10, name
    assert len(done.stdout.splitlines()) == (len(names) or len(COSTLY) + len(LARGE) + 1)


def _split(picture: Picture) -> tuple[tuple[int, int], bytes]:
    return picture[:2], picture.data


def _has_corners(picture: Picture) -> bool:
    shown = Image.frombytes("RGB", *_split(picture))
    return all(
        _is_near(
            8,
            shown.getpixel(
                (
                    shown.width // 4 * (3 if "right" in corner else 1),
                    shown.height // 4 * (3 if "bottom" in corner else 1),
                )
            ),
            colour,
        )
        for corner, colour in CORNERS.items()
    )


def _is_near(tolerance: int, one: Any, other: Any) -> bool:  # noqa: ANN401
    return all(abs(a - b) <= tolerance for a, b in zip(one, other, strict=True))


def _cpu_seconds(pid: int) -> float:
    fields = re.sub(r"^.*\) ", "", Path(f"/proc/{pid}/stat").read_text()).split()
    return int(fields[11]) / os.sysconf("SC_CLK_TCK")
