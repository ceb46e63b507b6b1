"""Links as strangers' services write them, in the whole program."""

from __future__ import annotations

import time
from email.utils import formatdate
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tests.sessions.test_open_frame import SSH, files, to_frames, wait_until
from tests.support.home import Home
from tests.support.picture_host import GREEN, RED, PictureHost, painted, picture
from tests.support.service import Reply, ScriptedService, frame_url, task
from tests.support.terminal import Terminal
from tui.demo.server import Request, Response

QUERY = "OSSAccessKeyId=LTAI&Expires=4102444800&Signature=a%2Bb%3D"


def by_file_name(request: Request) -> Response:
    """Answer `/view?filename=red.png` with that picture."""
    colours = {"red.png": RED, "green.png": GREEN}
    return picture(colours[parse_qs(request.query)["filename"][0]])


@pytest.mark.parametrize(
    ("sent", "copied"),
    [
        ("http://oss.scenext.cn/a.png", "https://oss.scenext.cn/a.png"),
        ("http://oss.scenext.cn:80/it's 1.png", "https://oss.scenext.cn/it%27s%201.png"),
        ("//oss.scenext.cn/a.png", "https://oss.scenext.cn/a.png"),
        (r"https:\/\/oss.scenext.cn\/a.png", "https://oss.scenext.cn/a.png"),
        ("oss.scenext.cn/it's.png", "https://oss.scenext.cn/it%27s.png"),
        (" <HTTPS://OSS.Scenext.CN/图|a.png", "https://oss.scenext.cn/%E5%9B%BE%7Ca.png"),
    ],
)
def test_a_link_that_only_needs_mending_is_copied_and_offered(
    home: Home, service: ScriptedService, sent: str, copied: str
) -> None:
    end = ">" if "<" in sent else "\n"
    url = f"{copied}?{QUERY}"
    video = {"type": "video", "content": f"{sent.replace('.png', '.mp4')}?{QUERY}{end}"}
    frames = [f"{sent}?{QUERY}{end}"]
    service.script("t", task("t", "COMPLETED", frames=frames, result=[video]))
    with home.open("watch", "t", env=SSH) as terminal:
        terminal.wait_for_text("Video, 1 frame")
        assert "unsafe" not in terminal.text()
        terminal.press("y")
        wait_until(lambda: terminal.clipboards() == [url.replace(".png", ".mp4")], terminal)
        assert {url, url.replace(".png", ".mp4")} <= set(terminal.links())


def _links_to(terminal: Terminal, path: str, _: str) -> bool:
    return any(path in link for link in terminal.links())


def test_a_token_in_the_path_adds_no_frames_and_moves_no_cursor(
    home: Home, service: ScriptedService, host: PictureHost
) -> None:
    def answer(token: int) -> Reply:
        links = [f"{host.link(f'/{token}/frame{number}.png')}" for number in (1, 2, 3)]
        return task("t", "COMPLETED", frames=links)

    for number, colour in ((1, RED), (2, GREEN), (3, RED)):
        for token in range(1, 4):
            host.answers[f"/{token}/frame{number}.png"] = picture(colour)
    service.script("t", *map(answer, (1, 2, 3)))
    with home.open("watch", "t", env=SSH) as terminal:
        terminal.wait_for_text("3 frames")
        to_frames(terminal)
        terminal.press("home", "down")
        for count in (2, 3):
            terminal.press("r")
            service.wait_for_requests(count, task_id="t", answered=True)
            terminal.wait_for(partial(_links_to, terminal, f"/{count}/frame2.png"))
        assert "3 frames" in terminal.text()
        terminal.press("y")
        wait_until(lambda: terminal.clipboards() == [host.link("/3/frame2.png")], terminal)


def test_a_frame_that_is_drawn_anew_replaces_the_picture_that_is_shown(
    home: Home, service: ScriptedService, host: PictureHost
) -> None:
    host.answers["/red/frame1.png"] = picture(RED)
    host.answers["/green/frame1.png"] = picture(GREEN)
    # By itself it asks once more after an end; how soon depends on the machine.
    folder = ["red"]
    service.script(
        "t", lambda _: task("t", "COMPLETED", frames=[host.link(f"/{folder[-1]}/frame1.png")])
    )
    with home.open("watch", "t", env=SSH) as terminal:
        terminal.wait_for_text("1 frame")
        terminal.press("p")
        wait_until(lambda: painted(RED) in terminal.raw, terminal)
        seen = len(terminal.raw)
        folder.append("green")
        terminal.press("r")
        wait_until(lambda: painted(GREEN) in terminal.raw, terminal)
        assert b"Loading" not in terminal.raw[seen:]


def test_files_that_differ_in_the_query_alone_are_shown_and_saved_each(
    home: Home, service: ScriptedService, host: PictureHost, downloads: Path
) -> None:
    host.answers["/view"] = by_file_name
    names = ("red.png", "green.png")
    links = [host.link("/view") + f"&filename={name}" for name in names]
    service.script("t", task("t", "COMPLETED", frames=links))
    with home.open("watch", "t", env=SSH) as terminal:
        terminal.wait_for_text("2 frames")
        to_frames(terminal)
        terminal.press("home", "p")
        wait_until(lambda: painted(RED) in terminal.raw, terminal)
        terminal.press("down")
        wait_until(lambda: painted(GREEN) in terminal.raw, terminal)
        terminal.press("D")
        terminal.wait_for_text("Saved 2 files in")
    assert files(downloads) == {
        f"t/{name}": picture(colour).body for name, colour in zip(names, (RED, GREEN), strict=True)
    }


def test_a_clock_that_is_days_ahead_keeps_no_link_from_being_used(
    home: Home, service: ScriptedService, host: PictureHost, downloads: Path, tmp_path: Path
) -> None:
    ahead = {"Date": formatdate(time.time() + 2 * 86_400, usegmt=True)}
    host.answers["/frame1.png"] = picture(RED)
    url = host.link("/frame1.png", expires=int(time.time()) + 3_600)
    reply = task("t", "COMPLETED", frames=[url])
    service.script("t", Reply(reply.status, reply.body, ahead))
    got = tmp_path / "got"
    opener = tmp_path / "mine"
    opener.write_text(f'#!/bin/sh\nprintf "%s\\n" "$1" > {got}\n')
    opener.chmod(0o755)
    with home.open("watch", "t", env={"SCENEXT_OPEN_COMMAND": str(opener)}) as terminal:
        terminal.wait_for(r"ended\? +frame1")
        terminal.press("p")
        wait_until(lambda: painted(RED) in terminal.raw, terminal)
        terminal.press("d")
        terminal.wait_for("Saved .*frame1.png")
        terminal.press("o")
        terminal.wait_for_text("Opened frame1 with mine.")
        terminal.wait_for_text("The link probably ended at")
    assert got.read_text() == f"{url}\n"
    assert files(downloads) == {"t/frame1.png": picture(RED).body}


def test_what_redirects_elsewhere_is_offered_to_the_browser(
    home: Home, service: ScriptedService, host: PictureHost
) -> None:
    host.answers["/frame1.png"] = Response(302, headers={"Location": "https://cdn.test/x"})
    service.script("t", task("t", "COMPLETED", frames=[host.link("/frame1.png")]))
    words = "which is not followed here; o opens it, and a browser may follow."
    with home.open("watch", "t", cols=80, rows=24, env=SSH) as terminal:
        terminal.wait_for(r"✓ .*t .* 1 frame")
        terminal.press("o")
        terminal.wait_for_text("o open   p preview")
        terminal.press("p")
        terminal.wait_for(lambda text: words in " ".join(text.replace("│", " ").split()))
        terminal.press("o")
        terminal.wait_for("Nothing here can start a browser")


@pytest.mark.parametrize("length", [2_500, 16_000])
def test_a_long_link_is_saved_shown_and_copied_but_not_clicked(
    home: Home, service: ScriptedService, host: PictureHost, downloads: Path, length: int
) -> None:
    host.answers["/frame1.png"] = picture(RED)
    url = host.link("/frame1.png") + "&security-token="
    url += "x" * (length - len(url))
    service.script("t", task("t", "COMPLETED", frames=[url]))
    with home.open("watch", "t", env={**SSH, "BROWSER": "wslview"}) as terminal:
        terminal.wait_for_text("1 frame")
        terminal.press("o")
        terminal.wait_for_text("open frame1 of t")
        terminal.wait_for_text("The link is too long to be clicked; u shows the raw link.")
        wait_until(lambda: terminal.clipboards() == [url], terminal)
        assert terminal.links() == []
        terminal.press("d")
        terminal.wait_for_text("Saved")
        # A frame, or a piece of a picture, may be on its way.
        terminal.stop_output()
        terminal.press("u")
        terminal.read_for(0.2)
        terminal.start_output()
        terminal.wait_for_text("Press enter to go back.")
        terminal.press("enter")
    assert files(downloads) == {"t/frame1.png": picture(RED).body}


def test_links_of_an_unknown_kind_are_renewed_before_they_are_opened(
    home: Home, service: ScriptedService
) -> None:
    old, fresh = (
        frame_url("t", 1).partition("?")[0] + f"?ticket={ticket}" for ticket in ("old", "fresh")
    )
    service.script(
        "t", task("t", "COMPLETED", frames=[old]), task("t", "COMPLETED", frames=[fresh])
    )
    with home.open("watch", "t", env=SSH) as terminal:
        terminal.wait_for(r" \? +frame1")
        terminal.press("o")
        terminal.wait_for_text("When the link ends is not known.")
        wait_until(lambda: terminal.clipboards() == [fresh], terminal)
    assert len(service.for_task("t")) == 2
