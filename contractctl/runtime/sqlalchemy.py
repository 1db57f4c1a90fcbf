"""Which statements of an engine read a column? Counted before each is sent; nothing ever disturbs the application."""

import logging
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, ColumnElement, Engine, Table, TextClause, event
from sqlalchemy.engine.interfaces import Compiled
from sqlalchemy.sql import visitors

from contractctl.runtime.reads import FieldReads, Watched
from contractctl.runtime.statements import Touch, touch

_LOG = logging.getLogger(__name__)


def count_reads(
    engine: Engine, reads: FieldReads, *, contract: str, columns: Iterable[str], contract_version: str = ""
) -> None:
    """Count every statement of this engine that reads one of the `columns` (`orders.customer_name`).

    Statements built with SQLAlchemy are judged by their column objects, plain text by its words.
    """
    watched = [reads.watch(contract, path, contract_version=contract_version) for path in columns]

    def before(  # noqa: PLR0913, PLR0917 - SQLAlchemy's signature
        conn: object, cursor: object, statement: str, parameters: object, context: Any, executemany: object  # noqa: ANN401, ARG001 - as above
    ) -> None:  # fmt: skip
        try:
            compiled = getattr(context, "compiled", None)
            for one in watched:
                _count(one, statement, compiled)
        except Exception:  # noqa: BLE001 - an instrument must never be the reason why an application fails
            _LOG.exception("a statement could not be looked at")

    event.listen(engine, "before_cursor_execute", before)


def _count(watched: Watched, statement: str, compiled: Compiled | None) -> None:
    table, column = watched.path.rsplit(".", 1)
    found = touch(statement, table, column)
    if found is Touch.UNKNOWN:
        watched.not_understood()
    elif found is Touch.READ and not _of_other_tables(compiled, statement, table, column):
        watched.read()


def _of_other_tables(compiled: Compiled | None, statement: str, table: str, column: str) -> bool:
    """Whether every column of that name in the statement is known to belong to another table."""
    if compiled is None or compiled.statement is None or "*" in statement:
        return False
    mapped = [one for entry in getattr(compiled, "_result_columns", None) or () for one in entry.objects]
    elements = [*visitors.iterate(compiled.statement), *mapped]
    if any(isinstance(one, TextClause) or getattr(one, "is_literal", False) for one in elements):
        return False
    owners = [
        getattr(base, "table", None)
        for one in elements
        if isinstance(one, ColumnElement)
        for base in one.base_columns  # what an alias or a subquery stands for
        if isinstance(base, Column) and base.name.casefold() == column.casefold()
    ]
    return bool(owners) and all(isinstance(one, Table) and not _same_table(one.name, table) for one in owners)


def _same_table(owner: str, table: str) -> bool:
    return owner.casefold() == table.rsplit(".", 1)[-1].casefold()
