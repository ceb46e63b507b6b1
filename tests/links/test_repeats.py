"""Which frames of a task show the same picture, before and after they are loaded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.links.link import Link
from tui.links.repeats import Scene, group_frames, repeated


def link(number: int, file: str, signature: str = "a") -> Link:
    url = f"https://oss.scenext.cn/{file}.png?Expires=4102444800&Signature={signature}"
    return Link(f"frame frame{number} 1", f"frame{number}", url)


def unknown(_: Link) -> str:
    return ""


def test_frames_of_one_file_are_one_scene_before_it_is_loaded() -> None:
    links = [link(1, "a"), link(2, "b"), link(3, "a", "another")]
    scenes = group_frames(links, unknown)
    assert scenes == (
        Scene("frame frame1 1", ("frame1", "frame3"), 2),
        Scene("frame frame2 1", ("frame2",)),
    )
    assert repeated(scenes) == 1


def test_equal_bytes_are_said_and_nothing_moves() -> None:
    links = [link(1, "a"), link(2, "b"), link(3, "c"), link(4, "a"), link(5, "d")]
    digests = {"a": "x", "b": "y", "c": "x"}
    scenes = group_frames(links, lambda it: digests.get(it.url.split("/")[-1][0], ""))
    assert [scene.key for scene in scenes] == [f"frame frame{number} 1" for number in (1, 2, 3, 5)]
    assert scenes[0].names == ("frame1", "frame3", "frame4")
    assert scenes[2] == Scene("frame frame3 1", ("frame3",), repeats="frame1")
    assert repeated(scenes) == 2


def test_no_frames_are_no_scenes() -> None:
    assert group_frames([], unknown) == ()
    assert repeated(()) == 0


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.booleans()), max_size=12))
def test_every_frame_is_named_and_counted_once(files: list[tuple[str, bool]]) -> None:
    links = [link(number, file) for number, (file, _) in enumerate(files)]
    known = {file: "same" if file in "ab" else file for file, loaded in files if loaded}
    scenes = group_frames(links, lambda it: known.get(it.url.split("/")[-1][0], ""))
    drawn = [scene for scene in scenes if not scene.repeats]
    assert sorted(name for scene in drawn for name in scene.names) == sorted(
        each.name for each in links
    )
    assert sum(scene.frames for scene in scenes) == len(links)
    assert repeated(scenes) == len(links) - len(drawn)
