"""The links of a task: what stays the same from one answer to the next."""

from __future__ import annotations

import pytest

from tui.links.link import frame_links, same_link
from tui.scenext.models import Frame


def frames(words: str) -> tuple[Frame, ...]:
    """Return frames, written as `id:path` each."""
    pairs = (word.split(":") for word in words.split())
    return tuple(Frame(name, f"https://h.test/{path}") for name, path in pairs)


@pytest.mark.parametrize(
    ("before", "selected", "now", "leads_to"),
    [
        ("1:a 2:b", 1, "1:a 2:b 3:c", "b"),
        ("1:t1/a 2:t1/b", 1, "1:t2/a 2:t2/b 3:t2/c", "t2/b"),
        ("x:t1/a x:t1/b", 1, "x:t2/a x:t2/b x:t2/c", "t2/b"),
        ("1:a?Expires=1&Signature=x", 0, "1:a?Expires=2&Signature=y", "a?Expires=2&Signature=y"),
        ("1:a?v=1 2:b", 0, "1:a?v=2 2:b", "a?v=2"),
        ("1:a 2:b", 0, "2:b 1:a", "a"),
        ("1:a 2:a", 1, "1:a 2:a 3:a", "a"),
        (
            "x:/view?filename=a x:/view?filename=b",
            1,
            "x:/view?filename=a x:/view?filename=b",
            "/view?filename=b",
        ),
    ],
)
def test_a_selection_follows_its_frame(before: str, selected: int, now: str, leads_to: str) -> None:
    link = frame_links(frames(before))[selected]
    links = frame_links(frames(now))
    assert [other.url for other in links if other.key == link.key] == [f"https://h.test/{leads_to}"]
    found = same_link(links, link)
    assert found is not None
    assert found.url == f"https://h.test/{leads_to}"


def test_of_frames_with_one_id_a_link_becomes_that_of_its_own_file() -> None:
    link = frame_links(frames("x:a x:b x:c"))[2]
    found = same_link(frame_links(frames("x:b x:c x:d")), link)
    assert found is not None
    assert found.url == "https://h.test/c"
    assert same_link(frame_links(frames("y:c")), link) is None


def test_every_link_of_a_task_has_a_key_of_its_own() -> None:
    links = frame_links(frames("1:a 1:b 1:a 2:a 2:/a?id=1 2:/a?id=2 2:/a?id=2"))
    assert [link.url.removeprefix("https://h.test/") for link in links] == [
        *("a", "b", "a", "/a?id=1", "/a?id=2"),
    ]
    assert len({link.key for link in links}) == len(links)
