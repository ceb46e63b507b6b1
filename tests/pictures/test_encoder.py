"""Encoding costs what it may, in a child that knows nothing and leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import io
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
from pathlib import Path

import PIL
import pytest
from PIL import Image

from tests.pictures import costly
from tests.pictures.costly import COSTLY, LARGE
from tests.support.figures import figure
from tui.graphics import DEFAULT_CELL, Protocol, SymbolSet
from tui.pictures import worker
from tui.pictures.encoder import ENCODE_TIMEOUT, Encoder, PictureError
from tui.pictures.encoding import EncodingRequest
from tui.pictures.worker import MAX_MEMORY_BYTES
from tui.pictures.worker_protocol import REPLY, Result

ROOT = Path(__file__).parents[2]
NEEDS_PROC = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
KITTY = EncodingRequest(57, 16, Protocol.KITTY, SymbolSet.HALVES, DEFAULT_CELL)
HALVES = EncodingRequest(1, 1, Protocol.SYMBOLS, SymbolSet.HALVES, DEFAULT_CELL)
RED_CELL = bytes((255, 0, 0)) * 2
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


def is_alive(pid: int) -> bool:
    """Return whether a process exists, and has not ended unreaped."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
    return False


async def until(true: Callable[[], object], seconds: float = 30.0) -> None:
    async with asyncio.timeout(seconds):
        while True:
            if true():
                return
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("name", COSTLY)
async def test_what_costs_too_much_ends_with_a_line(threads: ThreadPoolExecutor, name: str) -> None:
    make, words = COSTLY[name]
    data = make()
    encoder = Encoder(threads)
    began = time.monotonic()
    with pytest.raises(PictureError, match=f"^(?:{words})$"):
        await encoder.encode(data, KITTY)
    # The rest is for a loaded machine: the deadline itself is exact.
    assert time.monotonic() - began < ENCODE_TIMEOUT + 10
    picture = await encoder.encode(RED, HALVES)
    assert picture.data in (b"\0" + RED_CELL, b"\3" + RED_CELL)


@pytest.mark.parametrize("name", LARGE)
async def test_what_is_large_is_shown_within_the_limits(
    threads: ThreadPoolExecutor, name: str
) -> None:
    # The limit of CPU time holds; a busy machine is no reason.
    picture = await Encoder(threads, timeout=60).encode(LARGE[name](), KITTY)
    assert 0 < picture.columns <= KITTY.columns
    assert 0 < picture.rows <= KITTY.rows
    with Image.open(io.BytesIO(picture.data)) as shown:
        assert shown.width <= 570
        assert shown.height <= 320
        shown.load()


@NEEDS_PROC
async def test_a_decode_that_nobody_wants_any_more_is_killed(threads: ThreadPoolExecutor) -> None:
    encoder, began = Encoder(threads), time.monotonic()
    await encoder.encode(RED, KITTY)
    (child,) = workers()
    decoding = asyncio.create_task(encoder.encode(costly.jpeg_of_scans(500), KITTY))
    await until(lambda: _cpu_seconds(child) > 0.3)
    decoding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await decoding
    assert workers() == []
    assert (await encoder.encode(RED, KITTY)).columns == 57
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
    encoder = Encoder(threads)
    gc.disable()
    try:
        file = File(data)
        gone = weakref.ref(file)
        with suppress(PictureError):
            await encoder.encode(file, KITTY)  # type: ignore[arg-type]
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
    encoder = Encoder(threads)
    await encoder.encode(RED, KITTY)
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


def test_the_child_imports_what_it_needs_from_two_folders(tmp_path: Path) -> None:
    """What else is in the folder of Pillow, even by our name, or beside ours, is not run."""
    pillow = Path(PIL.__file__).parents[1]
    folder = tmp_path / "site-packages"
    for name in ("tui", "enum"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("raise SystemExit(9)")
    for path in pillow.glob("[Pp][Ii][Ll]*"):
        (folder / path.name).symlink_to(path)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", worker.__file__, folder],
        input=b"",
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == REPLY.pack(Result.READY, 0, 0, 0)
    names = {line.rpartition("|")[2].strip() for line in done.stderr.decode().splitlines()}
    ours = {name for name in names if name.partition(".")[0] == "tui"}
    assert {name.rpartition(".")[0] for name in ours} <= {"", "tui", "tui.pictures"}
    assert "tui.pictures.rendering" in ours
    assert not {"tui.pictures.cache", "tui.pictures.encoder"} & ours
    assert not {"textual", "rich", "httpx", "asyncio", "logging.handlers", "socket"} & names


@pytest.mark.soak
@NEEDS_PROC
async def test_memory_is_flat_over_a_thousand_pictures(
    threads: ThreadPoolExecutor, capsys: pytest.CaptureFixture[str]
) -> None:
    encoder = Encoder(threads)
    sizes = []
    for number in range(1000):
        colour = (number % 256, number // 4, 99)
        slide = Image.new("RGB", (320 + number % 320, 360), colour)
        slide.paste((255, 255, 255), (10 + number % 200, 20, 300, 200))
        request = KITTY._replace(protocol=list(Protocol)[number % 3])
        await encoder.encode(costly.saved(slide, "PNG"), request)
        if number in (199, 999):
            sizes.append([_resident(pid) for pid in (os.getpid(), *workers())])
    figure(capsys, "bytes after 200 and 1,000 pictures, here and in the child", sizes)
    for early, late in zip(*sizes, strict=True):
        assert late - early < 3 << 20


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@NEEDS_PROC
async def test_the_child_is_kept_and_goes_when_idle(threads: ThreadPoolExecutor) -> None:
    encoder = Encoder(threads, idle_seconds=0.5)
    pids = set()
    for _ in range(3):
        await encoder.encode(RED, KITTY)
        pids |= set(workers())
    assert len(pids) == 1
    await until(lambda: not workers())
    assert (await encoder.encode(RED, KITTY)).columns == 57


@NEEDS_PROC
async def test_a_child_that_somebody_ended_is_replaced(threads: ThreadPoolExecutor) -> None:
    encoder = Encoder(threads)
    await encoder.encode(RED, KITTY)
    (child,) = workers()
    os.kill(child, 9)
    await until(lambda: not is_alive(child))
    assert (await encoder.encode(RED, KITTY)).columns == 57
    assert child not in workers()


@NEEDS_PROC
@pytest.mark.parametrize("end", ["sys.exit()", "os.kill(os.getpid(), 9)", "os._exit(1)"])
def test_the_child_ends_with_the_program(end: str) -> None:
    """However that ends, and while a picture is being decoded too."""
    code = f"""
        import asyncio, os, sys
        from concurrent.futures import ThreadPoolExecutor
        from tests.pictures.test_encoder import KITTY, RED, workers
        from tui.pictures.encoder import Encoder

        async def main():
            with ThreadPoolExecutor(1) as threads:
                await Encoder(threads).encode(RED, KITTY)
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
    child = int(done.stdout)
    deadline = time.monotonic() + 30
    while is_alive(child):
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
        await Encoder(threads).encode(RED, KITTY)


@pytest.mark.parametrize(
    "answer",
    [
        "DONE(57, 16, b'GIF89a' + bytes(99))",
        "DONE(58, 16, PNG)",
        "DONE(57, 17, PNG)",
        "DONE(0, 0, PNG)",
        "DONE(2**32 - 1, 2**32 - 1, PNG)",
        "DONE(57, 16, PNG[:16] + struct.pack('>II', 10**9, 1) + PNG[24:])",
        "DONE(57, 16, b'')",
        "struct.pack('>BIII', 0, 57, 16, 2**32 - 1) + PNG",
        "struct.pack('>BIII', 77, 1, 1, 0)",
        "struct.pack('>BIII', 0, 9, 9, 99) + b'xx'",
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
        "DONE = lambda *n: struct.pack('>BIII', 0, *n[:2], len(n[2])) + n[2]\n"
        f"PNG = {RED!r}\n"
        "os.write(1, struct.pack('>BIII', 1, 0, 0, 0))\n"
        "os.read(0, 65536)\n"
        f"os.write(1, {answer})\n"
    )
    impostor.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(impostor))
    with pytest.raises(PictureError, match=r"^The picture cannot be decoded\.$"):
        await Encoder(threads).encode(RED, KITTY)


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


def _cpu_seconds(pid: int) -> float:
    fields = re.sub(r"^.*\) ", "", Path(f"/proc/{pid}/stat").read_text()).split()
    return int(fields[11]) / os.sysconf("SC_CLK_TCK")
