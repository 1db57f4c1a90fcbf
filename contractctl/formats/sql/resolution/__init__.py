"""Do statements of an application written against the client's tables still work against the provider's?

The client names columns when it SELECTs and INSERTs (unless the contract says that it may not), gives the columns that
it knows, leaves out those that it may, and relies on what the database promised: types, NOT NULL, defaults, keys,
checks. It meets rows that others wrote. Rows of other tables that refer to its own are not held against a new table.
"""

import re
from collections.abc import Iterator

from contractctl.formats.sql.parsing import agreed
from contractctl.formats.sql.resolution.columns import about_column, added, changed, removed
from contractctl.formats.sql.resolution.computed_rows import columns_computed, indexes_computed
from contractctl.formats.sql.resolution.conditions import checks
from contractctl.formats.sql.resolution.constraints import foreign_keys, uniques
from contractctl.formats.sql.resolution.places import misplaced
from contractctl.formats.sql.resolution.views import views
from contractctl.formats.sql.schema import (
    Schema,
    Table,
    Unread,
    column_pointer,
    table_pointer,
)
from contractctl.formats.sql.writing import CHARACTERS
from contractctl.model.verdict import Effect, Found, Incompatibility, Undecided

_OF_A_COLUMN = (CHARACTERS, "ON UPDATE")
"""How clauses begin that touch nobody who does not know their column."""


def incompatibilities(client: Schema, provider: Schema) -> Iterator[Found]:
    """Every reason why statements against the client's tables fail, misread or lose against the provider's."""
    client, provider = agreed(client, provider)
    if client.dialect != provider.dialect:
        reason = f"one version is written for {client.dialect}, the other for {provider.dialect}"
        yield Undecided("", f"{reason}: name the dialect of both")
        return
    yield from _unread(client, provider)
    for name, table in client.tables.items():
        given = provider.tables.get(name)
        if given is None:
            yield _table_removed(table, provider)
        elif given != table:
            yield from _table(table, given, client.dialect)
            if client.by_place:
                yield from misplaced(table, given, client.dialect if client.certain else None)
    yield from _heirs(client, provider)
    yield from _numbers_again(client, provider)
    yield from _types_inside(client, provider)
    yield from indexes_computed(client, provider)
    yield from _searches(client, provider)
    yield from _sequences(client, provider)
    yield from views(client, provider)


def _unread(client: Schema, provider: Schema) -> Iterator[Found]:
    """A statement that both versions have means the same in both; one that only one has may mean anything."""
    texts = [{_normal(unread) for unread in schema.unread} for schema in (client, provider)]
    for index, unread in enumerate(client.unread):
        if _normal(unread) not in texts[1]:
            yield Undecided(_about(unread), f"line {unread.line}: {unread.reason}", taker_at=("unread", index))
    for index, unread in enumerate(provider.unread):
        if _normal(unread) not in texts[0]:
            yield Undecided(_about(unread), f"line {unread.line}: {unread.reason}", giver_at=("unread", index))


def _normal(unread: Unread) -> str:
    return unread.text


def _about(unread: Unread) -> str:
    return f"'{unread.text[:40]}…'" if len(unread.text) > len("CREATE") + 40 else f"'{unread.text}'"


def _table_removed(table: Table, provider: Schema) -> Found:
    at = table_pointer(table.name)
    if table.name in provider.views:
        return Undecided(table.written, "the table is a view now: which statements write to it?", at, at)
    if any(table.name.rsplit(".", 1)[-1].lower() in unread.words for unread in provider.unread):
        return Undecided(table.written, "no statement that could be read makes this table, but another names it", at)
    return Incompatibility("sql-table-removed", Effect.FAILS, table.written, {"table": table.written}, at)


def _table(client: Table, provider: Table, dialect: str) -> Iterator[Found]:
    for column in client.columns:
        given = provider.column(column.name)
        if given is None:
            yield removed(client, provider, column)
        elif given != column:
            yield from changed(client, column, given, dialect)
    for column in provider.columns:
        if client.column(column.name) is None:
            yield from added(client, provider, column, dialect)
    yield from columns_computed(client, provider, dialect)
    yield from _strictness(client, provider)
    yield from _row_number(client, provider)
    yield from uniques(client, provider, dialect)
    yield from foreign_keys(client, provider)
    yield from checks(client, provider, dialect)
    for clause in sorted(set(client.unjudged) ^ set(provider.unjudged)):
        name, _, said = clause.partition(": ")
        if said.startswith(_OF_A_COLUMN) and (client.column(name) is None or provider.column(name) is None):
            continue  # of a column that the client does not know, or no longer finds
        yield Undecided(client.written, f"contractctl does not judge '{clause}'", *2 * (table_pointer(client.name),))


def _strictness(client: Table, provider: Table) -> Iterator[Incompatibility]:
    """SQLite's strict tables refuse values of another type: https://www.sqlite.org/stricttables.html."""
    at = table_pointer(client.name)
    if client.strict and provider.strict:
        yield from _blobs(client, provider)
    if provider.strict and not client.strict and any(c.type.affinity != "ANY" for c in provider.columns):
        yield Incompatibility("sql-strict-added", Effect.FAILS, client.written, {"table": client.written}, at, at)
    if client.strict and not provider.strict and any(c.type.affinity != "ANY" for c in client.columns):
        yield Incompatibility("sql-strict-removed", Effect.MISREADS, client.written, {"table": client.written}, at, at)


def _blobs(client: Table, provider: Table) -> Iterator[Incompatibility]:
    """Of two strict columns that keep values as they are, the one refuses all that are not blobs."""
    for column in client.columns:
        given = provider.column(column.name)
        kinds = column.type.affinity, given.type.affinity if given else None
        types = {"before": column.type.text, "after": given.type.text if given else ""}
        if kinds == ("ANY", "BLOB"):
            yield about_column("sql-type-refused", Effect.FAILS, client, column, **types)
        if kinds == ("BLOB", "ANY"):
            yield about_column("sql-type-changed", Effect.MISREADS, client, column, **types)


def _row_number(client: Table, provider: Table) -> Iterator[Incompatibility]:
    """A table WITHOUT ROWID has no column of that name: https://www.sqlite.org/withoutrowid.html."""
    if client.rowid and not provider.rowid and client.column("rowid") is None:
        at = table_pointer(client.name)
        facts = {"table": client.written, "column": "rowid"}
        yield Incompatibility("sql-column-removed", Effect.FAILS, f"{client.written}.rowid", facts, at, at)


def _numbers_again(client: Schema, provider: Schema) -> Iterator[Found]:
    """AUTOINCREMENT gives no number twice: https://www.sqlite.org/autoinc.html."""
    for name, table in client.tables.items():
        given = provider.tables.get(name)
        if client.dialect == "sqlite" and given is not None and given.reuses and not table.reuses:
            at = table_pointer(name)
            reason = "without AUTOINCREMENT the numbers of deleted rows are used again: who still has them is unknown"
            yield Undecided(table.written, reason, at, at)


def _heirs(client: Schema, provider: Schema) -> Iterator[Undecided]:
    """Rows of PostgreSQL's children are read from their parent, whose keys do not hold for them.

    https://www.postgresql.org/docs/current/ddl-inherit.html#DDL-INHERIT-CAVEATS
    """
    for name, table in client.tables.items():
        given = provider.tables.get(name)
        if given is None or not table.uniques or any(name in heir.inherits for heir in client.tables.values()):
            continue
        for heir in provider.tables.values():
            if name in heir.inherits and heir.name not in client.tables:
                reason = f"rows of '{heir.written}', which inherits from it, are read from it, and its keys do not hold"
                yield Undecided(table.written, f"{reason} for them", *2 * (table_pointer(name),))


def _types_inside(client: Schema, provider: Schema) -> Iterator[Found]:
    """An enum or a domain that is part of another type, of an array above all."""
    changed = {("enum", name) for name, symbols in client.enums.items() if provider.enums.get(name) != symbols}
    changed |= {("domain", name) for name, says in client.domains.items() if provider.domains.get(name) != says}
    for kind, name in sorted(changed):
        for table in client.tables.values():
            for column in table.columns:
                if column.type.text != name and name in re.findall(r"[\w.]+", column.type.text):
                    at = column_pointer(table.name, column.name)
                    told = f"the {kind} '{name}' changed, and contractctl does not judge it"
                    reason = f"{told} inside '{column.type.text}'"
                    yield Undecided(f"{table.written}.{column.written}", reason, at, at)


def _searches(client: Schema, provider: Schema) -> Iterator[Found]:
    """MySQL searches a text only by an index over just its columns: https://mariadb.com/kb/en/match-against/."""
    theirs = {(index.table, index.meaning) for index in provider.indexes}
    for index in client.indexes:
        gone = index.meaning.startswith("fulltext") and (index.table, index.meaning) not in theirs
        if gone and index.table in provider.tables:
            columns = index.meaning.removeprefix("fulltext ")
            reason = f"the FULLTEXT index {columns} is gone, and contractctl cannot tell who searches: MATCH needs it"
            at = table_pointer(index.table)
            yield Undecided(client.tables[index.table].written, reason, at, at)


def _sequences(client: Schema, provider: Schema) -> Iterator[Found]:
    """One that fills no column of a table by itself is asked for its numbers by statements."""
    text = "\n".join(file.text for file in client.source.files).lower()
    for name in sorted(client.sequences - provider.sequences):
        bare = re.escape(name.rpartition(".")[2])
        if not re.search(rf"nextval\s*\([^)]*\b{bare}\b|\b{bare}\b[^;]*\bowned\s+by\b", text):
            yield Undecided("", f"the sequence '{name}' is gone, and contractctl cannot tell who asks for its numbers")
