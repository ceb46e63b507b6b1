"""Full garbage collections happen while nobody waits, and hardly ever otherwise."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from tui.terminal import gc_tuning


class Node:
    """An object that can refer to itself."""

    me: object


@pytest.fixture
def collecting() -> Iterator[None]:
    """Tune the collector as the program does, and restore it afterwards."""
    before = gc.get_threshold()
    gc_tuning.postpone()
    gc_tuning.begin()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def fill(number: int) -> list[list[object]]:
    """Create objects that live on."""
    return [[] for _ in range(number)]


def collections() -> int:
    """Return the number of full collections so far."""
    found = gc.get_stats()[2]["collections"]
    assert isinstance(found, int)
    return found


@pytest.mark.usefixtures("collecting")
def test_a_full_collection_waits_for_rest_and_until_it_is_due() -> None:
    node = Node()
    node.me, gone = node, weakref.ref(node)
    before = collections()
    kept = fill(35_000)
    # By now it is too old for the collections of young garbage.
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
def test_without_any_rest_a_full_collection_happens_in_the_end() -> None:
    node = Node()
    node.me, gone = node, weakref.ref(node)
    kept = fill(35_000)
    del node
    kept += fill(250_000)
    gc_tuning.collect(at_rest=False)
    assert gone() is None
    assert kept


@pytest.mark.usefixtures("collecting")
def test_young_garbage_is_collected_all_along() -> None:
    node = Node()
    node.me, gone = node, weakref.ref(node)
    del node
    kept = fill(2_000)
    assert gone() is None
    assert kept
