"""Send only the part of each frame that the terminal does not show yet.

Textual sends everything that was painted: the whole screen after a layout, and a changed widget
from its left edge on. So what the terminal shows is remembered here, and each line of an update is
cut down to the cells from the first to the last that differ.

Where terminals may disagree with Rich about the columns of some characters, what stands beside them
survives (see `disputed_strips`). What sixel pictures need is said by `pictures/sixel_screen.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from typing import TYPE_CHECKING, cast

from rich.console import Console, RenderableType
from rich.segment import Segment
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

from tui.graphics import PLACEHOLDER
from tui.terminal import modes
from tui.terminal.disputed_strips import Piece, place, prepare
from tui.terminal.disputed_width import is_disputed

if TYPE_CHECKING:
    from tui.terminal.pictures.sixel_frames import SixelFrames


class _PartialUpdate(CompositorUpdate):
    """Pieces of lines."""

    def __init__(self, pieces: list[Piece], *, clears: bool) -> None:
        self._pieces, self.clears = pieces, clears
        self.rendered = False

    def render_segments(self, console: Console) -> str:
        """Return the pieces, each behind a move of the cursor."""
        self.rendered = True
        return modes.CLEAR_SCREEN * self.clears + "".join(
            piece.render(console) for piece in self._pieces
        )


class FrameDiff:
    """Remember what the terminal shows, and reduce updates to what differs from it."""

    wide_ambiguous = False
    """Whether the terminal shows characters of ambiguous width two columns wide. After a change,
    call `forget`."""

    hides_pictures = False
    """Whether blanks are sent in place of kitty's pictures, whose brightness nothing dims."""

    def __init__(self) -> None:
        """Start with an unknown screen."""
        self._lines: dict[int, dict[int, Strip]] = {}
        self._previous: dict[int, dict[int, Strip]] = {}
        """Lines as they were before the last `diff`."""
        self._update: _PartialUpdate | None = None
        self.sixels: SixelFrames | None = None
        """Draws sixel pictures behind frames, once there are any."""
        self._clears = False

    def forget(self) -> None:
        """Treat the screen as unknown: the terminal's size or content has changed."""
        self._lines.clear()

    def clear_first(self) -> None:
        """Have the terminal clear its screen before the next frame that paints all of it."""
        self._clears = True

    def forget_where(self, matches: Callable[[Segment], bool]) -> None:
        """Treat the strips that have a matching segment as unknown: they are to be sent again."""
        for line in self._lines.values():
            for x in [x for x, strip in line.items() if any(map(matches, strip))]:
                del line[x]

    def segments(self) -> Iterator[Segment]:
        """Yield what the terminal shows."""
        for line in self._lines.values():
            for strip in line.values():
                yield from strip

    def diff(self, update: RenderableType | None) -> RenderableType | None:
        """Return what is new in an update, and note it as shown; None where nothing is new."""
        self._previous, self._update = {}, None
        if not isinstance(update, LayoutUpdate | ChopsUpdate):
            return update
        clears = self._clears and isinstance(update, LayoutUpdate)
        if clears:
            self.forget()
        pieces = _of_layout(update) if isinstance(update, LayoutUpdate) else _of_chops(update)
        changes: dict[int, dict[int, tuple[int, Strip]]] = {}
        for x, y, strip in pieces:
            strip = _without_pictures(strip) if self.hides_pictures else strip
            if (change := self._replace(x, y, strip)) is not None:
                changes.setdefault(y, {})[x] = change
        placed = list(self._place(changes))
        if self.sixels is not None:
            self.sixels.add_wipes(self._lines, placed, self._place_strip)
        if not placed:
            return None
        self._update = _PartialUpdate(placed, clears=clears)
        # Like Textual's own updates it is drawn by `render_segments`, never by Rich.
        return cast("RenderableType", self._update)

    def settle(self) -> bool:
        """Return whether the last diff was rendered; take it back if it was not.

        Textual drops updates in the middle of a batch, before it runs and after it has ended.
        """
        rendered = self._update is not None and self._update.rendered
        if self._update is not None and not rendered:
            self._lines.update(self._previous)
        elif self.sixels is not None:
            self.sixels.commit()
        if rendered and self._update is not None and self._update.clears:
            self._clears = False
        return rendered

    def _is_disputed(self, text: str) -> bool:
        return is_disputed(text, wide_ambiguous=self.wide_ambiguous)

    def _place(self, changes: dict[int, dict[int, tuple[int, Strip]]]) -> Iterator[Piece]:
        for y, line in changes.items():
            yield from place(y, self._lines[y], line, wide_ambiguous=self.wide_ambiguous)

    def _place_strip(self, y: int, x: int, strip: Strip) -> Iterable[Piece]:
        return self._place({y: {x: (x, strip)}})

    def _replace(self, x: int, y: int, strip: Strip) -> tuple[int, Strip] | None:
        line = self._lines.setdefault(y, {})
        known = line.get(x)
        if known == strip and known.cell_length == strip.cell_length:
            return None
        if y not in self._previous:
            self._previous[y] = dict(line)
        strip = prepare(strip, wide_ambiguous=self.wide_ambiguous)
        if known is None or known.cell_length != strip.cell_length:
            known = _cut_out(line, x, x + strip.cell_length, self._is_disputed)
        line[x] = strip
        if known is None:
            return x, strip
        if self.sixels is not None:
            known, strip = self.sixels.as_sent(known), self.sixels.as_sent(strip)
        if known == strip:
            return None
        return _difference(known, strip, x, self._is_disputed)


def _without_pictures(strip: Strip) -> Strip:
    """Return a strip with blanks in place of placeholders."""
    if PLACEHOLDER not in strip.text:
        return strip
    segments = (
        Segment(" " * count, segment.style)
        if (count := segment.text.count(PLACEHOLDER))
        else segment
        for segment in strip
    )
    return Strip(segments, strip.cell_length)


def _of_layout(update: LayoutUpdate) -> Iterator[tuple[int, int, Strip]]:
    for y, strips in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in strips:
            yield x, y, strip
            x += strip.cell_length


def _of_chops(update: ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    for y, start, end in update.spans:
        for stop, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is not None and x < end and stop > start:
                yield x, y, strip


def _cut_out(
    line: dict[int, Strip], start: int, end: int, is_disputed: Callable[[str], bool]
) -> Strip | None:
    """Remove and return the known cells of a span; None where some of them are unknown."""
    taken, known_to = [], start
    for x, strip in sorted(line.items()):
        stop = x + strip.cell_length
        if x >= end or stop <= start:
            continue
        del line[x]
        cuts = sorted({max(x, start), min(stop, end), stop} - {x})
        if len(cuts) > 1 and is_disputed(strip.text):
            # Nobody knows which column the cut goes through.
            continue
        # Divide a copy, since a strip caches its pieces for as long as it lives.
        pieces = Strip(strip, strip.cell_length).divide([cut - x for cut in cuts])
        parts = dict(zip((x, *cuts), pieces, strict=False))
        if "".join(part.text for part in parts.values()) != strip.text:
            # A cut through a wide character: what a terminal shows of it then is undefined.
            continue
        part = parts.pop(max(x, start))
        line.update(parts)
        if max(x, start) == known_to:
            known_to = min(stop, end)
            taken.append(part)
    return Strip.join(taken) if known_to == end else None


def _difference(
    old: Strip, new: Strip, x: int, is_disputed: Callable[[str], bool]
) -> tuple[int, Strip] | None:
    """Return the column from which two strips of one width differ, and the new cells from there.

    What differs beside disputed characters is sent alone. Where they differ themselves, or join
    what differs before them, everything is sent from there to the end of the strip.
    """
    before, after = list(_comparable(old)), list(_comparable(new))
    same_start: list[Segment] = []
    while before and after and before[0] == after[0]:
        same_start.append(after.pop(0))
        del before[0]
    same_end: list[Segment] = []
    while before and after and before[-1] == after[-1]:
        same_end.insert(0, after.pop())
        del before[-1]
    x += sum(segment.cell_length for segment in same_start)
    texts = [segment.text for segment in (*before, *after)]
    if is_disputed("".join(texts) + "".join(_first(segment.text) for segment in same_end[:1])):
        firsts = [segments[0].text[:1] for segments in (before, after) if segments]
        after += same_end
        while same_start and any(map(is_disputed, firsts)):
            after.insert(0, same_start.pop())
            firsts = [after[0].text[:1]]
            x -= after[0].cell_length
        return x, Strip(after)
    if not after:
        return None
    if before and _differ_in_text_only(before[0], after[0]):
        same = _common_prefix(before[0].text, after[0].text)
        x += same
        before[0], after[0] = (Segment(one.text[same:], one.style) for one in (before[0], after[0]))
    if before and _differ_in_text_only(before[-1], after[-1]):
        last = after[-1]
        same = _common_prefix(reversed(before[-1].text), reversed(last.text))
        after[-1] = Segment(last.text[: len(last.text) - same], last.style)
    return x, Strip([segment for segment in after if segment.text])


def _comparable(strip: Strip) -> Iterator[Segment]:
    """Yield the segments of a strip, as long as their style allows, but each placeholder alone."""
    for text, style, control in Segment.simplify(strip):
        if text.startswith(PLACEHOLDER):
            cells = text.split(PLACEHOLDER)[1:]
            yield from (Segment(PLACEHOLDER + marks, style) for marks in cells)
        else:
            yield Segment(text, style, control)


def _first(text: str) -> str:
    """Return what a text begins with: a character, or the one placeholder that it is."""
    return text if text.startswith(PLACEHOLDER) else text[:1]


def _differ_in_text_only(one: Segment, other: Segment) -> bool:
    return one.style == other.style and one.text.isascii() and other.text.isascii()


def _common_prefix(one: Iterable[str], other: Iterable[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
