"""Which frames a task has: the newest answer's list is the list."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.scenext.models import MAX_FRAMES, Frame, Task, TaskStatus
from tui.watchlist.frames import merge_frames

RUNNING, DONE, FAILED = TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED, TaskStatus.FAILED


def frames(words: str) -> tuple[Frame, ...]:
    """Return frames, written as `id:path` each; the ID is the path where none is given."""
    pairs = (word.partition(":") for word in words.split())
    return tuple(Frame(name, f"https://h.test/{path or name}") for name, _, path in pairs)


MERGED: Final = {
    "the first answer": (RUNNING, "", "a b", "a b"),
    "another frame": (RUNNING, "a b", "a b c", "a b c"),
    "the same list": (RUNNING, "a b", "a b", "a b"),
    "a token in the path": (RUNNING, "1:t1/a 2:t1/b", "1:t2/a 2:t2/b", "1:t2/a 2:t2/b"),
    "a token in the path, one more": (RUNNING, "1:t1/a", "1:t2/a 2:t2/b", "1:t2/a 2:t2/b"),
    "signed again": (
        RUNNING,
        "a:a?Expires=1&Signature=x",
        "a:a?Expires=2&Signature=y",
        "a:a?Expires=2&Signature=y",
    ),
    "drawn anew under another path": (RUNNING, "1:a 2:b", "1:a 2:c", "1:a 2:c"),
    "drawn anew under another query": (RUNNING, "1:a?v=1", "1:a?v=2", "1:a?v=2"),
    "dropped by the service": (RUNNING, "a b c", "a c", "a c"),
    "dropped at the end": (DONE, "a b c", "a b", "a b"),
    "in another order": (RUNNING, "a b c", "c a b", "c a b"),
    "other IDs": (DONE, "1:a 2:b", "x:a y:b", "x:a y:b"),
    "a repeated picture": (RUNNING, "1:a", "1:a 2:a", "1:a 2:a"),
    "failed": (FAILED, "a b", "", "a b"),
    "completed without a list": (DONE, "a b", "", "a b"),
    "running without a list": (RUNNING, "a b", "", "a b"),
    "never any": (FAILED, "", "", ""),
}


@pytest.mark.parametrize(("status", "known", "listed", "merged"), MERGED.values(), ids=MERGED)
def test_the_newest_list_is_the_list(
    status: TaskStatus, known: str, listed: str, merged: str
) -> None:
    before = Task("t", RUNNING, frames=frames(known))
    answer = Task("t", status, "sent", frames(listed), title="x")
    assert merge_frames(before, answer) == answer._replace(frames=frames(merged))
    if listed:
        assert merge_frames(None, answer) == answer


@pytest.mark.parametrize(
    ("known", "listed", "merged"),
    [("a b c", "a b", "a b c"), ("a b", "a:x b:y", "a:x b:y"), ("", "a", "a"), ("a", "", "a")],
)
def test_a_stale_answer_takes_no_frame_away(known: str, listed: str, merged: str) -> None:
    before, answer = (
        Task("t", DONE, frames=frames(known)),
        Task("t", RUNNING, frames=frames(listed)),
    )
    assert merge_frames(before, answer, stale=True).frames == frames(merged)


def test_the_newest_thousand_are_kept_and_the_others_counted() -> None:
    many = frames(" ".join(map(str, range(MAX_FRAMES + 100))))
    merged = merge_frames(None, Task("t", RUNNING, frames=many, dropped_frames=5))
    assert (merged.frames, merged.dropped_frames) == (many[100:], 105)
    ended = merge_frames(merged, Task("t", FAILED))
    assert (ended.frames, ended.dropped_frames) == (many[100:], 105)
    fewer = merge_frames(merged, Task("t", RUNNING, frames=many[:3]))
    assert (fewer.frames, fewer.dropped_frames) == (many[:3], 0)


@given(st.lists(st.lists(st.integers(0, 9), max_size=8), max_size=6))
def test_polling_for_ever_adds_nothing(answers: list[list[int]]) -> None:
    task: Task | None = None
    for answer in answers:
        listed = tuple(Frame(str(number), f"https://h.test/{number}") for number in answer)
        task = merge_frames(task, Task("t", RUNNING, frames=listed))
        assert not listed or task.frames == listed
