"""The log: a bounded file that only its owner can read, without keys and links."""

from __future__ import annotations

import logging
import logging.handlers
import os
from pathlib import Path
from typing import IO, Final

from tui.redact import RedactingFormatter, Redactor

LARGEST: Final = 1 << 20
"""Bytes of the log and of each of its two predecessors."""


class _OwnersFile(logging.handlers.RotatingFileHandler):
    def _open(self) -> IO[str]:  # type: ignore[override]
        return open(
            self.baseFilename, self.mode, encoding=self.encoding, errors=self.errors, opener=_opener
        )


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _make_folder(folder: Path) -> None:
    # Path.mkdir gives its mode to the last folder only.
    for missing in reversed([each for each in (folder, *folder.parents) if not each.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)


def start(path: Path, redact: Redactor, *, verbose: bool = False) -> str:
    """Write what happens to `path` from now on; return why that cannot be, empty where it can.

    Without `verbose` that is starts, ends, faults and the states of tasks; with it every query.
    """
    root = logging.getLogger()
    # httpx logs whole URLs at INFO.
    for name in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        _make_folder(path.parent)
        handler = _OwnersFile(path, maxBytes=LARGEST, backupCount=2, encoding="utf-8")
    except OSError as error:
        root.addHandler(logging.NullHandler())
        return f"No log: {path}: {error.strerror}."
    handler.setFormatter(
        RedactingFormatter(redact, "%(asctime)s %(levelname)s %(name)s: %(message)s")
    )
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("tui").setLevel(logging.DEBUG if verbose else logging.INFO)
    return ""
