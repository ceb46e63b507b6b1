"""Names of files: safe on every system, and in every shell that a path is pasted into."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.saving.file_names import MAX_NAME_BYTES, file_name_of, safe_name

AWKWARD = st.one_of(
    st.text(),
    st.text("./\\ con:$`'\"\u202e\u200b\x00\x1b\ud800勾股-~é", max_size=30),
    st.from_regex(r"(?i)\A *(con|nul|com1|lpt9)[ .]*(\.[a-z]*)?\Z"),
    st.text("勾", min_size=60, max_size=300),
)


@given(AWKWARD, st.sampled_from(["", ".png", ".mp4", ".tar.gz", ". "]))
def test_no_name_is_unsafe(text: str, ending: str) -> None:
    name = safe_name(text + ending, "file")
    assert name
    assert name == Path(name).name
    assert name.isprintable()
    assert not set(name) & set("/\\<>:\"|?*$`;&!'")
    assert not name.startswith((".", "-", "~", " "))
    assert not name.endswith((".", " "))
    assert len(name.encode()) <= MAX_NAME_BYTES
    stem = name.partition(".")[0].rstrip().lower()
    assert stem not in {"con", "prn", "aux", "nul", "com1", "lpt9"}
    assert not {unicodedata.category(c) for c in name} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert safe_name(name, "file") == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("frame3.png", "frame3.png"),
        ("勾股定理的证明.png", "勾股定理的证明.png"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", "file"),
        ("", "file"),
        (" . ", "file"),
        (".png", "png"),
        (".bashrc", "bashrc"),
        ("CON", "_CON"),
        ("con.png", "_con.png"),
        ("con  .png", "_con.png"),
        ("COM¹.txt", "_COM¹.txt"),
        ("console.png", "console.png"),
        ("a\0b\x1b]0;x\x07.png", "a_b_]0_x_.png"),
        ("a\ud800.png", "a_.png"),
        ("gnp.\u202eexe", "gnp.exe"),
        ("a\u2028b", "ab"),
        ("a\u00a0b\u3000c.png", "a b c.png"),
        ("name.png. . ", "name.png"),
        ("-rf.png", "rf.png"),
        ("$(touch x)`y`;z&.png", "_(touch x)_y_z_.png"),
        ("x" * 300 + ".png", "x" * 195 + ".png"),
        ("勾" * 300 + ".png", "勾" * 65 + ".png"),
        ("x." + "y" * 300, "x." + "y" * 197),
    ],
)
def test_a_name_is_made_safe_and_kept_where_it_can_be(text: str, name: str) -> None:
    assert safe_name(text, "file") == name


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://h.test/a/frame3.png?Signature=a%2Fb", "frame3.png"),
        ("https://h.test/a/%E5%8B%BE.png#x", "勾.png"),
        ("https://h.test/a/..%2F..%2Fx.png", "_.._x.png"),
        ("https://h.test/a/%FF.png", "\ufffd.png"),
        ("https://h.test/a/", "fallback"),
        ("https://h.test", "h.test"),
    ],
)
def test_a_file_is_named_after_its_link(url: str, name: str) -> None:
    assert file_name_of(url, "fallback") == name
