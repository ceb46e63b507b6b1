"""An hour of input as five terminals send it: keys, mouse, focus, answers and pastes, with pauses.

Made with a fixed seed: what is typed, how fast, and what the terminal itself says in between.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple


class Input(NamedTuple):
    """Something that happened at a keyboard, a mouse or in a terminal."""

    data: bytes
    words: str
    """What it is, in the words of `feeding.told`."""
    pause: float
    """Seconds until the next."""


Make = Callable[[random.Random], tuple[bytes, str]]

_COMMON_ARROWS: Final = {b"\x1b[A": "<up>", b"\x1b[D": "<left>", b"\x1b[C": "<right>"}


def _sequences(*names: str) -> dict[bytes, str]:
    return {f"\x1b{name}".encode(): f"<{name}>" for name in names}


_TERMINALS: Final[dict[str, dict[bytes, str]]] = {
    "xterm": {
        **_COMMON_ARROWS,
        **_sequences("OA", "OB", "OP", "OS", "[H", "[F", "[5~", "[6~", "[15~", "[24;5~", "[Z"),
        **_sequences("[1;2A", "[1;6H", "[3;5~"),
        b"\x1b[1;5D": "<ctrl+left>",
        b"\x1b[27;5;105~": "<[105;5u>",
        b"\x1bq": "<alt q>",
    },
    "linux": {
        **_COMMON_ARROWS,
        **_sequences("[[A", "[[B", "[[C", "[[D", "[[E", "[1~", "[4~", "[17~", "[G"),
        b"\x1b\t": "<alt \t>",
    },
    "rxvt": {
        **_COMMON_ARROWS,
        **_sequences("[7~", "[8~", "[a", "[d", "[7$", "[3^", "[23@", "Oa", "Oq", "OM", "[11~"),
        b"\x1b\x1b[A": "<esc><up>",
    },
    "kitty": {
        **_COMMON_ARROWS,
        **_sequences("[27u", "[13u", "[9u", "[106;;106u", "[57441;2u", "[127u", "[32;;32u"),
        **_sequences("[97;5u", "[20013;;20013u", "[57399u", "[13~", "[1;2H"),
        b"\x1b[0;;20013:25991u": "中文",
        b"\x1b[113;3u": "<[113;3u>",
    },
    "screen": {
        **_COMMON_ARROWS,
        **_sequences("OA", "OB", "[1~", "[4~", "[2~", "[3~", "OP"),
        b"\x1bj": "<alt j>",
        b"\x1b\x1b": "<esc><esc>",
    },
}


def _answers(rng: random.Random) -> tuple[bytes, str]:
    row, column = rng.randint(1, 60), rng.randint(1, 200)
    return rng.choice(
        [
            (f"\x1b[{row};{column}R".encode(), f"<cursor {row} {column}>"),
            (b"\x1b[?2026;2$y", "<mode 2026 2>"),
            (b"\x1b[?62;22c", ""),
            (b"\x1b[48;40;120;800;960t", "<size 40 120 800 960>"),
            (b"\x1b]11;rgb:1c1c/1c1c/1c1c\x1b\\", ""),
            (b"\x1bP>|kitty(0.36.2)\x1b\\", ""),
            (b"\x1b[?25u", ""),
        ]
    )


def _mouse(rng: random.Random) -> tuple[bytes, str]:
    button, end = rng.choice([(0, "M"), (0, "m"), (35, "M"), (64, "M"), (65, "M"), (2, "M")])
    report = f"[<{button};{rng.randint(1, 200)};{rng.randint(1, 60)}{end}"
    return f"\x1b{report}".encode(), f"<{report}>"


def _old_mouse(rng: random.Random) -> tuple[bytes, str]:
    return b"\x1b[M" + bytes(rng.randint(32, 255) for _ in range(3)), ""


def _focus(rng: random.Random) -> tuple[bytes, str]:
    return rng.choice([(b"\x1b[I", "<in>"), (b"\x1b[O", "<out>")])


def _paste(rng: random.Random) -> tuple[bytes, str]:
    ids = "\r".join(f"{rng.getrandbits(48):012x}" for _ in range(rng.randint(1, 6)))
    text = rng.choice([ids, "DxDxRq", "失败：公式", "a\tb\r\n"])
    return b"\x1b[200~" + text.encode() + b"\x1b[201~", f"<paste {text!r}>"


def _typed(rng: random.Random) -> tuple[bytes, str]:
    text = rng.choice(
        [*"jkjkjkGgqxuaoDdRr?/1[O", "ñ", "中", "😀", "\r", "\t", "\x7f", "\x03", "\x1a"]
    )
    return text.encode(), text


def recorded(seconds: float = 3600.0, seed: int = 16) -> Iterator[Input]:
    """Yield what happens in so many seconds; each fifth of it at another terminal."""
    rng = random.Random(seed)
    others: list[Make] = [_answers, _mouse, _mouse, _old_mouse, _focus, _paste]
    now, terminals = 0.0, list(_TERMINALS.values())
    while now < seconds:
        keys = terminals[int(now / seconds * len(terminals))]
        drawn = rng.random()
        if drawn < 0.4:
            data, words = _typed(rng)
        elif drawn < 0.7:
            data, words = rng.choice(list(keys.items()))
        elif drawn < 0.74:
            data, words = b"\x1b", "<esc>"
        else:
            data, words = rng.choice(others)(rng)
        # Keys that are held, that are typed, and thoughts.
        pause = rng.choice([0.033, 0.12, 0.2, 0.35, 0.8, 2.0])
        if data == b"\x1b":
            # What follows a person's esc so soon may be an arrow, for all that anybody knows.
            pause = max(pause, 11.0)
        now += pause
        yield Input(data, words, pause)
