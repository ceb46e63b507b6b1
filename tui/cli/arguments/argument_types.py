"""Read arguments of the command line as values, for argparse."""

from __future__ import annotations

import argparse
import os
from contextlib import suppress
from pathlib import Path


def file_path(text: str) -> Path:
    """Return a path; shells leave the `~` in `--config=~/school.toml` as it is.

    Raises `argparse.ArgumentTypeError`.
    """
    if not text.strip() or "\0" in text:
        raise argparse.ArgumentTypeError("the name of a file is missing")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise argparse.ArgumentTypeError("“~” stands for no known user") from None


def decoded_text(text: str) -> str:
    """Return an argument as it was typed, also where the locale cannot decode UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        with suppress(UnicodeError):
            return os.fsencode(text).decode()
    return text
