"""Which frames a task has, over all its answers. Pure."""

from __future__ import annotations

from tui.scenext.models import MAX_FRAMES, Task


def merge_frames(known: Task | None, answer: Task, *, stale: bool = False) -> Task:
    """Return `answer` with the frames that the task has now: the newest `MAX_FRAMES` of them.

    The rule: the newest answer's list is the list. A frame is what it lists, in its order, whatever
    was listed before: another link is another signature or another picture of the same frame, so
    that nothing but its own list tells one frame from another. What it lists no more is dropped.

    An answer that lists no frame at all says nothing of them, as a FAILED one does: what is known
    stays. So it does for a `stale` answer, one from before the task's end, that lists fewer.
    """
    count = len(answer.frames) + answer.dropped_frames
    if known is not None and (not count or (stale and count < len(known.frames))):
        frames, dropped = known.frames, known.dropped_frames
    else:
        frames, dropped = answer.frames, answer.dropped_frames
    kept = frames[-MAX_FRAMES:]
    return answer._replace(frames=kept, dropped_frames=dropped + len(frames) - len(kept))
