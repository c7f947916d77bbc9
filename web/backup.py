# ruff: noqa: ASYNC240 - runs in a command's process of its own, whose loop has nothing else to do
"""Backup while the server runs, and restore into an empty folder: database, files and keys, each with its hash.

A backup is one tar: `manifest.json` first, `tables/NAME.ndjson` with every row, `data/…` with the files and keys. Rows
are written in a form that belongs to no database, so a backup of SQLite restores into PostgreSQL and back. What the
database names is in the backup: stored files never change, and they are gathered before and after the rows are read.
"""

import base64
import contextlib
import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.schema import Table

from collab.core import journal
from collab.core.database import Database, Tx
from collab.core.models import UtcDateTime
from web.migrations import current, head, upgrade_connection
from web.migrations.tables import metadata

FORMAT = 1
KEPT = ("files/objects", "keys")  # and not files/incoming, where uploads are under way
KINDS = ("tables/", *(f"data/{folder}/" for folder in KEPT))
ROWS = 1000

TYPES: Mapping[str, sa.types.TypeEngine[Any]] = {
    "uuid": sa.Uuid(),
    "instant": UtcDateTime(),
    "date": sa.Date(),
    "bytes": sa.LargeBinary(),
    "json": sa.JSON(none_as_null=True),
    "boolean": sa.Boolean(),
    "integer": sa.BigInteger(),
    "number": sa.Float(),
    "text": sa.Text(),
}


class BackupError(Exception):
    """The backup or the restore cannot go on; the text says why. Nothing was left half done."""


@dataclass(slots=True)
class Summary:
    """What a backup holds."""

    tables: int = 0
    rows: int = 0
    files: int = 0
    size: int = 0
    journal_head: str = ""


@dataclass(slots=True)
class _Manifest:
    revision: str
    made_at: str
    journal_head: str
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> bytes:
        body = {
            "format": FORMAT,
            "revision": self.revision,
            "made_at": self.made_at,
            "journal_head": self.journal_head,
            "columns": self.columns,
            "hashes": self.hashes,
        }
        return json.dumps({**body, "digest": _digest(body)}, indent=1).encode()


def _digest(body: Mapping[str, Any]) -> str:
    """Of the manifest itself, which names the hashes of all else."""
    return hashlib.sha256(json.dumps(body).encode()).hexdigest()


def kind_of(column_type: sa.types.TypeEngine[Any]) -> str:
    """The name under which a column's values are written; raises for a type that nothing here knows."""
    for name, types in (
        ("uuid", (sa.Uuid,)),
        ("instant", (UtcDateTime,)),
        ("date", (sa.Date,)),
        ("bytes", (sa.LargeBinary,)),
        ("json", (sa.JSON,)),
        ("boolean", (sa.Boolean,)),
        ("integer", (sa.Integer,)),
        ("number", (sa.Float, sa.Numeric)),
        ("text", (sa.String, sa.Enum)),
    ):
        if isinstance(column_type, types):
            return name
    if isinstance(column_type, sa.types.TypeDecorator):
        return kind_of(column_type.impl_instance)
    raise BackupError(f"columns of type {column_type!r} cannot be backed up")


def encode(kind: str, value: Any) -> Any:
    """A value as JSON can hold it."""
    if value is None or kind in ("json", "boolean", "integer", "number", "text"):
        return value
    if kind == "uuid":
        return str(value)
    if kind == "bytes":
        return base64.b64encode(value).decode()
    return value.isoformat()


def decode(kind: str, value: Any) -> Any:
    """The value that `encode` wrote."""
    if value is None or kind in ("json", "boolean", "integer", "number", "text"):
        return value
    if kind == "uuid":
        return UUID(value)
    if kind == "bytes":
        return base64.b64decode(value)
    return datetime.fromisoformat(value) if kind == "instant" else date.fromisoformat(value)


async def back_up(db: Database, data: Path, target: Path) -> Summary:
    """Write the backup to `target` (mode 0600: it holds keys). The file appears only when it is whole."""
    if target.exists():
        raise BackupError(f"{target} exists already")
    revision = await current(db.engine)
    if revision is None:
        raise BackupError("the database is empty")
    summary = Summary()
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.resolve().parent) as scratch:
        work = Path(scratch)
        _gather(data, work / "data")
        async with db.read() as tx:
            manifest = _Manifest(revision, datetime.now(UTC).isoformat(), await journal.head(tx))
            await _write_tables(tx, work / "tables", manifest, summary)
        _gather(data, work / "data")
        for path in _files_below(work):
            name = str(path.relative_to(work))
            manifest.hashes[name] = _sha256(path)
            summary.size += path.stat().st_size
            summary.files += name.startswith("data/")
        partial = work / "whole.tar"
        _pack(work, manifest, partial)
        os.replace(partial, target)  # noqa: PTH105 - the pair of the fsync below
        _sync_folder(target.resolve().parent)
    summary.journal_head = manifest.journal_head
    return summary


def _gather(data: Path, into: Path) -> None:
    """Hard links where the disk allows it, else copies; what is there from the first time stays."""
    for folder in KEPT:
        for path in _files_below(data / folder):
            place = into / path.relative_to(data)
            if place.exists():
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, place)
            except FileNotFoundError:
                continue  # an upload that was given up between the listing and now
            except OSError:
                shutil.copy2(path, place)


async def _write_tables(tx: Tx, folder: Path, manifest: _Manifest, summary: Summary) -> None:
    folder.mkdir()
    for table in metadata.sorted_tables:
        kinds = {column.name: kind_of(column.type) for column in table.columns}
        manifest.columns[table.name] = kinds
        summary.tables += 1
        with (folder / f"{table.name}.ndjson").open("w", encoding="utf-8") as out:
            async for row in _rows(tx, table):
                values = [encode(kind, value) for kind, value in zip(kinds.values(), row, strict=True)]
                out.write(json.dumps(values, ensure_ascii=False) + "\n")
                summary.rows += 1


async def _rows(tx: Tx, table: Table) -> AsyncIterator[Any]:
    statement = sa.select(table).order_by(*table.primary_key.columns).execution_options(yield_per=ROWS)
    async for row in await tx.session.stream(statement):
        yield row


def _pack(work: Path, manifest: _Manifest, target: Path) -> None:
    with target.open("wb") as raw:
        os.fchmod(raw.fileno(), 0o600)
        with tarfile.open(fileobj=raw, mode="w") as tar:
            body = manifest.to_json()
            entry = tarfile.TarInfo("manifest.json")
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
            for name in manifest.hashes:
                tar.add(work / name, name, recursive=False)
        raw.flush()
        os.fsync(raw.fileno())


async def restore(db: Database, data: Path, source: Path) -> Summary:
    """Restore `source` into an empty data folder and database; every hash is checked before a row is written."""
    if any(path for folder in KEPT for path in _files_below(data / folder)):
        raise BackupError(f"{data} is not empty")
    if await current(db.engine) is not None:
        raise BackupError("the database is not empty")
    data.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=data) as scratch:
        work = Path(scratch)
        manifest = _unpack(source, work)
        summary = Summary(journal_head=manifest.journal_head)
        placed: list[Path] = []
        try:
            async with db.engine.begin() as connection:
                await upgrade_connection(connection, manifest.revision)
                for name, kinds in manifest.columns.items():
                    summary.tables += 1
                    summary.rows += await _fill(connection, name, kinds, work / "tables" / f"{name}.ndjson")
                await upgrade_connection(connection, head())
                # Before the commit: a database whose files are missing would be worse than files without database.
                for name in manifest.hashes:
                    if name.startswith("data/"):
                        placed.append(_place(work / name, data / name.removeprefix("data/")))
        except BaseException as error:
            for path in placed:
                path.unlink()
            for folder in KEPT:
                _remove_empty(data, folder)
            if isinstance(error, sa.exc.SQLAlchemyError):
                raise BackupError(f"the rows do not fit the database ({type(error).__name__})") from error
            raise
    summary.files = len(placed)
    summary.size = sum(path.stat().st_size for path in placed)
    return summary


def _place(path: Path, place: Path) -> Path:
    """Move a file to where it belongs, durably."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with path.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(path, place)  # noqa: PTH105 - same disk, atomic
    _sync_folder(place.parent)
    return place


def _remove_empty(data: Path, folder: str) -> None:
    """Take away the folders that were made for what is not restored."""
    for path in sorted((data / folder).rglob("*"), reverse=True):
        path.rmdir()
    for path in (data / folder, *(data / folder).parents):
        if path == data:
            return
        with contextlib.suppress(OSError):
            path.rmdir()


def _unpack(source: Path, work: Path) -> _Manifest:
    try:
        with tarfile.open(source, "r:") as tar:
            tar.extractall(work, filter="data")
        body = json.loads((work / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, tarfile.TarError, ValueError) as error:
        raise BackupError(f"{source} is not a backup of ours ({type(error).__name__})") from None
    if body.get("format") != FORMAT:
        raise BackupError(f"{source} is of format {body.get('format')}, this program reads {FORMAT}")
    manifest = _Manifest(
        body["revision"], body["made_at"], body["journal_head"], columns=body["columns"], hashes=body["hashes"]
    )
    for name, digest in manifest.hashes.items():
        path = work / name
        if not name.startswith(KINDS) or ".." in path.parts:
            raise BackupError(f"{name} is nothing that a backup of ours holds")
        if not path.is_file() or _sha256(path) != digest:
            raise BackupError(f"{name} is missing from the backup or was changed")
    if body.pop("digest", None) != _digest(body):
        raise BackupError("manifest.json was changed")
    return manifest


async def _fill(connection: AsyncConnection, name: str, kinds: dict[str, str], file: Path) -> int:
    """Insert a table's rows as they were, parents before children, in place of those a migration has put there."""
    table = sa.table(name, *[sa.column(column, TYPES[kind]) for column, kind in kinds.items()])
    await connection.execute(sa.delete(table))
    count = 0
    for rows in _generations(name, _read_rows(kinds, file)):
        for start in range(0, len(rows), ROWS):
            await connection.execute(sa.insert(table), rows[start : start + ROWS])
        count += len(rows)
    return count


def _read_rows(kinds: dict[str, str], file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            values = json.loads(line)
            yield {name: decode(kind, value) for (name, kind), value in zip(kinds.items(), values, strict=True)}


def _generations(name: str, rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Batches in an order that foreign keys allow: a table that points to itself goes level by level."""
    table = metadata.tables.get(name)
    own = [] if table is None else [key for key in table.foreign_keys if key.column.table is table]
    if not own:
        batch: list[dict[str, Any]] = []
        for row in rows:
            batch.append(row)
            if len(batch) == ROWS:
                yield batch
                batch = []
        if batch:
            yield batch
        return
    waiting = list(rows)
    done: set[Any] = {None}
    while waiting:
        ready = [row for row in waiting if all(row[key.parent.name] in done for key in own)]
        if not ready:
            raise BackupError(f"the rows of {name} point to one another in a circle")
        done.update(row["id"] for row in ready)
        waiting = [row for row in waiting if row["id"] not in done]
        yield ready


def _files_below(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
