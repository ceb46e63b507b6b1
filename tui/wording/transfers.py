"""Downloads in words: how far one is, and what it came to."""

from __future__ import annotations

from pathlib import Path

from rich.filesize import decimal as file_size

from tui.errors import UnsafeLinkError
from tui.links.link import Link
from tui.links.resolver import ExpiredLinkError
from tui.saving.saver import SaveProgress, SaveReport
from tui.wording.links import link_expired


def save_progress(progress: SaveProgress) -> str:
    """Return how far a save is."""
    text = f"Saving {progress.number} of {progress.total}: {progress.name}"
    if progress.trouble:
        return f"{text}: {try_again(progress.trouble, progress.delay)}"
    if progress.received is None:
        return text
    return f"{text}, {received_of(progress.received, progress.length)}"


def received_of(received: int, length: int | None) -> str:
    """Return how much has come, and of how much, where that is known."""
    return file_size(received) + (f" of {file_size(length)}" if length else "")


def try_again(trouble: str, delay: float) -> str:
    """Return what failed for a moment, as a sentence, and when it is tried again."""
    return f"{trouble} Trying again in {delay:.0f} s."


def save_outcome(report: SaveReport, server_now: float) -> str:
    """Return what was saved, and why something was not.

    That is the first reason, or the one that ended it all.
    """
    reasons = [_failure(link, error, server_now) for link, error in report.failures]
    missing = len(reasons) + report.not_fetched
    problems = f" {missing} not saved: {reasons[0]}" if reasons else ""
    if count := report.not_fetched:
        were = "was" if count == 1 else "were"
        problems = f" {missing} not saved: {reasons[-1]} {count} of them {were} not fetched."
    if not report.paths:
        return reasons[0] if missing == 1 else f"Nothing saved.{problems}"
    if len(report.paths) == 1:
        return f"Saved {report.paths[0]}.{problems}"
    return f"Saved {len(set(report.paths))} files in {report.folder}.{problems}"


def saved_before(link: Link, path: Path) -> str:
    """Return, as a sentence, where the file of a link is that cannot be fetched any more."""
    return f"{link.name} was saved before: {path}"


def _failure(link: Link, error: Exception, server_now: float) -> str:
    match error:
        case UnsafeLinkError():
            return f"{link.name}: not saved, {error}."
        case ExpiredLinkError():
            return f"{link.name}: {link_expired(error.link, server_now, asked=error.asked)}"
    return f"{link.name}: {error}"
