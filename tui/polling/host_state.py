"""What the answers at hand say about the service as a whole. Pure: one function, `assess`.

One task's trouble is that task's: a 401 or a 429 may be about it alone, and so may a request that
fails. It counts for all once another task confirms it, or where there is no other to ask. What is
no longer watched is not passed in, and so decides nothing.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from tui.errors import ErrorKind
from tui.polling.health import HealthKind

SUCCESS_TTL: Final = 15.0
"""Seconds for which one answer of the service proves that host and network work."""
MAX_UNCONFIRMED: Final = {ErrorKind.KEY_REFUSED: 16, ErrorKind.RATE_LIMITED: 3}
"""Tasks that must be told the same for it to count while none was ever answered well. Fewer refused
ones may all be another account's; 16 are in flight at once at the start anyway."""

_THRESHOLDS: Final = {HealthKind.OFFLINE: 5, HealthKind.NOT_THE_API: 3}
"""Faults in a row after which polling stops."""
UNREACHABLE: Final = frozenset(_THRESHOLDS)
"""What keeps requests from reaching the service."""


class Answer(NamedTuple):
    """What the service last said about one task; all times are monotonic seconds."""

    sent: float
    received: float
    kind: ErrorKind | None = None
    """None for a good answer."""
    message: str = ""
    until: float = -math.inf
    """When the pause ends that it asks for."""
    is_accepted: bool = False
    """Whether the task was ever answered well with the present key."""
    streak: int = 0
    """How many good answers came one after another."""
    is_witness: bool = False
    """Whether it was asked in order to confirm what another had been told."""
    is_own: bool = False
    """Whether an earlier one like it was refuted by another task's good answer."""
    is_strange: bool = False
    """Whether it is a refusal that is not in the service's own form, such as a bare 404."""


class Fault(NamedTuple):
    """A request that brought no answer of the service."""

    task_id: str
    sent: float
    kind: HealthKind
    """OFFLINE or NOT_THE_API."""
    message: str


class HostState(NamedTuple):
    """The state of the service as a whole."""

    kind: HealthKind
    """Never LATE, RESTING: these are about the schedule."""
    message: str = ""
    """The words of the answer or fault that shows it."""
    until: float = -math.inf
    """Monotonic seconds at which a pause ends."""
    stops_polling: bool = False
    """Whether only probes may be sent."""
    suspects: tuple[ErrorKind, ...] = ()
    """What some task was told, and no other has confirmed or refuted yet."""


def assess(
    answers: Mapping[str, Answer], faults: Iterable[Fault], active: Collection[str], now: float
) -> HostState:
    """Return the state of the host at the monotonic time `now`.

    `answers` holds the last answer about each watched task, `faults` the requests since the last
    answer about any task, oldest first; `active` are the tasks that are still polled.
    """
    faults = [fault for fault in faults if fault.task_id in active]
    refused, is_refused = _confirmed(ErrorKind.KEY_REFUSED, answers, active)
    # What left before the key was known to be refused, and fails afterwards, is no news.
    is_news = bool(faults and refused) and faults[-1].sent >= refused[0].received
    if is_refused and not is_news:
        return HostState(HealthKind.KEY_REFUSED, refused[-1].message, stops_polling=True)
    if is_refused or (faults and _is_unreachable(answers, faults, len(active), now)):
        return HostState(faults[-1].kind, faults[-1].message, stops_polling=True)
    paused, is_paused = _confirmed(ErrorKind.RATE_LIMITED, answers, active)
    until = max((answer.until for answer in paused), default=-math.inf)
    if is_paused and until > now:
        return HostState(HealthKind.PAUSED, paused[-1].message, until)
    suspects = ((ErrorKind.KEY_REFUSED,) if refused else ()) + (
        (ErrorKind.RATE_LIMITED,) if paused and not is_paused else ()
    )
    if _is_failing(faults, len(active)):
        # Too soon after an answer to stop polling, but not to tell.
        return HostState(faults[-1].kind, faults[-1].message, suspects=suspects)
    if trouble := _same_for_all(answers, active):
        return HostState(*trouble, suspects=suspects)
    kind = HealthKind.LIVE if answers else HealthKind.STARTING
    return HostState(kind, suspects=suspects)


def _confirmed(
    kind: ErrorKind, answers: Mapping[str, Answer], active: Collection[str]
) -> tuple[list[Answer], bool]:
    """Return the answers of `kind` that may apply to the whole service, oldest first, and whether
    that is confirmed.

    A good answer to a request that was sent later refutes them. They are confirmed if a witness,
    asked once they were known, was told the same; or if there is none to ask.
    """
    last_success = max((a.sent for a in answers.values() if a.kind is None), default=-math.inf)
    told = {task_id: a for task_id, a in answers.items() if a.kind is kind and task_id in active}
    suspicious = [a for a in told.values() if a.sent >= last_success and not a.is_own]
    if not suspicious:
        return [], False
    suspicious.sort(key=lambda answer: answer.received)
    known_since = suspicious[0].received
    any_accepted = any(answer.is_accepted for answer in answers.values())
    is_confirmed = (
        len(told) >= len(active)
        or any(a.is_witness and a.is_accepted and a.sent >= known_since for a in suspicious)
        or (not any_accepted and len(suspicious) >= MAX_UNCONFIRMED[kind])
    )
    return suspicious, is_confirmed


def _is_unreachable(
    answers: Mapping[str, Answer], faults: Sequence[Fault], active: int, now: float
) -> bool:
    """Return whether enough requests of enough tasks failed in the same way, one after another."""
    kind = faults[-1].kind
    tasks = set[str]()
    count = 0
    for fault in reversed(faults):
        if fault.kind is not kind:
            break
        tasks.add(fault.task_id)
        count += 1
    last_answer = max((answer.received for answer in answers.values()), default=-math.inf)
    is_recent = now - last_answer <= SUCCESS_TTL
    # One or two tasks alone never reach a fifth fault.
    enough = count >= min(_THRESHOLDS[kind], active) and len(tasks) >= min(2, active)
    return enough and not is_recent


def _is_failing(faults: Sequence[Fault], active: int) -> bool:
    """Return whether so many requests of several tasks failed that no one task is to blame."""
    enough = len(faults) >= min(_THRESHOLDS[HealthKind.OFFLINE], active)
    return bool(faults) and enough and len({fault.task_id for fault in faults}) >= min(2, active)


def _same_for_all(
    answers: Mapping[str, Answer], active: Collection[str]
) -> tuple[HealthKind, str] | None:
    """Return what is told about each task that is polled, and the words that were told last.

    Refusals in words that are not the service's mean a wrong address, but not where the service
    was ever seen at it.
    """
    last = [answer for task_id in active if (answer := answers.get(task_id))]
    if not last or len(last) < len(active):
        return None
    message = max(last, key=lambda answer: answer.received).message
    if all(answer.kind is ErrorKind.SERVER for answer in last):
        return HealthKind.SERVER_ERRORS, message
    was_seen = any(answer.is_accepted or answer.kind is None for answer in answers.values())
    if all(answer.is_strange for answer in last) and not was_seen:
        return HealthKind.WRONG_ADDRESS, message
    return None
