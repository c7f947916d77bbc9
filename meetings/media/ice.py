"""The server's half of ICE: an ICE-lite agent (RFC 8445 2.5) that answers checks and chooses nothing.

Sans-I/O: `udp.py` brings datagrams, `runner.py` owns one `Agent` per connection. STUN messages are
aioice's. The server's ufrag in a check's USERNAME tells which connection it is for.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterator
from struct import Struct
from struct import error as StructError

from aioice import stun

from meetings.media.port import BadOffer

_ALPHABET = string.ascii_letters + string.digits
Address = tuple[str, int]
_HEADER = Struct("!HHI")
_ATTRIBUTE = Struct("!HH")
_BINDING_REQUEST, _COOKIE, _USERNAME, _MESSAGE_INTEGRITY = 0x0001, 0x2112A442, 0x0006, 0x0008
_PEEKED = 16
CHECKS_PER_SECOND = 20.0
CHECKS_AT_ONCE = 60.0
_REMEMBERED = 512


def peek_ufrag(data: bytes) -> str | None:
    """Whom a check is for, read without parsing the rest: strangers are many and must be cheap to turn away."""
    size = len(data)
    if size < 28:
        return None
    kind, length, cookie = _HEADER.unpack_from(data)
    if kind != _BINDING_REQUEST or cookie != _COOKIE or length + 20 != size:
        return None
    at = 20
    for _ in range(_PEEKED):
        if at + 4 > size:
            return None
        kind, length = _ATTRIBUTE.unpack_from(data, at)
        at += 4
        if kind == _USERNAME:
            name, colon, _ = data[at : at + length].partition(b":")
            return name.decode("ascii") if colon and at + length <= size and name.isascii() else None
        if kind == _MESSAGE_INTEGRITY:
            return None
        at += length + (-length & 3)
    return None


def parse_check(data: bytes) -> stun.Message | None:
    """A binding request with the attributes that ICE demands, None for whatever else looks like STUN."""
    try:
        message = stun.parse_message(data)
    except (ValueError, StructError, IndexError, KeyError, UnicodeDecodeError):
        return None
    if message.message_method != stun.Method.BINDING or message.message_class != stun.Class.REQUEST:
        return None
    return message if "USERNAME" in message.attributes else None


def local_ufrag(message: stun.Message) -> str:
    """The part of USERNAME before the colon: whom the check is for."""
    username: str = message.attributes["USERNAME"]
    return username.partition(":")[0]


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


class Bucket:
    """Lets `rate` events a second pass, `burst` of them at once. Times in seconds."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = now

    def take(self, now: float) -> bool:
        """Whether one more may pass now."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Agent:
    """Credentials and consent of one connection. Times in seconds."""

    def __init__(self, now: float) -> None:
        self.ufrag = ""
        self.password = ""
        self.remote_ufrag = ""
        self.remote_password = ""
        self._old: tuple[str, str] | None = None
        self._used = False
        """Whether a check has come with the current credentials."""
        self.consent_at = now
        """When the last valid check came (RFC 7675)."""
        self.remote: Address | None = None
        """Where to send: the address of the last check that was nominated."""
        self.strangers = Bucket(CHECKS_PER_SECOND, CHECKS_AT_ONCE, now)
        """How many checks from addresses not seen before are looked at: each costs a digest, and maybe an answer."""
        self._seen: dict[bytes, Address] = {}

    def ufrags(self) -> Iterator[str]:
        """Every ufrag that checks may carry: the current one and, during a restart, the one before."""
        yield self.ufrag
        if self._old is not None:
            yield self._old[0]

    def negotiate(self, remote_ufrag: str, remote_password: str) -> bool:
        """Take the offer's credentials; new ones are a first start or a restart (RFC 8839 4.4.1.1), which
        gives us new ones too. True when ours changed. The old path lives until the new one is checked."""
        if not remote_ufrag or not remote_password:
            raise BadOffer("empty ICE credentials")
        if (remote_ufrag, remote_password) == (self.remote_ufrag, self.remote_password):
            return False
        if self._used or self._old is None:
            # an offer whose answer never arrived, over a line that was down, must not end the path that works
            self._old = (self.ufrag, self.password) if self.ufrag else None
        self._used = False
        self.remote_ufrag, self.remote_password = remote_ufrag, remote_password
        self.ufrag, self.password = _random(8), _random(24)
        return True

    def check(self, message: stun.Message, source: Address, now: float) -> tuple[bytes, bool] | None:
        """Answer a check → (response, whether to send to `source` from now on); None when it is forged."""
        ufrag = local_ufrag(message)
        if ufrag == self.ufrag:
            password = self.password
        elif self._old is not None and ufrag == self._old[0]:
            password = self._old[1]
        else:
            return None
        if not message.check_message_integrity(password.encode()):
            return None
        # a check that somebody overheard and sends again must not draw the media to them
        transaction: bytes = message.transaction_id
        if self._seen.setdefault(transaction, source) != source:
            return None
        if len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        self.consent_at = now
        attributes = message.attributes
        if "ICE-CONTROLLED" in attributes:  # RFC 8445 7.3.1.1: a lite agent is never controlling
            return self._conflict(message, password), False
        if ufrag == self.ufrag:
            self._old, self._used = None, True
        chosen = "USE-CANDIDATE" in attributes or self.remote is None
        if chosen:
            self.remote = source
        response = stun.Message(
            stun.Method.BINDING,
            stun.Class.RESPONSE,
            transaction_id=message.transaction_id,
            attributes={"XOR-MAPPED-ADDRESS": source},
        )
        response.add_message_integrity(password.encode())
        return bytes(response), chosen

    def _conflict(self, message: stun.Message, password: str) -> bytes:
        response = stun.Message(
            stun.Method.BINDING,
            stun.Class.ERROR,
            transaction_id=message.transaction_id,
            attributes={"ERROR-CODE": (487, "Role Conflict")},
        )
        response.add_message_integrity(password.encode())
        return bytes(response)
