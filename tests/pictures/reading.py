"""Read the words of a picture back, as somebody would: with tesseract, where it is installed."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from functools import cache

from PIL import Image


@cache
def languages() -> frozenset[str]:
    """Return what tesseract can read; nothing where it is missing."""
    if shutil.which("tesseract") is None:
        return frozenset()
    listed = subprocess.run(
        ["tesseract", "--list-langs"], capture_output=True, text=True, check=False, timeout=30
    )
    return frozenset(listed.stdout.split())


def read(picture: Image.Image, language: str = "eng", width: int = 1710) -> str:
    """Return the text that is read in a picture, enlarged to `width` pixels."""
    height = round(picture.height * width / picture.width)
    enlarged = picture.convert("L").resize((width, height), Image.Resampling.BICUBIC)
    packed = io.BytesIO()
    enlarged.save(packed, "PNG", compress_level=1)
    done = subprocess.run(
        ["tesseract", "-", "-", "-l", language, "--psm", "11"],
        input=packed.getvalue(),
        capture_output=True,
        check=True,
        timeout=60,
        env=os.environ | {"OMP_THREAD_LIMIT": "1"},
    )
    return done.stdout.decode()


def share_read(words: Sequence[str], text: str, *, by_characters: bool = False) -> float:
    """Return the share of the words, or of their characters, that is in a text that was read."""
    wanted = Counter(_parts(" ".join(words), by_characters))
    found = Counter(_parts(text, by_characters))
    return sum((wanted & found).values()) / sum(wanted.values())


def _parts(text: str, by_characters: bool) -> list[str]:
    return re.findall(r"\w" if by_characters else r"\w+", text.casefold())
