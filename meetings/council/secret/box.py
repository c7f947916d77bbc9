"""The folder of the keys of secret ballots: outside of the database, left out of backups, emptied when ballots end.

The server reads a ballot's seal to close envelopes. What opens them it never reads: a program of its own does
(sealing.py), so that no later look at this process's memory finds it.
"""

import asyncio
import base64
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from collab.core.errors import Conflict, Unavailable
from collab.core.i18n import msg
from meetings.council.secret.sealing import files_of, seal_outer, sync_folder

# Backup programs that look for this file leave the folder out (bford.info/cachedir).
CACHE_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Keys of secret ballots: never to be copied.\n"
YOUNG_SECONDS = 3600
ENDED = ".ended"  # of a ballot whose keys are destroyed and whose deleted rows are not yet


@dataclass(frozen=True, slots=True)
class BallotBox:
    """Where the keys lie; without a folder no secret ballot is held."""

    folder: Path | None = None

    @property
    def place(self) -> Path:
        """The folder, made where there is none. Raises Unavailable."""
        if self.folder is None:
            raise Unavailable("council.no_box", msg("No place for the keys of secret ballots is set on this server."))
        if not self.folder.is_dir():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.folder / "CACHEDIR.TAG").write_text(CACHE_TAG, encoding="ascii")
        return self.folder

    async def make(self, ballot: UUID) -> str:
        """Make the keys of a ballot; gives the public one in Base64."""
        await asyncio.to_thread(lambda: self.place)
        return (await self._run("make", ballot)).decode().strip()

    def close_envelope(self, ballot: UUID, inner: bytes) -> bytes:
        """The envelope as it is stored. Raises Conflict where the ballot's seal is gone."""
        seal, _ = files_of(self.place, ballot.hex)
        try:
            key = seal.read_bytes()  # 32 bytes that were read before; SQLite's transactions run in a thread anyway
        except FileNotFoundError:
            raise _lost() from None
        return seal_outer(key, ballot.bytes, inner)

    async def count(self, ballot: UUID, sealed: Sequence[bytes]) -> Counter[str]:
        """Open the envelopes, in the order given; only totals come back. Raises Conflict where the keys are gone."""
        if not all(path.exists() for path in files_of(self.place, ballot.hex)):
            raise _lost()
        told = json.dumps([base64.b64encode(one).decode() for one in sealed]).encode()
        return Counter(json.loads(await self._run("count", ballot, told)))

    def list_ballots(self, *, old: bool = False) -> set[UUID]:
        """The ballots of which something is here; `old`: those that are not being opened right now."""
        if self.folder is None or not self.folder.is_dir():
            return set()
        limit = time.time() - YOUNG_SECONDS
        paths = [path for path in self.folder.iterdir() if path.suffix in (".seal", ".open", ENDED)]
        return {UUID(hex=path.stem) for path in paths if not old or path.stat().st_mtime < limit}

    def destroy(self, ballot: UUID) -> None:
        """Overwrite the keys of a ballot and take them away, on the disk. A mark stays until `forget`."""
        (self.place / f"{ballot.hex}{ENDED}").touch(0o600)
        for path in files_of(self.place, ballot.hex):
            try:
                with path.open("r+b") as file:
                    file.write(os.urandom(path.stat().st_size))
                    file.flush()
                    os.fsync(file.fileno())
                path.unlink()
            except FileNotFoundError:
                continue
        sync_folder(self.place)

    def forget(self, ballot: UUID) -> None:
        """Take the mark away: nothing is left to be destroyed."""
        (self.place / f"{ballot.hex}{ENDED}").unlink(missing_ok=True)

    async def _run(self, verb: str, ballot: UUID, told: bytes = b"") -> bytes:
        program = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "meetings.council.secret.sealing",
            verb,
            str(self.place),
            ballot.hex,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        answer, _ = await program.communicate(told)
        if program.returncode:
            raise Unavailable("council.no_count", msg("The ballot box does not answer. Nothing was lost: try again."))
        return answer


def _lost() -> Conflict:
    words = msg("The keys of this ballot are gone: what was cast cannot be opened. Withdraw it and hold it again.")
    return Conflict("council.keys_lost", words)
