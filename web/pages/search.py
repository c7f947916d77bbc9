"""The page of the search: the field, what was found, and what to narrow it by. It works without scripts."""

from aiohttp import web

from collab.core.i18n import Message, msg
from collab.search.models import SearchQuery
from collab.search.query import parse_query
from collab.search.service import Search
from collab.spaces.access import Can, find_role, get_space
from web.http import Call, Guard, page_routes
from web.page import show

routes = page_routes("pages.search")

KINDS: dict[str, Message] = {
    "file": msg("Files"),
    "card": msg("Cards"),
}


@routes.get("/search", query=SearchQuery, guard=Guard.OWN)
async def search(call: Call, query: SearchQuery) -> web.Response:
    """What is found for `q`."""
    finder = call.deps.part(Search)
    async with call.db.read() as tx:
        hits, after = await finder.find(tx, call.actor, query)
        title = ""
        if query.space and await find_role(tx, call.actor, query.space) is not None:
            title = (await get_space(tx, call.actor, query.space, Can.READ)).title
    return await show(
        call,
        "collab/search/results.html",
        query=query,
        asked=bool(parse_query(query.q).wanted),
        hits=hits,
        kinds=[(kind, KINDS[kind]) for kind in finder.kinds],
        names=KINDS,
        space=title,
        following=call.following(after),
    )
