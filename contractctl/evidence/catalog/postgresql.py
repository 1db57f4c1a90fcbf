"""What in a PostgreSQL database depends on a column: views, policies, functions, publications?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from contractctl.databases.temporary_names import OURS, quiesced
from contractctl.evidence.questions import Field
from contractctl.evidence.servers import UnusableError, table_names
from contractctl.statements import EVERYTHING, Target, Touch, touch

if TYPE_CHECKING:
    from sqlalchemy import Connection

_TABLES = """
SELECT c.oid, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE lower(c.relname) = ANY(CAST(:names AS text[])) AND (:schema = '' OR lower(n.nspname) = lower(:schema))
AND c.relkind IN ('r', 'p', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""
_RELATIVES = """
WITH RECURSIVE up (oid) AS (
  SELECT unnest(CAST(:tables AS oid[])) UNION SELECT i.inhparent FROM pg_inherits i JOIN up ON up.oid = i.inhrelid
), down (oid) AS (
  SELECT oid FROM up UNION SELECT i.inhrelid FROM pg_inherits i JOIN down ON down.oid = i.inhparent
)
SELECT c.oid, n.nspname || '.' || c.relname FROM down JOIN pg_class c USING (oid)
JOIN pg_namespace n ON n.oid = c.relnamespace
"""
_OBJECTS = """
SELECT v.oid, v.relname, 'view', pg_get_viewdef(v.oid)
FROM pg_class v JOIN pg_namespace n ON n.oid = v.relnamespace
WHERE v.relkind IN ('v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
UNION ALL
SELECT p.oid, p.proname, l.lanname, coalesce(pg_get_function_sqlbody(p.oid), p.prosrc)
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE l.lanname NOT IN ('internal', 'c') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""
_USES = """
SELECT coalesce(r.ev_class, d.objid), coalesce(t.typrelid, d.refobjid), coalesce(a.attname, ''), t.oid IS NOT NULL
FROM pg_depend d
LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
LEFT JOIN pg_attribute a ON d.refclassid = 'pg_class'::regclass AND a.attrelid = d.refobjid
  AND a.attnum = d.refobjsubid AND d.refobjsubid > 0
LEFT JOIN pg_type e ON d.refclassid = 'pg_type'::regclass AND e.oid = d.refobjid
LEFT JOIN pg_type t ON t.oid = CASE WHEN e.typelem <> 0 THEN e.typelem ELSE e.oid END AND t.typrelid <> 0
WHERE d.classid IN ('pg_rewrite'::regclass, 'pg_proc'::regclass)
  AND d.refclassid IN ('pg_class'::regclass, 'pg_proc'::regclass, 'pg_type'::regclass)
  AND d.refobjid IS DISTINCT FROM r.ev_class
"""
_DEPENDENTS = """
SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid)
FROM pg_depend d LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY(CAST(:tables AS oid[])) AND d.deptype = 'n'
AND d.classid <> 'pg_rewrite'::regclass AND (:whole OR lower(a.attname) = ANY(CAST(:columns AS text[])))
UNION
SELECT 'publication ' || p.pubname FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
LEFT JOIN pg_attribute a ON a.attrelid = r.prrelid AND a.attnum = ANY(r.prattrs)
WHERE r.prrelid = ANY(CAST(:tables AS oid[])) AND (:whole OR lower(a.attname) = ANY(CAST(:columns AS text[])))
"""
_READ = frozenset({"view", "sql"})


@dataclass(frozen=True, slots=True)
class Reached:
    """How a column is reached in a database."""

    also: tuple[str, ...]
    """Partitions, and what the table is a partition of, with their schemas."""
    views: tuple[str, ...]
    through: tuple[str, ...]
    """Those, and functions that read it or call one that does: their text may be put in the place of a call."""
    others: tuple[str, ...]
    """Whatever else depends on it, as the server describes it."""


def reached(connection: "Connection", field: Field) -> Reached:
    """Ask the catalog. Raise UnusableError where there is no such table."""
    schema, _, table = field.table.rpartition(".")
    found = _rows(connection, _TABLES, {"names": table_names(field), "schema": schema})
    if not found:
        raise UnusableError(f"missing source: this database has no table '{field.table}'")
    # what the server knows by more than its name goes on where a table gets another one
    relatives = [] if field.becomes else _rows(connection, _RELATIVES, {"tables": [oid for oid, _ in found]})
    tables = [oid for oid, _ in relatives]
    also = tuple(sorted({name for _, name in relatives}))
    own = table if field.is_whole else field.column
    words = [own.casefold(), quiesced(own).casefold()]
    target = Target(field.table, field.column, "postgresql", also=also, nested_seen=True)
    asked = {"tables": tables, "columns": words, "whole": field.is_whole}
    dependents = [one for (one,) in _rows(connection, _DEPENDENTS, asked) if OURS not in one]
    every = _objects(connection)
    through = _through(every, frozenset(tables), frozenset(words), target)
    functions = {f"function {one.name}" for one in every if not one.is_view and one.words.intersection(words)}
    return Reached(
        also,
        tuple(sorted({one.name for one in through if one.is_view})),
        tuple(sorted({one.name for one in through})),
        tuple(sorted({*dependents, *functions})),
    )


@dataclass(frozen=True, slots=True)
class _Use:
    """What an object uses, as far as the server knows."""

    of: int
    """A relation or a function."""
    column: str
    """Of a relation; empty where it is all of it, or none in particular."""
    as_row: bool
    """As the type of a parameter or of a result."""


@dataclass(frozen=True, slots=True)
class _Object:
    """A view or a function."""

    oid: int
    name: str
    language: str
    """`view` for one."""
    text: str
    words: frozenset[str]
    uses: tuple[_Use, ...]

    @property
    def is_view(self) -> bool:
        return self.language == "view"


def _objects(connection: "Connection") -> list[_Object]:
    from contractctl.statements import texts

    uses = dict[int, list[_Use]]()
    for user, of, column, as_row in _rows(connection, _USES, {}):
        uses.setdefault(user, []).append(_Use(of, column.casefold(), as_row))
    return [
        _Object(oid, name, language, text, frozenset(texts.read(text, "postgresql").words), tuple(uses.get(oid, ())))
        for oid, name, language, text in _rows(connection, _OBJECTS, {})
        if OURS not in name
    ]


def _through(every: list[_Object], tables: frozenset[int], words: frozenset[str], target: Target) -> list[_Object]:
    """Those that reach the column, and those that reach it through them."""
    reached = dict[int, _Object]()
    while True:
        names = frozenset(one.name for one in reached.values())
        known = replace(target, through=names)
        wanted = words | {name.casefold() for name in names}
        more = {
            one.oid: one
            for one in every
            if one.oid not in reached
            and (_uses_it(one, tables, known, frozenset(reached)) or _says_it(one, tables, wanted, known))
        }
        if not more:
            return list(reached.values())
        reached |= more


def _uses_it(one: _Object, tables: frozenset[int], target: Target, reached: frozenset[int]) -> bool:
    """Whether the server knows that it does: by the column, by the table's row, or through another."""
    column = target.column.casefold()
    columns, whole = {column, quiesced(target.column).casefold()}, column == EVERYTHING
    return any(
        use.of in reached or (use.of in tables and (whole or use.column in columns or use.as_row)) for use in one.uses
    )


def _says_it(one: _Object, tables: frozenset[int], wanted: frozenset[str], target: Target) -> bool:
    """Whether its text does. Of a body in SQL every statement is read: it may be called from anywhere."""
    if one.is_view and not any(use.of in tables for use in one.uses):
        return False
    if not one.is_view and one.words & wanted:
        return True
    text = one.text.strip().removeprefix("BEGIN ATOMIC").removesuffix("END")
    return one.language in _READ and touch(text, target).touch is not Touch.NONE


def _rows(connection: "Connection", sql: str, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
    from sqlalchemy import text

    # `::` is not a parameter
    return [tuple(row) for row in connection.execute(text(sql.replace("::regclass", "\\:\\:regclass")), values)]
