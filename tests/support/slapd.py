"""A real OpenLDAP server for tests: its own folder, free ports, StartTLS and LDAPS from an authority made here.

A client that does not page fails (500 entries at most unpaged), wrong passwords lock an account, and every operation
stands in `log()`.
"""

import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from collab.core.settings import Ldap
from tests.support import ldif
from tests.support.ports import LOOPBACK, free_port, is_listening
from tests.support.programs import Child, find_program

SIZE_LIMIT = 500
STRANGE_HOST = "127.0.0.2"  # where LDAPS answers with a certificate for another name

CONFIGURATION = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
{schema}
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
moduleload refint
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
TLSVerifyClient never
disallow bind_anon
security simple_bind=128
database mdb
suffix "{suffix}"
rootdn "{admin}"
rootpw {admin_password}
directory {folder}/db
maxsize 268435456
sizelimit size.soft={limit} size.hard={limit} size.prtotal=unlimited
index objectClass,uid,mail,entryUUID eq
access to attrs=userPassword by self write by anonymous auth by * none
access to * by users read by * none
overlay refint
refint_attributes member
overlay ppolicy
ppolicy_default "cn=default,ou=policies,{suffix}"
ppolicy_use_lockout
"""


@dataclass(slots=True)
class Slapd:
    """A running server. `url` wants StartTLS; `ldaps_url` is TLS from the first byte."""

    folder: Path
    port: int
    tls_port: int
    child: Child

    @property
    def url(self) -> str:
        return f"ldap://localhost:{self.port}"

    @property
    def ldaps_url(self) -> str:
        return f"ldaps://localhost:{self.tls_port}"

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    def log(self) -> str:
        """Everything the server logged: one line an operation (`BIND dn=…`, `SRCH base=…`)."""
        return self.child.log.read_text(errors="replace")

    @property
    def binds(self) -> int:
        """How many times the server was asked to bind somebody."""
        return self.log().count(" method=128\n")

    def searches(self, query: str) -> int:
        """How many searches with this filter the server was asked, each page being one."""
        return self.log().count(f' filter="{query}"\n')

    def section(self, **changes: Any) -> Ldap:
        """The `[ldap]` section of the settings for this server, over StartTLS."""
        usual = {
            "servers": [self.url],
            "ca_file": self.ca,
            "bind_dn": ldif.READER_DN,
            "password": ldif.READER_PASSWORD,
            "people_base": ldif.PEOPLE_BASE,
            "groups_base": ldif.GROUPS_BASE,
        }
        return Ldap.model_validate({**usual, **changes})

    def modify(self, change: str) -> None:
        """Apply LDIF changes (`changetype: …`) as the directory's administrator."""
        self._tool("ldapmodify", input_text=change)

    def add(self, entries: str) -> None:
        """Add the entries of this LDIF."""
        self._tool("ldapadd", input_text=entries)

    def rename(self, dn: str, rdn: str, under: str | None = None) -> None:
        """Give an entry another RDN, and another place if `under` says one."""
        self._tool("ldapmodrdn", "-r", *(["-s", under] if under else []), dn, rdn)

    def remove(self, dn: str) -> None:
        """Delete an entry."""
        self._tool("ldapdelete", dn)

    def stop(self) -> None:
        """Stop the server; its data stay."""
        self.child.stop()

    def _tool(self, name: str, *arguments: str, input_text: str = "") -> None:
        done = subprocess.run(
            [
                find_program(name, "ldap-utils"),
                "-ZZ",
                "-x",
                "-H",
                self.url,
                "-D",
                ldif.ADMIN_DN,
                "-w",
                ldif.ADMIN_PASSWORD,
                *arguments,
            ],
            input=input_text.encode(),
            env={**os.environ, "LDAPTLS_REQCERT": "never"},  # libldap calls localhost by the machine's name
            capture_output=True,
        )
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr.decode(errors='replace')}")


def start_slapd(folder: Path, *, data: str | None = None, schema: str = "") -> Slapd:
    """Load `data` (the fixture's people by default) into a new server and wait until it answers."""
    (folder / "db").mkdir(parents=True)
    write_authority(folder)
    configuration = folder / "slapd.conf"
    configuration.write_text(
        CONFIGURATION.format(
            folder=folder,
            schema=schema,
            suffix=ldif.SUFFIX,
            admin=ldif.ADMIN_DN,
            admin_password=ldif.ADMIN_PASSWORD,
            limit=SIZE_LIMIT,
        )
    )
    (folder / "data.ldif").write_text(data if data is not None else ldif.directory())
    loaded = subprocess.run(
        [find_program("slapadd", "slapd"), "-q", "-f", configuration, "-l", folder / "data.ldif"], capture_output=True
    )
    if loaded.returncode:
        raise RuntimeError(f"slapadd: {loaded.stderr.decode(errors='replace')}")
    port, tls_port = free_port(), free_port()
    listen = f"ldap://{LOOPBACK}:{port} ldaps://{LOOPBACK}:{tls_port} ldaps://{STRANGE_HOST}:{tls_port}"
    command = [find_program("slapd", "slapd"), "-d", "stats", "-f", str(configuration), "-h", listen]
    child = Child(command, folder / "log")
    child.wait_until(lambda: is_listening(port) and is_listening(tls_port))
    return Slapd(folder, port, tls_port, child)


def write_authority(folder: Path) -> None:
    """A certificate authority (ca.pem) and a server certificate for localhost and 127.0.0.1 signed by it."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    ca_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
    server_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])

    def signed(builder: x509.CertificateBuilder) -> bytes:
        builder = builder.issuer_name(ca_name).serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=30))
        return builder.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    authority = x509.CertificateBuilder().subject_name(ca_name).public_key(ca_key.public_key())
    authority = authority.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    server = x509.CertificateBuilder().subject_name(server_name).public_key(server_key.public_key())
    server = server.add_extension(
        x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]),
        critical=False,
    ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    (folder / "ca.pem").write_bytes(signed(authority))
    (folder / "server.pem").write_bytes(signed(server))
    (folder / "server.key").write_bytes(
        server_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
