"""The only writer of links and of the rules on them. Each is journalled: made, used, refused, revoked."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlmodel import col

from collab.core.access import Actor, ActorKind
from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.files import queries
from collab.files.access import get_node
from collab.files.entries import Leaf, list_branch
from collab.files.links.access import Gone, get_link, require_sharing
from collab.files.links.models import BoxInput, LinkInput, LinkKind, ShareLink, ShareRule, SharingInput
from collab.files.links.rules import BY_CLASS, MOST_DAYS, MUST_END, choices_of, secret_of
from collab.files.models import Kind, Node
from collab.files.queries import Source
from collab.spaces.access import Can, get_space
from collab.spaces.models import DataClass
from directory.sessions.keys import Keys
from directory.sessions.tokens import digest

MOST_LINKS = 200


def visitor(link: ShareLink) -> Actor:
    """Whoever comes through a link."""
    return Actor(ActorKind.LINK, id=link.id)


async def create_link(
    tx: Tx, actor: Actor, keys: Keys, node_id: UUID, data: LinkInput, password_hash: str | None
) -> ShareLink:
    """A link to read a file, or a folder with all that is below it now and later."""
    node = await _shareable(tx, actor, node_id, data)
    link = _new_link(tx, actor, keys, node, LinkKind.VIEW, data, password_hash)
    link.most_downloads, link.view_only = data.most_downloads, data.view_only
    await _made(tx, actor, link, node)
    return link


async def create_box(
    tx: Tx, actor: Actor, keys: Keys, node_id: UUID, data: BoxInput, password_hash: str | None
) -> ShareLink:
    """A deposit box: a link to add files to a folder without seeing what is in it."""
    node = await _shareable(tx, actor, node_id, data)
    if node.kind != Kind.FOLDER:
        raise Invalid("files.not_a_folder", msg("This is a file, not a folder."))
    link = _new_link(tx, actor, keys, node, LinkKind.BOX, data, password_hash)
    link.ask_name, link.ask_note = data.ask_name.value, data.ask_note.value
    link.most_bytes, link.kinds, link.welcome = data.most_bytes, " ".join(data.kinds), data.welcome
    await _made(tx, actor, link, node)
    return link


async def _shareable(tx: Tx, actor: Actor, node_id: UUID, data: LinkInput | BoxInput) -> Node:
    node = await get_node(tx, actor, node_id, Can.EDIT)
    await require_sharing(tx, actor, node.space_id)
    await _check_end(tx, actor, node.space_id, data)
    held = select(func.count()).where(col(ShareLink.node_id) == node_id, col(ShareLink.revoked_at).is_(None))
    if (await tx.one(held) or 0) >= MOST_LINKS:
        raise Conflict("links.too_many", msg("There are many links to this already: revoke one first."))
    return node


async def _check_end(tx: Tx, actor: Actor, space_id: UUID, data: LinkInput | BoxInput) -> None:
    if data.expires_at is not None and data.expires_at <= tx.now:
        raise Invalid(errors={"expires_at": msg("This moment is over.")})
    space = await get_space(tx, actor, space_id, Can.EDIT)
    latest = tx.now + timedelta(days=MOST_DAYS + 1)
    if DataClass(space.data_class) in MUST_END and (data.expires_at is None or data.expires_at > latest):
        words = msg("With the kind of data of this space, a link ends after at most %(count)s days.", count=MOST_DAYS)
        raise Invalid(errors={"expires_at": words})


def _new_link(
    tx: Tx,
    actor: Actor,
    keys: Keys,
    node: Node,
    kind: LinkKind,
    data: LinkInput | BoxInput,
    password_hash: str | None,
) -> ShareLink:
    assert actor.person_id is not None  # who edits is a person
    link_id = new_id()
    link = ShareLink(
        id=link_id,
        space_id=node.space_id,
        node_id=node.id,
        kind=kind.value,
        token_hash=digest(secret_of(keys, link_id)),
        label=data.label or "",
        password_hash=password_hash,
        expires_at=data.expires_at,
        created_at=tx.now,
        created_by=actor.person_id,
    )
    tx.add(link)
    return link


async def _made(tx: Tx, actor: Actor, link: ShareLink, node: Node) -> None:
    await tx.flush()
    tx.record(
        actor,
        f"links.create_{link.kind}",
        space=link.space_id,
        subject=node.id,
        link=str(link.id),
        name=node.name,
        label=link.label,
        password=link.password_hash is not None,
        expires_at=link.expires_at.isoformat() if link.expires_at else None,
    )


async def revoke_link(tx: Tx, actor: Actor, link_id: UUID) -> ShareLink:
    """It opens nothing any more. Nothing happens when it was revoked already."""
    link = await get_link(tx, actor, link_id, Can.EDIT)
    if link.revoked_at is None:
        link.revoked_at, link.revoked_by = tx.now, actor.person_id
        await tx.flush()
        node = await tx.get(Node, link.node_id)
        tx.record(
            actor, "links.revoke", space=link.space_id, subject=link.node_id, link=str(link.id), label=link.label,
            name=node.name if node else "",
        )  # fmt: skip
    return link


async def choose_sharing(tx: Tx, actor: Actor, space_id: UUID, data: SharingInput) -> None:
    """Who may make links in a space from now on; links of those who no longer may stop working."""
    space = await get_space(tx, actor, space_id, Can.MANAGE)
    data_class = DataClass(space.data_class)
    if data.sharing not in choices_of(data_class):
        allowed = BY_CLASS[data_class].value
        raise Invalid(errors={"sharing": msg("The kind of data of this space does not allow it.")}, allowed=allowed)
    rule = await tx.get(ShareRule, space_id)
    if rule is None:
        rule = ShareRule(space_id=space_id, sharing=data.sharing.value)
        tx.add(rule)
    rule.sharing = data.sharing.value
    await tx.flush()
    tx.record(actor, "links.choose_sharing", space=space_id, subject=space_id, sharing=data.sharing.value)


async def use_link(tx: Tx, link: ShareLink, node_id: UUID, *, counts: bool, shown: bool) -> Source:
    """The content of a file for whoever came through the link. `counts`: it is a download, not the rest of one.

    Counted in one statement, so that two at once never exceed the limit. Raises Gone.
    """
    actor = visitor(link)
    source = await queries.find_content(tx, actor, node_id)
    if not counts:
        return source
    room = or_(col(ShareLink.most_downloads).is_(None), col(ShareLink.downloads) < col(ShareLink.most_downloads))
    counted = await tx.execute(
        update(ShareLink)
        .where(col(ShareLink.id) == link.id, room)
        .values(downloads=col(ShareLink.downloads) + 1)
        .execution_options(synchronize_session=False)
    )
    if counted.rowcount == 0:
        raise Gone()
    action = "links.view" if shown else "links.download"
    tx.record(actor, action, space=link.space_id, subject=node_id, link=str(link.id), name=source.name)
    return source


async def use_folder(tx: Tx, link: ShareLink, folder_id: UUID, *, counts: bool) -> tuple[str, list[Leaf]]:
    """All files below a folder, and its name, for whoever came through the link; each is asked for again when it is
    sent. `counts`: as in `use_link`. Raises Conflict where downloads are counted, for a ZIP is many at once."""
    if link.most_downloads is not None:
        raise Conflict("links.counted", msg("Downloads of this link are counted: take the files one by one."))
    name, leaves = await list_branch(tx, visitor(link), link.space_id, folder_id, [])
    if counts:
        await tx.execute(
            update(ShareLink)
            .where(col(ShareLink.id) == link.id)
            .values(downloads=col(ShareLink.downloads) + 1)
            .execution_options(synchronize_session=False)
        )
        tx.record(
            visitor(link), "links.download", space=link.space_id, subject=folder_id, link=str(link.id), name=name,
            files=sum(leaf.id is not None for leaf in leaves),
        )  # fmt: skip
    return name, leaves


def note_refused(tx: Tx, link: ShareLink, why: str) -> None:
    """Somebody with the secret was turned away."""
    tx.record(visitor(link), "links.refused", space=link.space_id, subject=link.node_id, link=str(link.id), why=why)


def note_unlocked(tx: Tx, link: ShareLink) -> None:
    """Somebody knew the password."""
    tx.record(visitor(link), "links.unlock", space=link.space_id, subject=link.node_id, link=str(link.id))
