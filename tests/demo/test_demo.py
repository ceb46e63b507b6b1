"""The demo service over real HTTP on loopback, with a clock that the tests advance."""

from __future__ import annotations

import io
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from PIL import Image

from tui.demo import DemoService
from tui.demo.lettering import font_for
from tui.demo.oss import Signer
from tui.demo.pictures import frame_png
from tui.demo.server import Exchange, LoopbackServer, Request, Response
from tui.demo.storyboard import (
    BAYES,
    DAY,
    FOURIER,
    PHOTOSYNTHESIS,
    PYTHAGORAS,
    QUICKSORT,
    SKY,
    STORIES,
)

NOON = 1_750_000_000.0


class Clock:
    """A wall clock that moves only when it is advanced."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Client:
    """A client of the service, like the program of a user."""

    def __init__(self, service: DemoService, http: httpx.Client) -> None:
        self.service = service
        self.http = http

    def get_status(self, task_id: str, key: str | None = None) -> httpx.Response:
        key = self.service.api_key if key is None else key
        return self.http.get(
            f"{self.service.base_url}/get_status/{task_id}",
            headers={"Authorization": f"Bearer {key}"},
        )

    def task(self, task_id: str) -> dict[str, Any]:
        response = self.get_status(task_id)
        assert response.status_code == 200
        assert response.json()["status"] == "success"
        return cast("dict[str, Any]", response.json()["data"])

    def frame_links(self, task_id: str) -> list[str]:
        return [frame["image"] for frame in self.task(task_id).get("progress", [])]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(clock: Clock) -> Iterator[Client]:
    with DemoService(now=clock) as service, httpx.Client(trust_env=False) as http:
        yield Client(service, http)


def expiry(link: str) -> int:
    return int(parse_qs(urlsplit(link).query)["Expires"][0])


# The status query


def test_a_running_task_has_the_documented_form(client: Client, clock: Clock) -> None:
    clock.advance(20)

    response = client.get_status(SKY.task_id)

    assert response.headers["Content-Type"] == "application/json"
    assert parsedate_to_datetime(response.headers["Date"]).timestamp() == clock.now
    assert set(response.json()) == {"status", "data"}
    data = response.json()["data"]
    assert set(data) == {"task_id", "status", "progress"}
    assert data["task_id"] == SKY.task_id
    assert data["status"] == "IN_PROGRESS"
    assert [frame["id"] for frame in data["progress"]] == ["frame1", "frame2", "frame3"]
    assert all(set(frame) == {"id", "image"} for frame in data["progress"])


def test_a_completed_task_brings_its_result_and_points_from_the_start(client: Client) -> None:
    data = client.task(PYTHAGORAS.task_id)

    assert data["status"] == "COMPLETED"
    assert len(data["progress"]) == 5
    video, text = data["result"]
    assert video["type"] == "video"
    assert video["content"].startswith(client.service.origin + "/video/")
    assert video["score"] == 92
    assert text == {"type": "text", "content": PYTHAGORAS.result[1].content}
    assert data["title"] == PYTHAGORAS.label
    created, finished = (datetime.fromisoformat(data[key]) for key in ("created_at", "finish_at"))
    assert finished - created == timedelta(seconds=700)


def test_a_task_that_fails_says_why(client: Client, clock: Clock) -> None:
    clock.advance(44)
    assert client.task(FOURIER.task_id)["status"] == "IN_PROGRESS"
    clock.advance(1)

    data = client.task(FOURIER.task_id)

    assert data["status"] == "FAILED"
    assert [item["type"] for item in data["result"]] == ["text"]
    assert "渲染失败" in data["result"][0]["content"]
    assert "progress" not in data
    assert data["consumption"][0]["value"] == 0


@pytest.mark.parametrize("key", ["wrong", "clé", "demo-"])
def test_a_wrong_key_is_refused_for_every_task(client: Client, key: str) -> None:
    for task_id in (SKY.task_id, "no such task"):
        response = client.http.get(
            f"{client.service.base_url}/get_status/{task_id}",
            headers=httpx.Headers({"Authorization": f"Bearer {key}"}, encoding="utf-8"),
        )
        assert response.status_code == 401
        assert response.json() == {
            "status": "error",
            "data": {"messages": "Unauthorized: Invalid API key"},
        }


def test_a_missing_key_is_refused(client: Client) -> None:
    assert client.http.get(f"{client.service.base_url}/get_status/48213").status_code == 401


def test_an_unknown_task_is_an_error_of_the_request(client: Client) -> None:
    response = client.get_status("99999")

    assert response.status_code == 404
    assert response.json() == {
        "status": "error",
        "data": {"messages": "Server error: Task not found"},
    }


def test_the_task_id_is_percent_decoded(client: Client) -> None:
    assert client.get_status("%34%38213").json()["data"]["task_id"] == "48213"


def test_only_reading_is_allowed(client: Client) -> None:
    url = f"{client.service.base_url}/get_status/48213"
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        response = client.http.request(method, url, content=b"{}")
        assert response.status_code == 405
        assert response.headers["Allow"] == "GET, HEAD"

    head = client.http.head(url, headers={"Authorization": f"Bearer {client.service.api_key}"})
    assert head.status_code == 200
    assert int(head.headers["Content-Length"]) > 0
    assert head.content == b""


# The shapes of the reference: docs.scenext.cn, page api-reference/get-status

FRAME = {"id": str, "image": str}
CHARGE = {"type": "score", "value": int, "detail": str}
TEXT = {"type": "text", "content": str}
SCORED = {"content": str, "score": int | float, "scoreDetail": str}
RUNNING = {"task_id": str, "status": "IN_PROGRESS", "progress": [FRAME]}
FAILED = {"task_id": str, "status": "FAILED", "result": [TEXT], "consumption": [CHARGE]}
COMPLETED = {
    "task_id": str,
    "status": "COMPLETED",
    "progress": [FRAME],
    "result": [{"type": "video", **SCORED}, TEXT],
    "consumption": [CHARGE],
    **dict.fromkeys(("title", "created_at", "finish_at"), str),
}
SHAPES = {"IN_PROGRESS": RUNNING, "FAILED": FAILED, "COMPLETED": COMPLETED}


def has_shape(value: object, shape: Any) -> bool:  # noqa: ANN401 - nested
    """Return whether JSON has exactly these fields, of these types or values."""
    match value:
        case dict():
            return value.keys() == shape.keys() and all(
                has_shape(value[key], shape[key]) for key in shape
            )
        case list():
            return all(any(has_shape(item, form) for form in shape) for item in value)
    if isinstance(shape, str):
        return value == shape
    return isinstance(value, shape) and not isinstance(value, bool)


def test_every_answer_has_the_shape_of_the_reference(client: Client, clock: Clock) -> None:
    seen = set()
    for _ in range(32):
        for task_id in client.service.task_ids:
            body = client.get_status(task_id).json()
            assert body.keys() == {"status", "data"}
            assert body["status"] == "success"
            state = body["data"]["status"]
            seen.add(state)
            assert has_shape(body["data"], SHAPES[state]), body
        clock.advance(10)
    assert seen == SHAPES.keys()
    assert not has_shape({"task_id": "1", "status": "FAILED", "progress": []}, FAILED)


def test_a_scene_costs_two_points(client: Client) -> None:
    data = client.task(PYTHAGORAS.task_id)
    assert data["consumption"][0]["value"] == 2 * len(data["progress"])


# Progress of the tasks


def test_tasks_are_of_both_kinds_of_ids(client: Client) -> None:
    service = client.service
    assert service.task_ids == tuple(story.task_id for story in STORIES)
    assert any(task_id.isdigit() for task_id in service.task_ids)
    assert any(len(task_id) == 36 for task_id in service.task_ids)


def test_polled_every_five_seconds_the_tasks_only_ever_advance(
    client: Client, clock: Clock
) -> None:
    counts = {task_id: [0] for task_id in client.service.task_ids}
    ended: dict[str, str] = {}
    for _ in range(62):
        for task_id in client.service.task_ids:
            data = client.task(task_id)
            # A failed task's answer has no progress (the reference, by example).
            counts[task_id].append(len(data.get("progress", ())) or counts[task_id][-1])
            assert task_id not in ended or data["status"] == ended[task_id]
            assert ("result" in data) == (data["status"] != "IN_PROGRESS")
            if data["status"] != "IN_PROGRESS":
                ended[task_id] = data["status"]
        clock.advance(5)

    assert all(seen == sorted(seen) for seen in counts.values())
    assert {task_id: seen[-1] for task_id, seen in counts.items()} == {
        story.task_id: len(story.scenes) for story in STORIES
    }
    assert counts[BAYES.task_id][1] == 0
    assert counts[QUICKSORT.task_id][-1] == 24
    assert ended == {story.task_id: story.end for story in STORIES}


def test_speed_makes_the_tasks_live_faster(clock: Clock) -> None:
    with DemoService(now=clock, speed=10) as service, httpx.Client(trust_env=False) as http:
        client = Client(service, http)
        clock.advance(7.6)
        assert client.task(SKY.task_id)["status"] == "COMPLETED"


def test_a_speed_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="speed"):
        DemoService(speed=0)


def test_a_scene_without_a_picture_repeats_the_link_under_a_new_id(
    client: Client, clock: Clock
) -> None:
    clock.advance(80)

    frames = client.task(SKY.task_id)["progress"]

    assert len({frame["id"] for frame in frames}) == len(frames)
    assert frames[3]["image"] == frames[4]["image"]
    assert frames[3]["id"] != frames[4]["id"]


def test_an_id_says_nothing_about_the_name_of_the_file(client: Client) -> None:
    second = client.task(PYTHAGORAS.task_id)["progress"][1]

    assert second["id"] == "frame2"
    assert urlsplit(second["image"]).path.endswith("/frame3.png")


# Links


def test_links_stay_the_same_and_live_a_day_from_when_the_frame_was_drawn(
    client: Client, clock: Clock
) -> None:
    clock.advance(10)
    before = client.frame_links(SKY.task_id)
    clock.advance(60)
    after = client.frame_links(SKY.task_id)

    assert after[: len(before)] == before
    assert [expiry(link) - NOON - DAY for link in before] == [1, 9]


def test_short_lived_links_are_signed_afresh_and_end(client: Client, clock: Clock) -> None:
    clock.advance(10)
    first = client.frame_links(PHOTOSYNTHESIS.task_id)[0]
    assert expiry(first) == clock.now + 90
    clock.advance(90)
    assert client.http.get(first).status_code == 200
    clock.advance(1)

    expired = client.http.get(first)
    renewed = client.frame_links(PHOTOSYNTHESIS.task_id)[0]

    assert expired.status_code == 403
    assert expired.headers["x-oss-ec"] == "0002-00000069"
    assert b"<Code>AccessDenied</Code>" in expired.content
    assert b"<Message>Request has expired.</Message>" in expired.content
    assert b"<Expires>2025-06-15T15:08:20.000Z</Expires>" in expired.content
    assert b"<ServerTime>2025-06-15T15:08:21.000Z</ServerTime>" in expired.content
    assert renewed != first
    assert client.http.get(renewed).status_code == 200


def test_links_of_every_task_open_as_they_were_sent(client: Client, clock: Clock) -> None:
    clock.advance(400)
    for task_id in client.service.task_ids:
        links = client.frame_links(task_id)
        if not links:
            continue  # It failed.
        for link in (links[0], links[2], links[-1]):
            response = client.http.get(link)
            assert response.headers["Content-Type"] == "image/png"
            assert len(response.content) < 60_000
            with Image.open(io.BytesIO(response.content)) as picture:
                picture.load()
                assert (picture.format, picture.size) == ("PNG", (1280, 720))


def test_the_video_is_a_file_that_plays(client: Client) -> None:
    response = client.http.get(client.task(PYTHAGORAS.task_id)["result"][0]["content"])

    assert response.headers["Content-Type"] == "image/gif"
    with Image.open(io.BytesIO(response.content)) as video:
        assert video.format == "GIF"
        assert getattr(video, "n_frames", 1) == 5


def test_a_link_that_was_tampered_with_is_refused(client: Client) -> None:
    link = client.frame_links(PYTHAGORAS.task_id)[0]
    later = link.replace(f"Expires={expiry(link)}", f"Expires={expiry(link) + 1}")
    other = link.replace("frame1.png", "frame3.png")
    unsigned = link.partition("Signature=")[0] + "Signature=%E2%82%AC"
    for wrong in (later, other, unsigned):
        response = client.http.get(wrong)
        assert response.status_code == 403
        assert b"<Code>SignatureDoesNotMatch</Code>" in response.content
        assert response.headers["x-oss-ec"] == "0002-00000040"


def test_a_signature_holds_for_its_method_only(client: Client) -> None:
    link = client.frame_links(PYTHAGORAS.task_id)[0]
    path = urlsplit(link).path
    for_head = client.service.signer.sign(path, expiry(link), method="HEAD")

    refused = client.http.head(link)
    allowed = client.http.head(client.service.origin + for_head)

    assert (refused.status_code, refused.headers["x-oss-ec"]) == (403, "0002-00000040")
    assert allowed.status_code == 200
    assert allowed.content == b""
    assert client.http.get(client.service.origin + for_head).status_code == 403
    assert client.http.put(link, content=b"x").status_code == 405


def test_a_link_without_its_signature_is_refused(client: Client) -> None:
    link = client.frame_links(PYTHAGORAS.task_id)[0]
    bare, _, query = link.partition("?")
    parts = query.split("&")
    for kept in ([], parts[1:], parts[:1] + parts[2:], parts[:2]):
        response = client.http.get(f"{bare}?{'&'.join(kept)}")
        assert response.status_code == 403
        assert b"<Code>AccessDenied</Code>" in response.content
    for date in ("soon", "", "-1", "9" * 13):
        response = client.http.get(f"{bare}?{parts[0]}&Expires={date}&{parts[2]}")
        assert response.status_code == 403
        assert b"<Code>AccessDenied</Code>" in response.content
    stranger = client.http.get(f"{bare}?OSSAccessKeyId=x&{parts[1]}&{parts[2]}")
    assert b"<Code>InvalidAccessKeyId</Code>" in stranger.content


def test_the_key_of_the_api_has_no_business_at_the_files(client: Client) -> None:
    link = client.frame_links(PYTHAGORAS.task_id)[0]

    response = client.http.get(link, headers={"Authorization": f"Bearer {client.service.api_key}"})

    assert response.status_code == 400
    assert b"<Code>InvalidArgument</Code>" in response.content
    assert client.service.api_key.encode() not in response.content


def test_an_object_that_does_not_exist_yet_is_not_found(client: Client, clock: Clock) -> None:
    service = client.service
    future_path = SKY.picture_path(8)
    for path in (future_path, "/frame_img/nothing.png", "/video/nothing.mp4"):
        response = client.http.get(service.origin + service.signer.sign(path, int(NOON) + 100))
        assert response.status_code == 404
        assert b"<Code>NoSuchKey</Code>" in response.content
    clock.advance(70)
    link = service.origin + service.signer.sign(future_path, int(NOON) + 100)
    assert client.http.get(link).status_code == 200


def test_a_signature_is_that_of_the_algorithm() -> None:
    """The expected value is from `openssl dgst -sha1 -hmac secret -binary | base64`."""
    signer = Signer("LTAI", b"secret", "bucket")

    assert signer.sign("/a/b.png", 1749287113) == (
        "/a/b.png?OSSAccessKeyId=LTAI&Expires=1749287113&Signature=GB5Hw6SIFd20JhNkBr2LOfXXrQA%3D"
    )


def test_pictures_are_the_same_again_and_differ_by_number_and_task() -> None:
    again = frame_png.__wrapped__("Why the sky is blue", 1, 1)

    assert frame_png("Why the sky is blue", 1, 1) == again
    assert len({frame_png("x", number, seed) for number in (1, 2) for seed in range(6)}) == 12


# The server


def test_one_connection_serves_many_requests_and_close_ends_it(clock: Clock) -> None:
    service = DemoService(now=clock).start()
    request = b"GET /api/get_status/48213 HTTP/1.1\r\nHost: demo\r\n\r\n"
    with socket.create_connection(("127.0.0.1", urlsplit(service.origin).port or 0)) as peer:
        peer.settimeout(5)
        for _ in range(3):
            peer.sendall(request)
            assert peer.recv(65536).startswith(b"HTTP/1.1 401 ")
        began = time.monotonic()
        service.close()
        assert peer.recv(1) == b""
    service.close()
    assert time.monotonic() - began < 1
    assert not any(thread.name.startswith("demo-server") for thread in threading.enumerate())
    with pytest.raises(RuntimeError):
        _ = service.base_url


def test_a_silent_connection_is_closed_after_the_idle_timeout() -> None:
    server = LoopbackServer(lambda _: Response(204), idle_timeout=0.05).start()
    try:
        with socket.create_connection(("127.0.0.1", server.server_port)) as peer:
            peer.settimeout(5)
            assert peer.recv(1) == b""
    finally:
        server.close()


def test_idle_connections_take_a_bounded_number_of_threads_and_no_place() -> None:
    before = threading.active_count()
    server = LoopbackServer(lambda _: Response(204), max_connections=8).start()
    peers: list[socket.socket] = []
    try:
        with httpx.Client(trust_env=False) as http:
            assert http.get(server.origin).status_code == 204
            for number in range(100):
                peers.append(socket.create_connection(("127.0.0.1", server.server_port)))
                # Besides those that serve, the one that accepts, and one that ends.
                assert threading.active_count() - before <= 8 + 2
                if number % 10 == 0:
                    # The one that was idle for longest has to go, so that a new one has a place.
                    with httpx.Client(trust_env=False) as other:
                        assert other.get(server.origin).status_code == 204
    finally:
        server.close()
        for peer in peers:
            peer.close()


def test_a_request_whose_body_never_comes_takes_no_place() -> None:
    heads: list[str] = []
    begun = threading.Event()

    class Watched(Exchange):
        def parse_request(self) -> bool:
            is_valid = super().parse_request()
            heads.append(self.requestline)
            begun.set()
            return is_valid

    server = LoopbackServer(lambda _: Response(204), max_connections=1, exchange=Watched).start()
    try:
        with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as first:
            first.sendall(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n")
            assert begun.wait(10)
            with httpx.Client(trust_env=False) as other:
                assert other.get(server.origin).status_code == 204
            assert heads == ["POST / HTTP/1.1", "GET / HTTP/1.1"]
    finally:
        server.close()


def test_an_address_that_is_none_is_answered_as_any_fault() -> None:
    server = LoopbackServer(lambda _: Response(204)).start()
    try:
        with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as peer:
            peer.sendall(b"GET http://[/ HTTP/1.1\r\n\r\n")
            assert peer.recv(100).startswith(b"HTTP/1.1 400 ")
    finally:
        server.close()


def test_a_connection_that_is_being_answered_keeps_its_place() -> None:
    answered, release = threading.Event(), threading.Event()

    def respond(_: Request) -> Response:
        answered.set()
        release.wait(10)
        return Response(204)

    server = LoopbackServer(respond, max_connections=1).start()
    try:
        with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as first:
            first.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert answered.wait(10)
            with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as second:
                assert second.recv(1) == b""
            release.set()
            assert first.recv(100).startswith(b"HTTP/1.1 204 ")
    finally:
        release.set()
        server.close()


def test_latency_delays_the_answers_but_not_the_end() -> None:
    with DemoService(latency=0.05) as service, httpx.Client(trust_env=False) as http:
        began = time.monotonic()
        Client(service, http).task("48213")
        assert time.monotonic() - began >= 0.05


def test_a_service_that_misbehaves_is_another_function_or_exchange(
    capfd: pytest.CaptureFixture[str],
) -> None:
    class Cut(Exchange):
        def send(self, request: Request, answer: Response) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")
            self.close_connection = True

    def broken(request: Request) -> Response:
        raise LookupError("a bug in a test's service")

    with httpx.Client(trust_env=False) as http:
        for exchange in (Exchange, Cut):
            server = LoopbackServer(broken, exchange=exchange).start()
            try:
                if exchange is Cut:
                    with pytest.raises(httpx.RemoteProtocolError):
                        http.get(server.origin)
                else:
                    assert http.get(server.origin).status_code == 500
            finally:
                server.close()
    assert capfd.readouterr() == ("", "")


# Standalone


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_run_alone_it_prints_three_lines_and_ends_when_interrupted(signum: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tui.demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    kill_timer = threading.Timer(20, process.kill)
    kill_timer.start()
    try:
        assert process.stdout is not None
        base_url, key, task_ids = (process.stdout.readline().strip() for _ in range(3))
        with httpx.Client(trust_env=False) as http:
            for task_id in task_ids.split(" "):
                response = http.get(
                    f"{base_url}/get_status/{task_id}", headers={"Authorization": f"Bearer {key}"}
                )
                assert json.loads(response.content)["data"]["task_id"] == task_id
            process.send_signal(signum)
            rest, errors = process.communicate(timeout=10)
        assert (process.returncode, rest, errors) == (0, "", "")
    finally:
        kill_timer.cancel()
        if process.poll() is None:
            process.kill()
            process.communicate()


@pytest.mark.parametrize("redirected", [">&-", "1</dev/null"])
def test_a_service_whose_address_nobody_can_read_ends_with_a_line(redirected: str) -> None:
    command = ["/bin/sh", "-c", f'exec "$@" {redirected}', "sh", sys.executable, "-m", "tui.demo"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("output: ")
    assert len(done.stderr.splitlines()) == 1


def test_text_that_no_font_has_is_left_out() -> None:
    assert font_for("a² + b²", 20) is not None
    chinese = font_for("勾股定理", 20)
    assert chinese is None or chinese.getbbox("勾股定理")[2] > 60
    assert frame_png.__wrapped__("勾股定理的证明", 6, 0)
