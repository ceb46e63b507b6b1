"""How many columns different terminals take for one grapheme cluster; see `Screen`."""

from __future__ import annotations

import re
import unicodedata

from rich.cells import cell_len
from wcwidth import wcwidth


def each_code_point(cluster: str) -> int:
    """Return the columns of a terminal that knows marks, but no clusters: xterm, older tmux."""
    return sum(max(0, wcwidth(character)) for character in cluster)


def no_marks(cluster: str) -> int:
    """Return the columns of a terminal that gives each code point one or two: an old console."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in cluster)


def is_plain(cluster: str) -> bool:
    """Return whether every terminal agrees about a cluster; by its own, shorter list."""
    return bool(_PLAIN.match(cluster))


_PLAIN = re.compile(r"[ -~¡-¬®-˿Α-ѿ‐-‧‰-⅏←-⋿⏎①-⑳─-◼✓✗　-〃〈-】一-鿿！-～｡-ﾝ]*\Z")


def one_cluster(cluster: str) -> int:
    """Return the columns of a terminal where any cluster has one or two: kitty, ghostty."""
    return cell_len(cluster) if is_plain(cluster) else 2


def one_more(cluster: str) -> int:
    """Return one column more than Rich counts where terminals disagree."""
    return cell_len(cluster) + (not is_plain(cluster))


def one_less(cluster: str) -> int:
    """Return one column less than Rich counts where terminals disagree, but at least one."""
    return max(1, cell_len(cluster) - (not is_plain(cluster)))


def wide_ambiguous(cluster: str) -> int:
    """Return the columns where those of ambiguous width are wide."""
    return sum(
        2 if unicodedata.east_asian_width(each) == "A" else cell_len(each) for each in cluster
    )


TERMINALS = (each_code_point, no_marks, one_cluster, one_more, one_less)
"""Terminals that differ about clusters alone."""
