"""Finds things and shows them: the statement knows where the actor may look, and the owner of each is asked again.

Names come before texts and, among each, what changed last comes first. Nothing is counted: a number would tell of what
cannot be seen.
"""

import asyncio
from collections.abc import Sequence

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.findable import EVERYBODY, Provider, Shown
from collab.search.index import FIRST, Among, Found, words_of
from collab.search.models import PAGE, Hit, SearchQuery
from collab.search.passages import mark, passage
from collab.search.query import Query, parse_query
from collab.spaces.access import readable_spaces

# Where much was removed and the index has not followed yet, so many lots are looked at before the page is left short.
MOST_LOTS = 8
_TIERS = (1, 2)  # all in the title; not all in the title


class Search:
    """The search over what these providers offer."""

    def __init__(self, providers: Sequence[Provider]) -> None:
        self.providers = {provider.kind: provider for provider in providers}

    @property
    def kinds(self) -> list[str]:
        """What can be looked for apart."""
        return list(self.providers)

    async def find(self, tx: Tx, actor: Actor, asked: SearchQuery, limit: int = PAGE) -> tuple[list[Hit], str | None]:
        """What the actor may see of what was asked for; and what to give as `after` for the rest, None at the end."""
        spaces = frozenset(await tx.all(readable_spaces(actor)))
        query = parse_query(asked.q)
        if not query.wanted or not actor.principals:
            return [], None
        among = Among(spaces | actor.principals | {EVERYBODY}, asked.kind, asked.space)
        shown: list[tuple[Found, Shown]] = []
        at = ""
        tier, before = _place(asked.after)
        for _ in range(MOST_LOTS):
            lot = await words_of(tx).find(tx, query, among, in_title=tier == 1, before=before, limit=limit + 1)
            for found in await self._show(tx, actor, lot):
                if len(shown) == limit:
                    return await _hits(shown, query), at
                shown.append(found)
                at = _after(tier, found[0].number)
            if len(lot) > limit:
                before = lot[-1].number
            elif tier == _TIERS[-1]:
                return await _hits(shown, query), None
            else:
                tier, before = tier + 1, FIRST
        return await _hits(shown, query), _after(tier, before)

    async def _show(self, tx: Tx, actor: Actor, lot: Sequence[Found]) -> list[tuple[Found, Shown]]:
        """Those that their owners let the actor see, in the order they were found."""
        seen: dict[tuple[str, object], Shown] = {}
        for kind in {found.kind for found in lot} & self.providers.keys():
            ids = [found.id for found in lot if found.kind == kind]
            allowed = await self.providers[kind].show(tx, actor, ids)
            seen |= {(kind, thing): shown for thing, shown in allowed.items()}
        return [(found, seen[found.kind, found.id]) for found in lot if (found.kind, found.id) in seen]


async def _hits(shown: Sequence[tuple[Found, Shown]], query: Query) -> list[Hit]:
    """In a thread: passages are looked for in long texts."""
    return await asyncio.to_thread(lambda: [_hit(found, thing, query) for found, thing in shown])


def _hit(found: Found, shown: Shown, query: Query) -> Hit:
    return Hit(
        kind=found.kind,
        id=found.id,
        title=shown.title,
        title_pieces=mark(shown.title, query),
        url=shown.url,
        icon=shown.icon,
        where=list(shown.where),
        changed_at=shown.changed_at,
        passage=passage(shown.text, query),
    )


def _place(after: str | None) -> tuple[int, int]:
    tier, _, number = (after or f"1.{FIRST}").partition(".")
    return int(tier), min(int(number), FIRST)


def _after(tier: int, number: int) -> str:
    return f"{tier}.{number}"
