"""Reads the words in screenshots."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Iterable
from typing import Final

from PIL import Image

MISSING: Final = "" if shutil.which("tesseract") else "not installed: tesseract"

_ENLARGED: Final = 2
"""Tesseract is made for scans, whose letters are twice as high."""
_TIMEOUT: Final = 60


def read(picture: Image.Image, language: str = "eng") -> str:
    """Return the text in a picture."""
    file = io.BytesIO()
    size = (picture.width * _ENLARGED, picture.height * _ENLARGED)
    picture.convert("L").resize(size, Image.Resampling.LANCZOS).save(file, "PNG")
    argv = ["tesseract", "-", "-", "-l", language, "--psm", "11"]
    ended = subprocess.run(
        argv, input=file.getvalue(), capture_output=True, check=True, timeout=_TIMEOUT
    )
    return ended.stdout.decode()


def share_read(expected: Iterable[str], text: str) -> float:
    """Return the share of the expected words that are in a text; case and order do not count."""
    words = [word.casefold() for phrase in expected for word in _words(phrase)]
    found = set(_words(text.casefold()))
    return sum(word in found for word in words) / len(words)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)
