"""Administration: people, directory, jobs (admin_health.py: health; admin_spaces.py; admin_structure.py).

It gives nothing to read of what spaces hold.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from collab.core import jobs
from collab.core.database import Tx
from collab.core.errors import Conflict, DomainError
from collab.core.i18n import Message, msg
from directory.ldap.describe import describe
from directory.ldap.directory import Directory
from directory.ldap.errors import ConfirmationNeeded, DirectoryTrouble
from directory.ldap.service import preview, synchronise
from directory.people import service as people
from directory.people.models import PersonInput
from directory.people.queries import list_people, view_person
from directory.sessions.queries import view_factor
from directory.sessions.second_factor import reset_factor
from directory.sessions.service import create_reset_link
from directory.units.queries import list_units
from web.door import note
from web.forms import accept, errors_of, read_form
from web.http import Call, Guard, page_routes
from web.page import locale_of, show

routes = page_routes("pages.admin")

SECTIONS: tuple[tuple[str, str, Message], ...] = (
    ("people", "/admin/people", msg("People")),
    ("units", "/admin/units", msg("Services")),
    ("groups", "/admin/groups", msg("Groups")),
    ("spaces", "/admin/spaces", msg("Spaces")),
    ("files", "/admin/files", msg("Safety of files")),
    ("records", "/admin/records", msg("Records")),
    ("storage", "/admin/storage", msg("Room")),
    ("directory", "/admin/directory", msg("Directory")),
    ("jobs", "/admin/jobs", msg("Jobs")),
    ("health", "/admin/health", msg("Health")),
)

JOBS: dict[str, Message] = {
    "mail.send": msg("Send a mail"),
    "directory.sync": msg("Read the directory"),
    "spaces.tell_of_owner": msg("Tell the members of a space who owns it"),
    "spaces.tell_members": msg("Tell the people of a group or service of a new space"),
    "notifications.digest": msg("Write the daily mails"),
    "sessions.forget_expired": msg("Forget expired sessions"),
    "jobs.forget_done": msg("Forget jobs that are done"),
    "boards.destroy_removed": msg("Destroy removed cards"),
    "files.destroy": msg("Destroy the bytes of deleted files"),
    "files.forget_locks": msg("Forget locks that have run out"),
    "files.sweep": msg("Look for bytes that no file has"),
    "files.records_due": msg("Look for records that are due"),
    "files.forget_reads": msg("Forget who read files long ago"),
    "files.scan": msg("Check a file for malware"),
    "files.rescan": msg("Check recent files again with new signatures"),
    "files.scrub": msg("Check the bytes of files against their hashes"),
}


class PeopleQuery(BaseModel):
    """Which people."""

    model_config = ConfigDict(extra="forbid")
    search: Annotated[str, Field(max_length=100)] = ""
    left: bool = False
    after: Annotated[UUID | None, BeforeValidator(lambda value: value or None)] = None


async def page(call: Call, section: str, template: str, *, status: int = 200, **data: Any) -> web.Response:
    """A page of the administration, with its sections above."""
    return await show(call, f"admin/{template}.html", status=status, sections=SECTIONS, section=section, **data)


@routes.get("/admin", guard=Guard.ADMIN)
async def admin(call: Call) -> web.Response:
    """The way in."""
    raise web.HTTPSeeOther("/admin/people")


@routes.get("/admin/people", query=PeopleQuery, guard=Guard.ADMIN)
async def list_everybody(call: Call, query: PeopleQuery) -> web.Response:
    """People, or those who left."""
    async with call.db.read() as tx:
        found = await list_people(tx, call.actor, search=query.search, disabled=query.left, after=query.after)
    following = call.following(found.next)
    return await page(call, "people", "people", people=found.items, following=following, query=query)


@routes.get("/admin/people/new", guard=Guard.ADMIN)
async def new_person(call: Call) -> web.Response:
    """The form of a local account."""
    async with call.db.read() as tx:
        units = await list_units(tx, call.actor)
    return await page(call, "people", "person_new", units=units, values={}, errors={})


@routes.post("/admin/people/new", guard=Guard.ADMIN)
async def add_person(call: Call) -> web.Response:
    """Make a local account."""
    values = await read_form(call.request)
    data, errors = accept(call.request, PersonInput, values)
    if data is not None:
        try:
            async with call.db.write() as tx:
                made = await people.add_person(tx, call.actor, data)
        except DomainError as error:
            errors = errors_of(call.request, error)
        else:
            raise web.HTTPSeeOther(f"/admin/people/{made.id}")
    async with call.db.read() as tx:
        units = await list_units(tx, call.actor)
    return await page(call, "people", "person_new", status=422, units=units, values=values, errors=errors)


@routes.get("/admin/people/{person}", guard=Guard.ADMIN)
async def one_person(call: Call) -> web.Response:
    """What may be done with an account."""
    return await _person_page(call)


@routes.post("/admin/people/{person}/disable", guard=Guard.ADMIN)
async def disable(call: Call) -> web.Response:
    """Let somebody in no more."""
    return await _change(call, lambda tx: people.disable_person(tx, call.actor, call.id("person"), "administration"))


@routes.post("/admin/people/{person}/enable", guard=Guard.ADMIN)
async def enable(call: Call) -> web.Response:
    """Let a local account in again."""
    return await _change(call, lambda tx: people.enable_person(tx, call.actor, call.id("person")))


@routes.post("/admin/people/{person}/admin", guard=Guard.ADMIN)
async def set_admin(call: Call) -> web.Response:
    """Give or take the administration of the platform."""
    is_admin = (await read_form(call.request)).get("is_admin") == "true"
    return await _change(call, lambda tx: people.set_admin(tx, call.actor, call.id("person"), is_admin))


async def _change(call: Call, change: Callable[[Tx], Awaitable[object]]) -> web.Response:
    """Do it and show the account; why it was refused (the last administrator, a login given away) stands there."""
    try:
        async with call.db.write() as tx:
            await change(tx)
    except Conflict as error:
        return await _person_page(call, problem=locale_of(call.request).render(error.message))
    raise web.HTTPSeeOther(f"/admin/people/{call.id('person')}")


@routes.post("/admin/people/{person}/reset", guard=Guard.ADMIN)
async def make_reset_link(call: Call) -> web.Response:
    """A link with which a local account sets its password, shown once."""
    async with call.db.write() as tx:
        token = await create_reset_link(tx, call.actor, call.id("person"))
    note(call, "reset_link_made", person_id=call.id("person"))
    return await _person_page(call, link=f"{call.deps.settings.public_url}/reset/{token}")


@routes.post("/admin/people/{person}/factor", guard=Guard.ADMIN)
async def reset_second_factor(call: Call) -> web.Response:
    """Take away the second factor of somebody who lost telephone and recovery codes."""
    async with call.db.write() as tx:
        await reset_factor(tx, call.actor, call.id("person"))
    note(call, "revoked", person_id=call.id("person"), why="second factor")
    raise web.HTTPSeeOther(f"/admin/people/{call.id('person')}")


async def _person_page(call: Call, *, link: str | None = None, problem: str | None = None) -> web.Response:
    async with call.db.read() as tx:
        person = await view_person(tx, call.actor, call.id("person"))
        factor = await view_factor(tx, person.id)
    return await page(
        call,
        "people",
        "person",
        status=409 if problem else 200,
        person=person,
        link=link,
        problem=problem,
        has_factor=factor.since is not None,
    )


@routes.get("/admin/directory", guard=Guard.ADMIN)
async def directory(call: Call) -> web.Response:
    """Whether a directory is configured, and the way to compare with it."""
    return await _directory_page(call)


@routes.post("/admin/directory/compare", guard=Guard.ADMIN)
async def compare(call: Call) -> web.Response:
    """What a synchronisation would do now; nothing is changed."""
    ldap = call.deps.parts.get(Directory)
    if ldap is None:
        return await _directory_page(call)
    try:
        plan = await preview(call.db, ldap, call.actor)
    except DirectoryTrouble as trouble:
        return await _directory_page(call, trouble=trouble)
    return await _directory_page(call, plan=list(describe(plan)), doubtful=plan.needs_confirmation, compared=True)


@routes.post("/admin/directory/sync", guard=Guard.ADMIN)
async def sync(call: Call) -> web.Response:
    """Bring our copy up to date with the directory."""
    ldap = call.deps.parts.get(Directory)
    if ldap is None:
        return await _directory_page(call)
    confirmed = (await read_form(call.request)).get("confirm") == "true"
    try:
        plan = await synchronise(call.db, ldap, call.actor, confirmed=confirmed)
    except ConfirmationNeeded as stop:
        return await _directory_page(call, plan=list(describe(stop.plan)), doubtful=True, compared=True)
    except DirectoryTrouble as trouble:
        return await _directory_page(call, trouble=trouble)
    return await _directory_page(call, plan=list(describe(plan)), done=True)


async def _directory_page(
    call: Call,
    *,
    plan: list[Message] | None = None,
    doubtful: bool = False,
    compared: bool = False,
    done: bool = False,
    trouble: DirectoryTrouble | None = None,
) -> web.Response:
    ldap = call.deps.settings.ldap
    return await page(
        call,
        "directory",
        "directory",
        servers=ldap.servers,
        cron=ldap.sync_cron,
        plan=plan,
        doubtful=doubtful,
        compared=compared,
        done=done,
        trouble=trouble,
    )


@routes.get("/admin/jobs", guard=Guard.ADMIN)
async def list_jobs(call: Call) -> web.Response:
    """How many jobs wait, and those that gave up."""
    async with call.db.read() as tx:
        failed = await jobs.list_failed(tx)
        counts = await jobs.count_by_state(tx)
    return await page(call, "jobs", "jobs", failed=failed, counts=counts, kinds=JOBS)


@routes.post("/admin/jobs/{job}/retry", guard=Guard.ADMIN)
async def retry(call: Call) -> web.Response:
    """Put a failed job back in the line."""
    async with call.db.write() as tx:
        await jobs.retry_job(tx, call.id("job"))
    raise web.HTTPSeeOther("/admin/jobs")
