"""What of a text is the API key: people paste quotes, names and whole lines with it.

A bearer token consists of letters, digits and ``-._~+/``, with ``=`` at its end (RFC 6750, section
2.1). So what cannot belong to one is certain, and is taken off:

- white space, invisible characters, quotes and brackets around it, and punctuation behind it that
  no token has;
- full-width forms of ASCII characters, which input methods for Chinese write;
- comments and blank lines above and below it; of several lines of `NAME=value`, the one of the key;
- the words before it that only a key has: `SCENEXT_API_KEY=` with whatever sets it, `api_key:`,
  `密钥：`, `Authorization:`, `Bearer`.

What is left is refused if it cannot be sent. If it can be, and still has what no token has, a hint
for the day when the service refuses it says so. Messages name kinds and places, never the key.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from tui.pasted import QUOTES, unwrap
from tui.sanitize import is_invisible

MAX_LENGTH: Final = 512
"""Characters of a key."""
_MIN_LENGTH: Final = 8
_PLACEHOLDERS: Final = frozenset({"YOUR_API_KEY", "your_actual_api_key_here"})
_AROUND: Final = QUOTES + ",;，；、。．<>()[]{}（）［］｛｝【】《》〈〉"
_FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SENDABLE: Final = re.compile(r"[!-~]+")
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_BEFORE: Final = re.compile(
    r"(?i)\A(?:"
    # Whatever a shell, a Dockerfile or YAML writes before the name of our variable.
    r"[^\n]{0,40}?\bSCENEXT_API_KEY[\"'`]?(?:\s*[:=]+|\s)"
    r"|(?:API)?[ -]?密钥[\"'`]?\s*[:=]+"
    r"|"
    r"(?:export\s+|set\s+)?[\"'`]?"
    r"(?:(?:SCENEXT_)?(?:API_?KEY|KEY|(?:API_?)?TOKEN)|(?:X-)?API-KEY)[\"'`]?\s*[:=]+"
    r"|[\"'`]?Authorization[\"'`]?\s*[:=]"
    r"|(?:Bearer|Token)[\s:]+"
    r")"
)
_COMMENT: Final = re.compile(r"(?:^|\s)#")
_NAMED_LINE: Final = re.compile(r"\A(?:export\s+)?[A-Za-z_]\w*\s*=")
_OUR_LINE: Final = re.compile(r"\A(?:export\s+)?SCENEXT_API_KEY\s*=")
_MAX_WORDS: Final = 5
"""Words before a key that are taken off, such as `export NAME="Authorization: Bearer`."""

_CHARACTERS: Final = {
    "\n": "a line break",
    "\r": "a line break",
    "\t": "a tab",
    " ": "a space",
    "\xa0": "a no-break space",
    ",": "a comma",
    ";": "a semicolon",
    ":": "a colon",
    "=": "an equals sign",
    "%": "a percent sign",
    "$": "a dollar sign",
    "*": "an asterisk",
    "@": "an at sign",
    "&": "an ampersand",
    "?": "a question mark",
    "#": "a number sign",
    "\\": "a backslash",
    "…": "an ellipsis",
}
_BEGINNINGS: Final = (
    (re.compile(r"\A(?:\$|%\w+%)"), "a variable that nothing replaced"),
    (re.compile(r"(?i)(?:https?|file|op|vault|secret)://"), "a URL"),
    (re.compile(r"[~.]?/"), "the path of a file, which is for api_key_file"),
    (re.compile(r"(?i)basic\W"), "“Basic”"),
    (re.compile(r"\A[A-Za-z_]\w*="), "a name and “=”"),
)


def extract_key(text: str) -> str:
    """Return what of `text` is the key, as far as that is certain; may be malformed, or empty."""
    key = unwrap(_key_line(text.translate(_FULL_WIDTH)), _AROUND)
    for _ in range(_MAX_WORDS):
        if (before := _BEFORE.match(key)) is None or before.end() == len(key):
            break
        key = unwrap(key[before.end() :], _AROUND)
    return key


def is_placeholder(key: str) -> bool:
    """Return whether a key is the one of an example."""
    return key in _PLACEHOLDERS


def malformed_reason(key: str) -> str:
    """Return why a key cannot be sent, in words that fit behind its source; empty if it can be."""
    if is_placeholder(key) or not key:
        return f"is {'a placeholder' if key else 'empty'}; put an API key there"
    # A key that is quoted in an error of httpx would be shown, so nothing of the kind is sent.
    if not _SENDABLE.fullmatch(key):
        position, odd = next(
            (position, character)
            for position, character in enumerate(key, 1)
            if not "!" <= character <= "~"
        )
        return f"has {_kind(odd)} at position {position}; copy it again"
    if not _MIN_LENGTH <= len(key) <= MAX_LENGTH:
        return f"must have {_MIN_LENGTH} to {MAX_LENGTH} characters; copy it again"
    return ""


def refusal_hint(key: str) -> str:
    """Return what may be wrong with a well-formed key that the service refuses; may be empty."""
    if _TOKEN.fullmatch(key) and not key.startswith(("/", "~/", "./", "../")):
        return ""
    for pattern, what in _BEGINNINGS:
        if pattern.match(key):
            return f"The key begins with {what}: is that the key?"
    match = _TOKEN.match(key)
    position = len(match[0].rstrip("=")) if match else 0
    odd = f"{_kind(key[position])} at position {position + 1}"
    return f"The key has {odd}, as no key has: copy it again."


def _key_line(text: str) -> str:
    """Return the one line that is no comment, or the one that is named as ours; else all lines."""
    lines = [line.strip() for line in text.lstrip("\ufeff").split("\n")]
    lines = [_COMMENT.split(line)[0].rstrip() for line in lines]
    lines = list(filter(None, lines))
    if len(lines) > 1 and all(map(_NAMED_LINE.match, lines)):
        lines = list(filter(_OUR_LINE.match, lines)) or lines
    return lines[0] if len(lines) == 1 else "\n".join(lines)


def _kind(character: str) -> str:
    """Return what a character is, in words that do not show it."""
    if character in _CHARACTERS:
        return _CHARACTERS[character]
    category = unicodedata.category(character)
    if character in QUOTES:
        return "a quotation mark"
    if category == "Cs":
        return "a byte that is no text"
    if category == "Pd":
        return "a typographic dash"
    if category.startswith("Z"):
        return "a space that is no plain one"
    if is_invisible(character):
        return "an invisible character"
    if category[0] in "PS" and character.isascii():
        return "a punctuation mark"
    return "a character outside ASCII"
