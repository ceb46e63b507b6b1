"""No pattern of the program takes more than linear time, whatever it is given.

The patterns are found by reading the modules, so that a new one is tested without being listed:
each first argument of a function of `re`, evaluated in its module. For each, worst inputs of
32 KiB are made from the pattern itself: every part repeated without end, behind all that comes
before it.
"""

from __future__ import annotations

import ast
import importlib
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

import tui
from tui.credentials import Secret
from tui.redactor import Redactor

SIZE = 1 << 15
CPU_SECONDS = 0.125
"""Generous: linear patterns need a tenth of it, quadratic ones seconds."""
ROOT = Path(tui.__file__).parent
_BUILT_AT_RUN_TIME = {"tui.redactor"}
"""Modules with patterns made of what is only known at run time; tested by themselves below."""
_parser = re._parser  # type: ignore[attr-defined]
_ANY = "aA0 -/.:=?&%\x1b[]\n{}\"'x"


def _patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    for path in sorted(ROOT.rglob("*.py")):
        name = ".".join(("tui", *path.relative_to(ROOT).with_suffix("").parts))
        source = path.read_text()
        if "re." not in source:
            continue
        tree = ast.parse(source)
        calls = [
            node
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.args
            and node.func.attr != "escape"
        ]
        for call in calls:
            namespace = dict(vars(importlib.import_module(name)))
            try:
                pattern = eval(ast.unparse(call.args[0]), namespace)  # noqa: S307 - our own source
            except NameError:
                if name in _BUILT_AT_RUN_TIME:
                    continue
                raise
            if isinstance(pattern, bytes):  # Timed as text, like the others.
                pattern = pattern.decode("latin-1")
            is_compiled = ast.unparse(call.func) == "re.compile"
            flags = 0
            if is_compiled and call.args[1:]:
                flags = eval(ast.unparse(call.args[1]), namespace)  # noqa: S307 - our own source
            compiled = pattern if isinstance(pattern, re.Pattern) else re.compile(pattern, flags)
            yield f"{name}:{call.lineno}", compiled


PATTERNS = dict(_patterns())


def _sample(items: object) -> str:
    """Return one text that these parts of a parsed pattern match, or nearly."""
    return "".join(_sample_one(str(op), value) for op, value in items)  # type: ignore[attr-defined]


def _sample_one(op: str, value: object) -> str:
    match op, value:
        case "LITERAL", int(code):
            return chr(code)
        case "NOT_LITERAL", int(code):
            return "b" if code != ord("b") else "c"
        case "ANY", _:
            return "b"
        case "IN", list(members):
            return _member(members)
        case "BRANCH", (_, [first, *_]):
            return _sample(first)
        case "SUBPATTERN", (_, _, _, inner):
            return _sample(inner)
        case (("MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT"), (int(least), _, inner)):
            return _sample(inner) * max(1, least)
        case "ATOMIC_GROUP", inner:
            return _sample(inner)
    return ""


def _member(members: list[tuple[object, object]]) -> str:
    pattern = re.compile(_class_of(members))
    return next(
        (char for char in "a" + _ANY + "\u200b\x9d\ud800\u034f" if pattern.match(char)), "b"
    )


def _class_of(members: list[tuple[object, object]]) -> str:
    parts = []
    for op, value in members:
        match str(op), value:
            case "NEGATE", _:
                parts.append("^")
            case "LITERAL", int(code):
                parts.append(re.escape(chr(code)))
            case "RANGE", (int(low), int(high)):
                parts.append(f"{re.escape(chr(low))}-{re.escape(chr(high))}")
            case "CATEGORY", category:
                kind = str(category).removeprefix("CATEGORY_")
                letter = {"SPACE": r"\s", "DIGIT": r"\d", "WORD": r"\w"}.get(kind, r"\S")
                parts.append(letter)
    return f"[{''.join(parts)}]"


def _is_word(items: object) -> bool:
    return all(str(op) == "LITERAL" for op, _ in items)  # type: ignore[attr-defined]


def _pumps(items: object, before: str = "") -> Iterator[tuple[str, str]]:
    """Yield what comes before each part of a parsed pattern, and that part.

    Literals in a row are one part: a piece of a word costs at most its length at each place.
    """
    literals = ""
    for op, value in items:  # type: ignore[attr-defined]
        text = _sample_one(str(op), value)
        if str(op) == "LITERAL":
            literals += text
            continue
        if literals:
            yield from ((before, literals), ("", before + literals))
            before, literals = before + literals, ""
        yield before, text
        yield "", before + text
        match str(op), value:
            case "BRANCH", (_, branches):
                # Words cost at most their length at each place: the longest stands for all.
                words = [each for each in branches if _is_word(each)]
                others = [each for each in branches if not _is_word(each)]
                for branch in [*others, *sorted(words, key=len)[-1:]]:
                    yield from _pumps(branch, before)
            case "SUBPATTERN", (_, _, _, inner):
                yield from _pumps(inner, before)
            case (("MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT"), (_, _, inner)):
                yield from _pumps(inner, before)
        before += text
    if literals:
        yield from ((before, literals), ("", before + literals))


def _worst(pattern: re.Pattern[str]) -> list[str]:
    pumps = dict.fromkeys(_pumps(_parser.parse(pattern.pattern, pattern.flags)))
    texts = [
        head + (pump * (SIZE // len(pump)))[: SIZE - len(head) - 1] + end
        for head, pump in pumps
        if pump
        for end in ("\x00", "!")
    ]
    return texts


def _within_bound(name: str, pattern: re.Pattern[str], text: str) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"{name}: {pattern.pattern!r} is too slow on {text[:60]!r} …")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS)
    try:
        pattern.sub("", text)
        pattern.fullmatch(text)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_takes_linear_time(name: str) -> None:
    pattern = PATTERNS[name]
    for text in _worst(pattern):
        _within_bound(name, pattern, text)


def test_the_patterns_are_found() -> None:
    assert {"tui.redactor", "tui.log", "tui.sanitize"} <= {name.split(":")[0] for name in PATTERNS}


@pytest.mark.parametrize(
    "text",
    [
        *("x-oss-", "x-amz-signature-", "http://", "http%3a%2f%2f", "bearer ", "Bearer\t", "%3f"),
        *("signature", "security-token=", "https://h/%3", "x-oss-a%3D", "a-", "Key-abcd", "%4b"),
    ],
)
def test_redacting_takes_linear_time(text: str) -> None:
    redact = Redactor()
    redact.learn(Secret("Key-abcdefgh-0123456789"))

    def stop(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"too slow on {text!r}")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS)
    try:
        redact(text * (SIZE // len(text)))
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
