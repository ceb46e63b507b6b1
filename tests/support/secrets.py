"""Secrets in every form in which they could slip out, and where to look for them.

`python -m tests.support.secrets WHERE FOLDER KEY` is `tests.support.crashing` with a log.
"""

from __future__ import annotations

import base64
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

_SHOWN: Final = 8
"""Characters of a secret that are already too many."""
_STRINGS: Final = rb"\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"
_SEQUENCES: Final = re.compile(
    _STRINGS + rb"|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]", re.IGNORECASE
)
_LINKS_AND_CLIPBOARDS: Final = re.compile(rb"\x1b\](?:8|52);[^\x07\x1b]*(?:\x07|\x1b\\)")


def forms(secret: str) -> dict[str, bytes]:
    """Each form in which to look for a secret, by its name; a piece that tells enough of it."""
    value = secret.encode()
    found = {"plain": value, "prefix": value[:_SHOWN], "encoded": quote(secret, safe="").encode()}
    every = "".join(f"%{byte:02X}" for byte in value[:_SHOWN])
    found |= {"all encoded": every.encode(), "all encoded, small": every.lower().encode()}
    for shift in range(3):
        packed = base64.b64encode(b"\0" * shift + value)
        # What the bytes before and after the secret have a part in says nothing.
        piece = packed[(shift * 8 + 5) // 6 : (shift + len(value)) * 8 // 6]
        found[f"base64 at {shift}"] = piece[:12]
        found[f"base64 for URLs at {shift}"] = piece[:12].replace(b"+", b"-").replace(b"/", b"_")
    return found


def leaks(data: bytes, secrets: Iterable[str]) -> list[str]:
    """Which forms of the secrets are in the data, with what stands around them."""
    plain = _SEQUENCES.sub(b"", data)
    views = (data, plain, re.sub(rb"\s", b"", data), re.sub(rb"\s", b"", plain))
    return [
        f"{name} of {secret}: {view[max(0, at - 60) : at + 60]!r}"
        for secret in secrets
        for name, form in forms(secret).items()
        for view in views
        if (at := view.find(form)) >= 0
    ]


def without_links(raw: bytes) -> bytes:
    """A terminal's stream without the hyperlinks' addresses and the copied texts."""
    return _LINKS_AND_CLIPBOARDS.sub(b"", raw)


def made_by_the_program(folder: Path, ours: Iterable[Path]) -> Iterator[Path]:
    """All below a folder but what the test itself put there."""
    left_out = set(ours)
    for path in sorted(folder.rglob("*")):
        if not left_out & {path, *path.parents}:
            yield path


def too_open(paths: Iterable[Path]) -> list[str]:
    """Files that are not 0600 and folders that are not 0700."""
    return [
        f"{path}: {mode:o}"
        for path in paths
        if (mode := stat.S_IMODE(path.stat().st_mode)) != (0o700 if path.is_dir() else 0o600)
    ]


def main(where: str, folder: Path, key: str) -> None:
    """Run the crashing app with a log."""
    from tests.support import crashing
    from tui import log
    from tui.config import Paths
    from tui.credentials import Secret
    from tui.log import Redactor

    redact = Redactor()
    redact.learn(Secret(key))
    log.start(Paths.inside(folder).log, redact, verbose=True)
    crashing.main(where, folder, key)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
