"""Speaks LDAP: the only importer of ldap3. It blocks: called from threads (directory.py) and from child.py.

Every connection is TLS with a verified certificate (unless the settings give that up), serves one thread and is closed
with its `session`. A search gives every entry or raises: whatever shortens an answer (a cut connection, a limit, a
referral) is an IncompleteRead, never a shorter list. The directory is the source of truth.
"""

import re
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, NoReturn
from urllib.parse import unquote, urlsplit

from ldap3 import DEREF_NEVER, NONE, SYNC, Connection, Server, Tls
from ldap3.core.exceptions import LDAPException
from ldap3.core.results import (
    RESULT_BUSY,
    RESULT_CONSTRAINT_VIOLATION,
    RESULT_INAPPROPRIATE_AUTHENTICATION,
    RESULT_INVALID_CREDENTIALS,
    RESULT_NO_SUCH_OBJECT,
    RESULT_SIZE_LIMIT_EXCEEDED,
    RESULT_SUCCESS,
    RESULT_UNAVAILABLE,
    RESULT_UNWILLING_TO_PERFORM,
)
from ldap3.utils.conv import escape_filter_chars

from directory.ldap.entry import Entry
from directory.ldap.errors import (
    AccountLocked,
    BadCredentials,
    CertificateRefused,
    DirectoryDown,
    DirectoryRefused,
    DirectoryTrouble,
    IncompleteRead,
    PasswordExpired,
)
from directory.ldap.settings import LdapConfig

PAGED_RESULTS = "1.2.840.113556.1.4.319"  # RFC 2696
PASSWORD_POLICY = "1.3.6.1.4.1.42.2.27.8.5.1"  # noqa: S105 - draft-behera-ldap-password-policy-10, an OID
POLICY_EXPIRED, POLICY_LOCKED, POLICY_CHANGE_FIRST = 0, 1, 2
# Active Directory says why a bind failed inside its message, as a Windows error in hexadecimal.
AD_REASON = re.compile(r"\bdata ([0-9a-f]{3,4})\b")
AD_LOCKED = {"530", "531", "533", "701", "775"}
AD_EXPIRED = {"532", "773"}
# What Active Directory refers to under the root of a domain; no people live there.
AD_PARTITIONS = ("cn=configuration,", "dc=domaindnszones,", "dc=forestdnszones,")
# ldap3's decoder trips over a garbled answer with whatever it stumbles on.
GARBLED = (ValueError, TypeError, KeyError, IndexError, AttributeError, NotImplementedError)

Scope = Literal["BASE", "LEVEL", "SUBTREE"]


@dataclass(frozen=True, slots=True)
class Reached:
    """Which server answered, and over which version of TLS; empty: in clear."""

    url: str
    tls: str | None


class _VerifiedTls(Tls):
    """ldap3's Tls with one context built once, which verifies the chain and the name itself.

    ldap3 builds a context for each connection, sets check_hostname off and matches names by its own code, which
    knows no IP addresses on Python 3.12 and later.
    """

    def __init__(self, context: ssl.SSLContext, host: str) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context = context
        self._host = host
        self.refusal: ssl.SSLCertVerificationError | None = None

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
        try:
            connection.socket = self._context.wrap_socket(connection.socket, server_hostname=self._host)
        except ssl.SSLCertVerificationError as error:
            self.refusal = error
            raise


class LdapClient:
    """Opens sessions on the first configured server that answers. Safe to use from several threads."""

    def __init__(self, config: LdapConfig) -> None:
        """Raises DirectoryRefused if the file of the certificate authority cannot be read."""
        self.config = config
        self._first = 0
        try:
            self._tls = ssl.create_default_context(cafile=config.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise DirectoryRefused(f"{config.ca_file}: {error}") from error

    @contextmanager
    def session(self) -> Iterator["LdapSession"]:
        """A connection bound as our own account. Starts with the server that answered last."""
        urls = self.config.urls
        first = self._first
        troubles: list[DirectoryTrouble] = []
        for turn in range(len(urls)):
            index = (first + turn) % len(urls)
            try:
                connection = self._connect(urls[index])
            except (DirectoryDown, CertificateRefused) as trouble:
                troubles.append(trouble)
                continue
            self._first = index
            try:
                yield LdapSession(connection, self.config, urls[index])
            finally:
                _close(connection)
            return
        kind = next((type(t) for t in troubles if isinstance(t, CertificateRefused)), DirectoryDown)
        raise kind("; ".join(trouble.detail for trouble in troubles))

    def check(self) -> Reached:
        """Bind and look at each base, as `hemicycle check` does. Raises what is wrong."""
        with self.session() as session:
            for base in dict.fromkeys((self.config.people_base, self.config.units_base, self.config.groups_base)):
                session.look_at(base)
            return session.reached

    def authenticate(self, login: str, password: str) -> Entry:
        """The entry of the person whose login and password these are.

        Raises BadCredentials, AccountLocked, PasswordExpired or DirectoryTrouble. An empty password would be an
        anonymous bind, which succeeds (RFC 4513, section 5.1.2): it never leaves here.
        """
        try:
            secret = password.encode()
        except UnicodeEncodeError:
            raise BadCredentials from None
        if not login.strip() or not secret or b"\0" in secret:
            raise BadCredentials
        with self.session() as session:
            try:
                entry = session.find_login(login.strip())
            except IncompleteRead as trouble:
                raise DirectoryDown(trouble.detail) from trouble
            if entry is None:
                raise BadCredentials
            session.prove(entry.dn, secret)
            return entry

    def _connect(self, url: str) -> Connection:
        """Try each address of the server in turn."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or (636 if parts.scheme == "ldaps" else 389)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise DirectoryDown(f"{url}: {error}") from error
        trouble: DirectoryTrouble | None = None
        for address in dict.fromkeys(str(info[4][0]) for info in found):
            try:
                return self._connect_to(url, address, port, host, encrypted=parts.scheme == "ldaps")
            except (DirectoryDown, CertificateRefused) as failed:
                trouble = failed
        raise trouble or DirectoryDown(f"{url}: no address")

    def _connect_to(self, url: str, address: str, port: int, host: str, *, encrypted: bool) -> Connection:
        config = self.config
        tls = _VerifiedTls(self._tls, host)
        server = Server(
            address,
            port,
            use_ssl=encrypted,
            tls=tls,
            get_info=NONE,
            connect_timeout=config.connect_seconds,
        )
        connection = Connection(
            server,
            config.bind_dn,
            client_strategy=SYNC,  # one thread each; SAFE_SYNC deep-copies every answer
            authentication="SIMPLE",
            auto_referrals=False,
            auto_range=False,
            check_names=False,
            return_empty_attributes=False,
            receive_timeout=config.answer_seconds,
            read_only=True,
        )
        try:
            connection.open(read_server_info=False)
            if not encrypted and config.start_tls:
                connection.start_tls(read_server_info=False)
            if (encrypted or config.start_tls) and not isinstance(connection.socket, ssl.SSLSocket):
                raise ConnectionError("no TLS")  # start_tls may return False without a word
            code, result = _bind(connection, config.bind_dn, config.password.get_secret_value().encode())
        except (LDAPException, OSError, *GARBLED) as error:
            _close(connection)
            if tls.refusal:
                raise CertificateRefused(f"{url}: {tls.refusal.verify_message or tls.refusal}") from error
            raise DirectoryDown(f"{url}: {error}") from error
        if code == RESULT_SUCCESS:
            return connection
        _close(connection)
        problem = f"{url}: our own account {config.bind_dn}: {result['description']}"
        raise (DirectoryDown(problem) if code in (RESULT_BUSY, RESULT_UNAVAILABLE) else DirectoryRefused(problem))


class LdapSession:
    """One bound connection, made by LdapClient.session."""

    def __init__(self, connection: Connection, config: LdapConfig, url: str) -> None:
        self._connection = connection
        self._config = config
        self._deadline = time.monotonic() + config.read_seconds
        self.reached = Reached(url, connection.socket.version() if isinstance(connection.socket, ssl.SSLSocket) else "")

    def search(self, base: str, query: str, attributes: Iterable[str]) -> Iterator[Entry]:
        """Every entry below `base` that matches, page by page. Raises IncompleteRead, never stops early."""
        wanted = list(attributes)
        partial: list[Entry] = []
        cookie: bytes | None = None
        while True:
            if time.monotonic() > self._deadline:
                raise IncompleteRead(f"not finished after {self._config.read_seconds} s")
            result, entries = self._ask(base, query, wanted, "SUBTREE", page_size=self._config.page_size, cookie=cookie)
            if result["result"] != RESULT_SUCCESS:
                self._refuse(base, result)
            for entry in entries:
                if any(";range=" in name for name in entry.attributes):
                    partial.append(entry)  # the rest of it would disturb the paging (RFC 2696, section 3)
                else:
                    yield entry
            control = result.get("controls", {}).get(PAGED_RESULTS)
            if control is None:
                raise IncompleteRead(f"{base}: the server does not say whether a page is the last")
            cookie = control["value"]["cookie"]
            if not cookie:
                break
        for entry in partial:
            yield self._whole(entry)

    def find_login(self, login: str) -> Entry | None:
        """The only person with this login; None if there is none, or more than one."""
        names = self._config.names
        query = f"(&{self._config.people_filter}({names.login}={escape_filter_chars(login)}))"
        result, entries = self._ask(
            self._config.people_base, query, [names.key, names.login], "SUBTREE", size_limit=2, references=False
        )
        if result["result"] not in (RESULT_SUCCESS, RESULT_SIZE_LIMIT_EXCEEDED):
            self._refuse(self._config.people_base, result)
        return entries[0] if len(entries) == 1 else None

    def look_at(self, base: str) -> None:
        """Raise unless this entry can be seen."""
        result, entries = self._ask(base, "(objectClass=*)", ["objectClass"], "BASE")
        if result["result"] != RESULT_SUCCESS or not entries:
            self._refuse(base, result)

    def prove(self, dn: str, password: bytes) -> None:
        """Bind as this person. Our own account is no longer bound afterwards."""
        try:
            code, result = _bind(self._connection, dn, password, controls=[(PASSWORD_POLICY, False, None)])
        except (LDAPException, OSError, *GARBLED) as error:
            raise DirectoryDown(f"{self.reached.url}: {error}") from error
        policy = _policy_error(result)
        reason = AD_REASON.search(result["message"] or "")
        why = reason.group(1) if reason else ""
        if code == RESULT_SUCCESS:
            if policy in (POLICY_EXPIRED, POLICY_CHANGE_FIRST):
                raise PasswordExpired
        elif policy == POLICY_LOCKED or why in AD_LOCKED:
            raise AccountLocked
        elif policy == POLICY_EXPIRED or why in AD_EXPIRED:
            raise PasswordExpired
        elif code in (RESULT_UNWILLING_TO_PERFORM, RESULT_CONSTRAINT_VIOLATION):
            raise AccountLocked  # how 389 Directory Server says so
        elif code in (
            RESULT_INVALID_CREDENTIALS,
            RESULT_INAPPROPRIATE_AUTHENTICATION,
            RESULT_NO_SUCH_OBJECT,
        ):
            raise BadCredentials
        else:
            raise DirectoryDown(f"{self.reached.url}: bind: {result['description']}")

    def _ask(
        self,
        base: str,
        query: str,
        attributes: list[str],
        scope: Scope,
        *,
        page_size: int | None = None,
        cookie: bytes | None = None,
        size_limit: int = 0,
        references: bool = True,
    ) -> tuple[dict[str, Any], list[Entry]]:
        """One search: the result and the entries. With `references`, one to elsewhere makes it incomplete."""
        try:
            self._connection.search(
                base,
                query,
                scope,
                dereference_aliases=DEREF_NEVER,
                attributes=attributes,
                size_limit=size_limit,
                paged_size=page_size,
                paged_criticality=True,
                paged_cookie=cookie,
            )
            response = self._connection.response or []
            entries = [
                Entry(item["dn"], {name.lower(): vals or [] for name, vals in item["raw_attributes"].items()})
                for item in response
                if item["type"] == "searchResEntry"
            ]
            elsewhere = [uri for item in response if item["type"] == "searchResRef" for uri in item["uri"]]
        except (LDAPException, OSError, *GARBLED) as error:
            raise IncompleteRead(f"{self.reached.url}: {base}: {type(error).__name__}: {error}") from error
        for uri in elsewhere if references else ():
            if not unquote(urlsplit(uri).path).lstrip("/").lower().startswith(AD_PARTITIONS):
                raise IncompleteRead(f"{base}: a part of it lies on another server, {uri}")
        return self._connection.result, entries

    def _whole(self, entry: Entry) -> Entry:
        """Fetch the values that Active Directory left out (`member;range=0-1499`, MS-ADTS 3.1.1.3.1.3.3)."""
        attributes = dict(entry.attributes)
        for ranged in [name for name in attributes if ";range=" in name]:
            name, _, bounds = ranged.partition(";range=")
            values = list(attributes.pop(ranged))
            while not bounds.endswith("-*"):
                last = bounds.rpartition("-")[2]
                start = int(last) + 1 if last.isdigit() else -1
                result, found = self._ask(entry.dn, "(objectClass=*)", [f"{name};range={start}-*"], "BASE")
                more = [
                    (key, got)
                    for item in found
                    for key, got in item.attributes.items()
                    if key.startswith(f"{name};range={start}-")
                ]
                if result["result"] != RESULT_SUCCESS or len(more) != 1 or not more[0][1]:
                    raise IncompleteRead(f"{entry.dn}: {name} ends at value {start}")
                bounds = more[0][0].partition(";range=")[2]
                values += more[0][1]
            attributes[name] = values
        return Entry(entry.dn, attributes)

    def _refuse(self, base: str, result: Mapping[str, Any]) -> NoReturn:
        problem = f"{self.reached.url}: {base}: {result['description']} {result['message'] or ''}".strip()
        raise (DirectoryRefused(problem) if result["result"] == RESULT_NO_SUCH_OBJECT else IncompleteRead(problem))


def _bind(
    connection: Connection, dn: str, password: bytes, controls: list[tuple[str, bool, None]] | None = None
) -> tuple[int, dict[str, Any]]:
    """Bind and give the result. As bytes, the password is sent as typed: ldap3 would fold `²` into `2`."""
    connection.rebind(dn, password, authentication="SIMPLE", read_server_info=False, controls=controls)
    connection.password = None
    result: dict[str, Any] = connection.result
    return result["result"], result


def _policy_error(result: Mapping[str, Any]) -> int | None:
    """The `error` of a password policy response: SEQUENCE { warning [0] OPTIONAL, error [1] OPTIONAL }."""
    control = (result.get("controls") or {}).get(PASSWORD_POLICY)
    value: bytes = (control or {}).get("value") or b""
    position = 2
    while position + 2 < len(value):
        if value[position] == 0x81:
            return value[position + 2]
        position += 2 + value[position + 1]
    return None


def _close(connection: Connection) -> None:
    """Say goodbye if the server still listens, and close the socket in any case."""
    try:
        connection.unbind()
    except (LDAPException, OSError, *GARBLED):
        pass
    finally:
        if connection.socket is not None:
            connection.socket.close()
