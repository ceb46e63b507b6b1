"""Names of files and folders, made from what the service sent."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Final

from tui.links.link import Link
from tui.sanitize import is_invisible
from tui.signed_links.signed_url import identity, raw_file_name

MAX_NAME_BYTES: Final = 200
"""Bytes of a file's name in UTF-8; file systems allow 255, and a number may be appended."""

# Device names, with any extension (Microsoft, *Naming Files, Paths, and Namespaces*).
_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|(com|lpt)[0-9¹²³])(\..*)?")
# `\w` is a letter or digit of any script, or the underscore.
_REPLACED: Final = re.compile(r"(?:[^\w.-]|_)+")
_INVISIBLE_LETTERS: Final = frozenset("\u115f\u1160\u3164\uffa0")
"""Hangul fillers, which Unicode counts as letters."""
_NEEDS_NO_QUOTES: Final = re.compile(r"[\w./@%+=:,-]+")


def safe_name(text: str, fallback: str) -> str:
    """Return `text` as a name for a file or folder that is safe on every system and in any shell.

    Users paste the path after `scp`, in whatever shell they use, so the rule says what a name may
    hold, not what it may not: letters and digits of any script, and `.`, `_` and `-`. A run of
    anything else becomes one underscore, except that invisible characters are removed. The result
    has no leading dot or dash, is not a name that Windows reserves and has at most
    `MAX_NAME_BYTES` bytes, with the extension kept. Returns `fallback` if nothing is left.
    """
    text = "".join(c for c in text if _is_control(c) or not _is_invisible(c))
    # An accent of its own is no letter, but most accents make one with the letter before them.
    text = unicodedata.normalize("NFC", text.strip().lstrip(" .-~").rstrip(" ."))
    text = _REPLACED.sub(lambda run: "_" if run[0].strip("_") else run[0], text)
    text = text.lstrip(".-").rstrip(".")
    stem, dot, extension = text.rpartition(".")
    if not dot or len(extension) > 10:
        stem, extension = text, ""
    suffix = f".{extension}" if extension else ""
    max_stem_bytes = MAX_NAME_BYTES - len(suffix.encode()) - 1
    stem = stem.encode()[:max_stem_bytes].decode("utf-8", "ignore").rstrip(".")
    if not stem:
        return fallback
    name = f"{stem}{suffix}"
    return f"_{name}" if _RESERVED.fullmatch(name) else name


def file_name_of(url: str, fallback: str) -> str:
    """Return the name to save the file behind `url` under."""
    return safe_name(raw_file_name(url), fallback)


def file_names(links: Iterable[Link]) -> dict[str, str]:
    """Return the names to save the files of a task under, by the identity of their links.

    Different files have different names, on a disk without upper and lower case, too. The first of
    those with one name in their links has it; to that of each other one the link's own name is
    added, and a number if need be. So a name stays the same when frames are added at the end.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    numbers: Counter[str] = Counter()
    for link in links:
        key = identity(link.url)
        if key in names:
            continue
        own = safe_name(link.name, "file")
        name = plain = file_name_of(link.url, own)
        while name.casefold() in taken:
            path = PurePath(plain)
            longer = f"{_head(path.stem)}-{_head(own)}"
            numbers[longer] += 1
            number = f"-{numbers[longer]}" if numbers[longer] > 1 else ""
            name = safe_name(f"{longer}{number}{path.suffix}", own)
        names[key] = name
        taken.add(name.casefold())
    return names


def _head(text: str) -> str:
    # So short that neither what is added nor a number is cut off again.
    return text.encode()[:60].decode(errors="ignore")


def quoted_path(path: Path) -> str:
    """Return a path as it can be pasted into a shell.

    What `safe_name` names needs no quotes; the folder that the user chose may.
    """
    text = str(path)
    return text if _NEEDS_NO_QUOTES.fullmatch(text) else shlex.quote(text)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs")


def _is_invisible(character: str) -> bool:
    return character in _INVISIBLE_LETTERS or is_invisible(character)
