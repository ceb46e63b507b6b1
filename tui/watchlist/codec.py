"""What a watchlist file says: its entries, the changes to them, and the TOML between.

Owns the words of `watchlist.toml` and the meaning of a change. Pure: no file is touched here and
no clock is read; `storage` does both.

```toml
version = 1
count = 1

[[task]]
id = "task-7"
label = "the cat video"
added = 2026-11-22 18:57:00+00:00
status = "COMPLETED"
ended = 2026-11-22 19:14:00+00:00
```

Keys that we do not know, at the top or in a task, are carried over when the file is rewritten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from tui import toml
from tui.errors import UserError
from tui.sanitize import clean
from tui.scenext.models import TaskStatus
from tui.scenext.task_ids import parse_task_id

VERSION = 1
"""The newest version of the file that this program understands, and the one that it writes."""

MAX_LABEL_LENGTH = 200
"""Characters."""
MAX_STATUS_LENGTH = 60
"""Characters of a state in the service's words."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_TOP_KEYS = frozenset({"version", "count", "task"})
_STATUSES: Mapping[str, TaskStatus] = {status.value: status for status in TaskStatus}
_TASK_KEYS = frozenset({"id", "label", "added", "status", "status_sent", "ended"})


class Entry(NamedTuple):
    """The durable facts of one watched task. No link and no key is ever among them."""

    id: str
    added: datetime
    """When it was added: aware, UTC."""
    label: str = ""
    status: TaskStatus = TaskStatus.QUEUED
    """The last state known."""
    status_sent: str = ""
    """The state as the service wrote it; kept only where `status` is UNKNOWN."""
    ended: datetime | None = None
    """When it was seen to end: aware, UTC. `None` where unknown, and while it goes on."""


class Add(NamedTuple):
    """Watch a task. Where the ID is there already, the entry stays; a label given replaces its."""

    entry: Entry
    before: str | None = None
    """The task in front of which a new entry comes; last where it is None or not there."""


class Remove(NamedTuple):
    """Watch a task no longer. An ID that is not there is no error."""

    id: str


class Update(NamedTuple):
    """What was learnt of a task. It never brings back an ID that was removed.

    A terminal state wins over an open one, whichever comes first. Where the same end is seen
    twice, the earlier time stays, so that two dashboards agree in whichever order they save.
    """

    id: str
    status: TaskStatus
    status_sent: str = ""
    ended: datetime | None = None


Change = Add | Remove | Update


def replay(entries: Sequence[Entry], changes: Sequence[Change]) -> tuple[Entry, ...]:
    """Apply the changes in their order. Pure, and idempotent.

    What a watchlist file cannot hold is made fit for it on the way: text is scrubbed and cut,
    times become UTC, and what is no task ID is not added.
    """
    kept = {entry.id: entry for entry in entries}
    for change in changes:
        match change:
            case Add(entry, before):
                kept = _added(kept, _storable(entry), before)
            case Remove(id=task_id):
                kept.pop(_encodable(task_id), None)
            case Update(id=task_id):
                known = kept.get(_encodable(task_id))
                if known is not None:  # Else removed, here or by another dashboard.
                    kept[known.id] = _updated(known, change)
    return tuple(kept.values())


def _added(kept: dict[str, Entry], entry: Entry, before: str | None) -> dict[str, Entry]:
    earlier = kept.get(entry.id)
    if earlier is not None:
        if entry.label:
            kept[entry.id] = earlier._replace(label=entry.label)
    elif not _is_id(entry.id):
        pass  # It could not be read back, and would make every later save fail.
    elif before is None or before not in kept:
        kept[entry.id] = entry
    else:
        names = list(kept)
        place = names.index(before)
        later = {name: kept[name] for name in names[place:]}
        return {name: kept[name] for name in names[:place]} | {entry.id: entry} | later
    return kept


def _is_id(text: str) -> bool:
    try:
        return parse_task_id(text) == text
    except UserError:
        return False


def _updated(entry: Entry, change: Update) -> Entry:
    if entry.status.terminal and not change.status.terminal:
        return entry
    changed = _storable(
        entry._replace(status=change.status, status_sent=change.status_sent, ended=change.ended)
    )
    if changed.status is entry.status and entry.ended is not None:
        return changed._replace(ended=min(entry.ended, changed.ended or entry.ended))
    return changed


def _storable(entry: Entry) -> Entry:
    """The entry as the file can hold it, so that what is read back equals what was saved."""
    unknown = entry.status is TaskStatus.UNKNOWN
    ended = entry.ended if entry.status.terminal else None
    return Entry(
        id=_encodable(entry.id),
        added=_utc(entry.added),
        label=clean(entry.label, MAX_LABEL_LENGTH),
        status=entry.status,
        status_sent=clean(entry.status_sent, MAX_STATUS_LENGTH) if unknown else "",
        ended=None if ended is None else _utc(ended),
    )


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except (OverflowError, ValueError):  # The first and last hours of the calendar.
        return moment.replace(tzinfo=UTC)


class UnreadableError(ValueError):
    """The bytes are no watchlist at all. The text says why and fits after the file's name."""


class Document(NamedTuple):
    """What one file says."""

    entries: tuple[Entry, ...] = ()
    version: int = VERSION
    problems: tuple[str, ...] = ()
    """What is wrong with it, in words that fit after the file's name; empty where it is sound."""
    top_extras: Mapping[str, Any] = _NOTHING
    """Top-level keys that are not ours."""
    task_extras: Mapping[str, Mapping[str, Any]] = _NOTHING
    """Keys that are not ours in task tables, by task ID."""

    @property
    def newer(self) -> bool:
        """Whether a later program wrote it, which may mean by it what we would destroy."""
        return self.version > VERSION


def decode(data: bytes, missing_added: datetime) -> Document:
    """Read a file's bytes, saving what can be saved of a damaged one.

    A task without a usable ID is left out; a field of a wrong type gets its default, and the
    document's `problems` tell of both. Tasks without `added` (written by hand) get
    `missing_added`. Raises `UnreadableError` where there is nothing to save.
    """
    top = _parse(data)
    problems: list[str] = []
    version = _version(top, problems)
    tables = top.get("task", [])
    if version > VERSION and not isinstance(tables, list):
        tables = []
    if not isinstance(tables, list) or top.keys().isdisjoint(_TOP_KEYS):
        raise UnreadableError("is not a watchlist")
    entries: list[Entry] = []
    extras: dict[str, Mapping[str, Any]] = {}
    wrong = 0
    for table in tables:
        entry, sound = _entry(table, missing_added)
        wrong += not sound
        if entry is not None:
            entries.append(entry)
            extra = {key: table[key] for key in table.keys() - _TASK_KEYS}
            extras[entry.id] = extra | dict(extras.get(entry.id, {}))
    if wrong:
        problems.append(f"has {wrong} damaged {'entry' if wrong == 1 else 'entries'}")
    distinct = _collapsed(entries)
    if len(distinct) < len(entries):
        problems.append("lists a task twice")
    problems += _count_problem(top, len(tables))
    return Document(
        entries=distinct,
        version=version,
        problems=tuple(problems),
        top_extras={key: value for key, value in top.items() if key not in _TOP_KEYS},
        task_extras={task_id: extra for task_id, extra in extras.items() if extra},
    )


def _parse(data: bytes) -> dict[str, Any]:
    try:
        # "utf-8-sig" drops a byte order mark, which TOML forbids and some editors write.
        return toml.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnreadableError("is not UTF-8 text") from error
    except RecursionError as error:
        raise UnreadableError("is nested too deeply") from error
    except (ValueError, OverflowError) as error:
        if type(error) in (ValueError, OverflowError):
            # More than 4,300 digits; a year out of range.
            raise UnreadableError("holds a number that is out of range") from error
        raise UnreadableError(f"is not valid TOML ({error})") from error


def _version(top: Mapping[str, Any], problems: list[str]) -> int:
    version = top.get("version", VERSION)
    if type(version) is int and version >= 1:
        return version
    problems.append("has no usable version")
    return VERSION


def _count_problem(top: Mapping[str, Any], found: int) -> list[str]:
    """A cleanly cut TOML file still parses (measured): only the count at its head tells."""
    count = top.get("count", found)
    if type(count) is not int:
        return ["has no usable count"]
    if found < count:
        return [f"lists {found} of {_short(count)} tasks"]
    return []


def _short(number: int) -> str:
    return str(number) if number < 10**9 else "many"


def _entry(table: object, missing_added: datetime) -> tuple[Entry | None, bool]:
    """The entry in a task table, or `None`, and whether the table was sound."""
    if not isinstance(table, dict):
        return None, False
    task_id = table.get("id")
    if not isinstance(task_id, str) or not _is_id(task_id):
        return None, False
    texts = [table.get(key, "") for key in ("label", "status", "status_sent")]
    moments = [table.get(key) for key in ("added", "ended")]
    sound = all(isinstance(text, str) for text in texts) and all(map(_is_moment, moments))
    if not sound:
        texts = [text if isinstance(text, str) else "" for text in texts]
        moments = [moment if _is_moment(moment) else None for moment in moments]
    label, word, sent = texts
    added, ended = moments
    status = _STATUSES.get(word or TaskStatus.QUEUED)
    if status is None:
        status, sent = TaskStatus.UNKNOWN, sent or word
    return _storable(Entry(task_id, added or missing_added, label, status, sent, ended)), sound


def _is_moment(value: object) -> bool:
    return value is None or (isinstance(value, datetime) and value.tzinfo is not None)


def _collapsed(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """One entry for each ID: the first, with a later label and a later end."""
    if len({entry.id for entry in entries}) == len(entries):
        return tuple(entries)
    changes: list[Change] = []
    for entry in entries:
        changes.append(Add(entry))
        if entry.status.terminal:
            changes.append(Update(entry.id, entry.status, ended=entry.ended))
    return replay((), changes)


def encode(document: Document) -> bytes:
    """Write a document as a file's bytes, at our version.

    Raises `ValueError` where the bytes would not read back as the same entries, or where keys
    that are not ours hold what cannot be written: then nothing may be replaced by them.
    """
    import tomli_w

    # With short tables only, tomli-w writes one inline array in place of [[task]] tables. One
    # table too long for a line prevents it, and is cut off again.
    last = {"end": "-" * 100}
    head = {"version": VERSION, "count": len(document.entries), **document.top_extras}
    tasks = [_table(entry, document.task_extras.get(entry.id, {})) for entry in document.entries]
    try:
        text = tomli_w.dumps({**head, "task": [*tasks, last]})
        data = text.removesuffix(f'\n[[task]]\nend = "{last["end"]}"\n').encode()
        back = decode(data, datetime.min.replace(tzinfo=UTC))
    except (RecursionError, TypeError) as error:
        raise ValueError(str(error)) from error
    if back.entries != tuple(document.entries) or back.problems:
        raise ValueError("the file would not read back as what was written")
    return data


def _table(entry: Entry, extras: Mapping[str, Any]) -> dict[str, Any]:
    table: dict[str, Any] = {
        "id": entry.id,
        "label": entry.label,
        "added": entry.added,
        "status": entry.status.value,
        "status_sent": entry.status_sent,
        "ended": entry.ended,
    }
    return {key: value for key, value in table.items() if value not in ("", None)} | dict(extras)
