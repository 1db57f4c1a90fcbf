"""What of the tables is on its way from one version to the next, and is held against neither?

While a plan is carried out, its columns are there, under their own names or as they are called while they are browned
out, and in their types. Whether they may be NULL, what they are filled with, and which keys, checks and indexes stand
over them changes from stage to stage.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from contractctl.databases.temporary_names import OURS, beside_copied, quiesced
from contractctl.formats.sql.parsing.defined import as_kept
from contractctl.formats.sql.schema import Column, Index, Schema, Table
from contractctl.model.plan import Operation

_CHANGED_WHOLE = frozenset({"create-table", "rename-table", "drop-table", "extract-table"})


@dataclass(slots=True)
class _Moving:
    """What is on its way in one table. Grows with every operation."""

    columns: set[str] = field(default_factory=set)
    beside: dict[str, str] = field(default_factory=dict)
    """Column → the one beside it, in which the values of the new type wait."""
    names: set[str] = field(default_factory=set)
    """Of constraints and indexes."""
    retyped: set[str] = field(default_factory=set)
    """Columns that have the one type or the other, under the same name."""


def beside(operations: Iterable[Operation], dialect: str) -> frozenset[str]:
    """What tables may be called that a plan makes for a while, or browns out."""
    moved = (one for one in operations if one.kind == "copy-table" or one.kind in _CHANGED_WHOLE)
    names = (name for one in moved for table in _tables(one) for name in beside_copied(table))
    return frozenset(_called(name, dialect) for name in names)


def settled(version: Schema, live: Schema, operations: Sequence[Operation]) -> tuple[Schema, Schema]:
    """Both without what is on its way; the database under the names that it has while nothing is browned out."""
    moving: Mapping[str, _Moving] = defaultdict(_Moving)
    whole: set[str] = set()
    ours = beside(operations, version.dialect)
    live = replace(live, tables={k: v for k, v in live.tables.items() if k not in ours})
    for operation in operations:
        _collect(moving, operation, version.dialect)
        if operation.kind in _CHANGED_WHOLE:
            whole |= {_called(name, version.dialect) for name in _tables(operation)}
    gone = {name for name in whole if name not in live.tables}
    version = replace(version, tables={k: v for k, v in version.tables.items() if k not in gone})
    for name, parts in moving.items():
        if name not in version.tables or name not in live.tables:
            continue
        given = _as_between(live.tables[name], parts)
        version = _with(version, name, _without(version.tables[name], parts, given), parts)
        live = _with(live, name, _without(given, parts, given), parts)
    return version, _without_ours(live)


def on_its_way(path: str, operations: Sequence[Operation], dialect: str) -> bool:
    """Whether a path, `table` or `table.column`, is of something that the operations move."""
    moving: Mapping[str, _Moving] = defaultdict(_Moving)
    for operation in operations:
        _collect(moving, operation, dialect)
    whole = {_called(name, dialect) for one in operations if one.kind in _CHANGED_WHOLE for name in _tables(one)}
    table, _, column = path.rpartition(".")
    if _called(path, dialect) in whole or _called(table, dialect) in whole:
        return True
    parts = moving[_called(table, dialect)]
    return _fold(column, dialect) in parts.columns | parts.retyped


def _tables(operation: Operation) -> Iterator[str]:
    match operation.kind:
        case "copy-table":
            yield operation.subject
        case "extract-table":
            yield operation.parameters["to"]
        case _:
            names = (operation.parameters.get("to"), operation.subject, operation.new, operation.old)
            yield from (name for name in names if name is not None)


def _collect(moving: Mapping[str, _Moving], operation: Operation, dialect: str) -> None:
    parts, parameters = moving[_called(operation.subject, dialect)], operation.parameters
    other = moving[_called(parameters["to"], dialect)] if "to" in parameters else parts
    pairs = _pairs(parameters.get("columns", "")) if operation.kind == "extract-table" else ()
    olds = [operation.old, *(operation.regroup.downs if operation.regroup else ()), *(old for old, _ in pairs)]
    news = [operation.new, *(operation.regroup.ups if operation.regroup else ()), *(new for _, new in pairs)]
    if _is_part(operation):
        parts.names |= {_fold(name, dialect) for name in (*olds, *news, parameters.get("becomes")) if name}
        columns = parameters.get("columns", "").split(",")
        parts.columns |= {_fold(name.strip(), dialect) for name in columns if name.strip()}
        return
    if operation.kind == "copy-table":
        within = filter(None, parameters.get("within", "").split(","))
        parts.retyped |= {_fold(name, dialect) for name in (*olds, *within) if name}
        return
    parts.columns |= {_fold(name, dialect) for name in olds if name}
    other.columns |= {_fold(name, dialect) for name in news if name}
    if "via" in parameters and operation.old is not None:
        parts.columns.add(_fold(parameters["via"], dialect))
        parts.beside[_fold(operation.old, dialect)] = _fold(parameters["via"], dialect)


def _is_part(operation: Operation) -> bool:
    return operation.kind.startswith(("add-", "drop-", "create-")) and operation.kind.endswith(
        ("check", "unique", "foreign-key", "index")
    )


def _pairs(text: str) -> list[tuple[str, str]]:
    return [(old, new) for old, _, new in (each.partition("=") for each in text.split(",")) if new]


def _called(table: str, dialect: str) -> str:
    """A table's name, as schemas have it."""
    return as_kept(table.removeprefix("public.") if dialect == "postgresql" else table, dialect)


def _fold(name: str, dialect: str) -> str:
    """A column's, a constraint's or an index's."""
    return name.removeprefix("public.") if dialect == "postgresql" else name.lower()


def _as_between(table: Table, parts: _Moving) -> Table:
    """The table with the names that its columns have while none is browned out."""
    called: dict[str, str] = {}
    for name in parts.columns:
        if table.column(quiesced(name)) is not None:
            called[quiesced(name)] = name
            if table.column(name) is not None and name in parts.beside:
                called[name] = parts.beside[name]
    columns = (
        replace(c, name=called.get(c.name, c.name), written=called.get(c.name, c.written)) for c in table.columns
    )
    return replace(table, columns=tuple(columns))


def _without(table: Table, parts: _Moving, like: Table) -> Table:
    """The table without keys and checks that are on their way, its moving columns as they are in the other table."""
    moving = parts.columns | {quiesced(name) for name in parts.columns}
    return replace(
        table,
        columns=tuple(_as_in(c, like.column(c.name), parts, moving) for c in table.columns),
        uniques=tuple(
            u
            for u in table.uniques
            if not moving & set(u.columns) and u.name not in parts.names and not _mentions(u.expressions, moving)
        ),
        foreign_keys=tuple(k for k in table.foreign_keys if not moving & set(k.columns) and k.name not in parts.names),
        checks=tuple(c for c in table.checks if not moving & c.columns and c.name not in parts.names),
    )


def _as_in(column: Column, other: Column | None, parts: _Moving, moving: set[str]) -> Column:
    if column.name in parts.retyped and other is not None:
        return replace(column, type=other.type)
    return _alike(column, other) if column.name in moving else column


def _alike(column: Column, other: Column | None) -> Column:
    if other is None:
        return column
    return replace(
        column,
        nullable=other.nullable,
        default=other.default,
        counted=other.counted,
        always=other.always,
        generated=other.generated,
        collation=other.collation,
    )


def _with(schema: Schema, name: str, table: Table, parts: _Moving) -> Schema:
    indexes = tuple(i for i in schema.indexes if i.table != name or not _is_moving(i, parts))
    return replace(schema, tables={**schema.tables, name: table}, indexes=indexes)


def _is_moving(index: Index, parts: _Moving) -> bool:
    return index.name in parts.names or _mentions((index.meaning,), parts.columns)


def _mentions(texts: Iterable[str], columns: set[str]) -> bool:
    """Whether a text names one of the columns; `id` is not named by `user_id`."""
    names = "|".join(map(re.escape, columns))
    return bool(columns) and any(re.search(rf"(?<!\w)(?:{names})(?!\w)", text) for text in texts)


def _without_ours(live: Schema) -> Schema:
    """The database without columns and indexes that contractctl has put there for itself."""
    tables = {
        name: replace(
            table,
            columns=tuple(c for c in table.columns if not c.name.startswith(OURS)),
            checks=tuple(c for c in table.checks if not (c.name or "").startswith(OURS)),
        )
        for name, table in live.tables.items()
    }
    return replace(live, tables=tables, indexes=tuple(i for i in live.indexes if not i.name.startswith(OURS)))
