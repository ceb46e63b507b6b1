"""`scenext-tui label`: label tasks of the watchlist anew."""

from __future__ import annotations

import argparse
from functools import partial

from tui.cli.changing import change_selected
from tui.cli.errors import UsageError
from tui.config import Paths
from tui.sanitize import clean
from tui.watchlist.entries import MAX_LABEL_LENGTH, Relabel
from tui.wording.changes import labelled


def label(options: argparse.Namespace, paths: Paths) -> int:
    """Label the selected tasks, tell how many; return the exit code. Raises `CommandError`."""
    text = clean(options.text, MAX_LABEL_LENGTH).strip()
    if options.text.strip() and not text:
        # An empty label would take away the ones that are there.
        raise UsageError("the label holds nothing that can be seen")
    return change_selected(
        options,
        paths,
        partial(Relabel, label=text),
        lambda count: labelled(count, text),
    )
