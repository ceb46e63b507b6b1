"""Search for secrets in every form in which they could leak.

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

_PREFIX_LENGTH: Final = 8
"""Number of leading characters that already count as a leak."""
_STRINGS: Final = rb"\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"
_SEQUENCES: Final = re.compile(
    _STRINGS + rb"|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]", re.IGNORECASE
)
_LINKS_AND_CLIPBOARDS: Final = re.compile(rb"\x1b\](?:8|52);[^\x07\x1b]*(?:\x07|\x1b\\)")


def forms(secret: str) -> dict[str, bytes]:
    """Return the byte strings whose presence reveals a secret, by the name of the form."""
    value = secret.encode()
    patterns = {
        "plain": value,
        "prefix": value[:_PREFIX_LENGTH],
        "encoded": quote(secret, safe="").encode(),
    }
    escaped = "".join(f"%{byte:02X}" for byte in value[:_PREFIX_LENGTH])
    patterns |= {"all encoded": escaped.encode(), "all encoded, small": escaped.lower().encode()}
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + value)
        # Without the characters that also depend on the bytes before and after the secret.
        piece = encoded[(shift * 8 + 5) // 6 : (shift + len(value)) * 8 // 6]
        patterns[f"base64 at {shift}"] = piece[:12]
        patterns[f"base64 for URLs at {shift}"] = piece[:12].replace(b"+", b"-").replace(b"/", b"_")
    return patterns


def leaks(data: bytes, secrets: Iterable[str]) -> list[str]:
    """Return a line for each form of a secret in the data, with its surroundings."""
    plain = _SEQUENCES.sub(b"", data)
    views = (data, plain, re.sub(rb"\s", b"", data), re.sub(rb"\s", b"", plain))
    return [
        f"{name} of {secret}: {view[max(0, at - 60) : at + 60]!r}"
        for secret in secrets
        for name, form in forms(secret).items()
        for view in views
        if (at := view.find(form)) >= 0
    ]


def strip_links(raw: bytes) -> bytes:
    """Return a terminal's output without hyperlink addresses and clipboard texts."""
    return _LINKS_AND_CLIPBOARDS.sub(b"", raw)


def program_files(folder: Path, ours: Iterable[Path]) -> Iterator[Path]:
    """Yield all paths below a folder except those that the test itself created."""
    excluded = set(ours)
    for path in sorted(folder.rglob("*")):
        if not excluded & {path, *path.parents}:
            yield path


def too_permissive(paths: Iterable[Path]) -> list[str]:
    """Return a line for each file whose mode is not 0600 and each folder whose mode is not 0700."""
    return [
        f"{path}: {mode:o}"
        for path in paths
        if (mode := stat.S_IMODE(path.stat().st_mode)) != (0o700 if path.is_dir() else 0o600)
    ]


def main(where: str, folder: Path, key: str) -> None:
    """Run `tests.support.crashing` with a log."""
    from tests.support import crashing
    from tui import log
    from tui.config import Paths
    from tui.credentials import Secret
    from tui.redactor import Redactor

    redact = Redactor()
    redact.learn(Secret(key))
    log.start(Paths.inside(folder).log, redact, verbose=True)
    crashing.main(where, folder, key)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
