"""The key of the data folder: it seals second factors and turns logins and addresses into counters' names.

Made at the first start with mode 0600, kept with the backups; without it the database alone gives away neither.
"""

import hashlib
import hmac
import os
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12


class KeyFault(Exception):
    """The key file cannot be used, or is not the one that sealed this."""


class Keys:
    """Two keys derived from one file (HKDF, RFC 5869)."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise KeyFault(f"the key has {len(master)} bytes instead of {KEY_BYTES}")
        self._seal = AESGCM(_derive(master, b"second factors"))
        self._name = _derive(master, b"names of counters")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The key in `folder`/keys, made where there is none. Raises KeyFault."""
        file = folder / "keys" / "sessions.key"
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            _make(file)
        return cls(file.read_bytes())

    def seal(self, secret: bytes, owner: bytes) -> bytes:
        """`secret` so that only this key, for the same `owner`, opens it (AES-256-GCM)."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._seal.encrypt(nonce, secret, owner)

    def open(self, sealed: bytes, owner: bytes) -> bytes:
        """What was sealed. Raises KeyFault when it was for another owner or by another key."""
        try:
            return self._seal.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], owner)
        except InvalidTag:
            raise KeyFault("sealed by another key: was the data folder's key restored?") from None

    def name(self, kind: str, value: str) -> str:
        """A name for `value` that tells nothing about it, the same each time."""
        return hmac.new(self._name, f"{kind}:{value}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"hemicycle " + purpose).derive(master)


def _make(file: Path) -> None:
    """Whole or not at all, and never over one that another process made meanwhile."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, os.urandom(KEY_BYTES))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
