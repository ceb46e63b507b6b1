"""The chosen tasks of a watchlist: kept up to date in it, and never added to it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tui.scenext.models import TaskStatus
from tui.watchlist.chosen import ChosenTasksFile
from tui.watchlist.entries import Add, Entry, Learn, Remove, Update
from tui.watchlist.history import Sample
from tui.watchlist.storage import StorageError, WatchlistFile

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
DONE = TaskStatus.COMPLETED


@pytest.fixture
def file(tmp_path: Path) -> WatchlistFile:
    file = WatchlistFile(tmp_path / "watchlist.toml")
    file.save([Add(Entry(name, NOW, label=f"label {name}")) for name in "abc"])
    return file


def choose(file: WatchlistFile, *task_ids: str) -> ChosenTasksFile:
    chosen = ChosenTasksFile(file.path, task_ids, now=lambda: NOW)
    chosen.load()
    return chosen


def ended(task_id: str) -> list[Update | Learn]:
    return [Update(task_id, DONE, ended=NOW), Learn(Sample(task_id, NOW, 60.0))]


def test_it_shows_the_chosen_tasks_alone_in_their_order(file: WatchlistFile) -> None:
    chosen = choose(file, "new", "b", "a")
    assert [entry.id for entry in chosen.load().entries] == ["new", "b", "a"]
    assert [entry.label for entry in chosen.load().entries] == ["", "label b", "label a"]
    assert [chosen.holds(name) for name in ("new", "b", "c")] == [False, True, False]


def test_what_is_learnt_is_saved_of_tasks_that_the_file_holds_alone(file: WatchlistFile) -> None:
    chosen = choose(file, "new", "b")
    shown = chosen.save([*ended("new"), *ended("b")])
    assert [entry.status for entry in shown.entries] == [DONE, DONE]
    saved = file.load()
    assert [(entry.id, entry.status is DONE) for entry in saved.entries] == [
        *(("a", False), ("b", True), ("c", False)),
    ]
    assert [sample.id for sample in saved.history] == ["b"]


def test_nothing_is_written_where_nothing_is_to_be_saved(tmp_path: Path) -> None:
    chosen = choose(WatchlistFile(tmp_path / "none" / "watchlist.toml"), "new")
    chosen.save(ended("new"))
    assert chosen.load().entries[0].status is DONE
    assert list(tmp_path.iterdir()) == []


def test_a_task_that_is_removed_meanwhile_stays_and_is_not_written(file: WatchlistFile) -> None:
    chosen = choose(file, "a", "b")
    file.save([Remove("a")])
    (known, _) = chosen.load().entries
    assert (known.id, known.label) == ("a", "label a")
    chosen.save(ended("a"))
    assert chosen.load().entries[0].status is DONE
    assert [entry.id for entry in file.load().entries] == ["b", "c"]
    assert file.load().history == ()


def test_it_adds_removes_and_restores_nothing(file: WatchlistFile) -> None:
    chosen = choose(file, "a")
    chosen.save([Add(Entry("new", NOW)), Remove("a")])
    assert [entry.id for entry in file.load().entries] == ["a", "b", "c"]
    file.path.unlink()
    file.path.with_name("watchlist.toml.lock").unlink()
    assert (file.is_gone(), chosen.is_gone()) == (True, False)


def test_an_end_that_could_not_be_saved_is_not_taken_for_saved(file: WatchlistFile) -> None:
    chosen = choose(file, "a")
    file.path.write_text("version = 99\n")
    with pytest.raises(StorageError):
        chosen.save(ended("a"))
    assert chosen.load().entries[0].status is TaskStatus.QUEUED


def test_nothing_is_lost_while_the_file_cannot_be_read(file: WatchlistFile) -> None:
    chosen, elsewhere = choose(file, "new", "a"), file.path.with_name("elsewhere")
    file.path.rename(elsewhere)
    file.path.mkdir()
    assert chosen.load().unreadable
    assert [chosen.holds(name) for name in ("new", "a")] == [False, True]
    with pytest.raises(StorageError):
        chosen.save(ended("a"))
    file.path.rmdir()
    elsewhere.rename(file.path)
    chosen.save(ended("a"))
    assert file.load().entries[0].status is DONE


def test_nothing_is_lost_of_a_file_that_is_half_written_for_a_moment(file: WatchlistFile) -> None:
    chosen, whole = choose(file, "a"), file.path.read_bytes()
    file.path.write_bytes(whole[:-20] + b"[[")
    assert chosen.load().damaged
    assert chosen.holds("a")
    file.path.write_bytes(whole)
    chosen.save(ended("a"))
    assert file.load().entries[0].status is DONE
