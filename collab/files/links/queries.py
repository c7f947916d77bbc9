"""Links as those who edit see them: of one thing, of a space, and one's own."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied
from collab.files.access import get_node
from collab.files.links.access import find_sharing, get_link, is_working, require_sharing
from collab.files.links.models import Deposit, DepositView, LinkKind, LinkView, ShareLink, Sharing
from collab.files.links.rules import secret_of
from collab.files.models import Node
from collab.spaces.access import GRANTS, Can, find_role, readable_spaces, require
from directory.people.models import Person
from directory.sessions.keys import Keys
from directory.sessions.tokens import digest

PAGE = 100
PATHS = {LinkKind.VIEW: "/l/", LinkKind.BOX: "/d/"}


class Addresses:
    """Makes a link's address; None when the key that made its secret is gone."""

    def __init__(self, keys: Keys, base: str) -> None:
        self._keys = keys
        self._base = base

    def of(self, link: ShareLink) -> str | None:
        """The address to give out."""
        secret = secret_of(self._keys, link.id)
        return self._base + PATHS[LinkKind(link.kind)] + secret if digest(secret) == link.token_hash else None


async def list_links_to(tx: Tx, actor: Actor, addresses: Addresses, node_id: UUID) -> list[LinkView]:
    """The links to a file or folder that are not revoked, newest first."""
    node = await get_node(tx, actor, node_id, Can.EDIT)
    condition = (col(ShareLink.node_id) == node.id) & col(ShareLink.revoked_at).is_(None)
    return (await _page(tx, actor, addresses, condition, None))[0]


async def list_links_of_space(
    tx: Tx, actor: Actor, addresses: Addresses, space_id: UUID, *, after: UUID | None = None
) -> tuple[list[LinkView], UUID | None]:
    """All links of a space, revoked ones too, newest first; and the id to go on `after`."""
    await require(tx, actor, space_id, Can.EDIT)
    return await _page(tx, actor, addresses, col(ShareLink.space_id) == space_id, after)


async def list_own_links(
    tx: Tx, actor: Actor, addresses: Addresses, *, after: UUID | None = None
) -> tuple[list[LinkView], UUID | None]:
    """The links that the actor made, in the spaces where they still are, newest first."""
    mine = (col(ShareLink.created_by) == actor.person_id) & col(ShareLink.space_id).in_(readable_spaces(actor))
    return await _page(tx, actor, addresses, mine, after)


async def _page(
    tx: Tx, actor: Actor, addresses: Addresses, condition: ColumnElement[bool], after: UUID | None
) -> tuple[list[LinkView], UUID | None]:
    statement = select(ShareLink).where(condition).order_by(col(ShareLink.id).desc())
    if after is not None:
        statement = statement.where(col(ShareLink.id) < after)  # ids rise with time
    links: Sequence[ShareLink] = await tx.all(statement.limit(PAGE + 1))
    return await _views(tx, actor, addresses, links[:PAGE]), links[PAGE - 1].id if len(links) > PAGE else None


async def _views(tx: Tx, actor: Actor, addresses: Addresses, links: Sequence[ShareLink]) -> list[LinkView]:
    nodes = await _names(tx, Node, col(Node.name), {link.node_id for link in links})
    people = await _names(tx, Person, col(Person.display_name), {link.created_by for link in links})
    owned = {
        space
        for space in {link.space_id for link in links}
        if (role := await find_role(tx, actor, space)) is not None and Can.MANAGE in GRANTS[role]
    }
    return [
        LinkView(
            id=link.id,
            kind=LinkKind(link.kind),
            space=link.space_id,
            node=link.node_id,
            name=nodes.get(link.node_id, ""),
            label=link.label,
            has_password=link.password_hash is not None,
            expires_at=link.expires_at,
            most_downloads=link.most_downloads,
            downloads=link.downloads,
            view_only=link.view_only,
            created_at=link.created_at,
            created_by=people.get(link.created_by, ""),
            revoked_at=link.revoked_at,
            works=await is_working(tx, link),
            url=addresses.of(link) if link.created_by == actor.person_id or link.space_id in owned else None,
        )
        for link in links
    ]


async def _names(tx: Tx, model: type[Node] | type[Person], name: object, ids: set[UUID]) -> dict[UUID, str]:
    rows = await tx.rows(select(col(model.id), name).where(col(model.id).in_(ids)))  # type: ignore[call-overload]
    return {row[0]: row[1] for row in rows}


async def may_share(tx: Tx, actor: Actor, space_id: UUID) -> bool:
    """Whether to offer it."""
    try:
        await require_sharing(tx, actor, space_id)
    except (Denied, Conflict):
        return False
    return True


async def sharing_in(tx: Tx, actor: Actor, space_id: UUID) -> Sharing:
    """Who may make links in a space, for its editors."""
    await require(tx, actor, space_id, Can.EDIT)
    return await find_sharing(tx, space_id)


async def list_deposits(
    tx: Tx, actor: Actor, link_id: UUID, *, after: UUID | None = None
) -> tuple[list[DepositView], UUID | None]:
    """What came through a box, newest first; and the id to go on `after`."""
    await get_link(tx, actor, link_id, Can.READ)
    statement = select(Deposit).where(col(Deposit.link_id) == link_id).order_by(col(Deposit.id).desc())
    if after is not None:
        statement = statement.where(col(Deposit.id) < after)
    found: Sequence[Deposit] = await tx.all(statement.limit(PAGE + 1))
    views = [
        DepositView(
            id=one.id, file=one.file_id, name=one.name, size=one.size, sha256=one.sha256, visitor=one.visitor,
            note=one.note, made_at=one.made_at,
        )
        for one in found[:PAGE]
    ]  # fmt: skip
    return views, found[PAGE - 1].id if len(found) > PAGE else None
