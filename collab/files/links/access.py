"""Who may make, see and revoke links, whether a link opens, and what whoever comes through one reaches.

A link works as long as it is not revoked, over or used up, what it leads to is live and in its space, and the one who
made it could still make it. All of it is looked up each time: nothing has to be switched off anywhere.
"""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor, ActorKind, decided
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, NotFound
from collab.core.i18n import msg
from collab.files.links.models import LinkKind, ShareLink, ShareRule, Sharing
from collab.files.links.rules import NEEDED, SECRET, sharing_of
from collab.files.models import Kind, Node
from collab.spaces.access import GRANTS, Can, find_role, require
from collab.spaces.models import DataClass, Space
from directory.people.models import Person
from directory.people.queries import list_principals
from directory.sessions.tokens import digest


class Gone(NotFound):
    """The one answer to a secret that opens nothing, whether it never did or no longer does."""

    def __init__(self) -> None:
        super().__init__(
            "links.gone", msg("This link does not exist, or no longer works. Ask whoever gave it to you for a new one.")
        )


async def find_sharing(tx: Tx, space_id: UUID) -> Sharing:
    """Who may make links in a space."""
    rows = await tx.rows(
        select(col(Space.data_class), col(ShareRule.sharing))
        .outerjoin(ShareRule, col(ShareRule.space_id) == col(Space.id))
        .where(col(Space.id) == space_id)
    )
    if not rows:
        return Sharing.NEVER
    data_class, chosen = rows[0]
    return sharing_of(DataClass(data_class), Sharing(chosen) if chosen else None)


async def require_sharing(tx: Tx, actor: Actor, space_id: UUID) -> None:
    """Raise unless the actor may make links in the space. Denied for a token that may not manage."""
    role = await require(tx, actor, space_id, Can.EDIT)
    needed = NEEDED[await find_sharing(tx, space_id)]
    if needed is None:
        raise Conflict("links.never", msg("Nothing of this space may be shared by a link."))
    if needed not in GRANTS[role]:
        raise Denied("links.owners_only", msg("Only the owners of this space share by a link."))
    if actor.scopes is not None and "manage" not in actor.scopes:
        raise Denied("token_scope")


async def get_link(tx: Tx, actor: Actor, link_id: UUID, can: Can) -> ShareLink:
    """A link of a space in which the actor edits; EDIT, which revokes it, for the one who made it and for owners."""
    link = await tx.lock(ShareLink, link_id) if can is Can.EDIT else await tx.get(ShareLink, link_id)
    if link is None:
        decided(f"link:{can}")
        raise NotFound()
    role = await require(tx, actor, link.space_id, Can.EDIT)
    if can is Can.EDIT and link.created_by != actor.person_id and Can.MANAGE not in GRANTS[role]:
        raise Denied()
    return link


async def find_link(tx: Tx, secret: str) -> ShareLink | None:
    """The link with this secret, working or not."""
    decided("link:open")
    if not SECRET.fullmatch(secret):
        return None
    link: ShareLink | None = await tx.one(select(ShareLink).where(col(ShareLink.token_hash) == digest(secret)))
    return link


async def is_working(tx: Tx, link: ShareLink) -> bool:
    """Whether it opens now."""
    is_over = link.expires_at is not None and link.expires_at <= tx.now
    is_used_up = link.most_downloads is not None and link.downloads >= link.most_downloads
    if link.revoked_at is not None or is_over or is_used_up:
        return False
    node = await tx.get(Node, link.node_id)
    if node is None or node.trash_id is not None or node.space_id != link.space_id:
        return False
    return await _could_still_make_it(tx, link)


async def _could_still_make_it(tx: Tx, link: ShareLink) -> bool:
    needed = NEEDED[await find_sharing(tx, link.space_id)]
    maker = await tx.get(Person, link.created_by)
    if needed is None or maker is None or not maker.active:
        return False
    groups = await list_principals(tx, {maker.id})
    role = await find_role(tx, Actor(ActorKind.PERSON, maker.id, groups=groups[maker.id]), link.space_id)
    return role is not None and needed in GRANTS[role]


async def require_reach(tx: Tx, actor: Actor, node: Node, can: Can) -> None:
    """Raise NotFound unless whoever came through a link may do this: read what it leads to and all below, or add to
    the very folder that is its deposit box."""
    decided(f"link:{can}")
    link = await tx.get(ShareLink, actor.id) if actor.id is not None else None
    kind = {Can.READ: LinkKind.VIEW, Can.EDIT: LinkKind.BOX}.get(can)
    if link is None or link.kind != kind or node.trash_id is not None or node.space_id != link.space_id:
        raise NotFound()
    is_there = node.id == link.node_id or (can is Can.READ and await _is_below(tx, node, link.node_id))
    if not is_there or not await is_working(tx, link):
        raise NotFound()


async def _is_below(tx: Tx, node: Node, root: UUID) -> bool:
    up = select(col(Node.id), col(Node.folder_id)).where(col(Node.id) == node.folder_id).cte("up", recursive=True)
    up = up.union_all(select(col(Node.id), col(Node.folder_id)).join(up, col(Node.id) == up.c.folder_id))
    found = await tx.all(select(up.c.id).where(up.c.id == root))
    return bool(found)


async def get_box(tx: Tx, actor: Actor) -> ShareLink:
    """The deposit box through which the actor came, when it still takes something. Raises Gone."""
    decided("link:box")
    link = await tx.get(ShareLink, actor.id) if actor.kind is ActorKind.LINK and actor.id is not None else None
    if link is None or link.kind != LinkKind.BOX or not await is_working(tx, link):
        raise Gone()
    folder = await tx.get(Node, link.node_id)
    if folder is None or folder.kind != Kind.FOLDER:
        raise Gone()
    return link
