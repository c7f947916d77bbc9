"""The search over the API: one list of everything that the caller may see."""

from collab.search.models import Hit, SearchQuery
from collab.search.service import Search
from web.http import Call, Guard, Page, Routes

routes = Routes("search")


@routes.get("/search", query=SearchQuery, result=Page[Hit], guard=Guard.OWN)
async def search(call: Call, query: SearchQuery) -> Page[Hit]:
    """What is found for `q`: names before texts, the newest first. `kind` and `space` narrow it."""
    async with call.db.read() as tx:
        items, after = await call.deps.part(Search).find(tx, call.actor, query)
    return Page(items=items, next=call.following(after))
