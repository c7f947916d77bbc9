"""A real OpenLDAP server for tests: its own folder, free ports, StartTLS and LDAPS from an authority made here.

A client that does not page fails (500 entries at most unpaged), wrong passwords lock an account, and every operation
stands in `log()`. Needs the Debian packages slapd and ldap-utils; their absence fails the tests, never skips them.
"""

import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.support import ldif

SIZE_LIMIT = 500

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


class SlapdMissing(RuntimeError):
    """The Debian package that these tests need is not installed."""


@dataclass(slots=True)
class Slapd:
    """A running server. `url` wants StartTLS; `ldaps_url` is TLS from the first byte."""

    folder: Path
    port: int
    tls_port: int
    process: subprocess.Popen[bytes]

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
        return (self.folder / "log").read_text(errors="replace")

    def count(self, operation: str) -> int:
        """How many operations of this name (`BIND dn`, `SRCH base`, `STARTTLS`) the server was asked."""
        return self.log().count(f" {operation}")

    def modify(self, change: str) -> None:
        """Apply LDIF changes (`changetype: …`) as the directory's administrator."""
        self._tool("ldapmodify", input_text=change)

    def rename(self, dn: str, rdn: str, under: str | None = None) -> None:
        """Give an entry another RDN, and another place if `under` says one."""
        self._tool("ldapmodrdn", "-r", *(["-s", under] if under else []), dn, rdn)

    def remove(self, dn: str) -> None:
        """Delete an entry."""
        self._tool("ldapdelete", dn)

    def stop(self) -> None:
        """Stop the server; its data stay."""
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _tool(self, name: str, *arguments: str, input_text: str = "") -> None:
        done = subprocess.run(
            [_program(name), "-ZZ", "-x", "-H", self.url, "-D", ldif.ADMIN_DN, "-w", ldif.ADMIN_PASSWORD, *arguments],
            input=input_text.encode(),
            env={"LDAPTLS_CACERT": str(self.ca), "LDAPNOINIT": ""},
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
        [_program("slapadd"), "-q", "-f", configuration, "-l", folder / "data.ldif"], capture_output=True
    )
    if loaded.returncode:
        raise RuntimeError(f"slapadd: {loaded.stderr.decode(errors='replace')}")
    for _ in range(5):
        port, tls_port = _free_ports()
        listen = f"ldap://127.0.0.1:{port} ldaps://127.0.0.1:{tls_port}"
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [_program("slapd"), "-d", "stats", "-f", configuration, "-h", listen],
                stdout=log,
                stderr=log,
            )
        server = Slapd(folder, port, tls_port, process)
        if _answers(server):
            return server
        server.stop()
    raise RuntimeError(f"slapd did not start: {server.log()[-2000:]}")


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


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin")
    if not found:
        raise SlapdMissing(f"{name} is missing: apt-get install slapd ldap-utils")
    return found


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _answers(server: Slapd) -> bool:
    """Whether both ports accept within ten seconds; False as soon as the process has died."""
    deadline = time.monotonic() + 10
    waiting = [server.port, server.tls_port]
    while waiting and time.monotonic() < deadline and server.process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", waiting[0]), timeout=1).close()
            waiting.pop(0)
        except OSError:
            time.sleep(0.02)
    return not waiting and server.process.poll() is None
