"""The order of pieces: one picture at a time, and what is no longer wanted is closed."""

from __future__ import annotations

from tui.terminal.pictures.transfers import Transfer, Transfers


def transfers(*pictures: str) -> Transfers:
    """Return pictures that wait: of `abc` the pieces a, b and c, with the ids 1, 2, …"""
    queue = Transfers()
    for number, pieces in enumerate(pictures, 1):
        queue.add(Transfer(number, iter(pieces), f"close{number}"))
    return queue


def take(queue: Transfers, count: int = 99) -> list[str]:
    """Send so many steps, and return their texts."""
    texts = []
    for _ in range(count):
        step = queue.peek()
        if step is None:
            break
        texts.append(step.text)
        queue.advance()
    return texts


def test_pictures_go_one_after_the_other() -> None:
    assert take(transfers("abc", "d", "ef")) == ["a", "b", "c", "d", "e", "f"]


def test_what_is_not_sent_yet_may_be_looked_at_often() -> None:
    queue = transfers("ab")
    assert [queue.peek(), queue.peek()] == [queue.peek()] * 2
    assert take(queue) == ["a", "b"]


def test_the_last_piece_is_known_as_such() -> None:
    queue = transfers("ab")
    steps = []
    while (step := queue.peek()) is not None:
        steps.append((step.picture_id, step.is_last))
        queue.advance()
    assert steps == [(1, False), (1, True)]


def test_a_command_goes_before_the_next_picture() -> None:
    """Between two pieces it would spoil their picture."""
    queue = transfers("abc", "d")
    assert take(queue, 1) == ["a"]
    queue.delete(7, "delete7")
    assert take(queue) == ["b", "c", "delete7", "d"]


def test_a_command_waits_until_a_picture_that_was_begun_is_closed() -> None:
    queue = transfers("abc")
    assert take(queue, 1) == ["a"]
    queue.delete(7, "delete7")
    queue.cancel(1)
    assert take(queue) == ["close1", "delete7"]


def test_a_command_goes_between_pieces_that_nothing_has_to_close() -> None:
    queue = Transfers()
    queue.add(Transfer(1, iter("ab"), ""))
    assert take(queue, 1) == ["a"]
    queue.delete(7, "delete7")
    assert take(queue) == ["delete7", "b"]


def test_a_picture_that_was_begun_is_closed_and_one_that_was_not_leaves_no_byte() -> None:
    queue = transfers("abc", "de")
    assert take(queue, 1) == ["a"]
    assert queue.close == "close1"
    queue.cancel(2)
    queue.cancel(1)
    assert queue.close == "close1", "the terminal waits until it was sent"
    assert take(queue) == ["close1"]
    assert queue.close == ""


def test_a_picture_that_is_looked_at_but_not_begun_is_not_closed() -> None:
    queue = transfers("abc", "d")
    queue.peek()
    queue.cancel(1)
    assert take(queue) == ["d"]


def test_a_picture_that_is_whole_is_not_closed() -> None:
    queue = transfers("ab")
    take(queue)
    queue.cancel(1)
    assert take(queue) == []


def test_for_a_terminal_that_is_gone_nothing_is_closed_or_deleted() -> None:
    queue = transfers("abc", "d")
    take(queue, 1)
    queue.delete(1, "delete1")
    queue.forget(1)
    assert take(queue) == ["d"]


def test_a_terminal_that_is_gone_needs_no_end_of_what_was_cancelled_before() -> None:
    queue = transfers("abc", "de")
    take(queue, 1)
    queue.cancel(1)
    queue.forget(1)
    assert queue.close == ""
    assert take(queue) == ["d", "e"]
