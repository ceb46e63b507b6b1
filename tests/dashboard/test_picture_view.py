"""A view of a picture: what the terminal is sent, and what is shown meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from rich.segment import Segment
from textual.app import ComposeResult
from textual.strip import Strip

from tui.dashboard.widgets.picture import PictureView
from tui.graphics import Protocol, SymbolSet
from tui.pictures.encoding import EncodedPicture
from tui.terminal.app import StockApp
from tui.terminal.pictures.layer import PictureLayer

SIZE = (30, 6)


class FakePlacement:
    """A picture whose cells are letters."""

    def __init__(self, picture: EncodedPicture) -> None:
        self.picture = picture

    def strip(self, row: int) -> Strip:
        return Strip([Segment(self.picture.data.decode() * self.picture.columns)])


class FakeLayer:
    """A layer whose terminal has taken a picture when the test says so."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.live: list[FakePlacement] = []
        self._waiting: dict[FakePlacement, Callable[[FakePlacement], None]] = {}
        self._lost: dict[FakePlacement, Callable[[FakePlacement], None]] = {}

    def send(
        self,
        picture: EncodedPicture,
        on_sent: Callable[[FakePlacement], None],
        on_lost: Callable[[FakePlacement], None],
    ) -> FakePlacement:
        placement = FakePlacement(picture)
        self.sent.append(picture.data.decode())
        self.live.append(placement)
        self._waiting[placement], self._lost[placement] = on_sent, on_lost
        return placement

    def remove(self, placement: FakePlacement) -> None:
        if placement in self.live:
            self.live.remove(placement)
        self._waiting.pop(placement, None)

    def arrive(self) -> None:
        for placement, on_sent in tuple(self._waiting.items()):
            del self._waiting[placement]
            on_sent(placement)

    def lose(self) -> None:
        placement = self.live.pop()
        self._lost[placement](placement)


class ViewApp(StockApp):
    """An app with one view."""

    def __init__(self) -> None:
        super().__init__()
        self.fake = FakeLayer()
        self.requests = 0
        self.settle: Callable[[], Awaitable[object]] = asyncio.Event().wait

    @property
    def picture_layer(self) -> PictureLayer | None:
        return self.fake  # type: ignore[return-value]

    def compose(self) -> ComposeResult:
        yield PictureView()

    def on_picture_view_resized(self) -> None:
        self.requests += 1


def picture(letter: str, protocol: Protocol = Protocol.KITTY) -> EncodedPicture:
    return EncodedPicture(protocol, SymbolSet.HALVES, 4, 2, letter.encode())


@asynccontextmanager
async def running() -> AsyncIterator[tuple[ViewApp, PictureView, Callable[[], list[str]]]]:
    app = ViewApp()
    async with app.run_test(size=SIZE) as pilot:
        view, app.settle = app.query_one(PictureView), pilot.pause
        await pilot.pause()

        def lines() -> list[str]:
            strips = app.screen._compositor.render_strips()
            rows = ["".join(segment.text for segment in strip).strip() for strip in strips]
            return [*filter(None, rows), "", ""][:2]

        yield app, view, lines


async def test_the_old_picture_stays_until_the_terminal_has_the_new_one() -> None:
    async with running() as (app, view, lines):
        view.show_progress("a")
        view.show_picture(picture("a"), ("t", "1"))
        assert (lines(), view.shown) == (["Loading a …", ""], None)
        app.fake.arrive()
        assert lines() == ["aaaa", "aaaa"]
        assert view.shown == ("t", "1")
        view.show_progress("b", "9 kB")
        view.show_picture(picture("b"), ("t", "2"))
        assert (lines()[0], view.shown, view.progress) == ("aaaa", ("t", "1"), "loading … 9 kB")
        app.fake.arrive()
        assert (lines()[0], view.shown, view.progress) == ("bbbb", ("t", "2"), "")
        assert [each.picture.data for each in app.fake.live] == [b"b"]


async def test_the_same_picture_is_sent_once_and_anew_where_the_terminal_has_lost_it() -> None:
    async with running() as (app, view, lines):
        for _ in range(3):
            view.show_picture(picture("a"), ("t", "1"))
            app.fake.arrive()
        assert app.fake.sent == ["a"]
        requests = app.requests
        view.show_anew(keep=True)
        assert lines()[0] == "aaaa"
        view.show_picture(picture("a"), ("t", "1"))
        app.fake.arrive()
        assert app.fake.sent == ["a", "a"]
        view.show_anew(keep=False)
        assert lines()[0] == ""
        view.show_picture(picture("a"), ("t", "1"))
        app.fake.arrive()
        app.fake.lose()
        assert (lines()[0], view.shown) == ("", None)
        await app.settle()
        assert app.requests == requests + 3


async def test_words_take_the_place_of_a_picture_and_of_one_that_is_on_its_way() -> None:
    async with running() as (app, view, lines):
        view.show_picture(picture("a"), ("t", "1"))
        app.fake.arrive()
        view.show_picture(picture("b"), ("t", "2"))
        view.show_text("The link has ended.")
        app.fake.arrive()
        assert lines() == ["The link has ended.", ""]
        assert (app.fake.live, view.shown) == ([], None)


async def test_what_is_wanted_no_more_is_not_sent_on() -> None:
    async with running() as (app, view, lines):
        for letter in "abc":
            view.show_picture(picture(letter), ("t", letter))
        assert [each.picture.data for each in app.fake.live] == [b"c"]
        view.forget()
        assert app.fake.live == []
        view.show_picture(picture("d"), ("t", "d"))
        app.fake.arrive()
        assert lines()[0] == "dddd"
        await view.remove()
        assert app.fake.live == []


async def test_symbols_need_no_layer_and_free_what_the_terminal_had() -> None:
    async with running() as (app, view, lines):
        view.show_picture(picture("a"), ("t", "1"))
        app.fake.arrive()
        cells = bytes([1, 1, 2, 3, 4, 5, 6]) * 8
        view.show_picture(
            EncodedPicture(Protocol.SYMBOLS, SymbolSet.HALVES, 4, 2, cells), ("t", "1")
        )
        assert lines() == ["▀▀▀▀", "▀▀▀▀"]
        assert (app.fake.sent, app.fake.live) == (["a"], [])


async def test_it_stands_in_the_middle_and_one_too_large_is_cut() -> None:
    async with running() as (app, view, _):
        for columns, rows, column, row in [(4, 2, 13, 2), (5, 3, 12, 1), (30, 6, 0, 0)]:
            view.show_picture(picture("a")._replace(columns=columns, rows=rows), ("t", "1"))
            app.fake.arrive()
            lines = [view.render_line(y).text for y in range(SIZE[1])]
            assert lines[row].rstrip() == " " * column + "a" * columns
            assert [bool(line.strip()) for line in lines].count(True) == rows
            assert {len(line) for line in lines} == {SIZE[0]}
            assert row == 0 or not lines[row - 1].strip()
        view.show_picture(picture("a")._replace(columns=40, rows=9), ("t", "1"))
        app.fake.arrive()
        assert [view.render_line(y).text for y in range(SIZE[1])] == ["a" * SIZE[0]] * SIZE[1]
