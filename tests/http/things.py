"""What the paths of endpoints name, made anew for each request: a board, a card, a file, somebody's session."""

import re
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col

from collab.core.access import Actor, ActorKind
from collab.core.database import Tx
from collab.core.ids import new_id
from collab.core.jobs import Job, JobState
from collab.files import service as files
from collab.files.comments import CommentInput, add_comment
from collab.files.links.deposits import start_deposit
from collab.files.links.models import Asked, BoxInput, DepositInput, LinkInput
from collab.files.links.rules import proof_of, secret_of
from collab.files.links.service import create_box, create_link, visitor
from collab.files.locks import lock_node
from collab.files.models import FolderInput, Node, UploadQuery
from collab.files.quotas import FileUsage
from collab.files.records import service as records
from collab.files.records.holds import place_hold
from collab.files.records.models import EliminationInput, Fate, Hold, HoldInput, RecordInput, Start, TypeInput
from collab.files.tagging import create_tag
from collab.files.tags import TagInput
from collab.files.uploads.models import UploadStart
from collab.files.uploads.service import start_upload
from collab.spaces.models import MemberInput, PrincipalKind, Role, Space
from collab.spaces.service import set_member
from directory.groups.models import GroupInput
from directory.groups.service import add_group
from directory.people.models import PersonInput, PersonPhoto
from directory.people.service import add_person
from directory.sessions import service as sessions
from directory.sessions.keys import Keys
from directory.sessions.models import Credential, TokenInput
from directory.sessions.passwords import Passwords
from directory.units.models import UnitInput
from directory.units.service import add_unit
from meetings.calendar.invitations import Place
from meetings.calendar.models import Meeting, MeetingInput, MeetingKind
from meetings.calendar.service import create_meeting
from meetings.rooms.broadcasts import set_broadcast
from meetings.rooms.guest_models import GuestLink, GuestLinkInput
from meetings.rooms.guests import come_in
from meetings.rooms.guests import create_link as create_guest_link
from meetings.rooms.guests import secret_of as guest_secret_of
from meetings.rooms.models import MediaTokenInput, RoomBan, TokenKind
from meetings.rooms.polling import ask_poll, close_poll
from meetings.rooms.polls import PollInput
from meetings.rooms.tokens import create_token
from projects.boards import cards, checklists
from projects.boards import service as boards
from projects.boards.attachments import attach_file
from projects.boards.card_templates import CardTemplateInput, save_card_template
from projects.boards.comments import add_comment as add_card_comment
from projects.boards.dependencies import add_dependency
from projects.boards.fields import FieldInput, create_field
from projects.boards.kinds import FieldKind
from projects.boards.labels import LabelInput, create_label
from projects.boards.models import CardChange, CardInput
from projects.boards.parts import CommentInput as CardCommentInput
from projects.boards.parts import ListInput, TaskInput
from projects.boards.queries import read_card
from projects.boards.roles import BoardMemberInput, BoardRole
from projects.boards.sharing import set_member as share_board
from projects.boards.templates import BoardTemplateInput, save_board_template
from projects.boards.transfers import preview_transfer
from projects.boards.views import ViewInput, save_view
from projects.exchange.reading import Wanted, read
from projects.exchange.service import receive_import
from tests.http.council_things import NAMES as COUNCIL
from tests.http.council_things import make_council
from tests.support.app import SETUP, App
from tests.support.ldif import JPEG
from tests.support.orphan import add_orphan
from web.contents import Contents
from web.identity import guest_cookie
from web.lookup import policy_of, upload_limits_of

PARTS_OF_CARDS = (
    "blocker",
    "board_field",
    "card_template",
    "board_template",
    "board_view",
    "label",
    "checklist",
    "task",
    "card_comment",
    "sign",
)
PLACE = Place(zone="Europe/Paris", url="http://127.0.0.1")


class Things:
    """Makes them in the app's space, with its owner as the one to whom they belong."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._owner = app.actor("agent")
        self._numbers = count(1)
        self.hiding = False
        """Whether cards are hidden from all but their owner."""

    async def make(self, path: str, wanted: str) -> dict[str, str]:
        """What the placeholders of `path` stand for, and what the text `wanted` names with `$`."""
        names = set(re.findall(r"{(\w+)}", path)) | set(re.findall(r"\$(\w+)", wanted))
        made = {"space": str(self._app.space), "new": f"Nouveau {next(self._numbers)}", "number": "1", "part": "text"}
        made["login"] = f"nouveau{next(self._numbers)}"
        made["any_space"] = made["space"]
        if names & {"elimination", "hold"}:
            names |= {"file"}
        needs_file = names & {"file", "file_rev", "unit_due", "dav_file"}
        stored = [await self._store() for _ in range(2)] if needs_file else []
        async with self._app.db.write() as tx:
            # of the requests before: they would keep what this one is to destroy, or leave no room for it
            await tx.execute(delete(Hold))
            await tx.execute(update(FileUsage).values(allowed=None))
            made["dav_new"] = f"{await self._dav_space(tx)}/{quote(made['new'])}"
            if names & {"person", "principal"}:
                person = await self._person(tx)
                made["person"] = made["principal"] = str(person)
                if "principal" in names:
                    member = MemberInput(principal_kind=PrincipalKind.PERSON, principal_id=person, role=Role.READER)
                    await set_member(tx, self._owner, self._app.space, member)
            if names & {"board", "column", "card", *PARTS_OF_CARDS}:
                made |= await self._board(tx, names, restore=path.endswith("/restore"))
            if "principal" in names and "board" in made:
                guest = BoardMemberInput(
                    principal_kind=PrincipalKind.PERSON, principal_id=UUID(made["principal"]), role=BoardRole.OWN
                )
                await share_board(tx, self._owner, UUID(made["board"]), guest)
            if "board_import" in names:
                made["board_import"] = await self._import(tx)
            if stored:
                made |= await self._file(tx, stored, trashed=bool(re.search(r"{file}/restore|purge|/v1/trash/", path)))
            if {"card", "file"} <= names:
                await attach_file(tx, self._owner, UUID(made["card"]), UUID(made["file"]))
            if "dav_lock" in names:
                lock = await lock_node(
                    tx, self._owner, UUID(made["file"]), shared=False, deep=False, owner="", lasting=timedelta(hours=1)
                )
                made["dav_lock"] = str(lock.id)
            if "tag" in names:
                made["tag"] = str((await create_tag(tx, self._owner, self._app.space, TagInput(name=made["new"]))).id)
            if "comment" in names:
                stored = stored or [await self._store() for _ in range(2)]
                node = made.get("file") or (await self._file(tx, stored, trashed=False))["file"]
                comment = await add_comment(tx, self._owner, UUID(node), CommentInput(text="À relire"))
                made |= {"file": node, "comment": str(comment.id)}
            if names & {"record_type", "unit_due", "elimination", "hold"} or path.endswith("/transfer"):
                made |= await self._record(tx, names, UUID(made["file"]) if stored else None, path)
            if "folder" in names:
                folder = await files.create_folder(tx, self._owner, self._app.space, FolderInput(name=made["new"]))
                made["folder"] = str(folder.id)
            if path.endswith("/boxes"):
                made["file"] = made.get("folder") or str(await self._folder(tx))
            if path.startswith("/g/"):
                made |= await self._guest_link(tx)
            elif names & {"secret", "link"}:
                made |= await self._link(tx, path)
            elif "upload" in names:
                made["upload"] = await self._upload(tx, whole=path.endswith("/end"))
            if "meeting" in names:
                invitees = [UUID(made["person"])] if "{person}" in path else []
                starts = datetime(2031, 5, 4, 8, tzinfo=UTC)
                meeting = MeetingInput(title="Point", starts_at=starts, invitees=invitees)
                created = await create_meeting(tx, self._owner, self._app.space, meeting, PLACE)
                if "guest_link" in names or "/guest-links" in path:
                    created = await self._open_meeting(tx)
                    made["guest_link"] = str((await self._link_of(tx, created.id)).id)
                made["meeting"] = str(created.id)
                made["media_session"] = str(new_id())
                if "banned" in names:
                    person = await self._person(tx)
                    tx.add(RoomBan(meeting_id=created.id, person_id=person, banned_at=tx.now))
                    made["banned"] = str(person)
                if "poll" in names:
                    asked = PollInput(question="Jeudi ?", options=["Oui", "Non"])
                    made["poll"] = str((await ask_poll(tx, self._owner, created.id, asked)).id)
                    if path.endswith(".csv"):
                        await close_poll(tx, self._owner, created.id, UUID(made["poll"]))
                if "media_token" in names:
                    token = MediaTokenInput(kind=TokenKind.PUBLISH)
                    made["media_token"] = str((await create_token(tx, self._owner, created.id, token))[0].id)
            if "broadcast" in names:
                shown = (await self._open_meeting(tx, MeetingKind.PUBLIC)).id
                page = await set_broadcast(tx, self._owner, shown, True)
                made["broadcast"] = page.rpartition("/")[2]
            if names & COUNCIL:
                made |= await make_council(tx, self._owner, self._app.space, await self._person(tx), path, names)
            if "orphan" in names:
                made["orphan"] = str(await add_orphan(tx))
            if "unit" in names:
                made["unit"] = str((await add_unit(tx, SETUP, UnitInput(name=made["new"]))).id)
            if "group" in names:
                made["group"] = str((await add_group(tx, SETUP, GroupInput(name=made["new"]))).id)
            if "job" in names:
                made["job"] = str(self._job(tx).id)
            if names & {"session", "token", "password"}:
                made |= await self._credentials(tx)
            if path.startswith("/reset/"):
                made["token"] = await sessions.create_reset_link(tx, SETUP, await self._person(tx))
            if "space_rev" in names:
                space = await tx.get(Space, self._app.space)
                assert space is not None
                made["space_rev"] = str(space.rev)
        return made

    async def session(self, person: UUID) -> str:
        """The cookie of a new session."""
        policy = policy_of(self._app.deps.settings)
        async with self._app.db.write() as tx:
            token, _ = await sessions.open_session(tx, policy, person, "Essai")
        return token

    async def _store(self) -> Any:
        async with self._app.deps.part(Contents).storage.receive() as upload:
            await upload.write(b"octets")
            return await upload.finish()

    async def _person(self, tx: Tx) -> UUID:
        number = next(self._numbers)
        data = PersonInput(login=f"p{number}", display_name=f"Personne {number}", mail=f"p{number}@mairie.example")
        person = await add_person(tx, SETUP, data)
        person.photo_hash = "0" * 64
        tx.add(PersonPhoto(person_id=person.id, data=JPEG))
        await tx.flush()
        return person.id

    async def _board(self, tx: Tx, names: set[str], *, restore: bool) -> dict[str, str]:
        board = await boards.create_board(tx, self._owner, self._app.space, "Chantier", [])
        column = await boards.add_column(tx, self._owner, board.id, "À faire")
        made = {"board": str(board.id), "column": str(column.id)}
        card = await cards.create_card(tx, self._owner, board.id, CardInput(column=column.id, title="Toiture"))
        made["card"] = str(card.id)
        if "board_template" in names:
            of_boards = await save_board_template(tx, self._owner, board.id, BoardTemplateInput(title="Modèle"))
            made["board_template"] = str(of_boards.id)
        if names & set(PARTS_OF_CARDS):
            made |= await self._parts_of_card(tx, board.id, card.id, column.id)
        if "other_column" in names:
            other = await boards.create_board(tx, self._owner, self._app.space, "Autre chantier", [])
            there = (await boards.add_column(tx, self._owner, other.id, "À faire")).id
            told = (await preview_transfer(tx, self._owner, card.id, there)).told
            made |= {"other_column": str(there), "told": told}
        if self.hiding:
            seen = await read_card(tx, self._owner, card.id)
            await cards.change_card(tx, self._owner, card.id, CardChange(hidden=True), seen.rev)
        if restore:
            if "card" in names:
                await cards.remove_card(tx, self._owner, card.id)
            elif "column" in names:
                await boards.remove_column(tx, self._owner, column.id)
            else:
                await boards.archive_board(tx, self._owner, board.id)
        return made

    async def _parts_of_card(self, tx: Tx, board: UUID, card: UUID, column: UUID) -> dict[str, str]:
        blocker = await cards.create_card(tx, self._owner, board, CardInput(column=column, title="Échafaudage"))
        await add_dependency(tx, self._owner, card, blocker.id)
        view = await save_view(tx, self._owner, board, ViewInput(title="À moi", query="person=me", shared=True))
        label = await create_label(tx, self._owner, board, LabelInput(name="Urgent"))
        field = await create_field(tx, self._owner, board, FieldInput(title="Coût", kind=FieldKind.NUMBER))
        of_cards = await save_card_template(tx, self._owner, board, CardTemplateInput(name="Dossier", card=card))
        checklist = await checklists.add_list(tx, self._owner, card, ListInput(title="Pièces"))
        task = await checklists.add_task(tx, self._owner, checklist.id, TaskInput(title="Devis"))
        comment = await add_card_comment(tx, self._owner, card, CardCommentInput(text="Vu"))
        made = {
            "blocker": blocker.id,
            "board_view": view.id,
            "board_field": field.id,
            "card_template": of_cards.id,
            "label": label.id,
            "checklist": checklist.id,
            "task": task.id,
            "card_comment": comment.id,
        }
        return {"sign": "thanks", **{name: str(key) for name, key in made.items()}}

    async def _import(self, tx: Tx) -> str:
        raw, wanted = "Titre;Colonne\nToiture;À faire".encode(), Wanted(0, "", [], "Sans titre", "À faire")
        about, _ = read(raw, wanted)
        made = await receive_import(tx, self._owner, self._app.space, "a.csv", raw, about, wanted._asdict())
        return str(made.id)

    async def _dav_space(self, tx: Tx) -> str:
        """The space's folder at /dav/: its title, which other requests may have changed."""
        space = await tx.get(Space, self._app.space)
        assert space is not None
        return quote(space.title)

    async def _file(self, tx: Tx, stored: list[Any], *, trashed: bool) -> dict[str, str]:
        query = UploadQuery(name=f"fichier {next(self._numbers)}.txt")
        made = await files.add_file(tx, self._owner, self._app.space, query, stored[0])
        node: Node = await files.add_version(tx, self._owner, made.id, stored[1], None)
        if trashed:
            await files.trash_node(tx, self._owner, node.id)
        await tx.flush()
        dav_file = f"{await self._dav_space(tx)}/{quote(node.name)}"
        return {"file": str(node.id), "file_rev": str(node.rev), "dav_file": dav_file}

    async def _upload(self, tx: Tx, *, whole: bool) -> str:
        storage, size = self._app.deps.part(Contents).storage, 3
        key = await storage.begin(size)
        if whole:
            async with storage.grow(key) as growing:
                await growing.write(bytes(size))
                await growing.sync()
        data = UploadStart(space=self._app.space, name=f"film {next(self._numbers)}.mp4", size=size)
        limits = upload_limits_of(self._app.deps.settings)
        return str((await start_upload(tx, self._owner, limits, data, key)).id)

    async def visitor(self) -> str:
        """The cookies of a browser in which somebody has opened a link with its password."""
        keys = self._app.deps.part(Keys)
        password = await self._app.deps.part(Passwords).hash("secret du lien")
        async with self._app.db.write() as tx:
            link = await create_link(tx, self._owner, keys, await self._folder(tx), LinkInput(), password)
        secret, proof = secret_of(keys, link.id), proof_of(keys, link.id, password)
        return f"link-{link.id.hex}={proof}; hemicycle={secret}"

    async def guest(self) -> str:
        """The cookies of a browser in which somebody came through a link for guests, and tries them everywhere."""
        keys = self._app.deps.part(Keys)
        async with self._app.db.write() as tx:
            meeting = await self._open_meeting(tx)
            link = await self._link_of(tx, meeting.id)
            _, secret = await come_in(tx, keys, link, meeting, "Candidate")
        return f"{guest_cookie(meeting.id, secure=False)}={secret}; hemicycle={secret}"

    async def _open_meeting(self, tx: Tx, kind: MeetingKind = MeetingKind.LOBBY) -> Meeting:
        data = MeetingInput(title="Entretien", starts_at=datetime(2031, 5, 4, 8, tzinfo=UTC), kind=kind)
        return await create_meeting(tx, self._owner, self._app.space, data, PLACE)

    async def _link_of(self, tx: Tx, meeting: UUID) -> GuestLink:
        return await create_guest_link(tx, self._owner, self._app.deps.part(Keys), meeting, GuestLinkInput())

    async def _guest_link(self, tx: Tx) -> dict[str, str]:
        link = await self._link_of(tx, (await self._open_meeting(tx)).id)
        return {"secret": guest_secret_of(self._app.deps.part(Keys), link.id)}

    async def _folder(self, tx: Tx) -> UUID:
        name = f"Dossier {next(self._numbers)}"
        return (await files.create_folder(tx, self._owner, self._app.space, FolderInput(name=name))).id

    async def _link(self, tx: Tx, path: str) -> dict[str, str]:
        """A link to a file to look (to a folder for its ZIP and pictures), elsewhere a deposit box; with an upload."""
        keys = self._app.deps.part(Keys)
        if path.endswith(("/zip", "/{node}/thumbs")):
            folder = await self._folder(tx)
            link = await create_link(tx, self._owner, keys, folder, LinkInput(), None)
            return {"secret": secret_of(keys, link.id), "node": str(folder)}
        if path.startswith(("/l/", "/api/v1/shared/")):
            query = UploadQuery(name=f"fichier {next(self._numbers)}.txt")
            node = await files.add_file(tx, self._owner, self._app.space, query, await self._store())
            link = await create_link(tx, self._owner, keys, node.id, LinkInput(), None)
            return {"secret": secret_of(keys, link.id), "node": str(node.id)}
        box = BoxInput(ask_name=Asked.NO, ask_note=Asked.NO)
        link = await create_box(tx, self._owner, keys, await self._folder(tx), box, None)
        made = {"secret": secret_of(keys, link.id), "link": str(link.id)}
        if "{upload}" in path:
            key, limits = (
                await self._app.deps.part(Contents).storage.begin(3),
                upload_limits_of(self._app.deps.settings),
            )
            upload = await start_deposit(tx, visitor(link), limits, DepositInput(), "a.bin", 3, key)
            made["upload"] = str(upload.id)
        return made

    async def _record(self, tx: Tx, names: set[str], file: UUID | None, path: str) -> dict[str, str]:
        fate = Fate.KEEP if path.endswith("/transfer") else Fate.DESTROY
        data = TypeInput(title=f"Type {next(self._numbers)}", months=0, start=Start.CREATED, fate=fate)
        kind = await records.add_type(tx, SETUP, data)
        await tx.flush()
        made = {"record_type": str(kind.id)}
        if file is None:
            return made
        await records.set_record(tx, self._owner, file, RecordInput(type=kind.id))
        made["unit_due"] = str(file)
        if "hold" in names:
            hold = await place_hold(tx, self._owner, self._app.space, file, HoldInput(reason="Contentieux"))
            made["hold"] = str(hold.id)
        if "elimination" in names:
            proposal = EliminationInput(units=[file])
            made["elimination"] = str(
                (await records.propose_elimination(tx, self._owner, self._app.space, proposal)).id
            )
        return made

    def _job(self, tx: Tx) -> Job:
        job = Job(
            id=new_id(), kind="none", payload={}, state=JobState.FAILED.value, run_at=tx.now, created_at=tx.now,
            finished_at=tx.now,
        )  # fmt: skip
        tx.add(job)
        return job

    async def _credentials(self, tx: Tx) -> dict[str, str]:
        person = self._app.people["agent"]
        _, session = await sessions.open_session(tx, policy_of(self._app.deps.settings), person, "Autre")
        owner = Actor(ActorKind.PERSON, person, credential=session.id)
        await tx.execute(delete(Credential).where(col(Credential.name) == "Essai"))  # one has so many at most
        token, _ = await sessions.create_token(tx, owner, TokenInput(name="Essai", scopes=["read"]))
        password, _ = await sessions.create_application_password(tx, owner, "Essai")
        return {"session": str(session.id), "token": str(token.id), "password": str(password.id)}
