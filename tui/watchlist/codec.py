"""The format of `watchlist.toml`: entries to TOML and back. Pure: no files, no clock.

```toml
version = 1
count = 1

[[task]]
id = "task-7"
label = "the cat video"
added = 2026-11-22 18:57:00+00:00
status = "COMPLETED"
ended = 2026-11-22 19:14:00+00:00
title = "A cat among pigeons"
noticed = 2026-11-22 19:14:00+00:00
seen = 2026-11-22 19:14:00+00:00
took = 1020.0
points = 26.0
frames = 13
first_frames = 0
```

Behind the tasks stand `[[history]]` tables with `id`, `end` and `seconds`. Everything of a task but
its `id` is optional. Unknown keys, at the top level or in a task, are carried over when the file is
rewritten; earlier releases do the same with the keys that they do not know. What a person wrote by
hand is read as it is meant: a whole number as the text of its digits, a state in any case, a lone
`[task]`, a plain list of IDs, and what is no ID as it stands as if it were pasted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from tui import toml
from tui.scenext.models import TaskStatus
from tui.watchlist import values
from tui.watchlist.entries import (
    Add,
    Change,
    Entry,
    Learn,
    MarkSeen,
    Update,
    normalize,
    replay,
    replay_history,
)
from tui.watchlist.history import Sample

VERSION: Final = 1
"""The newest file version that this program reads, and the one that it writes."""

_EMPTY: Mapping[str, Any] = MappingProxyType({})
_MARKS = frozenset({"version", "count", "task"})
"""The keys of which a watchlist has one at least."""
_TOP_KEYS = _MARKS | {"history"}
_UPDATED = frozenset(Update._fields)
_STATUSES: Mapping[str, TaskStatus] = {status.value: status for status in TaskStatus}
_TASK_KEYS = frozenset(Entry._fields)


class UnreadableError(ValueError):
    """The bytes are not a watchlist. The message says why and fits after the file's name."""


class Document(NamedTuple):
    """The contents of one file."""

    entries: tuple[Entry, ...] = ()
    version: int = VERSION
    problems: tuple[str, ...] = ()
    """What is damaged, in words that fit after the file's name; empty for a sound file."""
    top_extras: Mapping[str, Any] = _EMPTY
    """Unknown keys at the top level."""
    task_extras: Mapping[str, Mapping[str, Any]] = _EMPTY
    """Unknown keys in task tables, by task ID."""
    history: tuple[Sample, ...] = ()
    """How long earlier tasks took, the oldest first."""

    @property
    def newer(self) -> bool:
        """Whether a later version of the program wrote it: rewriting it might lose data."""
        return self.version > VERSION


def decode(data: bytes, default_added: datetime) -> Document:
    """Parse a file's bytes, and recover what is readable of a damaged one.

    A task without a valid ID is left out, and a field of a wrong type or a date that nobody can
    mean gets its default; both are listed in `problems`. Tasks without `added` (written by hand)
    get `default_added`. Raises `UnreadableError` if nothing can be recovered.
    """
    top = _parse(data)
    problems: list[str] = []
    version = _parse_version(top, problems)
    tables = top.get("task", [])
    if isinstance(tables, dict) and "id" in tables:
        tables = [tables]
    if isinstance(tables, list):
        tables = [table if isinstance(table, dict) else {"id": table} for table in tables]
    if version > VERSION and not isinstance(tables, list):
        tables = []
    if not isinstance(tables, list) or top.keys().isdisjoint(_MARKS):
        raise UnreadableError("is not a watchlist")
    entries: list[Entry] = []
    extras: dict[str, Mapping[str, Any]] = {}
    damaged = 0
    for table in tables:
        entry, sound = _parse_entry(table, default_added)
        damaged += not sound
        if entry is not None:
            entries.append(entry)
            if unknown := {key: table[key] for key in table if key not in _TASK_KEYS}:
                extras[entry.id] = unknown | dict(extras.get(entry.id, {}))
    if damaged:
        problems.append(f"has {damaged} damaged {_entries(damaged)}")
    unique = _deduplicate(entries)
    if len(unique) < len(entries):
        problems.append("lists a task twice")
    problems += _count_problem(top, len(tables))
    history = _parse_history(top, problems)
    return Document(
        entries=unique,
        version=version,
        problems=tuple(problems),
        top_extras={key: value for key, value in top.items() if key not in _TOP_KEYS},
        task_extras=extras,
        history=history,
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
            # `tomllib.TOMLDecodeError` is a subclass. These two mean an integer with too many
            # digits for `int()`, or a year out of range.
            raise UnreadableError("holds a number that is out of range") from error
        raise UnreadableError(f"is not valid TOML ({error})") from error


def _parse_version(top: Mapping[str, Any], problems: list[str]) -> int:
    version = top.get("version", VERSION)
    if type(version) is int and version >= 1:
        return version
    problems.append("has no usable version")
    return VERSION


def _count_problem(top: Mapping[str, Any], actual: int) -> list[str]:
    """Compare `count` with the tables: TOML truncated between two tables still parses."""
    count = top.get("count", actual)
    if type(count) is not int:
        return ["has no usable count"]
    if actual < count:
        return [f"lists {actual} of {count if count < 10**9 else 'many'} tasks"]
    return []


def _parse_entry(table: Mapping[str, Any], default_added: datetime) -> tuple[Entry | None, bool]:
    """Return the entry in a task table, if any, and whether the table was sound."""
    task_id = values.task_id(table.get("id"))
    if not task_id:
        return None, False
    fields: dict[str, Any] = {"added": default_added, "status": ""}
    sound = True
    for key, sent in table.items():
        if (read := values.READERS.get(key)) is None:
            continue
        if (value := read(sent)) is None:
            sound = False
        else:
            fields[key] = value
    if status := _STATUSES.get(fields["status"].strip().upper() or TaskStatus.QUEUED):
        fields["status"] = status
    else:
        fields["status_sent"] = fields.get("status_sent") or fields["status"]
        fields["status"] = TaskStatus.UNKNOWN
    return normalize(Entry(task_id, **fields)), sound


def _parse_history(top: Mapping[str, Any], problems: list[str]) -> tuple[Sample, ...]:
    tables = top.get("history", [])
    if not isinstance(tables, list):
        problems.append("has no usable history")
        return ()
    samples = [sample for sample in map(_parse_sample, tables) if sample is not None]
    if damaged := len(tables) - len(samples):
        problems.append(f"has {damaged} damaged {_entries(damaged)} in its history")
    return replay_history((), map(Learn, samples))


def _parse_sample(table: object) -> Sample | None:
    if not isinstance(table, dict):
        return None
    task_id = values.task_id(table.get("id"))
    end, seconds = values.moment(table.get("end")), values.seconds(table.get("seconds"))
    return Sample(task_id, end, seconds) if task_id and end and seconds else None


def _entries(count: int) -> str:
    return "entry" if count == 1 else "entries"


def _deduplicate(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return one entry for each ID: the first, with any later label and end."""
    if len({entry.id for entry in entries}) == len(entries):
        return tuple(entries)
    changes: list[Change] = []
    for entry in entries:
        changes.append(Add(entry))
        if entry.status.terminal:
            facts = {key: value for key, value in entry._asdict().items() if key in _UPDATED}
            changes.append(Update(**facts))
        if entry.seen is not None:
            changes.append(MarkSeen(entry.id, entry.seen))
    return replay((), changes)


def encode(document: Document) -> bytes:
    """Return a document as a file's bytes, at `VERSION`.

    Raises `ValueError` if the bytes would not read back as the same entries, or if unknown keys
    hold a value that cannot be written.
    """
    head = {"version": VERSION, "count": len(document.entries), **document.top_extras}
    tasks = [_table(entry, document.task_extras.get(entry.id, {})) for entry in document.entries]
    try:
        text = _dump(head, "task", tasks)
        if document.history:
            # Last, since whoever opens the file looks for the tasks.
            text += "\n" + _dump({}, "history", [sample._asdict() for sample in document.history])
        data = text.encode()
        decoded = decode(data, datetime.min.replace(tzinfo=UTC))
    except (RecursionError, TypeError) as error:
        raise ValueError(str(error)) from error
    written = (tuple(document.entries), document.history)
    if (decoded.entries, decoded.history) != written or decoded.problems:
        raise ValueError("the file would not read back as what was written")
    return data


def _dump(head: Mapping[str, Any], name: str, tables: Sequence[Mapping[str, Any]]) -> str:
    """Return TOML with a table of its own, as in `[[task]]`, for each of `tables`."""
    import tomli_w

    # tomli-w writes short tables as one inline array. A last table too long for a line prevents
    # that, and is cut off again.
    sentinel = {"end": "-" * 100}
    text = tomli_w.dumps({**head, name: [*tables, sentinel]})
    return text.removesuffix(f'\n[[{name}]]\nend = "{sentinel["end"]}"\n')


def _table(entry: Entry, extras: Mapping[str, Any]) -> dict[str, Any]:
    table = {"id": entry.id, "label": entry.label, **entry._asdict(), "status": entry.status.value}
    return {key: value for key, value in table.items() if value not in ("", None)} | dict(extras)
