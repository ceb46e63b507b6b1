"""Names of files: safe on every system, and in every shell that a path is pasted into."""

from __future__ import annotations

import os
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.links.link import Link, frame_links
from tui.saving.file_names import (
    MAX_NAME_BYTES,
    file_name_of,
    file_names,
    quoted_path,
    safe_name,
)
from tui.scenext.models import Frame

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
    # Letters and digits of any script, and what no shell interprets.
    assert all(c.isalnum() or c in "._-" for c in name)
    assert quoted_path(Path("/home/me") / name) == f"/home/me/{name}"
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
        ("con  .png", "con_.png"),
        ("COM¹.txt", "_COM¹.txt"),
        ("console.png", "console.png"),
        ("a\0b\x1b]0;x\x07.png", "a_b_0_x_.png"),
        ("a\ud800.png", "a_.png"),
        ("gnp.\u202eexe", "gnp.exe"),
        ("a\u2028b", "ab"),
        ("a\u00a0b\u3000c.png", "a_b_c.png"),
        ("name.png. . ", "name.png"),
        ("-rf.png", "rf.png"),
        ("$(touch x)`y`;z&.png", "_touch_x_y_z_.png"),
        ("a(touch PWN).png", "a_touch_PWN_.png"),
        ("a{b,c}[d]^e#f=g%h@i+j~k.png", "a_b_c_d_e_f_g_h_i_j_k.png"),
        ("a__b.png", "a__b.png"),
        ("a_ _b.png", "a_b.png"),
        ("e\u0301t\u200be\u0301.png", "été.png"),
        ("a\u3164b.png", "ab.png"),
        ("🎬 1️⃣.png", "_1_.png"),
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
        ("https://h.test/a/..%2F..%2Fx.png", "x.png"),
        ("https://h.test/a/%FF.png", "_.png"),
        ("https://h.test/a/", "fallback"),
        ("https://h.test", "fallback"),
        ("https://h.test/" + "%E5%9B%BE" * 400 + ".png", "图" * 65 + ".png"),
        ("https://h.test/view?filename=a.png", "a.png"),
        ("https://h.test/view?filename=..%2F..%2Fa%3Bb.png", "a_b.png"),
    ],
)
def test_a_file_is_named_after_its_link(url: str, name: str) -> None:
    assert file_name_of(url, "fallback") == name


@pytest.mark.parametrize(
    ("urls", "names"),
    [
        (["/a.png", "/b.png"], ["a.png", "b.png"]),
        (["/view?filename=a.png", "/view?filename=b.png"], ["a.png", "b.png"]),
        (["/view?id=1", "/view?id=2", "/view?id=3"], ["view", "view-frame2", "view-frame3"]),
        (["/1/a.png", "/2/a.png"], ["a.png", "a-frame2.png"]),
        (["/1/a.png", "/2/A.png"], ["a.png", "A-frame2.png"]),
        (["/a.png?versionId=1", "/a.png?versionId=2"], ["a.png", "a-frame2.png"]),
        (["/1/a.png", "/2/a-frame3.png", "/3/a.png"], ["a.png", "a-frame3.png", "a-frame3-2.png"]),
        (["/", "/x/"], ["frame1", "frame2"]),
        (["/a.png?Expires=1&Signature=a", "/a.png?Expires=2&Signature=b"], ["a.png"]),
        (
            [f"/{n}/{'x' * 300}.png" for n in range(2)],
            ["x" * 195 + ".png", f"{'x' * 60}-frame2.png"],
        ),
    ],
)
def test_different_files_have_different_names(urls: list[str], names: list[str]) -> None:
    frames = [Frame(f"frame{n}", f"https://h.test{url}") for n, url in enumerate(urls, 1)]
    assert list(file_names(frame_links(frames)).values()) == names
    for count in range(len(frames)):
        some = file_names(frame_links(frames[:count]))
        assert list(some.values()) == names[: len(some)], "a name must stay when frames are added"


def test_long_names_that_differ_at_their_ends_only_are_numbered() -> None:
    """What is added must not be what is cut: the search for a free name would not end."""
    links = [
        Link(f"k{n}", f"storyboard-frame-{n}", f"https://h.test/{n}/{'图' * 60}.png?versionId={n}")
        for n in range(1, 30)
    ]
    assert len({name.casefold() for name in file_names(links).values()}) == 29


def test_a_thousand_files_of_one_name_are_named_at_once() -> None:
    same = [Frame("x", f"https://h.test/view?id={n}") for n in range(1_000)]
    names = list(file_names(frame_links(same)).values())
    assert (names[:3], names[-1]) == (["view", "view-x", "view-x-2"], "view-x-999")


@pytest.mark.parametrize(
    ("path", "copied"),
    [
        ("/home/me/Downloads/1/frame1.png", "/home/me/Downloads/1/frame1.png"),
        ("/home/me/下载/1/勾.png", "/home/me/下载/1/勾.png"),
        ("/home/me/My Files/1/a.png", "'/home/me/My Files/1/a.png'"),
        ("/home/me/a(touch PWN)/1/a.png", "'/home/me/a(touch PWN)/1/a.png'"),
        ("/home/it's/a.png", "'/home/it'\"'\"'s/a.png'"),
    ],
)
def test_a_path_is_quoted_where_its_folder_needs_it(path: str, copied: str) -> None:
    assert quoted_path(Path(path)) == copied


@pytest.mark.parametrize("shell", ["sh", "bash", "dash", "zsh", "fish", "ksh", "tcsh"])
@pytest.mark.parametrize("name", ["a(touch PWN).png", "$(touch PWN)", "{touch,PWN}", "a;touch PWN"])
def test_a_path_that_is_pasted_after_scp_is_one_argument_and_runs_nothing(
    tmp_path: Path, shell: str, name: str
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    folder = tmp_path / "my (touch FILES)"
    folder.mkdir()
    path = folder / safe_name(name, "file")
    path.write_text("x")
    scp = tmp_path / "scp"
    scp.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > got\n')
    scp.chmod(0o755)
    subprocess.run(
        [shell, "-c", f"./scp {quoted_path(path)}"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        check=True,
        timeout=20,
    )
    assert (tmp_path / "got").read_text() == f"{path}\n"
    assert {each.name for each in tmp_path.iterdir()} <= {
        folder.name,
        "scp",
        "got",
        ".config",
        ".local",
        ".cache",
    }
