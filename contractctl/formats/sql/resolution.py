"""Do statements of an application written against the client's tables still work against the provider's?

The client names columns when it SELECTs and INSERTs (unless the contract says that it may not), gives the columns that
it knows, leaves out those that it may, and relies on what the database promised: types, NOT NULL, defaults, keys,
checks. It meets rows that others wrote. Rows of other tables that refer to its own are not held against a new table.
"""

import re
from collections.abc import Iterator

from contractctl.formats.sql.computed import computes_for_all
from contractctl.formats.sql.computed_rows import columns_computed, indexes_computed
from contractctl.formats.sql.conditions import checks
from contractctl.formats.sql.constraints import foreign_keys, uniques
from contractctl.formats.sql.expressions import value_text
from contractctl.formats.sql.own_defaults import takes_default
from contractctl.formats.sql.parsing import agreed
from contractctl.formats.sql.places import misplaced
from contractctl.formats.sql.schema import (
    Column,
    Family,
    Schema,
    Table,
    Type,
    Unread,
    column_pointer,
    table_pointer,
)
from contractctl.formats.sql.values import judge_type
from contractctl.formats.sql.views import views
from contractctl.formats.sql.writing import CHARACTERS
from contractctl.model.verdict import Effect, Incompatibility, Undecided

Found = Incompatibility | Undecided

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
            yield _removed(client, provider, column)
        elif given != column:
            yield from _column(client, column, given, dialect)
    for column in provider.columns:
        if client.column(column.name) is None:
            yield from _added(client, provider, column, dialect)
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


def _added(client: Table, provider: Table, column: Column, dialect: str) -> Iterator[Found]:
    """The client's INSERTs leave it out."""
    if not column.omittable:
        facts = _likely_rename(column, client, provider, client_names_it=False)
        yield _about_column("sql-column-required", Effect.FAILS, client, column, **facts)
        return
    takes = takes_default(provider, column, dialect) if computes_for_all(provider, column, dialect) else None
    given = column.generated or column.default
    if takes is None and given is not None:
        at = column_pointer(provider.name, column.name)
        reason = f"it is new, and contractctl cannot tell whether every row can have its value, {given.text}"
        yield Undecided(f"{client.written}.{column.written}", reason, giver_at=at)
    elif takes is False and given is not None:
        facts = {"default": given.text, "type": column.type.text}
        yield _about_column("sql-default-refused", Effect.FAILS, client, column, **facts)


def _about_column(rule: str, effect: Effect, table: Table, column: Column, **facts: str) -> Incompatibility:
    at = column_pointer(table.name, column.name)
    known = {"table": table.written, "column": column.written}
    return Incompatibility(rule, effect, f"{table.written}.{column.written}", known | facts, at, at)


def _removed(client: Table, provider: Table, column: Column) -> Incompatibility:
    """SELECT and INSERT name it. The one new column of the same type, or of like name, is likely its new name.

    Which of the two is the old name, the client's or the provider's, is the judge's to say.
    """
    facts = _likely_rename(column, provider, client, client_names_it=True)
    return _about_column("sql-column-removed", Effect.FAILS, client, column, **facts)


def _likely_rename(column: Column, there: Table, here: Table, *, client_names_it: bool) -> dict[str, str]:
    """The names of a column that stands here and of the one that stands there alone and is likely the same."""
    others = [c for c in there.columns if here.column(c.name) is None and c.type == column.type]
    likely = others if len(others) == 1 else [c for c in others if _words(c) & _words(column)]
    if len(likely) != 1:
        return {}
    names = (column.written, likely[0].written)
    taker, giver = names if client_names_it else names[::-1]
    return {"taker_name": taker, "giver_name": giver}


def _words(column: Column) -> set[str]:
    return {word for word in column.name.split("_") if word}


def values(table: Table, client: Column, provider: Column, dialect: str) -> Iterator[Found]:
    """What of the values themselves, that the client writes and reads, where two columns are of unlike types."""
    path = f"{table.written}.{client.written}"
    types = {"before": client.type.text or "no type", "after": provider.type.text or "no type"}
    for judged in judge_type(client, provider, dialect, path):
        if isinstance(judged, Undecided):
            yield judged
        else:
            rule, effect = judged
            yield _about_column(rule, effect, table, client, **types)
    if dialect == "sqlite" and not table.strict and provider.counted and not client.counted:
        # the number of a row is a whole number, also where the client's column takes anything
        yield _about_column("sql-type-refused", Effect.FAILS, table, client, **types)
    yield from _symbols(table, client, provider)
    loose = dialect == "sqlite" and (not table.strict or client.type.affinity == "ANY")
    holds_text = client.type.family in {Family.TEXT, Family.ENUM} or loose
    if client.collation != provider.collation and holds_text:
        names = {"before": client.collation or "the default", "after": provider.collation or "the default"}
        yield _about_column("sql-collation-changed", Effect.MISREADS, table, client, **names)


def _column(table: Table, client: Column, provider: Column, dialect: str) -> Iterator[Found]:
    yield from values(table, client, provider, dialect)
    yield from _nulls(table, client, provider)
    yield from _left_out(table, client, provider)
    yield from _counters(table, client, provider)
    if provider.always and not client.always and client.generated is None:
        yield _about_column("sql-column-generated", Effect.FAILS, table, client)


def _counters(table: Table, client: Column, provider: Column) -> Iterator[Undecided]:
    """Rows of a table whose numbers come from another's sequence now may meet numbers that are taken."""
    if not (client.counted and provider.counted) or client.counter == provider.counter:
        return
    words = [
        f"the sequence '{one.counter}', which counts for others, too," if one.counter else "a sequence of its own"
        for one in (client, provider)
    ]
    told = f"its numbers come from {words[0]} in one version, and from {words[1]} in the other"
    at = column_pointer(table.name, client.name)
    yield Undecided(f"{table.written}.{client.written}", f"{told}: nobody knows which of them are free", at, at)


def _symbols(table: Table, client: Column, provider: Column) -> Iterator[Incompatibility]:
    """The client writes the values that it lists, expects no others, and sorts by their order."""
    if client.type.family is not Family.ENUM:
        return
    known = client.type.symbols
    given = provider.type.symbols if provider.type.family is Family.ENUM else known
    for symbol in known:
        if symbol not in given:
            yield _about_column("sql-enum-value-removed", Effect.FAILS, table, client, value=symbol)
    for symbol in given:
        if symbol not in known:
            yield _about_column("sql-enum-value-added", Effect.MISREADS, table, client, value=symbol)
    both = [symbol for symbol in known if symbol in given]
    order = [symbol for symbol in given if symbol in known]
    if both != order:
        words = {"before": ", ".join(both), "after": ", ".join(order)}
        yield _about_column("sql-enum-reordered", Effect.MISREADS, table, client, **words)


def _nulls(table: Table, client: Column, provider: Column) -> Iterator[Incompatibility]:
    """The client may write NULL where it is allowed to, and expects none where it is not."""
    written = client.generated is None and provider.generated is None
    if client.nullable and not provider.nullable and written:
        yield _about_column("sql-null-refused", Effect.FAILS, table, client)
    if not client.nullable and provider.nullable and not provider.filled and not provider.counted:
        yield _about_column("sql-null-unexpected", Effect.MISREADS, table, client)


def _left_out(table: Table, client: Column, provider: Column) -> Iterator[Incompatibility]:
    """What the database fills in where the client leaves the column out."""
    if provider.generated is not None and client.generated is None:
        yield _about_column("sql-column-generated", Effect.FAILS, table, client)
        return
    before, after = _filling(client, client.type), _filling(provider, client.type)
    if not client.omittable or provider.filled or before == after:
        return
    words = {"before": before, "after": after}
    if not provider.omittable:
        if client.default or client.counted or client.generated or client.first_symbol is not None:
            yield _about_column("sql-default-removed", Effect.FAILS, table, client, **words)
    elif client.generated is not None:
        yield _about_column("sql-generation-changed", Effect.MISREADS, table, client, **words)
    elif not (client.counted and provider.counted):
        yield _about_column("sql-default-changed", Effect.MISREADS, table, client, **words)


def _filling(column: Column, kind: Type) -> str:
    """What a row gets in a column that the INSERT leaves out, read as a value of that type."""
    if column.generated is not None:
        return column.generated.text
    if column.counted:
        return "the next number"
    if column.first_symbol is not None:
        return f"'{column.first_symbol}'"
    if column.default is None:
        return "NULL"
    return value_text(column.default, kind)


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
            yield _about_column("sql-type-refused", Effect.FAILS, client, column, **types)
        if kinds == ("BLOB", "ANY"):
            yield _about_column("sql-type-changed", Effect.MISREADS, client, column, **types)


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
            reason = (
                "without AUTOINCREMENT numbers of rows that are gone are given again: who still knows them is unknown"
            )
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
