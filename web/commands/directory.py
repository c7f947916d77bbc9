"""`hemicycle ldap sync`: bring our copy up to date with the directory, or show what that would do."""

import argparse
import sys
from typing import Any

from collab.core.access import job_actor
from collab.core.database import Database
from collab.core.settings import Settings, SettingsError
from directory.ldap.describe import describe
from directory.ldap.directory import Directory
from directory.ldap.errors import ConfirmationNeeded, DirectoryTrouble
from directory.ldap.service import preview, synchronise
from directory.ldap.settings import configure
from directory.ldap.sync import Plan
from web.wiring import wire_services


def add_to(commands: Any) -> None:
    """Add `ldap sync`."""
    ldap = commands.add_parser("ldap", help="the directory")
    actions = ldap.add_subparsers(required=True, metavar="ACTION")
    sync = actions.add_parser("sync", help="bring people, services and groups up to date with the directory")
    sync.add_argument("--dry-run", action="store_true", help="show what would change, change nothing")
    sync.add_argument("--confirm", action="store_true", help="do it even if many people would be disabled")
    sync.set_defaults(run=run)


async def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Synchronise; 1 when it could not be done, 3 when it wants to be confirmed."""
    if not settings.ldap.enabled:
        print("ldap: no directory is configured", file=sys.stderr)
        return 1
    try:
        directory = Directory(configure(settings.ldap))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    db = Database(settings.database_url)
    wire_services(db.bus)
    actor = job_actor("ldap sync")
    try:
        if arguments.dry_run:
            _show(await preview(db, directory, actor))
        else:
            _show(await synchronise(db, directory, actor, confirmed=arguments.confirm))
    except ConfirmationNeeded as stop:
        _show(stop.plan)
        print("ldap: nothing was changed; run again with --confirm to do this", file=sys.stderr)
        return 3
    except DirectoryTrouble as trouble:
        print(f"ldap: nothing was changed, {trouble.detail}", file=sys.stderr)
        return 1
    finally:
        directory.close()
        await db.stop()
    return 0


async def reach(settings: Settings) -> str:
    """Which server answers; raises DirectoryTrouble."""
    directory = Directory(configure(settings.ldap))
    try:
        reached = await directory.check()
    except DirectoryTrouble as trouble:
        raise RuntimeError(trouble.detail) from None
    finally:
        directory.close()
    return f"{reached.url}, {reached.tls or 'in clear'}"


def _show(plan: Plan) -> None:
    for line in describe(plan):
        print(line)
