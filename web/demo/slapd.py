"""A directory for the demonstration: OpenLDAP with the commune's people, in the data folder, on loopback alone."""

import asyncio
import base64
import shutil
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from web.demo.commune import COUNCIL, SERVICES, Resident, residents

SUFFIX = "dc=valbrume,dc=example"
READER = f"cn=lecture,{SUFFIX}"
START_SECONDS = 10

CONFIGURATION = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
database mdb
suffix "{suffix}"
rootdn "cn=admin,{suffix}"
directory {folder}/db
maxsize 67108864
index objectClass,uid,entryUUID eq
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
"""


class SlapdMissing(Exception):
    """The Debian package slapd is not installed."""


def program(name: str) -> str:
    """The path of one of slapd's programs."""
    found = shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin:/usr/bin")
    if found is None:
        raise SlapdMissing("slapd is missing: sudo apt-get install slapd")
    return found


def _line(name: str, value: str) -> str:
    if value.isascii() and not value.startswith((" ", ":", "<")):
        return f"{name}: {value}"
    return f"{name}:: {base64.b64encode(value.encode()).decode()}"


def _entry(dn: str, classes: list[str], **values: str | list[str]) -> Iterator[str]:
    yield _line("dn", dn)
    yield from (f"objectClass: {name}" for name in classes)
    for name, value in values.items():
        for one in [value] if isinstance(value, str) else value:
            yield _line(name, one)
    yield ""


def dn_of(person: Resident) -> str:
    """Where a person stands: in their service's OU."""
    return f"uid={person.login},ou={person.service or COUNCIL},ou=personnes,{SUFFIX}"


def ldif(passwords: Mapping[str, str], reader_password: str) -> str:
    """The whole directory; `passwords` by login, for those who have one."""
    lines: list[str] = []
    lines += _entry(SUFFIX, ["dcObject", "organization"], dc="valbrume", o="Commune de Valbrume")
    lines += _entry(READER, ["applicationProcess", "simpleSecurityObject"], cn="lecture", userPassword=reader_password)
    for branch in ("personnes", "groupes"):
        lines += _entry(f"ou={branch},{SUFFIX}", ["organizationalUnit"], ou=branch)
    for service in (*SERVICES, COUNCIL):
        lines += _entry(f"ou={service},ou=personnes,{SUFFIX}", ["organizationalUnit"], ou=service)
    for person in residents():
        password = {"userPassword": passwords[person.login]} if person.login in passwords else {}
        lines += _entry(
            dn_of(person),
            ["inetOrgPerson"],
            uid=person.login,
            cn=person.name,
            displayName=person.name,
            givenName=person.given,
            sn=person.family,
            title=person.title,
            mail=person.mail,
            **password,
        )
    members = [dn_of(person) for person in residents() if not person.service]
    lines += _entry(f"cn={COUNCIL},ou=groupes,{SUFFIX}", ["groupOfNames"], cn=COUNCIL, member=members)
    return "\n".join(lines)


@asynccontextmanager
async def running(folder: Path, passwords: Mapping[str, str], reader_password: str) -> AsyncIterator[str]:
    """The directory, serving; gives its `ldap://` address. Its data are kept between two starts."""
    slapd, slapadd = program("slapd"), program("slapadd")
    configuration = folder / "slapd.conf"
    fresh = not (folder / "db").exists()
    (folder / "db").mkdir(parents=True, exist_ok=True)
    configuration.write_text(CONFIGURATION.format(folder=folder, suffix=SUFFIX), encoding="utf-8")
    if fresh:
        text = ldif(passwords, reader_password).encode()
        loader = await asyncio.create_subprocess_exec(
            slapadd, "-q", "-f", str(configuration), stdin=asyncio.subprocess.PIPE
        )
        await loader.communicate(text)
        if loader.returncode:
            shutil.rmtree(folder / "db")
            raise SlapdMissing(f"slapadd ended with status {loader.returncode}")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"ldap://127.0.0.1:{port}"
    # A session of its own: Ctrl-C is for the server, which stops the directory when it has stopped itself.
    process = await asyncio.create_subprocess_exec(
        slapd, "-f", str(configuration), "-h", url, "-d", "0", start_new_session=True
    )
    try:
        await _answering(port, process)
        yield url
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _answering(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                if process.returncode is not None:
                    raise SlapdMissing(f"slapd ended with status {process.returncode}") from None
                await asyncio.sleep(0.05)
            else:
                writer.close()
                await writer.wait_closed()
                return
