"""The authority's directory as the rest of the program sees it: three questions, answered outside the event loop.

Built once by the composition root, closed with the process. It has threads of its own, so that a directory that hangs
holds up nobody but those who ask it.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from directory.ldap.child import Request, read_in_child
from directory.ldap.errors import DirectoryDown
from directory.ldap.reading import DirectoryRead, key_of
from directory.ldap.settings import LdapConfig

if TYPE_CHECKING:
    from directory.ldap.client import Reached

T = TypeVar("T")

THREADS = 8


class Directory:
    """Asks the directory. Every method may raise DirectoryTrouble."""

    def __init__(self, config: LdapConfig) -> None:
        from directory.ldap.client import LdapClient  # ldap3 is loaded only where a directory is configured

        self.config = config
        self._client = LdapClient(config)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="ldap")
        servers = len(config.urls)
        self._patience = config.connect_seconds * servers + 2 * config.answer_seconds

    def close(self) -> None:
        """Take no more questions; one that is being asked ends by its own time limits."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def authenticate(self, login: str, password: str) -> str:
        """The key (`Person.source_key`) of whoever proves to be `login`.

        Raises BadCredentials, AccountLocked, PasswordExpired, or DirectoryTrouble if the directory cannot say. Waits
        for a free thread and an answer no longer than the time limits of the settings together.
        """
        try:
            async with asyncio.timeout(self._patience):
                return await self._ask(lambda: key_of(self._client, login, password))
        except TimeoutError:
            raise DirectoryDown(f"no answer within {self._patience} s") from None

    async def read(self, known_photos: Mapping[str, str], now: datetime) -> DirectoryRead:
        """Everything, as reading.read_directory says, in a process of its own."""
        return await read_in_child(Request(self.config, known_photos, now))

    async def check(self) -> "Reached":
        """Which server answers, our own account and bases being right."""
        return await self._ask(self._client.check)

    async def _ask(self, question: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, question)
