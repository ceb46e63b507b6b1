"""Two dashboards on one file: whatever they save in whatever order, both hold the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.scenext.models import TaskStatus
from tui.watchlist.entries import (
    Add,
    Change,
    Entry,
    Learn,
    MarkSeen,
    Relabel,
    Remove,
    Update,
    replay,
    replay_history,
)
from tui.watchlist.history import MAX_SAMPLES, Sample, join
from tui.watchlist.records import Watchlist

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
RUNNING, DONE, FAILED = TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED, TaskStatus.FAILED
ENDED: Final = Entry("a", NOON, status=DONE, noticed=NOON)

File = tuple[tuple[Entry, ...], tuple[Sample, ...]]


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def save(file: File, changes: Sequence[Change]) -> File:
    entries, history = file
    return replay(entries, changes), replay_history(history, changes)


# The rules, key by key.


@pytest.mark.parametrize(
    ("saved", "update", "expected"),
    [
        ({}, {"title": "t"}, {"title": "t"}),
        ({"title": "t"}, {"title": "u"}, {"title": "t"}),
        ({"noticed": at(5)}, {"noticed": at(3)}, {"noticed": at(3)}),
        ({"noticed": at(5)}, {"noticed": at(9)}, {"noticed": at(5)}),
        ({"noticed": at(5)}, {}, {"noticed": at(5)}),
        ({}, {"took": 60.0}, {"took": 60.0}),
        ({"took": 0.0}, {"took": 60.0}, {"took": 0.0}),
        ({"points": 0.0}, {"points": 6.0}, {"points": 0.0}),
        ({"points": None}, {"points": -1.0}, {"points": None}),
        ({"frames": 0}, {"frames": 9}, {"frames": 0}),
        ({"first_frames": 0}, {"first_frames": 9}, {"first_frames": 0}),
        ({"seen": at(5)}, {}, {"seen": at(5)}),
    ],
)
def test_which_value_stays(
    saved: dict[str, object], update: dict[str, object], expected: dict[str, object]
) -> None:
    entry = Entry(**{"id": "a", "added": NOON, "status": DONE, **saved})  # type: ignore[arg-type]
    change = Update(**{"id": "a", "status": DONE, **update})  # type: ignore[arg-type]
    (merged,) = replay([entry], [change])
    assert {key: getattr(merged, key) for key in expected} == expected


def test_the_later_look_stays_and_an_end_that_both_noticed_is_looked_at_once() -> None:
    for order in ((3, 5), (5, 3)):
        (entry,) = replay([ENDED], [MarkSeen("a", at(minutes)) for minutes in order])
        assert entry.seen == at(5)
    # Noticed at 5 and looked at; the other dashboard had noticed it at 3 and saves later.
    (entry,) = replay(
        [ENDED._replace(noticed=at(5))], [MarkSeen("a", at(5)), Update("a", DONE, noticed=at(3))]
    )
    assert (entry.noticed, entry.is_new) == (at(3), False)
    assert replay([], [MarkSeen("a", NOON)]) == ()


def test_another_terminal_state_is_another_end() -> None:
    failed = Entry("a", NOON, status=FAILED, noticed=at(5), seen=at(5), points=0.0, title="t")
    (entry,) = replay([failed], [Update("a", DONE, noticed=at(9), points=6.0)])
    assert entry == failed._replace(status=DONE, noticed=at(9), points=6.0)
    assert entry.is_new


def test_a_state_that_comes_late_still_tells_how_the_task_began() -> None:
    (entry,) = replay([ENDED], [Update("a", RUNNING, first_frames=0, title="t")])
    assert entry == ENDED._replace(first_frames=0, title="t")


def test_adding_again_keeps_all_and_removing_drops_all_but_the_experience() -> None:
    whole = ENDED._replace(title="t", seen=NOON, took=9.0, points=2.0, frames=1, first_frames=0)
    sample = Sample("a", NOON, 9.0)
    file = save(((whole,), (sample,)), [Add(Entry("a", at(9)))])
    assert file == ((whole,), (sample,))
    assert save(file, [Remove("a"), Add(Entry("a", at(9)))]) == ((Entry("a", at(9)),), (sample,))
    assert save(file, [Remove("a"), Add(whole)]) == file, "undo"


def test_a_label_is_changed_and_taken_away_where_the_task_is() -> None:
    whole = ENDED._replace(label="batch", title="t", points=2.0)
    assert replay([whole], [Relabel("a", "第一批\x1b[31m")]) == (whole._replace(label="第一批"),)
    assert replay([whole], [Relabel("a", "")]) == (whole._replace(label=""),)
    assert replay([whole], [Relabel("b", "x")]) == (whole,)
    # Removed by another program in the meantime.
    assert replay([whole], [Remove("a"), Relabel("a", "x")]) == ()


def test_of_two_labels_the_one_that_is_saved_later_stays() -> None:
    entry, again = Entry("a", NOON, "first"), Add(Entry("a", at(9), "again"))
    assert replay([entry], [Relabel("a", "x"), Relabel("a", "y")])[0].label == "y"
    assert replay([entry], [Relabel("a", "x"), again])[0].label == "again"
    assert replay([entry], [again, Relabel("a", "")])[0].label == ""
    # Adding again without a label takes none away.
    assert replay([entry], [Relabel("a", "x"), Add(Entry("a", at(9)))])[0].label == "x"


# Any two dashboards.

IDS = st.sampled_from("abc")
MINUTES = st.integers(0, 9).map(at)
STARTS = IDS.map(lambda task_id: Add(Entry(task_id, NOON)))
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.just("t"),
        "ended": MINUTES,
        "noticed": MINUTES,
        "took": st.just(60.0),
        "points": st.just(6.0),
        "frames": st.just(3),
        "first_frames": st.just(0),
    },
)
STATES = st.sampled_from([RUNNING, DONE])
UPDATES = st.builds(lambda task, state, facts: Update(task, state, **facts), IDS, STATES, FACTS)
SAMPLES = st.builds(lambda task: Sample(task, NOON, 60.0), st.sampled_from("abcdefgh")).map(Learn)
TOLD = st.one_of(STARTS, UPDATES, st.builds(MarkSeen, IDS, MINUTES), SAMPLES)
"""What two dashboards may learn from the same service. Of one task both are told the same."""
ANY_UPDATES = st.builds(
    lambda task, state, facts, points: Update(task, state, **{**facts, "points": points}),
    *(IDS, st.sampled_from(TaskStatus), FACTS, st.floats(0, 9)),
)
LABELS = st.builds(Relabel, IDS, st.sampled_from(["", "x", "y"]))
ANY = st.one_of(TOLD, ANY_UPDATES, IDS.map(Remove), LABELS)


def interleave(one: list[Change], two: list[Change], takes: list[bool]) -> list[Change]:
    """Return the changes of two dashboards, each in its order, one after the other by `takes`."""
    one, two, mixed = one[::-1], two[::-1], []
    for takes_one in takes:
        source = one if takes_one else two
        mixed += [source.pop()] if source else []
    return [*mixed, *one[::-1], *two[::-1]]


TAKES = st.lists(st.booleans(), max_size=12)
STARTED = tuple(Entry(task_id, NOON) for task_id in "abc")


@given(st.lists(TOLD, max_size=8), st.lists(TOLD, max_size=8), TAKES)
def test_what_two_dashboards_learn_does_not_depend_on_who_saves_first(
    one: list[Change], two: list[Change], takes: list[bool]
) -> None:
    mixed = save((STARTED, ()), interleave(one, two, takes))
    assert mixed == save(save((STARTED, ()), one), two)
    assert mixed == save(save((STARTED, ()), two), one)


@given(st.lists(ANY, max_size=8), st.lists(ANY, max_size=8))
def test_after_both_have_saved_both_hold_what_the_file_holds(
    one: list[Change], two: list[Change]
) -> None:
    dashboards = [Watchlist(), Watchlist()]
    for dashboard, changes in zip(dashboards, (one, two), strict=True):
        dashboard.pending += changes
        dashboard.load(STARTED, (), NOON)
    file: File = (STARTED, ())
    for _ in range(3):  # Saving may make the other notice an end, which it saves in turn.
        for dashboard in dashboards:
            file = save(file, dashboard.pending)
            dashboard.pending.clear()
            dashboard.load(*file, NOON)
    assert not any(dashboard.pending for dashboard in dashboards)
    for dashboard in dashboards:
        assert (dashboard.entries(), dashboard.history) == file


@given(st.lists(ANY, max_size=12))
def test_saving_again_what_was_saved_changes_nothing(changes: list[Change]) -> None:
    saved = save((STARTED, ()), changes)
    assert save(saved, changes) == saved


@given(st.lists(ANY, max_size=8), st.lists(ANY, max_size=8))
def test_a_look_never_goes_back_unless_the_task_goes(one: list[Change], two: list[Change]) -> None:
    before, after = save((STARTED, ()), one), save(save((STARTED, ()), one), two)
    removed = {change.id for change in two if isinstance(change, Remove)}
    now = {entry.id: entry for entry in after[0]}
    for entry in before[0]:
        if entry.id not in removed and entry.seen is not None:
            seen = now[entry.id].seen
            assert seen is not None
            assert seen >= entry.seen


SOME = st.lists(st.builds(Sample, st.sampled_from("abcdef"), MINUTES, st.floats(1, 9)), max_size=9)


@given(SOME, SOME)
def test_joining_histories(one: list[Sample], two: list[Sample]) -> None:
    joined = join(one, two)
    assert join(joined, one, two) == joined == join(one, one, two)
    assert {sample.id for sample in joined} == {sample.id for sample in one + two}
    assert [sample.end for sample in joined] == sorted(sample.end for sample in joined)
    many = [Sample(f"t{n}", at(n), 60) for n in range(MAX_SAMPLES)]
    assert len(join(one, many, two)) == MAX_SAMPLES
