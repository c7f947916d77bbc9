"""Local passwords: hashed and verified by argon2id outside the event loop, two at a time.

Parameters: OWASP's recommendation of 19 MiB and two passes; a hash made with others is replaced at the next sign-in.
"""

import asyncio
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MEMORY_KIB = 19_456
PASSES = 2
AT_ONCE = 2


class Passwords:
    """One per process."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._nobodys = self._hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """The hash to keep."""
        async with self._turn:
            return await asyncio.to_thread(lambda: self._hasher.hash(_normal(password)))

    async def verify(self, kept: str | None, password: str) -> bool:
        """Whether it is this password; as long for somebody who has none (`kept` is None) as for anybody."""
        async with self._turn:
            right = await asyncio.to_thread(self._verify, kept or self._nobodys, _normal(password))
        return right and kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Whether the hash was made with other parameters than ours."""
        return self._hasher.check_needs_rehash(kept)

    def _verify(self, kept: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


def _normal(password: str) -> bytes:
    """The same bytes for « é » typed on one keyboard or another."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
