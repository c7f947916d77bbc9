"""The journal: what was done with rights, files, votes and personal data, append-only and hash-chained.

One chain per space, one for the platform, and one of the chains' heads. An entry holds ids, an action and the salted
hash of its details; the details stand in a table of their own and can be erased without breaking the chain. Entries
are written by the unit of work just before its commit. `verify` finds a changed, removed or inserted entry; a head
noted elsewhere (log, minutes, backup) shows a cut tail.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import JSON, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, SQLModel, UniqueConstraint, col

from collab.core.access import Actor
from collab.core.ids import new_id
from collab.core.models import Record, utc_field
from collab.core.prepared import Prepared, inserting, table_of

if TYPE_CHECKING:
    from collab.core.database import Tx

PLATFORM = "platform"
HEADS = "heads"
GENESIS = "0" * 64
AT_ONCE = 25


class JournalEntry(Record, table=True):
    """One thing done. `hash` covers every other column and the entry before it in its chain."""

    __tablename__ = "journal_entry"
    __table_args__ = (UniqueConstraint("chain", "seq"),)

    chain: str = Field(max_length=40, index=True)
    seq: int
    at: datetime = utc_field()
    actor_kind: str = Field(max_length=10)
    actor_id: UUID | None = Field(default=None, index=True)
    action: str = Field(max_length=60)
    subject_id: UUID | None = Field(default=None, index=True)
    details_hash: str = Field(max_length=64)
    previous: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class JournalDetails(SQLModel, table=True):
    """What an entry's hash of details stands for: names, titles, addresses. Erasable."""

    __tablename__ = "journal_details"

    entry_id: UUID = Field(primary_key=True, foreign_key="journal_entry.id")
    salt: str = Field(max_length=32)
    details: dict[str, Any] = Field(sa_type=JSON)


class JournalHead(SQLModel, table=True):
    """Where each chain ends. Locked while a transaction appends to it."""

    __tablename__ = "journal_head"

    chain: str = Field(primary_key=True, max_length=40)
    seq: int
    hash: str = Field(max_length=64)


class JournalSeal(SQLModel, table=True):
    """The chain of heads: which head each chain had reached, in the order of the commits."""

    __tablename__ = "journal_seal"

    seq: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    chain: str = Field(max_length=40)
    chain_seq: int
    chain_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)


@dataclass(frozen=True, slots=True)
class Pending:
    """An entry that a transaction owes."""

    actor: Actor
    action: str
    space: UUID | None
    subject: UUID | None
    details: dict[str, Any]

    @property
    def chain(self) -> str:
        return str(self.space) if self.space else PLATFORM


@dataclass(slots=True)
class Report:
    """What a verification found. `head` is `seq:hash` of the chain of heads."""

    entries: int = 0
    erased: int = 0
    head: str = f"0:{GENESIS}"
    faults: list[str] = field(default_factory=list)


def _digest(*parts: object) -> str:
    text = json.dumps([str(part) if part is not None else None for part in parts], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def hash_details(salt: str, details: dict[str, Any]) -> str:
    """SHA-256 of the salt and the canonical JSON of the details."""
    canonical = json.dumps(details, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256((salt + canonical).encode()).hexdigest()


class _Line(NamedTuple):
    """An entry before its hash is known."""

    id: UUID
    chain: str
    seq: int
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    action: str
    subject_id: UUID | None
    details_hash: str
    previous: str


def hash_entry(entry: JournalEntry | _Line) -> str:
    """SHA-256 over the entry and the hash of the one before."""
    return _digest(
        entry.previous,
        entry.id,
        entry.chain,
        entry.seq,
        _instant(entry.at),
        entry.actor_kind,
        entry.actor_id,
        entry.action,
        entry.subject_id,
        entry.details_hash,
    )


def hash_seal(previous: str, seq: int, chain: str, chain_seq: int, chain_hash: str) -> str:
    """SHA-256 of one link of the chain of heads."""
    return _digest(previous, seq, chain, chain_seq, chain_hash)


@dataclass(slots=True)
class _Head:
    """Where a chain ends, as it moves on."""

    seq: int
    hash: str


_HEADS_OF = Prepared(
    select(col(JournalHead.chain), col(JournalHead.seq), col(JournalHead.hash))
    .where(col(JournalHead.chain).in_(bindparam("chains", expanding=True)))
    .order_by(col(JournalHead.chain) != HEADS, col(JournalHead.chain))
    .with_for_update()
)
_MOVE = Prepared(
    update(table_of(JournalHead))
    .where(table_of(JournalHead).c.chain == bindparam("of"))
    .values(seq=bindparam("to_seq"), hash=bindparam("to_hash"))
)
_ENTRY, _DETAILS, _SEAL = inserting(JournalEntry), inserting(JournalDetails), inserting(JournalSeal)


async def _lock_heads(tx: "Tx", chains: list[str]) -> dict[str, _Head]:
    """The heads, made where missing and locked. Whoever makes or locks one holds that of all chains, so none cross."""
    heads = await _locked(tx, chains)
    if HEADS not in heads:
        await _make(tx, [HEADS])
        heads = await _locked(tx, chains)
    missing = [name for name in chains if name not in heads]
    if missing:
        await _make(tx, missing)
        heads = await _locked(tx, chains)
    return heads


async def _locked(tx: "Tx", chains: list[str]) -> dict[str, _Head]:
    return {chain: _Head(seq, digest) for chain, seq, digest in await tx.run(_HEADS_OF, chains=chains)}


async def _make(tx: "Tx", chains: list[str]) -> None:
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    rows = [{"chain": name, "seq": 0, "hash": GENESIS} for name in chains]
    await tx.execute(insert(JournalHead).on_conflict_do_nothing(), rows)


async def write(tx: "Tx", pending: Sequence[Pending]) -> None:
    """Append what the transaction owes; called once, by the unit of work, just before the commit."""
    if not pending:
        return
    touched = sorted({entry.chain for entry in pending})
    heads = await _lock_heads(tx, [HEADS, *touched])
    for start in range(0, len(pending), AT_ONCE):
        await _append(tx, heads, pending[start : start + AT_ONCE])
    top = heads[HEADS]
    seals: list[dict[str, Any]] = []
    for chain in touched:
        head = heads[chain]
        top.hash = hash_seal(top.hash, top.seq + 1, chain, head.seq, head.hash)
        top.seq += 1
        seals.append(
            {
                "seq": top.seq,
                "chain": chain,
                "chain_seq": head.seq,
                "chain_hash": head.hash,
                "hash": top.hash,
            }
        )
    await tx.run_many(_SEAL, seals)
    await tx.run_many(_MOVE, [{"of": chain, "to_seq": end.seq, "to_hash": end.hash} for chain, end in heads.items()])


async def _append(tx: "Tx", heads: dict[str, _Head], pending: Sequence[Pending]) -> None:
    """Write some entries and move their heads on; few at once, so that thousands do not hold the event loop."""
    entries: list[dict[str, Any]] = []
    details: list[dict[str, Any]] = []
    for owed in pending:
        head = heads[owed.chain]
        salt = os.urandom(16).hex()
        told = json.loads(json.dumps(_with_reason(owed), default=str))
        entry = _Line(
            id=new_id(),
            chain=owed.chain,
            seq=head.seq + 1,
            at=tx.now,
            actor_kind=owed.actor.kind.value,
            actor_id=owed.actor.id,
            action=owed.action,
            subject_id=owed.subject,
            details_hash=hash_details(salt, told),
            previous=head.hash,
        )
        head.seq, head.hash = entry.seq, hash_entry(entry)
        entries.append({**entry._asdict(), "hash": head.hash})
        details.append({"entry_id": entry.id, "salt": salt, "details": told})
    await tx.run_many(_ENTRY, entries)
    await tx.run_many(_DETAILS, details)


def _with_reason(owed: Pending) -> dict[str, Any]:
    return {**owed.details, "reason": owed.actor.reason} if owed.actor.reason else owed.details


async def head(tx: "Tx") -> str:
    """`seq:hash` of the chain of heads: note it elsewhere, and a cut tail will show."""
    top = await tx.get(JournalHead, HEADS)
    return f"{top.seq}:{top.hash}" if top else f"0:{GENESIS}"


async def last_entry(tx: "Tx", subject: UUID, slice_: str) -> JournalEntry | None:
    """The last thing that was done to a subject, of the actions whose name begins with `slice_`."""
    statement = select(JournalEntry).where(
        col(JournalEntry.subject_id) == subject, col(JournalEntry.action).startswith(slice_, autoescape=True)
    )
    found: JournalEntry | None = await tx.one(statement.order_by(col(JournalEntry.id).desc()).limit(1))
    return found


async def erase_details_of(tx: "Tx", person_id: UUID) -> int:
    """Erase the details of every entry that a person made or that is about them."""
    about = select(col(JournalEntry.id)).where(
        (col(JournalEntry.actor_id) == person_id) | (col(JournalEntry.subject_id) == person_id)
    )
    result = await tx.execute(delete(JournalDetails).where(col(JournalDetails.entry_id).in_(about)))
    return result.rowcount


async def verify(tx: "Tx", expect: str | None = None) -> Report:
    """Walk every chain. `expect`: a head noted earlier, as `seq:hash`; it must still be on the chain of heads."""
    report = Report()
    ends = await _verify_chains(tx, report)
    seals = await _verify_seals(tx, report, ends)
    if expect is not None:
        seq, _, digest = expect.partition(":")
        number = int(seq) if seq.isdigit() else -1
        known = GENESIS if number == 0 else seals.get(number)
        if known is None:
            report.faults.append(f"heads: the journal ends at {report.head}, before the expected {expect}")
        elif known != digest:
            report.faults.append(f"heads: entry {seq} is not the expected one")
    return report


async def _verify_chains(tx: "Tx", report: Report) -> dict[str, list[str]]:
    """Every entry against its hash and its neighbour; gives the hashes of each chain, by position."""
    hashes: dict[str, list[str]] = {}
    statement = (
        select(JournalEntry, JournalDetails)
        .outerjoin(JournalDetails, col(JournalDetails.entry_id) == col(JournalEntry.id))
        .order_by(col(JournalEntry.chain), col(JournalEntry.seq))
        .execution_options(yield_per=1000)
    )
    async for entry, details in await tx.session.stream(statement):
        report.entries += 1
        seen = hashes.setdefault(entry.chain, [GENESIS])
        where = f"{entry.chain}: entry {entry.seq}"
        if entry.seq != len(seen):
            report.faults.append(f"{where} stands where {len(seen)} should: one was removed or inserted")
            seen.extend([""] * (entry.seq - len(seen)))
        if seen[-1] and entry.previous != seen[-1]:
            report.faults.append(f"{where} does not follow the one before it")
        if hash_entry(entry) != entry.hash:
            report.faults.append(f"{where} was changed")
        if details is None:
            report.erased += 1
        elif hash_details(details.salt, details.details) != entry.details_hash:
            report.faults.append(f"{where}: its details were changed")
        seen.append(entry.hash)
        tx.session.expunge(entry)
    return hashes


async def _verify_seals(tx: "Tx", report: Report, chains: dict[str, list[str]]) -> dict[int, str]:
    """The chain of heads against itself and against the chains it speaks of."""
    seals: dict[int, str] = {}
    previous, expected = GENESIS, 1
    last: dict[str, int] = {}
    async for seal in await tx.session.stream_scalars(
        select(JournalSeal).order_by(col(JournalSeal.seq)).execution_options(yield_per=1000)
    ):
        if seal.seq != expected:
            report.faults.append(f"heads: {seal.seq} stands where {expected} should")
        elif hash_seal(previous, seal.seq, seal.chain, seal.chain_seq, seal.chain_hash) != seal.hash:
            report.faults.append(f"heads: {seal.seq} was changed")
        chain = chains.get(seal.chain, [GENESIS])
        if seal.chain_seq >= len(chain) or chain[seal.chain_seq] != seal.chain_hash:
            report.faults.append(f"{seal.chain}: entry {seal.chain_seq} is not the one that was sealed")
        last[seal.chain] = seal.chain_seq
        previous, expected = seal.hash, seal.seq + 1
        seals[seal.seq] = seal.hash
        report.head = f"{seal.seq}:{seal.hash}"
    for name, chain in chains.items():
        if last.get(name, 0) != len(chain) - 1:
            report.faults.append(f"{name}: {len(chain) - 1 - last.get(name, 0)} entries were never sealed")
    top = await tx.get(JournalHead, HEADS)
    if top is not None and f"{top.seq}:{top.hash}" != report.head:
        report.faults.append(f"heads: the journal says it ends at {top.seq}, but ends at {report.head}")
    return seals
