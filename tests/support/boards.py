"""A board in browsers: what the tests of boards share."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from playwright.async_api import Page, expect

from projects.boards import cards, queries
from projects.boards.models import CardChange, CardInput
from tests.support.app import App

COLUMNS = [("À faire", False), ("En cours", False), ("Fait", True)]

Open = Callable[..., Awaitable[Page]]


class Board:
    """A board with the cards A, B and C to do, and what the tests do with it behind the browsers' backs."""

    def __init__(self, app: App, key: UUID, columns: list[UUID], cards: dict[str, UUID]) -> None:
        self.app = app
        self.key = key
        self.columns = columns
        self.cards = cards
        self.path = f"/boards/{key}"

    async def change(self, title: str, change: CardChange, rev: int | None = None) -> None:
        async with self.app.db.write() as tx:
            await cards.change_card(tx, self.app.actor("agent"), self.cards[title], change, rev)

    async def add(self, title: str, column: int = 0) -> None:
        async with self.app.db.write() as tx:
            data = CardInput(column=self.columns[column], title=title)
            self.cards[title] = (await cards.create_card(tx, self.app.actor("agent"), self.key, data)).id

    async def order(self) -> list[list[str]]:
        """What the server says."""
        async with self.app.db.read() as tx:
            whole = await queries.read_board(tx, self.app.actor("agent"), self.key)
        return [[card["title"] for card in column["cards"]] for column in whole["columns"]]


async def shows(page: Page, *columns: str | list[str]) -> None:
    """Wait until the page shows these titles, column by column."""
    lists = page.locator(".board-column__cards")
    for index, titles in enumerate(columns):
        await expect(lists.nth(index).locator(".board-card__title")).to_have_text(list(titles))


def card(page: Page, title: str) -> Any:
    return page.get_by_role("button", name=title, exact=True)
