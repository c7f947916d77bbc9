"""Statements that are taken apart once: their SQL, what turns values into the driver's, what turns rows back.

SQLAlchemy finds out for each execution what it found out for the one before, which costs a hundred times what SQLite
needs for a row by its key. Hot paths run these instead (`tx.run`); what they are made of is still a statement of
SQLAlchemy's, and PostgreSQL, whose trips cost more than that, executes it as such.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from pydantic_core import PydanticUndefined
from sqlalchemy import Table, insert, inspect
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.sql import Executable
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

_DIALECT = SQLiteDialect_pysqlite()
_LIST = re.compile(r"__\[POSTCOMPILE_(\w+)\]")

M = TypeVar("M", bound=SQLModel)

Convert = Callable[[Any], Any] | None


class Prepared:
    """One statement, and its form on SQLite. Parameters are bindparams; one that is `expanding` takes a list."""

    def __init__(self, statement: Executable) -> None:
        self.statement = statement
        self._form: _Form | None = None

    @property
    def form(self) -> "_Form":
        """As SQLite runs it; taken apart when it is first asked for."""
        if self._form is None:
            self._form = _Form(self.statement)
        return self._form


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a model, for statements that concern no row of it that SQLAlchemy knows."""
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
    return table


def made(model: type[M], **values: Any) -> M:
    """A row made as SQLAlchemy makes those that it has read: no constructor, no history. To be given to `tx.insert`."""
    row: M = _makers(model).new_instance()
    row.__dict__.update(_usual(model), **values)
    return row


@cache
def _makers(model: type[SQLModel]) -> Any:
    return inspect(model).class_manager


@cache
def _usual(model: type[SQLModel]) -> Mapping[str, Any]:
    """What columns hold when nothing is said of them."""
    fields = model.model_fields
    return {name: field.default for name, field in fields.items() if field.default is not PydanticUndefined}


@cache
def inserting(model: type[SQLModel]) -> Prepared:
    """The insertion of a whole row of this table, given column by column."""
    return Prepared(insert(table_of(model)))


class _Form:
    """The SQL, and for each of its places the name, the constant and the conversion of what stands there."""

    def __init__(self, statement: Any) -> None:
        compiled = statement.compile(dialect=_DIALECT)
        self._sql: str = compiled.string
        self._lists = frozenset(_LIST.findall(self._sql))
        self._usual = compiled.params
        self._places = [(name, _way_in(compiled.binds[name].type)) for name in compiled.positiontup or ()]
        returned = getattr(statement, "exported_columns", ())
        ways = [(number, _way_back(column.type)) for number, column in enumerate(returned)]
        self._back = [(number, way) for number, way in ways if way is not None]

    def asked(self, values: Mapping[str, Any]) -> tuple[str, list[Any]]:
        """The SQL and the driver's values."""
        given: list[Any] = []
        for name, convert in self._places:
            value = values[name] if name in values else self._usual[name]
            if name in self._lists:
                given += [convert(one) for one in value] if convert is not None else value
            else:
                given.append(convert(value) if convert is not None else value)
        return self._with_lists(values) if self._lists else self._sql, given

    def _with_lists(self, values: Mapping[str, Any]) -> str:
        def marks(match: re.Match[str]) -> str:
            return ", ".join("?" * len(values[match[1]])) or "SELECT 1 WHERE 0"

        return _LIST.sub(marks, self._sql)

    def told(self, rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
        """The driver's rows as those who asked know them."""
        if not self._back:
            return [tuple(row) for row in rows]
        found = []
        for row in rows:
            values = list(row)
            for number, convert in self._back:
                values[number] = convert(values[number])
            found.append(tuple(values))
        return found


def _way_in(kind: TypeEngine[Any]) -> Convert:
    return kind.dialect_impl(_DIALECT).bind_processor(_DIALECT)


def _way_back(kind: TypeEngine[Any]) -> Convert:
    return kind.dialect_impl(_DIALECT).result_processor(_DIALECT, None)


def translated(error: sqlite3.Error, sql: str) -> DBAPIError:
    """The driver's error as SQLAlchemy would raise it; without the values, which may be what people wrote."""
    kind = DBAPIError
    if isinstance(error, sqlite3.IntegrityError | sqlite3.OperationalError):
        kind = IntegrityError if isinstance(error, sqlite3.IntegrityError) else OperationalError
    return kind(sql, None, error, hide_parameters=True)
