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
```

Unknown keys, at the top level or in a task, are carried over when the file is rewritten. What a
person wrote by hand is read as it is meant: a whole number as the text of its digits, a state in
any case, a lone `[task]`, a plain list of IDs, and what is no ID as it stands as if it were pasted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from tui import toml
from tui.clock import is_plausible
from tui.errors import UserError
from tui.scenext.models import TaskStatus
from tui.scenext.task_ids import is_task_id, parse_task_ids
from tui.watchlist.entries import Add, Change, Entry, Update, normalize, replay

VERSION: Final = 1
"""The newest file version that this program reads, and the one that it writes."""

_EMPTY: Mapping[str, Any] = MappingProxyType({})
_TOP_KEYS = frozenset({"version", "count", "task"})
_STATUSES: Mapping[str, TaskStatus] = {status.value: status for status in TaskStatus}
_TASK_KEYS = frozenset({"id", "label", "added", "status", "status_sent", "ended"})


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
    if not isinstance(tables, list) or top.keys().isdisjoint(_TOP_KEYS):
        raise UnreadableError("is not a watchlist")
    entries: list[Entry] = []
    extras: dict[str, Mapping[str, Any]] = {}
    damaged = 0
    for table in tables:
        entry, sound = _parse_entry(table, default_added)
        damaged += not sound
        if entry is not None:
            entries.append(entry)
            unknown = {key: table[key] for key in table.keys() - _TASK_KEYS}
            extras[entry.id] = unknown | dict(extras.get(entry.id, {}))
    if damaged:
        problems.append(f"has {damaged} damaged {'entry' if damaged == 1 else 'entries'}")
    unique = _deduplicate(entries)
    if len(unique) < len(entries):
        problems.append("lists a task twice")
    problems += _count_problem(top, len(tables))
    return Document(
        entries=unique,
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
    task_id = _read_id(_read_text(table.get("id")) or "")
    if not task_id:
        return None, False
    texts = [_read_text(table.get(key, "")) for key in ("label", "status", "status_sent")]
    moments = [table.get(key) for key in ("added", "ended")]
    sound = None not in texts and all(map(_is_moment, moments))
    if not sound:
        moments = [moment if _is_moment(moment) else None for moment in moments]
    label, state, sent = (text or "" for text in texts)
    added, ended = moments
    status = _STATUSES.get(state.strip().upper() or TaskStatus.QUEUED)
    if status is None:
        status, sent = TaskStatus.UNKNOWN, sent or state
    return normalize(Entry(task_id, added or default_added, label, status, sent, ended)), sound


def _read_text(value: object) -> str | None:
    """Return a text, or a whole number as the text of its digits; None for anything else."""
    # Not a number with a point: how it was written is lost.
    return str(value) if isinstance(value, str) or type(value) is int else None


def _read_id(value: str) -> str:
    """Return the ID that a text is meant to be; empty if there is none, or more than one."""
    if is_task_id(value):
        return value
    with suppress(UserError):
        ids = parse_task_ids([value])
        return ids[0] if len(ids) == 1 else ""
    return ""


def _is_moment(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, datetime) and value.tzinfo is not None and is_plausible(value)


def _deduplicate(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return one entry for each ID: the first, with any later label and end."""
    if len({entry.id for entry in entries}) == len(entries):
        return tuple(entries)
    changes: list[Change] = []
    for entry in entries:
        changes.append(Add(entry))
        if entry.status.terminal:
            changes.append(Update(entry.id, entry.status, ended=entry.ended))
    return replay((), changes)


def encode(document: Document) -> bytes:
    """Return a document as a file's bytes, at `VERSION`.

    Raises `ValueError` if the bytes would not read back as the same entries, or if unknown keys
    hold a value that cannot be written.
    """
    import tomli_w

    # tomli-w writes short tables as one inline array instead of [[task]] tables. A last table
    # too long for a line prevents that, and is cut off again.
    sentinel = {"end": "-" * 100}
    head = {"version": VERSION, "count": len(document.entries), **document.top_extras}
    tasks = [_table(entry, document.task_extras.get(entry.id, {})) for entry in document.entries]
    try:
        text = tomli_w.dumps({**head, "task": [*tasks, sentinel]})
        data = text.removesuffix(f'\n[[task]]\nend = "{sentinel["end"]}"\n').encode()
        decoded = decode(data, datetime.min.replace(tzinfo=UTC))
    except (RecursionError, TypeError) as error:
        raise ValueError(str(error)) from error
    if decoded.entries != tuple(document.entries) or decoded.problems:
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
