"""Scenes are what they say they are, and the same in every run."""

from __future__ import annotations

from collections import Counter
from statistics import median

import pytest

from tests.support.scenarios import DAY_TEN, NEW, SCENARIOS, WORKING
from tests.support.scenes import NOW, Scenario, durations
from tests.support.stage import play
from tui.watchlist.codec import decode


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_file_is_a_sound_watchlist_of_what_was_added_before_the_start(
    scenario: Scenario,
) -> None:
    document = decode(scenario.watchlist(), NOW)
    assert not document.problems
    early = [watched.story.task_id for watched in scenario.early()]
    assert [entry.id for entry in document.entries] == early
    ids = [story.task_id for story in scenario.stories]
    assert len(set(ids)) == len(ids)
    for story in scenario.stories:
        drawn = [scene.drawn_at for scene in story.scenes]
        moments = [story.created_at, *drawn, min(story.ends_at, 0)]
        assert moments == sorted(moments), story.task_id


def test_day_ten_has_200_tasks_of_which_12_failed_and_three_are_stuck() -> None:
    stories = DAY_TEN.stories
    ends = Counter(story.end if story.ends_at <= 0 else "running" for story in stories)
    assert ends == {"COMPLETED": 176, "FAILED": 12, "running": 12}
    longest = max(durations(DAY_TEN.samples))
    assert sum(-story.created_at > longest for story in stories if story.ends_at > 0) == 3
    labels = Counter(story.label for story in stories)
    assert labels[""] == 40
    assert max(count for label, count in labels.items() if label) == 20


def test_durations_are_skewed_and_the_working_scene_has_enough_of_them() -> None:
    samples = durations(WORKING.samples)
    assert len(samples) >= 30
    assert 12 * 60 < median(samples) < 14 * 60
    assert max(samples) - median(samples) > median(samples) - min(samples)


async def test_a_scene_is_the_same_in_every_run() -> None:
    shown: list[str] = []
    for _ in range(2):
        async with play(NEW, (80, 24)) as stage:
            shown.append(stage.text())
    assert shown[0] == shown[1]
    assert "48401" in shown[0]
