"""`hemicycle person add|disable|reset LOGIN`: local accounts from the server's own shell."""

import argparse
import sys
from typing import Any

from collab.core.access import job_actor
from collab.core.database import Database
from collab.core.errors import DomainError
from collab.core.i18n import msg
from collab.core.journal import erase_details_of
from collab.core.settings import Settings
from directory.people.models import PersonInput
from directory.people.queries import find_by_login, find_left
from directory.people.service import add_person, disable_person
from directory.sessions.service import create_reset_link
from web.http import parse
from web.wiring import wire_services

ACTOR = job_actor("command line")


def add_to(commands: Any) -> None:
    """Add the subcommands."""
    person = commands.add_parser("person", help="local accounts")
    actions = person.add_subparsers(required=True, metavar="ACTION")
    add = actions.add_parser("add", help="make a local account and a link to set its password")
    add.add_argument("login")
    add.add_argument("--name", required=True, help="the name that others see")
    add.add_argument("--mail", default="")
    add.add_argument("--admin", action="store_true", help="administers the platform")
    add.set_defaults(run=run_add)
    disable = actions.add_parser("disable", help="close an account: sessions, tokens and calls end at once")
    disable.add_argument("login")
    disable.set_defaults(run=run_disable)
    reset = actions.add_parser("reset", help="make another link to set a password")
    reset.add_argument("login")
    reset.set_defaults(run=run_reset)
    erase = actions.add_parser("erase", help="erase what the journal says by name of somebody who has left")
    erase.add_argument("login")
    erase.set_defaults(run=run_erase)


async def run_add(arguments: argparse.Namespace, settings: Settings) -> int:
    """Make the account and print the link."""

    async def act(db: Database) -> str:
        values = {
            "login": arguments.login,
            "display_name": arguments.name,
            "mail": arguments.mail,
            "is_admin": arguments.admin,
        }
        data = parse(PersonInput, values, "person")
        async with db.write() as tx:
            made = await add_person(tx, ACTOR, data)
            return _link(settings, await create_reset_link(tx, ACTOR, made.id))

    return await _run(settings, act)


async def run_disable(arguments: argparse.Namespace, settings: Settings) -> int:
    """Close the account."""

    async def act(db: Database) -> str:
        async with db.write() as tx:
            person = await _find(tx, arguments.login)
            await disable_person(tx, ACTOR, person, "command line")
        return f"{arguments.login}: closed"

    return await _run(settings, act)


async def run_reset(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print another link."""

    async def act(db: Database) -> str:
        async with db.write() as tx:
            return _link(settings, await create_reset_link(tx, ACTOR, await _find(tx, arguments.login)))

    return await _run(settings, act)


async def run_erase(arguments: argparse.Namespace, settings: Settings) -> int:
    """Erase the details of every entry of the journal by or about a person; the chains stay whole."""

    async def act(db: Database) -> str:
        async with db.write() as tx:
            person = await find_left(tx, ACTOR, arguments.login)
            count = await erase_details_of(tx, person.id)
            tx.record(ACTOR, "people.erase_journal_details", subject=person.id, entries=count)
        return f"{arguments.login}: details of {count} entries erased"

    return await _run(settings, act)


async def _find(tx: Any, login: str) -> Any:
    person = await find_by_login(tx, login)
    if person is None:
        raise DomainError("people.unknown", msg("Nobody has this login."))
    return person.id


def _link(settings: Settings, token: str) -> str:
    return f"Link to set the password, good once for 48 hours: {settings.public_url}/reset/{token}"


async def _run(settings: Settings, act: Any) -> int:
    db = Database(settings.database_url)
    wire_services(db.bus)
    try:
        print(await act(db))
    except DomainError as error:
        print(f"person: {error.message}", file=sys.stderr)
        for place, fault in error.errors.items():
            print(f"  {place}: {fault}", file=sys.stderr)
        return 1
    finally:
        await db.stop()
    return 0
