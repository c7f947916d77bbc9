"""Connectivity checks as a browser sends them, made from an answer of the engine."""

import re
import secrets

from aioice import stun


def credentials(answer: str) -> tuple[str, str]:
    """The server's (ufrag, password) in its answer."""
    found = [re.search(rf"a=ice-{name}:(\S+)", answer) for name in ("ufrag", "pwd")]
    assert found[0] is not None and found[1] is not None
    return found[0][1], found[1][1]


def check(ufrag: str, password: str, *, remote: str = "remote", nominate: bool = True) -> bytes:
    """A binding request of the controlling side."""
    attributes = {"USERNAME": f"{ufrag}:{remote}", "PRIORITY": 1, "ICE-CONTROLLING": secrets.randbits(64)}
    if nominate:
        attributes["USE-CANDIDATE"] = None
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes=attributes)
    message.add_message_integrity(password.encode())
    return bytes(message)


def answered(data: bytes, password: str) -> tuple[str, int]:
    """The address at which the server saw us; fails on whatever is no good answer."""
    message = stun.parse_message(data)
    assert message.check_message_integrity(password.encode())
    assert message.message_class == stun.Class.RESPONSE
    address: tuple[str, int] = message.attributes["XOR-MAPPED-ADDRESS"]
    return address
