"""Links in words: a guess says that it is one."""

from __future__ import annotations

import pytest

from tui.addresses import AddressRule
from tui.links.link import Link
from tui.wording.links import link_expired, link_lifetime, link_row

NOW = 1_795_867_200.0
SIGNED = "https://h.test/a.png?OSSAccessKeyId=a&Signature=b&Expires="


@pytest.mark.parametrize(
    ("url", "left", "lifetime", "refused"),
    [
        (
            f"{SIGNED}{NOW - 60:.0f}",
            "ended?",
            "The link probably ended at",
            "The link ended at",
        ),
        (
            f"{SIGNED}{NOW + 660:.0f}",
            "10 min left",
            "The link lives for 10 min.",
            "The link has ended and the service did not renew it.",
        ),
        (
            "https://h.test/a.png?who=knows",
            "?",
            "When the link ends is not known.",
            "The link has ended and the service did not renew it.",
        ),
        (
            "https://h.test/a.png",
            "no end",
            "The link never expires.",
            "The link has ended and the service did not renew it.",
        ),
    ],
)
def test_the_end_of_a_link(url: str, left: str, lifetime: str, refused: str) -> None:
    link = Link("frame frame1 1", "frame1", url)
    assert link_row(link, NOW, AddressRule()).time_left == left
    assert link_lifetime(link, NOW).startswith(lifetime)
    assert link_expired(link, NOW).startswith(refused), "by its host, whatever the clocks say"
