"""The fake service: the status query and the signed files, from a storyboard.

Status queries are answered as in the provider's reference, docs.scenext.cn, page
*api-reference/get-status*; files are served as by Aliyun OSS (`oss`).
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Final, Self
from urllib.parse import unquote

from tui.demo import pictures
from tui.demo.oss import ErrorResponse, Signer, method_not_allowed, no_such_key
from tui.demo.server import LoopbackServer, Request, Response
from tui.demo.storyboard import DAY, STORIES, Item, Scene, Story, video_path

_STATUS_PATH: Final = "/api/get_status/"
_FILE_PATHS: Final = ("/frame_img/", "/video/")
_METHODS: Final = ("GET", "HEAD")
_ZONE: Final = timezone(timedelta(hours=8))


class DemoService:
    """The service on loopback, from `start` to `close`; a context manager does both.

    Args:
        speed: Seconds that the tasks advance per second of `now`; links expire in real time.
        now: The wall clock, in Unix seconds. Called on several threads.
        latency: Seconds before each response.
        stories: What the tasks do.
    """

    def __init__(
        self,
        *,
        speed: float = 1.0,
        now: Callable[[], float] = time.time,
        latency: float = 0.0,
        stories: Sequence[Story] = STORIES,
    ) -> None:
        if not speed > 0:
            raise ValueError("speed must be above 0")
        self.task_ids: tuple[str, ...] = tuple(story.task_id for story in stories)
        """The tasks, in the order to show them in."""
        self.api_key: str = f"demo-{secrets.token_urlsafe(24)}"
        """The only key that is accepted; a new one for each instance."""
        self.signer: Final = Signer("LTAI5tDEMO", secrets.token_bytes(30), "scenext-demo")
        """Signs the links; public for tests."""
        self._stories = {story.task_id: story for story in stories}
        self._pictures: dict[str, tuple[Story, Scene]] = {}
        for story in stories:
            for scene in story.scenes:
                # The picture of a repeated scene was drawn by the first one.
                self._pictures.setdefault(story.picture_path(scene.picture), (story, scene))
        self._videos = {video_path(story.name): story for story in stories}
        self._speed = speed
        self._now = now
        self._latency = latency
        self._started = now()
        self._server: LoopbackServer | None = None

    @property
    def origin(self) -> str:
        """Scheme, host and port of the API and the files; only between `start` and `close`."""
        if self._server is None:
            raise RuntimeError("the demo service is not started")
        return self._server.origin

    @property
    def base_url(self) -> str:
        """The URL to append `/get_status/{task_id}` to; only between `start` and `close`."""
        return f"{self.origin}/api"

    def start(self) -> Self:
        """Start serving; the tasks start now."""
        if self._server is not None:
            raise RuntimeError("the demo service is started already")
        self._started = self._now()
        self._server = LoopbackServer(self.respond, now=self._now, latency=self._latency).start()
        return self

    def close(self) -> None:
        """Close all connections and free the port. Idempotent."""
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def respond(self, request: Request) -> Response:
        """Return the response to one request; tests override or wrap it to inject faults."""
        if request.path.startswith(_FILE_PATHS):
            return self._file(request)
        if request.method not in _METHODS:
            return _error(405, "Method Not Allowed", {"Allow": ", ".join(_METHODS)})
        if request.path.startswith(_STATUS_PATH):
            return self._status(request, unquote(request.path.removeprefix(_STATUS_PATH)))
        return _error(404, "Not Found")

    def _status(self, request: Request, task_id: str) -> Response:
        authorization = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(authorization, f"Bearer {self.api_key}".encode()):
            return _error(401, "Unauthorized: Invalid API key")
        story = self._stories.get(task_id)
        if story is None:
            return _error(404, "Server error: Task not found")
        return _json(200, {"status": "success", "data": self._data(story)})

    def _data(self, story: Story) -> dict[str, Any]:
        snapshot = story.at(self._elapsed())
        data: dict[str, Any] = {
            "task_id": story.task_id,
            "status": snapshot.state,
        }
        if snapshot.state != "FAILED":
            data["progress"] = [
                {"id": f"frame{number}", "image": self._picture_link(story, scene)}
                for number, scene in enumerate(snapshot.scenes, start=1)
            ]
        if snapshot.state != "IN_PROGRESS":
            data["result"] = [self._item(story, item) for item in snapshot.result]
            data["consumption"] = [
                {"type": "score", "value": charge.value, "detail": charge.detail}
                for charge in snapshot.charges
            ]
        if snapshot.state == "COMPLETED":
            data["title"] = snapshot.title
            data["created_at"] = self._local_time(story.created_at)
            data["finish_at"] = self._local_time(story.ends_at)
        return data

    def _local_time(self, elapsed: float) -> str:
        """Return a time in ISO 8601's extended form, in the service's zone, which is not named."""
        moment = datetime.fromtimestamp(self._started + elapsed / self._speed, _ZONE)
        return moment.replace(tzinfo=None).isoformat(timespec="seconds")

    def _item(self, story: Story, item: Item) -> dict[str, Any]:
        content = item.content
        if item.type == "video":
            content = self._link(story, content, story.ends_at)
        data: dict[str, Any] = {"type": item.type, "content": content}
        if item.score is not None:
            data |= {"score": item.score, "scoreDetail": item.score_detail}
        return data

    def _picture_link(self, story: Story, scene: Scene) -> str:
        path = story.picture_path(scene.picture)
        return self._link(story, path, self._pictures[path][1].drawn_at)

    def _link(self, story: Story, path: str, made_at: float) -> str:
        """Sign `path`: for `DAY` from when the file was made, or `link_lifetime` from now."""
        if story.link_lifetime is None:
            expires = int(self._started + made_at / self._speed) + DAY
        else:
            expires = int(self._now()) + story.link_lifetime
        return self.origin + self.signer.sign(path, expires)

    def _file(self, request: Request) -> Response:
        if request.method not in _METHODS:
            return self._oss_error(method_not_allowed(request.method))
        error = self.signer.verify(
            request.method, request.path, request.query, request.headers, now=self._now()
        )
        if error is not None:
            return self._oss_error(error)
        path = unquote(request.path)
        elapsed = self._elapsed()
        if path in self._pictures:
            story, scene = self._pictures[path]
            if scene.drawn_at <= elapsed:
                body = pictures.frame_png(story.name, scene.picture, story.seed)
                return Response(200, body, {"Content-Type": "image/png", **_request_id()})
        elif path in self._videos and self._videos[path].ends_at <= elapsed:
            story = self._videos[path]
            numbers = tuple(dict.fromkeys(scene.picture for scene in story.scenes))
            body = pictures.video_gif(story.name, numbers, story.seed)
            return Response(200, body, {"Content-Type": "image/gif", **_request_id()})
        return self._oss_error(no_such_key(path.removeprefix("/")))

    def _oss_error(self, error: ErrorResponse) -> Response:
        headers = {"Content-Type": "application/xml", **_request_id()}
        if error.ec:
            headers["x-oss-ec"] = error.ec
        if error.status == 405:
            headers["Allow"] = ", ".join(_METHODS)
        body = error.xml(
            host=self.origin.removeprefix("http://"), request_id=headers["x-oss-request-id"]
        )
        return Response(error.status, body, headers)

    def _elapsed(self) -> float:
        return (self._now() - self._started) * self._speed


def _json(status: int, value: object, headers: dict[str, str] | None = None) -> Response:
    body = json.dumps(value, ensure_ascii=False).encode()
    return Response(status, body, {"Content-Type": "application/json", **(headers or {})})


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return _json(status, {"status": "error", "data": {"messages": message}}, headers)


def _request_id() -> dict[str, str]:
    return {"x-oss-request-id": secrets.token_hex(12).upper()}
