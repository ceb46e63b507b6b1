"""All scenes: new, working, in trouble, without a key, offline, after ten days, empty."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tests.support.scenes import (
    DAY,
    STEP,
    Known,
    Scenario,
    Trouble,
    Watched,
    all_of,
    completed,
    durations,
    failed,
    running,
    uuid,
)
from tests.support.service import error, task
from tui.demo.storyboard import Story

REASON: Final = "渲染失败：场景 4 的公式无法编译 (LaTeX error: Missing $ inserted)"
_NOT_CHARGED: Final = "任务执行失败，不消耗积分"
_NOT_FOUND: Final = error(404, "Server error: Task not found")
_MISTYPED: Final = uuid("mistyped")
_BAYES: Final = "Bayes' theorem with two dice, part "
_BEGUN: Final = 35 * STEP


def _watched(*stories: Story, known: Known = Known.LOOKED_AT) -> list[Watched]:
    return [Watched(story, known) for story in stories]


def _session() -> list[Watched]:
    """Return 24 tasks that ran to their end since the program started."""
    subjects = ("欧姆定律", "Photosynthesis step by step", "The water cycle", "勾股定理的证明")
    return _watched(
        *(
            completed(
                f"48{100 + number}",
                f"{subjects[number % 4]} {number // 4 + 1}",
                ended=_BEGUN - 6 - number * 4 - seconds / 60,
                took=seconds / 60,
                frames=5 + number % 6,
            )
            for number, seconds in enumerate(durations(24))
            if number * 4 + seconds / 60 < _BEGUN - 12
        )
    )


_RUNNING: Final = _watched(
    running("48346", "二次函数的图像", age=20, frames=3, quiet=15.3),
    running(uuid("bayes 1"), f"{_BAYES}1", age=10, frames=11),
    running(uuid("bayes 2"), f"{_BAYES}2", age=9, frames=9),
    running(uuid("quicksort"), "How quicksort works", age=7, frames=7),
    running("48344", "电磁感应", age=5, frames=5),
    running("48349", age=2),
)
_ENDED: Final = _watched(
    completed(
        "48213",
        ended=0.8,
        took=12,
        frames=13,
        title="光合作用讲解视频：高中生物必修一第五章第四节",
    ),
    completed(uuid("derivatives"), "What a derivative is", ended=6, took=14, frames=10),
    failed("48307", "牛顿第二定律", ended=3, took=9, reason=REASON),
    failed(
        uuid("fourier"), "Fourier series of a square wave", ended=40, took=8, reason=_NOT_CHARGED
    ),
)
_WAITING: Final = _watched(
    running("48350", "化学平衡 1", age=0.5), running("48351", "化学平衡 2", age=0.4)
)
_TROUBLE: Final = _watched(running(_MISTYPED, "batch 4: 化学平衡", age=32))
_YESTERDAY: Final = [
    *_watched(
        completed("48001", "Newton's cradle", ended=DAY, took=11, frames=8),
        completed(uuid("tides"), ended=DAY - 9, took=16, frames=12, title="潮汐是怎样形成的"),
    ),
    *_watched(
        completed("48003", "光的折射", ended=DAY - 60, took=9, frames=6), known=Known.RUNNING
    ),
]

WORKING: Final = Scenario(
    "working",
    all_of(_YESTERDAY, _session(), _RUNNING, _ENDED, _WAITING, _TROUBLE),
    begun=_BEGUN,
    unseen=4 * STEP,
    samples=120,
    answers={_MISTYPED: _NOT_FOUND, "48350": None, "48351": None},
)
"""An afternoon, two hours after the program started."""

NEW: Final = Scenario(
    "new",
    all_of(
        _watched(
            running("48401", age=1.5),
            running("48402", "Euler's identity", age=1.4),
            running("48403", "圆周率的历史", age=1.4, frames=1),
            running("48404", age=1.3),
            running(uuid("mitosis"), age=1.2),
            running(_MISTYPED, age=1.2),
            known=Known.NOTHING,
        )
    ),
    answers={_MISTYPED: _NOT_FOUND, "48404": None},
)
"""Six tasks that were just added, after the first answers."""

_FEW: Final = all_of(_RUNNING, _ENDED, _watched(running("48352", "量子隧穿", age=4)))
TROUBLE: Final = Scenario(
    "trouble",
    _FEW,
    begun=3 * STEP,
    samples=120,
    answers={"48352": task("48352", "IN_REVIEW")},
    trouble=Trouble.KEY_REFUSED,
)
"""The key is refused after all was well, and one task is in a state that nobody documents."""

HOST_DOWN: Final = replace(TROUBLE, name="host-down", trouble=Trouble.SERVER_ERRORS)
"""The service answers each query with an error."""

OFFLINE: Final = replace(TROUBLE, name="offline", trouble=Trouble.OFFLINE)
"""Nothing can be reached."""

NO_KEY: Final = replace(TROUBLE, name="no-key", trouble=Trouble.NONE, has_key=False)
"""No key was ever found."""

EMPTY: Final = Scenario("empty")
"""Nothing is watched."""

_SUBJECTS: Final = ("物理", "化学", "Algebra", "生物", "History of science")
_TITLES: Final = (
    "牛顿第一定律与惯性",
    "How a transformer changes voltage",
    "氧化还原反应的电子转移",
    "Completing the square, with pictures",
    "细胞有丝分裂的四个时期",
)


def _day_ten() -> tuple[Watched, ...]:
    """Return 200 tasks of ten days, in batches of 20: labels alike, and without a label."""
    tasks: list[Watched] = []
    for number in range(200):
        batch, place = divmod(number, 20)
        label = _day_ten_label(batch, place)
        title = f"{_TITLES[place % 5]} ({place + 1})"
        task_id = str(47_000 + number) if number % 3 else uuid(f"day ten {number}")
        added = (10 - batch) * DAY - place * 7
        tasks.append(_day_ten_task(number, task_id, label, title, added))
    return all_of(tasks)


def _day_ten_label(batch: int, place: int) -> str:
    if batch % 4 == 3:
        return ""
    if batch % 4 == 1:
        return f"Grade 9 lesson plans, {_SUBJECTS[batch % 5]}, part {place + 1:02}"
    return f"batch {batch + 1} · {_SUBJECTS[batch % 5]}"


def _day_ten_task(number: int, task_id: str, label: str, title: str, added: float) -> Watched:
    took = durations(200)[number] / 60
    batch, place = divmod(number, 20)
    if number in (7, 31, 88):  # It runs for ever.
        return Watched(running(task_id, label, age=added, frames=6, quiet=added - 30))
    if batch == 9 and place >= 2:
        # Of today: nine are running, nine ended while nobody watched.
        if place % 2:
            return Watched(running(task_id, label, age=place * 0.8, frames=max(0, place - 4)))
        return _missed(task_id, label, title, place, took)
    if number % 19 == 5:
        reason = REASON if number % 2 else _NOT_CHARGED
        return Watched(failed(task_id, label, ended=added - took, took=took, reason=reason))
    return Watched(
        completed(
            task_id, label, ended=added - took, took=took, frames=5 + number % 11, title=title
        )
    )


def _missed(task_id: str, label: str, title: str, place: int, took: float) -> Watched:
    ended = 30.0 + place
    if place in (4, 12):
        story = failed(task_id, label, ended=ended, took=took, reason=REASON)
    else:
        story = completed(task_id, label, ended=ended, took=took, frames=5 + place, title=title)
    return Watched(story, Known.RUNNING)


DAY_TEN: Final = Scenario("day-ten", _day_ten(), samples=200)
"""200 tasks after ten days: some failed, some stuck, nine ended while nobody watched."""

SCENARIOS: Final = (NEW, WORKING, TROUBLE, HOST_DOWN, OFFLINE, DAY_TEN, EMPTY, NO_KEY)
