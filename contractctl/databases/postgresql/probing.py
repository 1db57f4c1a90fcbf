"""Does an expression give the same value for the same row, whenever it is asked? PostgreSQL itself is asked.

It makes a temporary view of the expression, which is taken back, and knows of everything in it whether it is IMMUTABLE:
https://www.postgresql.org/docs/current/xfunc-volatility.html. What is only STABLE must not hang on more than the
settings that contractctl's triggers and sessions have, always the same ones; the time zone is not among them, since
there the application's own counts.
"""

import re
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from contractctl.databases import Column, run
from contractctl.databases.postgresql.names import literal, quote
from contractctl.databases.postgresql.tokens import Sort, spoken

_PROBE = "contractctl_probe"
_SETTLED = (
    *("array_to_json", "array_to_string", "concat", "concat_ws", "format", "json_build_array", "json_build_object"),
    *("json_object", "jsonb_build_array", "jsonb_build_object", "quote_literal", "quote_nullable", "row_to_json"),
    *("anytextcat", "textanycat", "to_char", "to_date", "to_json", "to_jsonb", "to_number"),
)
"""STABLE functions of PostgreSQL's own that hang on their arguments and on settings of ours alone."""
_NO_RIGHT = "42501"
"""https://www.postgresql.org/docs/current/errcodes-appendix.html: insufficient_privilege."""
_ZONED = "'timestamptz'::regtype, 'timetz'::regtype"
_LOOKED_UP = "^reg"
"""Types whose input is looked up in the catalogue."""
_MANY = {"AGGREF": "an aggregate", "WINDOWFUNC": "a window function", "SUBLINK": "a subquery"}
_CALLS = re.compile(r":(?:funcid|opfuncid) (\d+)")
_OPERATORS = re.compile(r":opno (\d+)")
_READ = re.compile(r":resulttype (\d+)")
"""The types into which values are converted."""
_SHOWN = re.compile(
    r"\{COERCEVIAIO :arg \{\w+ (?::\w+ \S+ )*?"
    r":(?:vartype|funcresulttype|opresulttype|consttype|casetype|coalescetype|minmaxtype|refrestype) (\d+)"
)
"""The types of values that are converted by way of their text."""

_OF_ZONE = "depends on the session's time zone: name one in the expression, as in at AT TIME ZONE 'UTC'"


def refusal(connection: Connection, _table: str, expression: str, columns: Iterable[Column]) -> str | None:
    """What PostgreSQL has against an expression over these columns, as the end of a sentence.

    Nothing is said where nobody can be asked: where this user may make no temporary view.
    """
    found = tuple(columns)
    made = {column.name for column in found if column.generated}
    for token in spoken(expression):
        if token.sort in (Sort.WORD, Sort.QUOTED) and token.name in made:
            return f"names '{token.name}', which is generated only once the row is written: use its expression instead"
    row = ", ".join(f"NULL::{column.type} AS {quote(column.name)}" for column in found)
    savepoint = connection.begin_nested()
    try:
        run(
            connection,
            f"CREATE TEMPORARY VIEW {_PROBE} AS SELECT ({expression}) AS value FROM (SELECT {row}) AS contractctl_row",
        )
        return next(_found(connection), None)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _NO_RIGHT:
            return None
        return f"cannot be computed here: {str(error.orig).splitlines()[0]}"
    finally:
        savepoint.rollback()


def _found(connection: Connection) -> Iterator[str]:
    query = f"SELECT ev_action::text FROM pg_catalog.pg_rewrite WHERE ev_class = 'pg_temp.{_PROBE}'::regclass"
    tree = str(run(connection, query).scalar_one())
    for node, name in _MANY.items():
        if f"{{{node} " in tree:
            yield f"depends on more than its own row: it has {name}"
    if "{SQLVALUEFUNCTION " in tree:
        yield "depends on the clock or the session"
    if operators := _OPERATORS.findall(tree):
        called = f"SELECT oprcode::oid FROM pg_catalog.pg_operator WHERE oid IN ({', '.join(operators)})"
        yield from _calls(connection, [*_CALLS.findall(tree), *map(str, run(connection, called).scalars())])
    else:
        yield from _calls(connection, _CALLS.findall(tree))
    if "{COERCEVIAIO " in tree:
        yield from _conversions(connection, [*_READ.findall(tree), *_SHOWN.findall(tree)])


def _calls(connection: Connection, numbers: list[str]) -> Iterator[str]:
    if not numbers:
        return
    settled = ", ".join(map(literal, _SETTLED))
    query = _FUNCTIONS.format(numbers=", ".join(numbers), zoned=_ZONED, settled=settled)
    for name, volatile, many, zoned in run(connection, query):
        if many:
            yield f"returns more than one value: {name} returns a set"
        elif volatile:
            yield f"does not always give the same value: {name} is VOLATILE"
        elif zoned:
            yield _OF_ZONE
        else:
            yield (
                f"may give a different value at another time: {name} is STABLE, not IMMUTABLE; if its value depends"
                " on its arguments alone, wrap it in a function declared IMMUTABLE"
            )


_FUNCTIONS = """
SELECT p.oid::regprocedure::text, p.provolatile = 'v', p.proretset,
  p.pronamespace = 'pg_catalog'::regnamespace AND ARRAY[{zoned}]::oid[] && (p.proargtypes::oid[] || p.prorettype)
FROM pg_catalog.pg_proc p
WHERE p.oid IN ({numbers}) AND (p.proretset OR p.provolatile = 'v' OR p.provolatile = 's' AND NOT (
  p.pronamespace = 'pg_catalog'::regnamespace AND p.proname IN ({settled})
  AND NOT ARRAY[{zoned}]::oid[] && (p.proargtypes::oid[] || p.prorettype)))
ORDER BY p.provolatile DESC, 1
"""


def _conversions(connection: Connection, types: list[str]) -> Iterator[str]:
    """Texts that are read as a moment, or show one: as of the session's zone."""
    numbers = ", ".join(types)
    query = f"SELECT oid IN ({_ZONED}), typname ~ '{_LOOKED_UP}' FROM pg_catalog.pg_type WHERE oid IN ({numbers})"
    for zoned, looked_up in run(connection, query):
        if zoned:
            yield _OF_ZONE
        elif looked_up:
            yield "looks a name up in the catalogue"
