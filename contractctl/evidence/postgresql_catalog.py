"""What in a PostgreSQL database depends on a column: views, policies, functions, publications?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contractctl.databases import QUIESCED
from contractctl.evidence.questions import Field
from contractctl.evidence.servers import UnusableError
from contractctl.statements import Target, Touch, touch

if TYPE_CHECKING:
    from sqlalchemy import Connection

_TABLES = """
SELECT c.oid, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE lower(c.relname) = lower(:table) AND (:schema = '' OR lower(n.nspname) = lower(:schema))
AND c.relkind IN ('r', 'p', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""
_RELATIVES = """
WITH RECURSIVE up (oid) AS (
  SELECT unnest(CAST(:tables AS oid[])) UNION SELECT i.inhparent FROM pg_inherits i JOIN up ON up.oid = i.inhrelid
), down (oid) AS (
  SELECT oid FROM up UNION SELECT i.inhrelid FROM pg_inherits i JOIN down ON down.oid = i.inhparent
)
SELECT c.oid, c.relname FROM down JOIN pg_class c USING (oid)
"""
_VIEWS = """
SELECT DISTINCT v.oid, v.relname, pg_get_viewdef(v.oid), d.refobjid, coalesce(a.attname, '')
FROM pg_rewrite r JOIN pg_class v ON v.oid = r.ev_class
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND d.refobjsubid > 0
WHERE v.relkind IN ('v', 'm') AND d.refobjid <> v.oid
"""
_DEPENDENTS = """
SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid)
FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY(CAST(:tables AS oid[])) AND d.deptype = 'n'
AND d.classid <> 'pg_rewrite'::regclass AND lower(a.attname) = ANY(CAST(:columns AS text[]))
UNION
SELECT 'publication ' || p.pubname FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
JOIN pg_attribute a ON a.attrelid = r.prrelid AND a.attnum = ANY(r.prattrs)
WHERE r.prrelid = ANY(CAST(:tables AS oid[])) AND lower(a.attname) = ANY(CAST(:columns AS text[]))
"""
_FUNCTIONS = """
SELECT p.proname, p.prosrc FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE l.lanname NOT IN ('internal', 'c') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""
_OWN = "contractctl_"


@dataclass(frozen=True, slots=True)
class Reached:
    """How a column is reached in a database."""

    also: tuple[str, ...]
    """Partitions, and what the table is a partition of."""
    views: tuple[str, ...]
    through: tuple[str, ...]
    """Those, and functions that read it or call one that does: their text may be put in the place of a call."""
    others: tuple[str, ...]
    """Whatever else depends on it, as the server describes it."""


def reached(connection: "Connection", field: Field) -> Reached:
    """Ask the catalog. Raise UnusableError where there is no such table."""
    path, _, column = field.path.rpartition(".")
    schema, _, table = path.rpartition(".")
    found = _rows(connection, _TABLES, {"table": table, "schema": schema})
    if not found:
        raise UnusableError(f"missing source: this database has no table '{path}'")
    relatives = _rows(connection, _RELATIVES, {"tables": [oid for oid, _ in found]})
    tables = [oid for oid, _ in relatives]
    also = tuple(sorted({name for _, name in relatives}))
    columns = [column.casefold(), f"{column.casefold()}{QUIESCED}"]
    target = Target(path, column, "postgresql", also=also, nested_seen=True)
    bodies = _bodies(connection)
    asked = {"tables": tables, "columns": columns}
    dependents = [one for (one,) in _rows(connection, _DEPENDENTS, asked) if _OWN not in one]
    views = set(_views(_rows(connection, _VIEWS, {}), set(tables), set(columns), target))
    functions = set(_naming(bodies, {column.casefold() for column in columns}))
    others = tuple(sorted({*dependents, *(f"function {name}" for name in functions)}))
    return Reached(also, tuple(sorted(views)), tuple(sorted(_callers(bodies, views | functions))), others)


def _views(found: list[tuple[Any, ...]], tables: set[int], columns: set[str], target: Target) -> Iterator[str]:
    """Those that name the column, those that take the whole row, and those upon them."""
    reached = set[int]()
    while True:
        more = {
            view
            for view, _, definition, on, column in found
            if on in reached
            or (on in tables and (column.casefold() in columns or touch(definition, target).touch is not Touch.NONE))
        }
        if more <= reached:
            break
        reached |= more
    yield from sorted({name for view, name, *_ in found if view in reached})


_Bodies = list[tuple[str, frozenset[str]]]


def _bodies(connection: "Connection") -> _Bodies:
    """The functions, each with the words of its body: that is text to the server, and so it is here."""
    from contractctl.statements import texts

    found = _rows(connection, _FUNCTIONS, {})
    return [(name, frozenset(texts.read(body, "postgresql").words)) for name, body in found if _OWN not in name]


def _naming(bodies: _Bodies, wanted: set[str]) -> Iterator[str]:
    return (name for name, words in bodies if wanted & words)


def _callers(bodies: _Bodies, reached: set[str]) -> set[str]:
    """Those, and the functions that name one of them."""
    while True:
        more = set(_naming(bodies, {one.casefold() for one in reached})) - reached
        if not more:
            return reached
        reached = reached | more


def _rows(connection: "Connection", sql: str, values: Mapping[str, object]) -> list[tuple[Any, ...]]:
    from sqlalchemy import text

    # `::` is no parameter
    return [tuple(row) for row in connection.execute(text(sql.replace("::regclass", "\\:\\:regclass")), values)]
