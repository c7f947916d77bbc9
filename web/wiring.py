"""Who reacts to what: the one list that joins slices which do not know each other."""

from collab.core import topics
from collab.core.database import Database, Tx
from collab.core.events import Bus, Fact
from collab.core.findable import Provider
from collab.core.i18n import msg
from collab.core.noted import Noted
from collab.files.events import ContentsDestroyed, FilesChanged, FilesPurged, NodesMoved, PeopleWarned
from collab.files.findable import FILE, Files
from collab.files.links.deposits import forget_deposits
from collab.files.links.events import DepositsGathered
from collab.files.models import Kind as NodeKind
from collab.files.previews.service import forget_previews
from collab.files.tagging import drop_foreign_tags
from collab.files.texts import jobs as texts
from collab.files.texts.events import TextsRead
from collab.notifications.account import tell_password_changed, tell_second_factor_changed
from collab.notifications.membership import tell_joined, tell_new_member, tell_owner
from collab.notifications.models import Kind
from collab.notifications.service import notify
from collab.search.indexing import INDEX
from collab.spaces.events import MemberAdded, MembersChanged, OwnerNamed
from directory.groups.events import GroupMembersChanged
from directory.people.events import DirectorySynced, PersonChanged, PersonDisabled
from directory.sessions.events import PasswordChanged, SecondFactorChanged, SessionsRevoked
from directory.sessions.service import revoke_everything
from directory.units.events import BelongingChanged
from meetings.calendar.events import InviteesChanged, MeetingCancelled, MeetingKindChanged
from meetings.council.assemblies.events import AssemblyRolesChanged
from meetings.council.minutes.service import begin_minutes
from meetings.council.secret.events import SecretBallotEnded
from meetings.council.secret.traces import destroy_traces
from meetings.council.sittings.events import DoorsClosed, SittingClosed
from meetings.rooms.broadcasts import end_broadcast
from meetings.rooms.events import GuestLinkRevoked, MediaTokenRevoked
from meetings.rooms.lobby import keep_those_inside
from meetings.rooms.orders import RoomOrdered
from projects.boards.events import CardChanged, CardCreated, CardRemoved, CardRestored, CardsMade, SharingChanged
from projects.boards.findable import CARD, Cards
from projects.boards.sharing import forget_member
from projects.exchange.events import CardsImported
from web.identity import Identities
from web.realtime.everywhere import Everywhere
from web.realtime.hub import Hub


def wire_services(bus: Bus) -> None:
    """Reactions inside the transaction, the same in the server, a worker and a command."""

    async def raise_rights(tx: Tx, _fact: Fact) -> None:
        await topics.raise_rev(tx, topics.RIGHTS)

    async def raise_rights_of_groups(tx: Tx, fact: DirectorySynced) -> None:
        if fact.rights:
            await topics.raise_rev(tx, topics.RIGHTS)

    async def raise_rights_of_uninvited(tx: Tx, fact: InviteesChanged) -> None:
        if fact.taken_off:
            await topics.raise_rev(tx, topics.RIGHTS)

    async def revoke(tx: Tx, fact: PersonDisabled) -> None:
        await revoke_everything(tx, fact.person_id, fact.reason)

    async def warn(tx: Tx, fact: PeopleWarned) -> None:
        for person in fact.people:
            await notify(tx, person, Kind.FILES, msg(fact.text, **fact.params), url=fact.url, key=fact.key)

    async def tell_deposits(tx: Tx, fact: DepositsGathered) -> None:
        text = msg("New files in the deposit box “%(box)s”: %(count)s.", box=fact.box, count=fact.count)
        url, key = f"/files/{fact.space_id}/{fact.folder_id}", f"links.deposits:{fact.link_id}:{tx.now.timestamp()}"
        for person in fact.people:
            await notify(tx, person, Kind.DEPOSIT, text, url=url, key=key)

    async def keep_inside(tx: Tx, fact: MeetingKindChanged) -> None:
        await keep_those_inside(tx, fact.meeting_id)

    async def begin(tx: Tx, fact: SittingClosed) -> None:
        await begin_minutes(tx, fact.sitting_id, fact.on)

    async def cut(tx: Tx, fact: MeetingKindChanged | MeetingCancelled) -> None:
        await end_broadcast(tx, fact.meeting_id)

    async def close_doors(tx: Tx, fact: DoorsClosed) -> None:
        if fact.meeting_id is not None:
            await end_broadcast(tx, fact.meeting_id)

    async def forget_roles(tx: Tx, fact: MembersChanged) -> None:
        if fact.role is None:
            await forget_member(tx, fact.space_id, fact.principal_id)

    bus.within(MembersChanged, raise_rights)
    bus.within(MembersChanged, forget_roles)
    bus.within(SharingChanged, raise_rights)
    bus.within(MeetingKindChanged, keep_inside)
    bus.within(MeetingKindChanged, raise_rights)
    bus.within(MeetingKindChanged, cut)
    bus.within(MeetingCancelled, cut)
    bus.within(DoorsClosed, close_doors)
    bus.within(SittingClosed, begin)
    bus.within(GuestLinkRevoked, raise_rights)
    bus.within(MemberAdded, tell_new_member)
    bus.within(OwnerNamed, tell_owner)
    bus.within(GroupMembersChanged, raise_rights)
    bus.within(GroupMembersChanged, tell_joined)
    bus.within(BelongingChanged, raise_rights)
    bus.within(AssemblyRolesChanged, raise_rights)
    bus.within(DepositsGathered, tell_deposits)
    bus.within(ContentsDestroyed, forget_deposits)
    bus.within(PersonDisabled, revoke)
    bus.within(PersonDisabled, raise_rights)
    bus.within(DirectorySynced, raise_rights_of_groups)
    bus.within(InviteesChanged, raise_rights_of_uninvited)
    bus.within(PeopleWarned, warn)
    bus.within(ContentsDestroyed, forget_previews)
    bus.within(PasswordChanged, tell_password_changed)
    bus.within(NodesMoved, drop_foreign_tags)
    bus.within(SecondFactorChanged, tell_second_factor_changed)


def wire_ballots(db: Database) -> None:
    """A secret ballot that ended leaves nothing behind before its end is answered."""

    async def destroy(_fact: SecretBallotEnded) -> None:
        await destroy_traces(db)

    db.bus.after(SecretBallotEnded, destroy)


def findable() -> list[Provider]:
    """What the search finds, in the order in which it is offered."""
    return [Files(), Cards()]


def wire_search(bus: Bus, noted: Noted) -> None:
    """What changes is indexed soon after it is committed, in whichever process; a lost note is caught up with."""

    async def follow_files(fact: FilesChanged) -> None:
        noted.note(INDEX, FILE, [item.id for item in fact.items])
        noted.note(texts.READ, FILE, [item.id for item in fact.items if item.kind is NodeKind.FILE])

    async def follow_moved(fact: NodesMoved) -> None:
        noted.note(INDEX, FILE, fact.ids)

    async def follow_purged(fact: FilesPurged) -> None:
        noted.note(INDEX, FILE, fact.ids)

    async def follow_texts(fact: TextsRead) -> None:
        noted.note(INDEX, FILE, fact.file_ids)

    async def follow_card(fact: CardCreated | CardChanged | CardRestored) -> None:
        noted.note(INDEX, CARD, [fact.card.id])

    async def follow_removed_card(fact: CardRemoved) -> None:
        noted.note(INDEX, CARD, [fact.card])

    async def follow_imported_cards(fact: CardsImported | CardsMade) -> None:
        noted.note(INDEX, CARD, fact.cards)

    bus.after(CardsImported, follow_imported_cards)
    bus.after(CardsMade, follow_imported_cards)
    bus.after(CardCreated, follow_card)
    bus.after(CardChanged, follow_card)
    bus.after(CardRestored, follow_card)
    bus.after(CardRemoved, follow_removed_card)
    bus.after(FilesChanged, follow_files)
    bus.after(NodesMoved, follow_moved)
    bus.after(FilesPurged, follow_purged)
    bus.after(TextsRead, follow_texts)


def wire_server(bus: Bus, identities: Identities, hub: Hub) -> None:
    """Reactions once it is committed: enforcements in this process. Others notice at their next recheck."""

    async def recheck(_fact: Fact) -> None:
        await hub.recheck()

    async def recheck_guests(_fact: GuestLinkRevoked) -> None:
        identities.forget()
        await hub.recheck()

    async def recheck_invited(fact: InviteesChanged) -> None:
        if fact.taken_off:
            await hub.recheck()

    async def recheck_groups(_fact: DirectorySynced | GroupMembersChanged | BelongingChanged) -> None:
        identities.forget()  # an Actor carries its groups
        await hub.recheck()

    async def forget(fact: PersonChanged) -> None:
        identities.forget(fact.person_id)

    async def drop(fact: PersonDisabled) -> None:
        await hub.drop(fact.person_id)

    async def settle(fact: SessionsRevoked | SecondFactorChanged) -> None:
        await hub.settle(fact.person_id)

    bus.after(MembersChanged, recheck)
    bus.after(SharingChanged, recheck)
    bus.after(AssemblyRolesChanged, recheck)
    bus.after(InviteesChanged, recheck_invited)
    bus.after(MeetingKindChanged, recheck)
    bus.after(GuestLinkRevoked, recheck_guests)
    bus.after(RoomOrdered, recheck)
    bus.after(SessionsRevoked, settle)
    bus.after(SecondFactorChanged, settle)
    bus.after(DirectorySynced, recheck_groups)
    bus.after(GroupMembersChanged, recheck_groups)
    bus.after(BelongingChanged, recheck_groups)
    bus.after(PersonChanged, forget)
    bus.after(PersonDisabled, drop)


def wire_rooms(bus: Bus, rooms: Everywhere) -> None:
    """Who loses a right is out of the rooms it gave before the change is answered."""

    async def enforce(_fact: Fact) -> None:
        await rooms.enforce()

    async def enforce_one(
        fact: InviteesChanged | MediaTokenRevoked | MeetingKindChanged | GuestLinkRevoked | RoomOrdered,
    ) -> None:
        await rooms.enforce(fact.meeting_id)

    async def remove(fact: PersonDisabled) -> None:
        await rooms.remove_person(fact.person_id)

    async def close(fact: MeetingCancelled) -> None:
        await rooms.close(fact.meeting_id)

    bus.after(MembersChanged, enforce)
    bus.after(DirectorySynced, enforce)
    bus.after(GroupMembersChanged, enforce)
    bus.after(BelongingChanged, enforce)
    bus.after(SessionsRevoked, enforce)
    bus.after(InviteesChanged, enforce_one)
    bus.after(MeetingKindChanged, enforce_one)
    bus.after(MediaTokenRevoked, enforce_one)
    bus.after(GuestLinkRevoked, enforce_one)
    bus.after(RoomOrdered, enforce_one)
    bus.after(PersonDisabled, remove)
    bus.after(MeetingCancelled, close)
