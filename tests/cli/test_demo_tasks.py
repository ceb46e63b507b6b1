"""The demo's watchlist shows what the screen can tell."""

from __future__ import annotations

from datetime import UTC, datetime

from tui.cli import demo_tasks
from tui.demo.storyboard import PHOTOSYNTHESIS, STORIES
from tui.watchlist.entries import Add, replay

NOW = datetime(2026, 3, 14, 9, 26, tzinfo=UTC)


def test_it_has_every_task_of_the_service_and_one_that_was_mistyped() -> None:
    entries = demo_tasks.entries(NOW)
    known = [story.task_id for story in STORIES]
    assert [entry.id for entry in entries] == [*known, demo_tasks.MISTYPED_ID]
    assert replay((), [Add(entry) for entry in entries]) == entries
    assert "勾股定理的证明" in {entry.label for entry in entries}


def test_a_task_without_a_label_gets_its_name_from_the_service() -> None:
    labels = {entry.id: entry.label for entry in demo_tasks.entries(NOW)}
    assert not labels[PHOTOSYNTHESIS.task_id]
    assert PHOTOSYNTHESIS.at(PHOTOSYNTHESIS.ends_at).title == "光合作用：光反应与暗反应"


def test_each_task_can_be_estimated_to_its_end_at_any_speed() -> None:
    for speed in (1.0, 0.1):
        samples = demo_tasks.history(NOW, speed=speed)
        longest = max(story.ends_at for story in STORIES) / speed
        assert len({sample.id for sample in samples}) == len(samples) >= 20
        assert sum(sample.seconds > longest for sample in samples) >= 9
        assert all(sample.end < NOW for sample in samples)
