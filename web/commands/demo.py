"""`hemicycle demo`: the server on embedded defaults with a fictional commune; `--ldap`: and its own directory."""

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import socket
import sys
from contextlib import AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from collab.core.access import job_actor
from collab.core.settings import Ldap, Settings
from directory.ldap.directory import Directory
from directory.ldap.service import synchronise
from directory.people.queries import find_by_login
from directory.sessions import service as sessions
from directory.sessions.models import CredentialKind, LocalPassword, TokenInput
from directory.sessions.passwords import Passwords
from directory.sessions.queries import list_credentials
from meetings.calendar.invitations import Place
from projects.boards.rules import FIRST_COLUMNS
from web import logs
from web.contents import Contents
from web.demo import fill, slapd
from web.demo.commune import PLACE, ROLES, player
from web.demo.council import Councils, settle_council
from web.deps import Deps
from web.elsewhere import run_elsewhere
from web.main import build, serve
from web.middleware import cookie_name
from web.migrations import bring_up_to_date
from web.render.locale import Locales

FOLDERS = {False: Path(".demo/local"), True: Path(".demo/directory")}
NAMES = {
    "agent": "agent",
    "elected": "élue",
    "admin": "administrateur",
    "clerk": "secrétariat",
    "president": "maire",
}
TOKEN_NAME = "démonstration"  # noqa: S105 - what the token is called
MOST_PORTS = 50


def add_to(add: Any) -> None:
    """Add the subcommand."""
    command = add("demo", "try it: a fictional commune on http://127.0.0.1:8080", run)
    command.add_argument("--ldap", action="store_true", help="with an OpenLDAP directory of its own")


async def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Start, fill on the first time, say where and with which accounts, run until stopped."""
    folder = (settings.data.dir if "HEMICYCLE_DATA" in os.environ else FOLDERS[arguments.ldap]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "demo.json").unlink(missing_ok=True)
    passwords, reader = _passwords(folder)
    media = settings.media.model_copy(update={"port": settings.media.port or _free_port(settings.server.port + 1)})
    settings = settings.model_copy(
        update={
            "data": settings.data.model_copy(update={"dir": folder}),
            "place": settings.place.model_copy(update={"name": f"Commune de {PLACE}"}),
            "sessions": settings.sessions.model_copy(update={"admin_second_factor": "optional"}),
            "media": media,
        }
    )
    async with AsyncExitStack() as stack:
        if arguments.ldap:
            try:
                by_login = {player(role).login: password for role, password in passwords.items()}
                url = await stack.enter_async_context(slapd.running(folder / "slapd", by_login, reader))
            except slapd.SlapdMissing as error:
                print(error, file=sys.stderr)
                return 1
            settings = settings.model_copy(update={"ldap": _directory(url, reader)})
        await bring_up_to_date(settings.database_url)
        # In a process of its own, so that the server's memory at rest is that of any server.
        await run_elsewhere(_prepare_there, settings, passwords)
        await serve(settings, ready=_say)
    return 0


def _prepare_there(settings: Settings, passwords: dict[str, str]) -> None:
    logs.configure("warning", pretty=False)
    asyncio.run(_prepare_place(settings, passwords))


async def _prepare_place(settings: Settings, passwords: dict[str, str]) -> None:
    async with build(settings) as deps:
        await _prepare(deps, passwords)


def _directory(url: str, reader: str) -> Ldap:
    return Ldap(
        servers=[url],
        start_tls=False,  # on loopback, for the demonstration alone
        bind_dn=slapd.READER,
        password=SecretStr(reader),
        people_base=f"ou=personnes,{slapd.SUFFIX}",
        groups_base=f"ou=groupes,{slapd.SUFFIX}",
    )


def _passwords(folder: Path) -> tuple[dict[str, str], str]:
    """Passwords by role and that of the directory's reader: made once, kept with the data."""
    file = folder / "passwords.json"
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        kept = {}
    if missing := {*ROLES, "reader"} - kept.keys():
        kept |= {role: f"{PLACE.lower()}-{secrets.token_hex(4)}" for role in sorted(missing)}
        _write_private(file, kept)
    return {role: kept[role] for role in ROLES}, kept["reader"]


def _write_private(file: Path, content: Any) -> None:
    """Readable by nobody else, whole or not at all."""
    partial = file.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(content, out, ensure_ascii=False, indent=1)
    partial.replace(file)


def _free_port(first: int) -> int:
    """The first port from `first` on that is free for UDP and TCP."""
    for port in range(first, min(first + MOST_PORTS, 65536)):
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
            socket.socket() as tcp,
        ):
            udp.bind(("127.0.0.1", port))
            tcp.bind(("127.0.0.1", port))
            return port
    return 0


async def _prepare(deps: Deps, passwords: dict[str, str]) -> None:
    """Fill the place on the first start; on every start, give the tokens and write demo.json."""
    settings = deps.settings
    place = Place(zone=settings.place.time_zone, url=settings.public_url)
    texts = deps.part(Locales)["fr"]
    columns = [(texts.render(title), done) for title, done in FIRST_COLUMNS]
    if settings.ldap.enabled:
        await synchronise(deps.db, deps.part(Directory), job_actor("demonstration"), confirmed=True)
    async with deps.db.read() as tx:
        settled, ids = await fill.people_are_there(tx), await fill.find_ids(tx)
    stored = await fill.store_files(deps.part(Contents)) if ids is None else {}
    async with deps.db.write() as tx:
        if not settled:
            await fill.add_people(tx)
        if ids is None:
            ids = await fill.fill(tx, stored, place, columns)
        await fill.bring_meeting_to_today(tx, ids.meeting, place)
        await tx.flush()
        councils = await settle_council(tx, fill.COUNCIL_TITLE, ZoneInfo(place.zone))
    if not settings.ldap.enabled:
        await _set_passwords(deps, passwords)
    accounts = [await _account(deps, role, passwords[role]) for role in ROLES]
    _write_private(settings.data.dir / "demo.json", _description(deps, accounts, ids, councils))


async def _set_passwords(deps: Deps, passwords: dict[str, str]) -> None:
    """Those who tried the page on changing it find the printed one right again at the next start."""
    hashing = deps.part(Passwords)
    for role, password in passwords.items():
        async with deps.db.read() as tx:
            person = await find_by_login(tx, player(role).login)
            kept = None if person is None else await tx.get(LocalPassword, person.id)
        if person is None or (kept is not None and await hashing.verify(kept.hash, password)):
            continue
        hashed = await hashing.hash(password)
        async with deps.db.write() as tx:
            await sessions.set_password(tx, fill.SETUP, person.id, hashed)


async def _account(deps: Deps, role: str, password: str) -> dict[str, str]:
    """An account with a fresh API token and application password; those of the last start are withdrawn."""
    login = player(role).login
    async with deps.db.write() as tx:
        actor = await fill.actor_of(tx, login)
        for kind in CredentialKind:
            for old in await list_credentials(tx, actor, kind):
                if old.name == TOKEN_NAME:
                    await sessions.revoke_credential(tx, actor, old.id, kind)
        scopes = ["read", "write", "manage", *(["admin"] if actor.admin else [])]
        _, token = await sessions.create_token(
            tx, actor, TokenInput.model_validate({"name": TOKEN_NAME, "scopes": scopes, "days": 365})
        )
        _, letters = await sessions.create_application_password(tx, actor, TOKEN_NAME)
    return {
        "role": role,
        "login": login,
        "password": password,
        "api_token": token,
        "application_password": letters,
    }


def _description(deps: Deps, accounts: list[dict[str, str]], ids: fill.Ids, councils: Councils) -> dict[str, Any]:
    settings, url = deps.settings, deps.settings.public_url
    return {
        "url": url,
        "media_port": settings.media.port,
        "session_cookie": cookie_name(settings.secure),
        "accounts": accounts,
        "ids": {
            **{name: str(value) for name, value in asdict(ids).items()},
            **{name: str(value) for name, value in asdict(councils).items()},
        },
        "pages": {
            "home": f"{url}/",
            "board": f"{url}/boards/{ids.board}",
            "files": f"{url}/files/{ids.space}",
            "meeting": f"{url}/meetings/{ids.meeting}",
            "room": f"{url}/meetings/{ids.meeting}/room",
            "directory": f"{url}/directory",
            "sitting": f"{url}/council/sittings/{councils.sitting}",
            "minutes": f"{url}/council/sittings/{councils.sitting_held}/minutes",
            "public": f"{url}/public/assemblies/{councils.assembly}",
        },
    }


def _say(deps: Deps, _port: int) -> None:
    """The address and the accounts, for whoever tries it."""
    described = json.loads((deps.settings.data.dir / "demo.json").read_text(encoding="utf-8"))
    print(f"\n  Hémicycle, commune de {PLACE} : {described['url']}\n")
    for account in described["accounts"]:
        print(f"    {NAMES[account['role']]:<16}{account['login']:<18}{account['password']}")
    print("\n  Ctrl-C pour arrêter.\n", flush=True)
