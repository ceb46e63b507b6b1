"""Preview, save, copy and open frames over SSH, in real terminals and in tmux."""

from __future__ import annotations

import json
import os
import random
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.home import COMMAND, Home
from tests.support.picture_host import BLOCKS, BLUE, GREEN, RED, PictureHost, painted, picture
from tests.support.service import Reply, ScriptedService, completed, frame_url, task
from tests.support.terminal import Terminal
from tui.demo import DemoService
from tui.demo.server import Request, Response
from tui.demo.storyboard import PHOTOSYNTHESIS, PYTHAGORAS

DEMO_IN_ORDER = r"Needs attention  1(.|\n)*✓ .*48213"
"""The order that the demo's tasks keep at first: before, the last of them is another one."""
SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def wait_until(condition: Callable[[], object], terminal: Terminal) -> None:
    terminal.wait_for(lambda _: condition())


def to_frames(terminal: Terminal) -> None:
    """Move the focus from the list to the frames of the task."""
    terminal.press("enter")
    terminal.wait_for(r"esc +back")


# Preview


def test_the_preview_follows_the_frame_and_fetches_each_path_once(
    home: Home, service: ScriptedService, host: PictureHost
) -> None:
    for number, colour in enumerate((RED, GREEN), 1):
        host.answers[f"/frame{number}.png"] = picture(colour)
    paths = ("/frame1.png", "/frame2.png")
    service.script(
        "t",
        task("t", "COMPLETED", frames=[host.link(path) for path in paths]),
        task("t", "COMPLETED", frames=[host.link(path, "second") for path in paths]),
    )
    with home.open("watch", "t") as terminal:
        terminal.wait_for_text("2 frames")
        to_frames(terminal)
        terminal.press("home", "p")
        terminal.wait_for("frame1, 1 of 2")
        wait_until(lambda: painted(RED) in terminal.raw, terminal)
        terminal.press("down")
        terminal.wait_for("frame2, the newest of 2")
        wait_until(lambda: painted(GREEN) in terminal.raw, terminal)
        terminal.press("r")
        service.wait_for_requests(2, task_id="t", answered=True)
        terminal.wait_quiet(0.3)
        seen = len(terminal.raw)
        terminal.press("up")
        wait_until(lambda: painted(RED) in terminal.raw[seen:], terminal)
        terminal.press("p")
        terminal.wait_gone(BLOCKS)
    assert [request.path for request in host.requests] == ["/frame1.png", "/frame2.png"]
    assert not any("authorization" in request.headers for request in host.requests)
    assert service.api_key not in repr(host.requests)


@pytest.mark.parametrize(
    ("cols", "rows", "term", "keys", "max_bytes"),
    [
        (80, 24, "xterm-256color truecolor", ("p",), 40_000),
        (80, 24, "xterm-256color", ("p",), 40_000),
        (80, 24, "xterm", ("p",), 30_000),
    ],
    ids=["true colour", "256 colours", "16 colours"],
)
def test_the_demos_pictures_everywhere(
    home: Home, cols: int, rows: int, term: str, keys: tuple[str, ...], max_bytes: int
) -> None:
    name, _, colours = term.partition(" ")
    env = {"TERM": name, "COLORTERM": colours, **SSH}
    with home.open("--demo", cols=cols, rows=rows, env=env) as terminal:
        terminal.wait_for(DEMO_IN_ORDER)
        terminal.press("G")
        to_frames(terminal)
        terminal.press("end")
        terminal.wait_for_text("frame6.png")
        sizes = []
        for key in keys:
            terminal.wait_quiet(0.3)
            before = len(terminal.raw)
            terminal.press(key)
            terminal.wait_for(BLOCKS)
            terminal.wait_quiet(0.3)
            sizes.append(len(terminal.raw) - before)
        blocks = len(re.findall(BLOCKS, terminal.text()))
        drawn = terminal.raw
    sys.stdout.write(f"{cols}x{rows} {term} {keys}: {sizes} bytes, {blocks} cells\n")
    assert blocks > 40
    assert sizes[-1] < max_bytes
    assert (b"38;2;" in drawn) is (colours == "truecolor")
    assert (b"38;5;" in drawn) is (name == "xterm-256color" and not colours)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Response(200, b"<html>"), "sent a web page"),
        (Response(200, b"\x89PNG\r\n\x1a\n"), "The picture is broken, or none."),
        (Response(200, b"x", {"Content-Length": str(21 << 20)}), "It is larger than 20 MiB."),
        (Response(302, headers={"Location": "http://127.0.0.2/x"}), "leads to another host"),
    ],
    ids=["page", "broken", "large", "elsewhere"],
)
def test_what_cannot_be_shown_says_so_once_and_is_tried_again_on_demand(
    home: Home, service: ScriptedService, host: PictureHost, answer: Response, words: str
) -> None:
    host.answers["/frame1.png"] = answer
    service.script("t", task("t", frames=[host.link("/frame1.png")]))
    with home.open("watch", "t", env=SSH) as terminal:
        terminal.wait_for_text("1 frame")
        terminal.press("p")
        terminal.wait_for(lambda text: words in " ".join(text.split()))
        polls = len(service.for_task("t"))
        service.wait_for_requests(polls + 1, task_id="t", answered=True)
        assert len(host.requests) == 1
        host.answers["/frame1.png"] = picture(RED)
        terminal.press("p")
        terminal.wait_gone(lambda text: words in " ".join(text.split()))
        terminal.press("p")
        terminal.wait_for(BLOCKS)


def test_a_frame_that_was_left_while_it_loaded_is_given_up(
    home: Home, service: ScriptedService, host: PictureHost
) -> None:
    host.answers["/slow.png"] = Response(200, b"x", {"Content-Length": "1000"})
    host.answers["/frame2.png"] = picture(GREEN)
    links = [host.link("/slow.png"), host.link("/frame2.png")]
    service.script("t", task("t", frames=links))
    with home.open("watch", "t", cols=80, rows=24) as terminal:
        terminal.wait_for(r"» t .* 2 frames")
        to_frames(terminal)
        terminal.press("home", "p")
        terminal.wait_for("Loading frame1")
        wait_until(lambda: host.requests_for("/slow.png"), terminal)
        terminal.resize(120, 40)
        terminal.press("down")
        wait_until(lambda: painted(GREEN) in terminal.raw, terminal)
        terminal.press("up")
        terminal.wait_for("frame1, 1 of 2: loading")
        terminal.press("x")
        terminal.wait_for_text("The watchlist is empty.")
        terminal.press("q")
        assert terminal.wait_exit(3) == 0


def test_a_link_that_the_host_calls_expired_is_renewed_once(
    home: Home, service: ScriptedService, host: PictureHost
) -> None:
    expired = Response(403, b"", {"x-oss-ec": "0002-00000069"})
    host.answers["/frame1.png"] = lambda request: (
        picture(RED) if "fresh" in request.query else expired
    )
    host.answers["/frame2.png"] = expired
    frames = [host.link("/frame1.png"), host.link("/frame2.png")]
    renewed = [host.link("/frame1.png", "fresh"), frames[1]]
    service.script("t", completed("t", frames=frames), completed("t", frames=renewed))
    with home.open("watch", "t") as terminal:
        terminal.wait_for_text("2 frames")
        to_frames(terminal)
        terminal.press("home", "down", "p")
        terminal.wait_for(BLOCKS)
        terminal.press("down")
        terminal.wait_for(r"The link has ended and the(.|\n)*renew(.|\n)*it\.")
        terminal.press("d")
        terminal.wait_for("frame2: The link has ended and the service did not renew it")
    assert len(service.for_task("t")) == 2
    assert len(host.requests_for("/frame1.png")) == 2


def test_the_panel_previews_saves_and_survives_its_closing(
    home: Home, service: ScriptedService, host: PictureHost, downloads: Path
) -> None:
    host.answers["/frame1.png"] = picture(BLUE)
    host.answers["/slow.png"] = Response(200, b"x", {"Content-Length": "1000"})
    links = [host.link("/frame1.png"), host.link("/slow.png")]
    service.script("t", task("t", "COMPLETED", frames=links))
    with home.open("watch", "t", cols=80, rows=24, env=SSH) as terminal:
        terminal.wait_for(r"✓ .*t .* 2 frame")
        terminal.press("o")
        terminal.wait_for_text("open frame2 of t")
        terminal.press("p")
        terminal.wait_for("Loading frame2")
        terminal.press("escape")
        terminal.wait_gone("Loading frame2")
        to_frames(terminal)
        terminal.press("home", "o")
        terminal.wait_for_text("open frame1 of t")
        terminal.press("p")
        wait_until(lambda: painted(BLUE) in terminal.raw, terminal)
        terminal.press("d")
        terminal.wait_for_text("frame1.png.")
        assert terminal.line(8).split()[1] == "Saved"
        terminal.press("u")
        terminal.wait_for_text("Press enter to go back.")
        terminal.press("ctrl+c")
        terminal.wait_for_text("open frame1 of t")
        terminal.press("q")
        assert terminal.wait_exit(3) == 0
    assert set(files(downloads)) == {"t/frame1.png"}


def test_each_key_that_the_panel_names_leads_back_from_the_raw_link(
    home: Home, service: ScriptedService, downloads: Path
) -> None:
    service.script("t", task("t", "COMPLETED", frames=[frame_url("t", 1)]))
    with home.open("watch", "t", cols=80, rows=24, env=SSH) as terminal:
        terminal.wait_for(r"✓ .*t .* 1 frame")
        terminal.press("o")
        for keys in (b"\r", b"\x1b", b"\x1b[27u", b"q", b"\x03", b"\x04"):
            terminal.wait_for_text("open frame1 of t")
            terminal.press("u")
            terminal.wait_for_text("Press enter to go back.")
            wait_until(lambda: not terminal.canonical_mode, terminal)
            # A key that means nothing here is taken whole: its last letter would save all frames.
            for other in (b"\x1b[D", b"\x1bOD", b"D", "\u00e9".encode()):
                terminal.write(other)
                terminal.read_for(0.05)
            assert "Press enter to go back." in terminal.text()
            assert "D" not in terminal.line(-1)
            terminal.write(keys)
            terminal.wait_gone("Press enter to go back.")
        terminal.wait_for_text("open frame1 of t")
        terminal.press("escape")
        terminal.wait_gone("open frame1 of t")
        terminal.press("q")
        assert terminal.wait_exit(5) == 0
    assert files(downloads) == {}


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.soak)])
def test_no_keys_in_whatever_haste_end_it(
    home: Home, service: ScriptedService, host: PictureHost, downloads: Path, seed: int
) -> None:
    rng = random.Random(seed)
    host.answers["/frame1.png"] = picture(RED)
    links = [host.link(f"/frame{number}.png") for number in range(1, 4)]
    service.script("one", task("one", "COMPLETED", frames=links))
    others = ["o", "d", "escape", "p", "c", "u", "enter", "a", "?", "/", "x", "j", "ctrl+p", "D"]
    with home.open("watch", "one", "two", cols=80, rows=24, env=SSH) as terminal:
        terminal.wait_for_text("filter")
        terminal.wait_for(r"✓ .*one .* 3 frame")
        for _ in range(80):
            terminal.press(*rng.choices(("o", "d", "escape", "enter"), k=3), rng.choice(others))
            # About as long as a screen takes to open and close.
            terminal.read_for(rng.choice((0.0, 0.01, 0.03, 0.05)))
        terminal.read_for(0.5)


# Download


def test_all_of_a_task_is_saved_as_it_is_served(home: Home, downloads: Path) -> None:
    with DemoService(stories=(PYTHAGORAS,)) as demo:
        home.configure(base_url=demo.base_url, api_key=demo.api_key)
        home.config.chmod(0o600)
        url = f"{demo.base_url}/get_status/48213"
        key = {"Authorization": f"Bearer {demo.api_key}"}
        with urllib.request.urlopen(urllib.request.Request(url, headers=key)) as answer:  # noqa: S310
            data = json.load(answer)["data"]
        links = [frame["image"] for frame in data["progress"]] + [data["result"][0]["content"]]
        expected = {}
        for link in links:
            with urllib.request.urlopen(link) as answer:  # noqa: S310
                expected[f"48213/{link.partition('?')[0].rpartition('/')[2]}"] = answer.read()
        with home.open("watch", "48213", env=SSH) as terminal:
            terminal.wait_for_text("Video, 5 frames")
            terminal.press("D")
            terminal.wait_for_text("Saved 6 files in")
            terminal.press("c")
            wait_until(lambda: terminal.clipboards() == [str(downloads / "48213")], terminal)
            terminal.press("escape")
            terminal.wait_gone("Saved 6 files in")
            terminal.press("D")
            terminal.wait_for_text("Saved 6 files in")
    assert len(expected) == 6
    assert files(downloads) == expected


def test_a_copied_path_is_quoted_where_the_download_folder_needs_it(
    home: Home, service: ScriptedService, host: PictureHost
) -> None:
    host.answers["/a(touch%20PWN).png"] = picture(RED)
    service.script("t", task("t", "COMPLETED", frames=[host.link("/a(touch%20PWN).png")]))
    home.configure(
        base_url=service.base_url,
        api_key=service.api_key,
        download_dir=str(home.folder / "my (files)"),
    )
    with home.open("watch", "t", env=SSH) as terminal:
        terminal.wait_for_text("1 frame")
        terminal.press("d")
        terminal.wait_for_text("a_touch_PWN_.png.")
        terminal.press("c")
        path = home.folder / "my (files)" / "t" / "a_touch_PWN_.png"
        wait_until(lambda: terminal.clipboards() == [f"'{path}'"], terminal)
    assert path.is_file()


@pytest.mark.parametrize("added", [{}, {"TMUX": "/tmp/tmux-1/default,1,0"}], ids=["", "tmux"])
def test_a_path_that_is_no_text_is_shown_clean_and_not_copied(
    home: Home, service: ScriptedService, host: PictureHost, added: dict[str, str]
) -> None:
    # On Linux a name is any bytes; Python keeps what is not UTF-8 as lone surrogates.
    home.env["XDG_DATA_HOME"] = f"{home.folder}/\udcff\x1b]0;owned\x07"
    host.answers["/a.png"] = picture(RED)
    service.script("t", task("t", "COMPLETED", frames=[host.link("/a.png")]))
    home.configure(base_url=service.base_url, api_key=service.api_key)
    with home.open("watch", "t", env={**SSH, **added}) as terminal:
        terminal.wait_for_text("1 frame")
        terminal.press("d")
        terminal.wait_for_text("Saved")
        terminal.press("c")
        terminal.wait_for_text("not copied: it is not UTF-8 text")
        assert b"owned\x07" not in terminal.raw
        assert terminal.clipboards() == []
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_a_failure_and_its_follower_are_both_told(
    home: Home, service: ScriptedService, host: PictureHost, downloads: Path
) -> None:
    release = threading.Event()

    def slowly(_: Request) -> Response:
        release.wait(10)
        return Response(200, b"<html>", {"Content-Type": "image/png"})

    host.answers["/frame1.png"] = slowly
    host.answers["/frame2.png"] = picture(RED)
    links = [host.link("/frame1.png"), host.link("/frame2.png")]
    service.script("t", task("t", frames=links))
    with home.open("watch", "t") as terminal:
        terminal.wait_for_text("2 frames")
        to_frames(terminal)
        terminal.press("home", "d", "down", "d")
        terminal.wait_for_text("Saving 1 of 1: frame1")
        # The second key has its effect before the first save ends.
        terminal.wait_quiet(0.3)
        release.set()
        terminal.wait_for("frame1: The host of the link sent a web page(.|\n)*Saved .*frame2.png")
    assert set(files(downloads)) == {"t/frame2.png"}


def test_a_cut_connection_goes_on(
    home: Home, service: ScriptedService, host: PictureHost, downloads: Path
) -> None:
    whole, version = picture(RED).body, {"ETag": '"v1"'}
    cut = {"Content-Length": str(len(whole)), "Connection": "close"}
    part = {"Content-Range": f"bytes 600-{len(whole) - 1}/{len(whole)}"}

    def answer(request: Request) -> Response:
        if request.headers.get("range") == "bytes=600-":
            return Response(206, whole[600:], version | part)
        return Response(200, whole[:600], version | cut)

    host.answers["/frame1.png"] = answer
    service.script("t", task("t", frames=[host.link("/frame1.png")]))
    with home.open("watch", "t") as terminal:
        terminal.wait_for_text("1 frame")
        terminal.press("d")
        terminal.wait_for("Saved .*frame1.png")
    assert files(downloads) == {"t/frame1.png": whole}


def test_a_picture_that_is_not_there_yet_is_tried_again_until_p_hides_it(
    home: Home, service: ScriptedService, host: PictureHost
) -> None:
    missing = [Response(503, b"", {"Retry-After": "60"}), Response(404)]
    host.answers["/frame1.png"] = lambda _: missing.pop(0) if missing else picture(RED)
    service.script("t", task("t", "COMPLETED", frames=[host.link("/frame1.png")]))
    with home.open("watch", "t") as terminal:
        terminal.wait_for_text("1 frame")
        terminal.press("p")
        terminal.wait_for("again in 20 s")
        terminal.press("p")
        terminal.wait_gone("again in 20 s")
        assert len(host.requests) == 1
        terminal.press("p")
        terminal.wait_for(BLOCKS)
    assert len(host.requests) == 3


def test_escape_cancels_and_the_next_download_starts_at_once(
    home: Home, service: ScriptedService, host: PictureHost, downloads: Path
) -> None:
    half = picture(RED).body[:500]
    host.answers["/frame1.png"] = Response(200, half, {"Content-Length": "9999"})
    host.answers["/frame2.png"] = picture(RED)
    links = [host.link("/frame1.png"), host.link("/frame2.png")]
    service.script("t", task("t", "COMPLETED", frames=links))
    with home.open("watch", "t") as terminal:
        terminal.wait_for_text("2 frames")
        to_frames(terminal)
        terminal.press("home", "d")
        wait_until(lambda: terminal.open_files(downloads), terminal)
        terminal.press("escape")
        terminal.wait_for_text("The download was cancelled.")
        wait_until(lambda: not files(downloads), terminal)
        terminal.press("d", "escape", "down", "d")
        terminal.wait_for("Saved .*frame2.png")
        assert set(files(downloads)) == {"t/frame2.png"}
        terminal.press("up", "d")
        wait_until(lambda: terminal.open_files(downloads), terminal)
        terminal.press("q")
        terminal.wait_for_text("A download is running. q: quit without it")
        assert terminal.open_files(downloads)
        terminal.press("q")
        assert terminal.wait_exit(3) == 0
    assert set(files(downloads)) == {"t/frame2.png"}


def test_a_download_that_is_killed_leaves_no_file(
    home: Home, service: ScriptedService, host: PictureHost, downloads: Path
) -> None:
    half = picture(RED).body[:-20]
    host.answers["/frame1.png"] = Response(200, half, {"Content-Length": str(len(half) + 20)})
    service.script("t", task("t", "COMPLETED", frames=[host.link("/frame1.png")]))
    with home.open("watch", "t") as terminal:
        terminal.wait_for_text("1 frame")
        terminal.press("d")
        wait_until(lambda: terminal.open_files(downloads), terminal)
        assert files(downloads) == {}
        terminal.signal(signal.SIGKILL)
        assert terminal.wait_exit() == -signal.SIGKILL
    assert files(downloads) == {}
    host.answers["/frame1.png"] = picture(RED)
    with home.open() as terminal:
        terminal.wait_for_text("1 frame")
        terminal.press("d")
        terminal.wait_for("Saved .*frame1.png")
    assert files(downloads) == {"t/frame1.png": picture(RED).body}


def test_a_folder_that_cannot_be_used_is_said_where_one_looks(
    home: Home, service: ScriptedService, host: PictureHost, downloads: Path
) -> None:
    (downloads / "t").write_text("mine")
    host.answers["/frame1.png"] = picture(RED)
    service.script("t", task("t", frames=[host.link("/frame1.png")]))
    with home.open("watch", "t") as terminal:
        terminal.wait_for_text("1 frame")
        terminal.press("d")
        terminal.wait_for(r"a\s+file\s+has\s+the\s+name\s+of\s+the\s+folder")
    assert files(downloads) == {"t": b"mine"}


@pytest.mark.parametrize(
    ("target", "owner", "words"),
    [
        ("../config/autostart", 0, r"Downloads/t\s+is\s+a\s+symbolic\s+link"),
        ("", 65501, r"Downloads/t\s+belongs\s+to\s+another\s+user\s+\(uid\s+65501\)"),
    ],
)
def test_a_folder_that_another_user_put_there_is_refused_by_name(
    home: Home,
    service: ScriptedService,
    host: PictureHost,
    downloads: Path,
    target: str,
    owner: int,
    words: str,
) -> None:
    autostart = home.folder / "config" / "autostart"
    autostart.mkdir()
    if target:
        (downloads / "t").symlink_to(target)
    elif os.geteuid() == 0:
        (downloads / "t").mkdir()
        os.chown(downloads / "t", owner, -1)
        (downloads / "t").chmod(0o777)
    else:
        pytest.skip("only root can make another user's folder")
    host.answers["/evil.desktop"] = picture(RED)
    service.script("t", task("t", frames=[host.link("/evil.desktop")]))
    with home.open("watch", "t") as terminal:
        terminal.wait_for_text("1 frame")
        terminal.press("d")
        terminal.wait_for(words)
    assert files(downloads) == files(autostart) == {}


@pytest.mark.parametrize("demo", [False, True])
def test_without_a_downloads_folder_files_go_to_the_data_folder(
    home: Home, service: ScriptedService, host: PictureHost, demo: bool
) -> None:
    host.answers["/frame1.png"] = picture(RED)
    service.script("t", task("t", frames=[host.link("/frame1.png")]))
    started_in = home.folder / "here"
    started_in.mkdir()
    saved = home.watchlist.parent / "downloads"
    with home.open(*(["--demo"] if demo else ["watch", "t"]), cwd=started_in) as terminal:
        terminal.wait_for(DEMO_IN_ORDER if demo else r"\d frame")
        assert not saved.exists(), "it is made when it is first needed"
        terminal.press("G")
        # Of the demo's tasks some have nothing to save yet.
        terminal.wait_for(r"video\.gif" if demo else "frame1")
        terminal.press("d")
        terminal.wait_for(r"Saved\s")
    assert len(files(saved)) == 1
    assert list(started_in.iterdir()) == []
    assert [stat.S_IMODE(path.stat().st_mode) for path in (saved.parent, saved)] == [0o700] * 2


# Open and copy


@pytest.mark.parametrize(
    ("script", "words"),
    [("exit 3", "helper ended with exit status 3"), ("kill -9 $$", "helper was ended by signal 9")],
)
def test_a_helper_that_fails_is_said_in_the_panel(
    home: Home, service: ScriptedService, tmp_path: Path, script: str, words: str
) -> None:
    url = frame_url("t", 1)
    service.script("t", task("t", "COMPLETED", frames=[url]))
    helper = tmp_path / "helper"
    helper.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" >> {tmp_path / "got"}\necho NOISE >&2\n'
        f"until [ -e {tmp_path / 'may_fail'} ]; do sleep 0.01; done\n{script}\n"
    )
    helper.chmod(0o755)
    with home.open("watch", "t", env={**SSH, "BROWSER": str(helper)}) as terminal:
        terminal.wait_for_text("frame1.png")
        # Both while the helper runs: later the second one would try again in the panel.
        terminal.write(b"oo?")
        terminal.wait_for_text("esc: close")
        terminal.press("escape")
        terminal.wait_gone("esc: close")
        (tmp_path / "may_fail").touch()
        terminal.wait_for_text(f"! {words}")
        terminal.wait_for_text("open frame1 of t")
        terminal.press("escape")
        terminal.wait_gone("open frame1 of t")
        assert b"NOISE" not in terminal.raw
    assert (tmp_path / "got").read_text() == f"{url}\n"


def test_what_wslview_makes_of_a_link_runs_nothing_and_opens_the_same_picture(
    home: Home, service: ScriptedService, host: PictureHost, tmp_path: Path
) -> None:
    path = "/f1.png$(calc.exe);a!*(b)"
    url = host.link(path, "a%2Fb%2B") + "&x=$(calc.exe)"
    service.script("t", task("t", "COMPLETED", frames=[url]))
    host.answers["/f1.png%24%28calc.exe%29%3Ba%21%2A%28b%29"] = picture(RED)
    stubs = tmp_path / "stubs"
    stubs.mkdir()
    got = tmp_path / "got"
    for name, body in (
        ("wslview", 'powershell.exe -NoProfile -NonInteractive -Command Start "\\"$*\\""'),
        ("powershell.exe", f'printf "%s\\n" "$@" >> {got}.part; mv {got}.part {got}'),
    ):
        (stubs / name).write_text(f"#!/bin/sh\n{body}\n")
        (stubs / name).chmod(0o755)
    env = {"BROWSER": "wslview", "PATH": f"{stubs}:{os.environ['PATH']}"}
    with home.open("watch", "t", env=env) as terminal:
        terminal.wait_for_text("1 frame")
        terminal.press("o")
        terminal.wait_for_text("Opened frame1 with wslview.")
        terminal.press("y")
        wait_until(lambda: terminal.clipboards() == [url], terminal)
        assert url in terminal.links()
    line = got.read_text().splitlines()[-1]
    opened = line.removeprefix('"').removesuffix('"')
    assert not set(opened) & set("$(){};|!*^`'\"")
    with urllib.request.urlopen(opened) as answer:  # noqa: S310
        assert answer.read()
    assert host.requests[-1].query.startswith(url.partition("?")[2].partition("&x")[0])


@pytest.mark.parametrize(
    ("settings", "env", "words"),
    [
        ({"open_command": "bash -lc 'xdg-open {url}'"}, {}, "config.toml: open_command puts"),
        ({}, {"SCENEXT_OPEN_COMMAND": "ssh laptop open {url}"}, "SCENEXT_OPEN_COMMAND puts"),
        ({}, {"BROWSER": "sh -c 'w3m %s'"}, "BROWSER puts"),
    ],
    ids=["file", "variable", "BROWSER"],
)
def test_a_command_that_makes_code_of_a_link_is_refused_at_the_start(
    home: Home,
    service: ScriptedService,
    settings: dict[str, str],
    env: dict[str, str],
    words: str,
) -> None:
    home.configure(base_url=service.base_url, api_key=service.api_key, **settings)
    wanted = "".join(f"{words} the link into".split())
    with home.open("watch", "t", env=env) as terminal:
        terminal.wait_for(lambda text: wanted in "".join(text.split()))
        assert terminal.wait_exit() == 1
        assert 1049 not in terminal.modes
    assert not service.requests


@pytest.mark.parametrize(
    "hostile",
    [
        "javascript:alert(1)",
        "https://h.test/\x1b]0;x\x07a.png",
        "https://h.test/" + "a" * 20_000,
    ],
    ids=["script", "escape", "long"],
)
def test_a_link_that_is_not_safe_is_shown_and_no_more(
    home: Home, service: ScriptedService, downloads: Path, tmp_path: Path, hostile: str
) -> None:
    service.script("bad", task("bad", "COMPLETED", frames=[hostile]))
    env = {"SCENEXT_OPEN_COMMAND": f"touch {tmp_path / 'opened'}"}
    with home.open("watch", "bad", env=env) as terminal:
        terminal.wait_for_text("1 frame")
        for key, words in (("o", "Not opened: the link"), ("y", "Not copied: the link")):
            terminal.press(key)
            terminal.wait_for_text(words)
        terminal.press("d")
        terminal.wait_for("frame1: not saved, the link")
        terminal.press("p")
        terminal.wait_for("Not loaded: the link")
        assert terminal.links() == terminal.clipboards() == []
        assert b"\x1b]0;x" not in terminal.raw
    assert not (tmp_path / "opened").exists()
    assert files(downloads) == {}


def test_a_short_lived_link_is_fresh_when_it_is_opened_after_its_end(home: Home) -> None:
    with DemoService(speed=1000, stories=(replace(PHOTOSYNTHESIS, link_lifetime=1),)) as demo:
        home.configure(base_url=demo.base_url, api_key=demo.api_key)
        home.config.chmod(0o600)
        with home.open("watch", "48344", env=SSH) as terminal:
            terminal.wait_for(r"ended\? +frame1", timeout=15)
            to_frames(terminal)
            terminal.press("end")
            known = set(terminal.links())
            terminal.press("o")
            terminal.wait_for_text(f"open frame6 of {PHOTOSYNTHESIS.name}")
            wait_until(terminal.clipboards, terminal)
            (fresh,) = terminal.clipboards()
            assert fresh not in known
            assert fresh in terminal.links()


@pytest.fixture
def tmux(home: Home, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Return a function that runs commands of a private tmux with default settings."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    socket = f"open-frame-{os.getpid()}"
    env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TMUX_TMPDIR": str(tmp_path)}

    def run(*arguments: str) -> str:
        return subprocess.run(
            ["tmux", "-L", socket, "-f", "/dev/null", *arguments],
            env={**env, **home.environment(), "TERM": "xterm-256color"},
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        ).stdout

    program = shlex.join([*COMMAND, "watch", "t"])
    run("new-session", "-d", "-x", "120", "-y", "40", "-c", str(home.folder), program)
    try:
        yield run
    finally:
        run("kill-server")


def test_inside_a_default_tmux_a_link_is_copied_both_ways(
    home: Home, service: ScriptedService, tmux: Callable[..., str], tmp_path: Path
) -> None:
    url = frame_url("t", 1)
    service.script("t", task("t", "COMPLETED", frames=[url]))
    attach = ["tmux", "-L", f"open-frame-{os.getpid()}", "attach"]
    with Terminal(attach, env={"TMUX_TMPDIR": str(tmp_path)}) as terminal:
        terminal.wait_for_text("frame1.png")
        terminal.press("y")
        terminal.wait_for_text("Link of frame1 copied by tmux.")
        assert tmux("show-buffer") == url
        wait_until(lambda: terminal.clipboards() == [url], terminal)
        terminal.press("enter", "o")
        terminal.wait_for_text("Link copied by tmux.")
        assert "tmux passes no links on here (see the README); u shows" in terminal.text()
        assert "click" not in terminal.text()
        terminal.press("u")
        terminal.wait_for_text("Press enter to go back.")
        assert url in tmux("capture-pane", "-p", "-J").replace("\n", "")
        terminal.press("enter")
        terminal.wait_for_text("Link copied by tmux.")
        terminal.press("q")
        # The tmux session ends with its only program.
        assert terminal.wait_exit() == 0


def test_a_renewed_link_is_judged_like_the_first(
    home: Home, service: ScriptedService, host: PictureHost
) -> None:
    host.answers["/video.mp4"] = Response(403, b"", {"x-oss-ec": "0002-00000069"})
    first, renewed = host.link("/video.mp4"), "https://10.0.0.1/video.mp4?x=1"

    def answer(link: str) -> Reply:
        return task("t", "COMPLETED", result=[{"type": "video", "content": link}])

    service.script("t", answer(first), answer(renewed))
    with home.open("watch", "t") as terminal:
        terminal.wait_for_text("Completed")
        terminal.press("D")
        terminal.wait_for_text("video: not saved, the link leads into a private network.")
        terminal.press("q")
        assert terminal.wait_exit(3) == 0
    assert len(host.requests_for("/video.mp4")) == 1
    assert renewed not in terminal.links()


ODD_LINKS = {
    "no label": "https://xn--/frame.png",
    "a label that is none": "https://xn--a-.xn--0/frame.png",
    "a port that is none": "http://127.0.0.1:70000/frame.png",
    "a broken address": "https://[::1]x/frame.png",
    "an end in a year that no zone has": "https://127.0.0.1:1/f.png?Expires=253402300790&Signature=x",
    "a start likewise": (
        "https://127.0.0.1:1/f.png?x-oss-date=99991231T235959Z&x-oss-expires=604800"
        "&x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-signature=x"
    ),
    "no TLS": "https://127.0.0.1:{port}/frame.png",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "metadata, mapped": "https://[::ffff:169.254.169.254]/",
    "another network": "https://10.0.0.1/frame.png",
}
OPENED = {"an end in a year that no zone has", "a start likewise", "no TLS"}
"""Those that a browser may try; the others are refused."""


@pytest.mark.parametrize(
    ("zone", "names"),
    [
        ("UTC", [*ODD_LINKS]),
        # A zone changes only how an end is written.
        *((zone, [*ODD_LINKS][4:6]) for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago")),
    ],
    ids=["UTC", "first zone", "last zone"],
)
def test_no_link_ends_the_dashboard(
    home: Home, service: ScriptedService, host: PictureHost, zone: str, names: list[str]
) -> None:
    port = host.link("/").rpartition(":")[2].partition("/")[0]
    links = [ODD_LINKS[name].replace("{port}", port) for name in names]
    frames = [{"id": f"f{n}", "image": link} for n, link in enumerate(links)]
    date = {"date": "Fri, 31 Dec 9999 23:59:59 GMT"}
    service.script("t", replace(task("t", "COMPLETED", frames=frames), headers=date))
    home.watchlist.parent.mkdir(parents=True)
    home.watchlist.write_text(
        'version = 1\ncount = 1\n[[task]]\nid = "t"\nadded = 9999-12-31T23:59:59Z\n'
    )
    with home.open("watch", env={**SSH, "TZ": zone}) as terminal:
        terminal.wait_for_text(f"{len(frames)} frames")
        terminal.wait_for_text("watchlist.toml.broken")
        to_frames(terminal)
        terminal.press("home", "p")
        for name, frame in zip(names, frames, strict=True):
            terminal.press("o")
            if name in OPENED:
                terminal.wait_for_text(f"open {frame['id']} of t")
                terminal.press("escape")
            terminal.press("y", "d")
            # What stands further to the right is behind the notices for some seconds.
            terminal.wait_for(rf"(?m)^ {frame['id']}: ")
            terminal.press("down")
        assert terminal.text().count("watchlist.toml.broken") == 1
        terminal.press("escape", "escape", "q", "q")
        assert terminal.wait_exit(5) == 0
    assert host.requests == []
