"""The port to the antivirus, and the one rule about what may be read of what it has seen.

A version is born pending where there is a scanner, unscanned where there is none; a job (collab/files/safety.py) asks
the scanner. Every door that gives out bytes, or what is made of them, passes `check_offered`. web/outbound/clamd.py is
the adapter; main.py sets the policy.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Denied
from collab.core.i18n import msg
from collab.files.models import FileVersion, ScanState
from collab.files.storage import Content


class Why(StrEnum):
    """Why a version is unscanned."""

    NO_SCANNER = "no_scanner"
    TOO_LARGE = "too_large"
    ENCRYPTED = "encrypted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Scanning:
    """What the administrator decided. `active`: there is a scanner; `allow_unscanned`: what it has not seen is read."""

    active: bool = False
    allow_unscanned: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a scanner says. `detail`: the signature of what is infected, a Why for what is unscanned."""

    state: ScanState
    detail: str = ""


class ScannerFailed(Exception):
    """The scanner does not answer, or answers what nobody understands: it is worth trying again."""


class Scanner(Protocol):
    """An antivirus. `largest`: bytes of what it takes, and of what it looks into inside an archive."""

    @property
    def largest(self) -> int:
        """In bytes."""
        ...

    async def scan(self, content: Content) -> Verdict:
        """Read all of it. Raises ScannerFailed, and Damaged where the bytes are not there."""
        ...

    async def version(self) -> str:
        """What it calls itself, its signatures included; another text means other signatures. Raises ScannerFailed."""
        ...


def at_birth(policy: Scanning) -> Verdict:
    """What is known of a version when it arrives."""
    return Verdict(ScanState.PENDING) if policy.active else Verdict(ScanState.UNSCANNED, Why.NO_SCANNER)


def refusal(scan: str, made_by: UUID | None, reader: UUID | None, policy: Scanning) -> Denied | None:
    """Why these bytes are not given to `reader` (None: nobody in person); None when they are. Pure."""
    if scan == ScanState.INFECTED:
        return Denied(
            "files.infected", msg("This version holds malware: it is kept in quarantine and nobody reads it.")
        )
    if scan == ScanState.PENDING and (made_by is None or made_by != reader):
        return Denied(
            "files.scan_pending", msg("This version is just being checked for malware. Try again in a moment.")
        )
    if scan == ScanState.UNSCANNED and not policy.allow_unscanned:
        return Denied(
            "files.unscanned", msg("This version could not be checked for malware, so it is not given out here.")
        )
    return None


def offered_states(policy: Scanning) -> frozenset[str]:
    """The states in which everybody who may see a file may read it, as `refusal` has it."""
    return frozenset(state.value for state in ScanState if refusal(state.value, None, None, policy) is None)


def check_offered(tx: Tx, actor: Actor, version: FileVersion) -> None:
    """Raise Denied unless these bytes, and what is made of them, may be given to the actor, who may see the file."""
    check_given(tx, actor, version.scan, version.made_by)


def check_given(tx: Tx, actor: Actor, scan: str, made_by: UUID | None) -> None:
    """The same, of what is known of a version."""
    denied = refusal(scan, made_by, actor.person_id, tx.policy(Scanning))
    if denied is not None:
        raise denied
