"""What people come for, counted in keys, after ten days with 200 tasks and on a working afternoon.

Errands are done by reading the screen and pressing keys. No widget is asked, so that what is
asserted is what a person sees.
"""

from __future__ import annotations

import re

import pytest

from tests.support.scenarios import DAY_TEN, NEW, OFFLINE, WORKING
from tests.support.scenes import Scenario
from tests.support.stage import Performance, play
from tui.demo.storyboard import Story

NARROW = (80, 24)
WIDE = (120, 40)


class Person:
    """Somebody at the keyboard, whose keys are counted."""

    def __init__(self, stage: Performance) -> None:
        self.stage = stage
        self.keys = 0

    async def press(self, key: str) -> None:
        self.keys += 1
        await self.stage.press(key)

    @property
    def sees(self) -> str:
        return self.stage.text()

    @property
    def header(self) -> str:
        """The lines above the list."""
        return re.split(r"^ *(?:Needs attention|Running)", self.sees, flags=re.MULTILINE)[0]

    def reads(self, text: str) -> bool:
        """Whether a text is on the screen, in whichever lines it is wrapped and beside whatever."""
        lines = self.sees.splitlines()
        panes = ("".join(line[left:] for line in lines) for left in range(max(map(len, lines))))
        return any(_squeezed(text) in _squeezed(pane) for pane in panes)


def _squeezed(text: str) -> str:
    return re.sub(r"[\s│┃|]", "", text)


def ended(scenario: Scenario, end: str) -> dict[str, Story]:
    stories = (story for story in scenario.stories if story.ends_at <= 0)
    return {story.task_id: story for story in stories if story.end == end}


def reason(story: Story) -> str:
    return story.result[0].content


@pytest.mark.parametrize(("size", "most"), [(WIDE, 0), (NARROW, 1)])
async def test_the_answers_are_a_key_away_among_200_tasks(size: tuple[int, int], most: int) -> None:
    failed = ended(DAY_TEN, "FAILED")
    async with play(DAY_TEN, size) as stage:
        person = Person(stage)

        # What needs me, what still runs, and when all is done: no key.
        assert re.search(r"✗ ?12\b", person.header)
        assert re.search(r"» ?9\b", person.header)
        assert re.search(r"\ball done ~\d\d:\d\d", person.header)
        assert "While you were away: 7 completed, 2 failed" in person.sees
        assert re.search(r"^ *Needs attention +15\b", person.sees, re.MULTILINE)
        if size == WIDE:
            section = re.search(r"^ *Running +9\b.*?(?=^ *Finished )", person.sees, re.M | re.S)
            assert section is not None
            assert section[0].count("»") >= 9

        # The next that needs a look: one key.
        before = stage.app.main_screen.selected
        await person.press("n")
        assert person.keys == 1
        selected = stage.app.main_screen.selected
        assert selected != before
        assert selected in failed

        # Its reason, in full: no key beside the list, one where there is no room for it.
        if not person.reads(reason(failed[selected])):
            await person.press("enter")
        assert person.reads(reason(failed[selected]))
        assert person.keys <= 1 + most


async def test_tasks_whose_names_begin_alike_can_be_told_apart_in_60_columns() -> None:
    async with play(WORKING, (60, 20)) as stage:
        rows = [line for line in stage.text().splitlines() if "Bayes" in line]
        assert [re.search(r"part (\d)", row) is not None for row in rows] == [True, True]
        assert len({row.partition("part")[2][:2] for row in rows}) == 2
        # What the service tells is a name too.
        await stage.press("G")
        titles = ("潮汐是怎样形成的", "光合作用讲解视频")
        assert any(title[:4] in stage.text() for title in titles)


async def test_nothing_is_promised_about_tasks_of_which_nothing_is_known() -> None:
    async with play(NEW, NARROW) as stage:
        assert "~" not in stage.text()
        assert "all done" not in stage.text()


async def test_a_host_that_is_gone_is_said_once_and_moves_nothing() -> None:
    async with play(OFFLINE, NARROW) as stage:
        text, person = stage.text(), Person(stage)
        assert len(re.findall("offline", person.header)) == 1
        assert not [row for row in text.splitlines() if "frames" in row and "offline" in row]
        assert re.search(r"✗ ?2\b", text)
        assert re.search(r"^ *Needs attention +3\b", text, re.MULTILINE)
        assert re.search(r"^ *Running +6\b", text, re.MULTILINE)
