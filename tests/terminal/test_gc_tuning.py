"""Everything is looked at while nobody waits, and at no other time."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from tui.terminal import gc_tuning


class Node:
    """What can be part of a cycle."""

    me: object


@pytest.fixture
def collecting() -> Iterator[None]:
    """Collect as the program does, and afterwards as before."""
    before = gc.get_threshold()
    gc_tuning.postpone()
    gc_tuning.begin()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def fill(number: int) -> list[list[object]]:
    """Make things that live long."""
    return [[] for _ in range(number)]


def collections() -> int:
    """How often everything was looked at."""
    found = gc.get_stats()[2]["collections"]
    assert isinstance(found, int)
    return found


@pytest.mark.usefixtures("collecting")
def test_everything_is_collected_at_rest_alone_and_not_before_it_is_worth_it() -> None:
    node = Node()
    node.me, gone = node, weakref.ref(node)
    before = collections()
    kept = fill(35_000)
    # It is older than what is collected all along.
    del node
    gc_tuning.collect(at_rest=True)
    kept += fill(70_000)
    gc_tuning.collect(at_rest=False)
    assert collections() == before
    assert gone() is not None
    gc_tuning.collect(at_rest=True)
    assert collections() == before + 1
    assert gone() is None
    gc_tuning.collect(at_rest=True)
    assert collections() == before + 1


@pytest.mark.usefixtures("collecting")
def test_who_never_rests_has_everything_collected_at_last() -> None:
    node = Node()
    node.me, gone = node, weakref.ref(node)
    kept = fill(35_000)
    del node
    kept += fill(250_000)
    gc_tuning.collect(at_rest=False)
    assert gone() is None
    assert kept


@pytest.mark.usefixtures("collecting")
def test_what_dies_young_is_collected_all_along() -> None:
    node = Node()
    node.me, gone = node, weakref.ref(node)
    del node
    kept = fill(2_000)
    assert gone() is None
    assert kept
