"""Names of files and folders, made from what the service sent."""

from __future__ import annotations

import re
import unicodedata
from typing import Final
from urllib.parse import unquote

from tui.sanitize import is_invisible
from tui.scenext.signed_url import identity

MAX_NAME_BYTES: Final = 200
"""Bytes of a file's name in UTF-8; file systems allow 255, and a number may be appended."""

# Device names, with any extension (Microsoft, *Naming Files, Paths, and Namespaces*).
_RESERVED: Final = re.compile(r"(?i)(con|prn|aux|nul|(com|lpt)[0-9¹²³]) *(\..*)?")
# What no file system allows, and what a shell interprets: users paste the path after `scp`.
_FORBIDDEN: Final = re.compile(r"""[/\\<>:"|?*$`;&!'\x00-\x1f\x7f-\x9f]+""")


def safe_name(text: str, fallback: str) -> str:
    """Return `text` as a name for a file or folder that is safe on every system.

    The result has no path separators, no control or invisible characters, no spaces but U+0020,
    nothing that a shell interprets, no leading dot or dash, is not a name that Windows reserves
    and has at most `MAX_NAME_BYTES` bytes, with the extension kept. Non-Latin scripts are kept.
    Returns `fallback` if nothing is left.
    """
    text = _FORBIDDEN.sub("_", text.encode("utf-8", "replace").decode("utf-8"))
    text = "".join(
        " " if unicodedata.category(c) == "Zs" else c for c in text if not is_invisible(c)
    )
    text = text.strip().lstrip(" .-~").rstrip(" .")
    stem, dot, extension = text.rpartition(".")
    if not dot or len(extension) > 10:
        stem, extension = text, ""
    suffix = f".{extension}" if extension else ""
    max_stem_bytes = MAX_NAME_BYTES - len(suffix.encode()) - 1
    stem = stem.encode()[:max_stem_bytes].decode("utf-8", "ignore").rstrip(" .")
    if not stem:
        return fallback
    name = f"{stem}{suffix}"
    return f"_{name}" if _RESERVED.fullmatch(name) else name


def file_name_of(url: str, fallback: str) -> str:
    """Return the name to save the file behind `url` under."""
    return safe_name(unquote(identity(url).rpartition("/")[2], errors="replace"), fallback)
