"""What the answers at hand say about the service as a whole: a table of cases."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tui.errors import ErrorKind
from tui.polling.health import HealthKind
from tui.polling.host_state import Answer, Fault, assess

NOW = 1000.0
REFUSED, BUSY, MISSING = ErrorKind.KEY_REFUSED, ErrorKind.RATE_LIMITED, ErrorKind.NOT_FOUND
STARTING, LIVE = HealthKind.STARTING, HealthKind.LIVE
FAILING = HealthKind.SERVER_ERRORS
STOPPED, PAUSED = HealthKind.KEY_REFUSED, HealthKind.PAUSED
OFFLINE, PORTAL, NOWHERE = HealthKind.OFFLINE, HealthKind.NOT_THE_API, HealthKind.WRONG_ADDRESS


def good(ago: float) -> Answer:
    """Return a good answer to a request that was sent so many seconds ago."""
    return Answer(NOW - ago, NOW - ago + 0.5, is_accepted=True)


def refused(ago: float, *, accepted: bool = False, witness: bool = False) -> Answer:
    return _told(REFUSED, ago, accepted=accepted, witness=witness)


def busy(ago: float, *, rest: float = 60.0, accepted: bool = True, witness: bool = False) -> Answer:
    answer = _told(BUSY, ago, accepted=accepted, witness=witness)
    return answer._replace(until=NOW + rest)


def _told(kind: ErrorKind, ago: float, *, accepted: bool, witness: bool) -> Answer:
    sent = NOW - ago
    return Answer(sent, sent + 0.5, kind, "words", is_accepted=accepted, is_witness=witness)


def missing(ago: float = 5.0, *, accepted: bool = False) -> Answer:
    sent = NOW - ago
    return Answer(sent, sent + 0.5, MISSING, "404: none", is_accepted=accepted, is_strange=True)


OWN = refused(2)._replace(is_own=True)

REFUSALS: list[tuple[str, Mapping[str, Answer], str, HealthKind]] = [
    ("nothing is known yet", {}, "ab", STARTING),
    ("all is well", {"a": good(5), "b": good(3)}, "ab", LIVE),
    ("the only task", {"a": refused(5)}, "a", STOPPED),
    ("the only one still polled", {"a": refused(5), "b": good(90)}, "a", STOPPED),
    ("all tasks", {"a": refused(5), "b": refused(4)}, "ab", STOPPED),
    ("another is not asked yet", {"a": refused(5)}, "ab", LIVE),
    ("another was answered before", {"a": refused(5), "b": good(9)}, "ab", LIVE),
    ("another was answered since", {"a": refused(5), "b": good(3)}, "ab", LIVE),
    ("an ended one was answered since", {"a": refused(5), "b": good(3)}, "a", LIVE),
    ("another's good answer refuted it once", {"a": OWN}, "a", LIVE),
    ("the witness is refused too", {
        "a": refused(5), "b": refused(4, accepted=True, witness=True), "c": good(9),
    }, "abc", STOPPED),
    ("the witness was answered later", {
        "a": refused(5), "b": refused(4, accepted=True, witness=True), "c": good(3),
    }, "abc", LIVE),
    ("the witness was asked too early", {
        "a": refused(5), "b": refused(4.8, accepted=True, witness=True), "c": good(9),
    }, "abc", LIVE),
    ("the witness was never answered itself", {
        "a": refused(5), "b": refused(4, witness=True), "c": good(9),
    }, "abc", LIVE),
    ("two of another account", {"a": refused(5), "b": refused(4), "c": good(9)}, "abc", LIVE),
    ("fifteen, and none was answered", {
        f"x{n}": refused(5) for n in range(15)
    }, "many", LIVE),
    ("sixteen, and none was answered", {
        f"x{n}": refused(5) for n in range(16)
    }, "many", STOPPED),
    ("what another was told matters not", {"a": refused(5), "b": missing()}, "ab", LIVE),
    ("removed ones decide nothing", {"b": good(9)}, "b", LIVE),
]  # fmt: skip

PAUSES: list[tuple[str, Mapping[str, Answer], str, HealthKind]] = [
    ("the only task", {"a": busy(5)}, "a", PAUSED),
    ("one of many", {"a": busy(5), "b": good(9)}, "ab", LIVE),
    ("one of many, others answered since", {"a": busy(5), "b": good(2)}, "ab", LIVE),
    ("its pause is over", {"a": busy(5, rest=-1)}, "a", LIVE),
    ("the witness as well", {
        "a": busy(5), "b": busy(4, witness=True), "c": good(9),
    }, "abc", PAUSED),
    ("two by chance", {"a": busy(5), "b": busy(4), "c": good(9)}, "abc", LIVE),
    ("two at the start", {
        "a": busy(5, accepted=False), "b": busy(4, accepted=False),
    }, "abc", LIVE),
    ("three at the start", {
        name: busy(5, accepted=False) for name in "abc"
    }, "abcd", PAUSED),
    ("a refused key counts more", {"a": refused(5), "b": refused(4)}, "ab", STOPPED),
]  # fmt: skip


def broken(ago: float = 5.0, *, accepted: bool = True) -> Answer:
    return _told(ErrorKind.SERVER, ago, accepted=accepted, witness=False)


FAULTS_OF_ALL: list[tuple[str, Mapping[str, Answer], str, HealthKind]] = [
    ("the only task", {"a": broken()}, "a", FAILING),
    ("every task", {"a": broken(), "b": broken(accepted=False)}, "ab", FAILING),
    ("every one that is polled", {"a": broken(), "b": good(90)}, "a", FAILING),
    ("one was answered", {"a": broken(), "b": good(90)}, "ab", LIVE),
    ("one was not asked yet", {"a": broken()}, "ab", LIVE),
    ("one is unknown", {"a": broken(), "b": missing()}, "ab", LIVE),
    ("removed ones decide nothing", {"b": good(9)}, "b", LIVE),
]

ADDRESSES: list[tuple[str, Mapping[str, Answer], str, HealthKind]] = [
    ("every task", {"a": missing(), "b": missing()}, "ab", NOWHERE),
    ("the only task", {"a": missing()}, "a", NOWHERE),
    ("one was not asked yet", {"a": missing()}, "ab", LIVE),
    ("one was answered", {"a": missing(), "b": good(5)}, "ab", LIVE),
    ("one had been answered", {"a": missing(accepted=True)}, "a", LIVE),
    ("an ended one was answered", {"a": missing(), "b": good(5)}, "a", LIVE),
    ("an ended one was answered with an old key", {
        "a": missing(), "b": good(5)._replace(is_accepted=False),
    }, "a", LIVE),
    ("the service's own words", {"a": missing()._replace(is_strange=False)}, "a", LIVE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "active", "kind"),
    [case[1:] for case in (*REFUSALS, *PAUSES, *FAULTS_OF_ALL, *ADDRESSES)],
    ids=[case[0] for case in (*REFUSALS, *PAUSES, *FAULTS_OF_ALL, *ADDRESSES)],
)
def test_one_task_counts_for_all_only_where_no_other_says_otherwise(
    answers: Mapping[str, Answer], active: str, kind: HealthKind
) -> None:
    tasks = [f"x{n}" for n in range(100)] if active == "many" else list(active)
    assert assess(answers, [], tasks, NOW).kind is kind


def faults(tasks: str, kind: HealthKind = OFFLINE) -> list[Fault]:
    return [Fault(task_id, NOW - 1, kind, f"{kind} words") for task_id in tasks]


@pytest.mark.parametrize(
    ("tasks", "kind", "active", "answered", "shown", "stops"),
    [
        ("a", OFFLINE, "a", 0, OFFLINE, True),
        ("ab", OFFLINE, "ab", 0, OFFLINE, True),
        ("aa", OFFLINE, "ab", 0, STARTING, False),
        ("ab", OFFLINE, "ab", 14, OFFLINE, False),
        ("abcd", OFFLINE, "abcdef", 0, STARTING, False),
        ("abcde", OFFLINE, "abcdef", 0, OFFLINE, True),
        ("aaaaa", OFFLINE, "abcdef", 0, STARTING, False),
        ("aaaaa", OFFLINE, "abcdef", 14, LIVE, False),
        ("abcde", OFFLINE, "abcdef", 14, OFFLINE, False),
        ("abcde", OFFLINE, "abcdef", 16, OFFLINE, True),
        ("abc", PORTAL, "abcdef", 0, PORTAL, True),
        ("ab", PORTAL, "abcdef", 0, STARTING, False),
        ("abcde", OFFLINE, "xyz", 0, STARTING, False),
    ],
)
def test_an_outage_takes_several_faults_of_several_tasks(
    tasks: str, kind: HealthKind, active: str, answered: float, shown: HealthKind, stops: bool
) -> None:
    answers = {"z": good(answered + 0.5)} if answered else {}
    state = assess(answers, faults(tasks, kind), active, NOW)
    assert (state.kind, state.stops_polling) == (shown, stops)
    assert state.message == (f"{kind} words" if shown is kind else "")


def test_a_probe_of_a_refused_key_that_cannot_be_sent_is_told_as_such() -> None:
    state = assess({"a": refused(60)}, faults("a"), "a", NOW)
    assert (state.kind, state.stops_polling) == (OFFLINE, True)
    late = [Fault("b", NOW - 61, OFFLINE, "sent before")]
    assert assess({"a": refused(60), "b": refused(60)}, late, "ab", NOW).kind is STOPPED


def test_what_one_was_told_is_a_suspicion_until_another_was_asked() -> None:
    told = {"a": refused(5), "b": busy(5), "c": good(9)}
    assert assess(told, [], "abc", NOW).suspects == (REFUSED, BUSY)
    assert assess({**told, "c": good(2)}, [], "abc", NOW).suspects == ()
