"""What each of the demo's tasks does, and when. Pure: a function of the elapsed seconds.

The tasks cover what the provider's reference describes, docs.scenext.cn, page
*api-reference/get-status*: IDs that are digits or UUIDs, a growing `progress`, a `result` once a
task has ended, points, times and a title, and frame IDs that are unrelated to the file's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple
from uuid import NAMESPACE_URL, uuid5

State = Literal["IN_PROGRESS", "COMPLETED", "FAILED"]

DAY: Final = 24 * 60 * 60
"""Seconds that a link is valid, unless its story has a `link_lifetime`."""


POINTS_PER_SCENE: Final = 2


class Scene(NamedTuple):
    """One frame of the progress."""

    drawn_at: float
    """Seconds after the demo's start; negative for frames from before it."""
    picture: int
    """The number in the file's name. A scene without a picture of its own repeats the last one."""


class Item(NamedTuple):
    """One item of a result. The content of a video is the path of its file, not signed yet."""

    type: Literal["video", "text"]
    content: str
    score: float | None = None
    score_detail: str = ""


class Charge(NamedTuple):
    """One item of `consumption`."""

    value: int
    detail: str


class Snapshot(NamedTuple):
    """The state of a task at one time."""

    state: State
    scenes: tuple[Scene, ...]
    result: tuple[Item, ...]
    """Empty while the task is running."""
    charges: tuple[Charge, ...]
    """Empty while the task is running."""
    title: str
    """Empty unless the task has completed."""


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that happens to one task."""

    task_id: str
    label: str
    """What the user calls it; may be empty."""
    seed: int
    """Selects the colours and the figure of the frames."""
    scenes: tuple[Scene, ...]
    ends_at: float
    """Seconds after the demo's start at which the task completes, or fails."""
    end: Literal["COMPLETED", "FAILED"]
    result: tuple[Item, ...]
    created_at: float = 0
    """Seconds after the demo's start at which the task was created."""
    link_lifetime: int | None = None
    """Seconds that links are valid, signed anew for each response. None: signed once, for `DAY`."""
    title: str = ""
    """What the service calls the video once there is one; empty where that is the label."""

    @property
    def name(self) -> str:
        """The video's title, known or not yet."""
        return self.title or self.label

    def at(self, elapsed: float) -> Snapshot:
        """Return the state of the task `elapsed` seconds after the demo's start."""
        scenes = tuple(scene for scene in self.scenes if scene.drawn_at <= elapsed)
        if elapsed < self.ends_at:
            return Snapshot("IN_PROGRESS", scenes, (), (), "")
        if self.end == "FAILED":
            return Snapshot(self.end, (), self.result, (Charge(0, "任务失败，不消耗积分"),), "")
        points = POINTS_PER_SCENE * len(scenes)
        charge = Charge(points, f"{len(scenes)} 个分镜，消耗 {points} 积分")
        return Snapshot(self.end, scenes, self.result, (charge,), self.name)

    def picture_path(self, picture: int) -> str:
        """Return the path of one frame's file."""
        return f"/frame_img/{_folder(self.name)}/frame{picture}.png"


def _uuid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"demo:{name}"))


def _folder(name: str) -> str:
    return f"{_uuid(name)}/{_uuid(name + '/frames')}"


def video_path(name: str) -> str:
    """Return the path of a task's video, an animated GIF."""
    return f"/video/{_folder(name)}/video.gif"


def _scenes(first: float, step: float, pictures: tuple[int, ...]) -> tuple[Scene, ...]:
    return tuple(Scene(first + step * index, picture) for index, picture in enumerate(pictures))


PYTHAGORAS: Final = Story(
    task_id="48213",
    label="勾股定理的证明",
    seed=0,
    scenes=_scenes(-640, 110, (1, 3, 4, 5, 6)),
    created_at=-760,
    ends_at=-60,
    end="COMPLETED",
    result=(
        Item("video", video_path("勾股定理的证明"), 92, "推导完整，画面清晰"),
        Item("text", "直角三角形两直角边的平方和等于斜边的平方：a² + b² = c²。"),
    ),
)
"""Completed before the demo started."""

SKY: Final = Story(
    task_id=_uuid("sky"),
    label="Why the sky is blue",
    seed=1,
    scenes=_scenes(1, 8, (1, 2, 3, 4, 4, 5, 6, 7, 8)),
    ends_at=75,
    end="COMPLETED",
    result=(
        Item("video", video_path("Why the sky is blue"), 88.5, "Clear, well paced"),
        Item("text", "Air scatters short waves most: blue light reaches us from every side."),
    ),
)
"""Advances quickly and completes. Its fifth scene repeats the picture of the fourth."""

FOURIER: Final = Story(
    task_id="48307",
    label="Fourier series of a square wave",
    seed=2,
    scenes=_scenes(6, 11, (1, 3, 5)),
    ends_at=45,
    end="FAILED",
    result=(Item("text", "渲染失败：场景 4 的公式无法编译 (LaTeX error: Missing $ inserted)"),),
)
"""Fails, with the reason in its result."""

QUICKSORT: Final = Story(
    task_id=_uuid("quicksort"),
    label="How quicksort works",
    seed=3,
    scenes=_scenes(2, 12, tuple(range(1, 25))),
    ends_at=300,
    end="COMPLETED",
    result=(Item("video", video_path("How quicksort works"), 95, "Every swap is shown"),),
)
"""Runs for minutes."""

PHOTOSYNTHESIS: Final = Story(
    task_id="48344",
    label="",
    title="光合作用：光反应与暗反应",
    seed=4,
    scenes=_scenes(3, 9, (1, 2, 3, 4, 5, 6)),
    ends_at=60,
    end="COMPLETED",
    result=(Item("video", video_path("光合作用：光反应与暗反应"), 81, "Good overview"),),
    link_lifetime=90,
)
"""Has no label, so that it has no name before the service tells its title. Its links expire soon
after each response."""

BAYES: Final = Story(
    task_id=_uuid("bayes"),
    label="Bayes' theorem with two dice",
    seed=5,
    scenes=_scenes(20, 15, (1, 2, 4, 5, 6, 7)),
    ends_at=115,
    end="COMPLETED",
    result=(
        Item("video", video_path("Bayes' theorem with two dice"), 90, "Intuitive example"),
        Item("text", "P(A|B) = P(B|A) · P(A) / P(B)"),
    ),
)
"""Has no frames at first."""

STORIES: Final = (PYTHAGORAS, SKY, FOURIER, QUICKSORT, PHOTOSYNTHESIS, BAYES)
"""In the order in which the dashboard shows them."""
