"""Does whoever knows a column find in it what they rely on? And whoever does not: may they leave it out?"""

from collections.abc import Iterator

from contractctl.formats.sql.expressions import value_text
from contractctl.formats.sql.resolution.computed import computes_for_all
from contractctl.formats.sql.resolution.own_defaults import takes_default
from contractctl.formats.sql.resolution.values import judge_type
from contractctl.formats.sql.schema import (
    Column,
    Family,
    Table,
    Type,
    column_pointer,
)
from contractctl.model.verdict import Effect, Found, Incompatibility, Undecided


def added(client: Table, provider: Table, column: Column, dialect: str) -> Iterator[Found]:
    """The client's INSERTs leave it out."""
    if not column.omittable:
        facts = _likely_rename(column, client, provider, client_names_it=False)
        yield about_column("sql-column-required", Effect.FAILS, client, column, **facts)
        return
    takes = takes_default(provider, column, dialect) if computes_for_all(provider, column, dialect) else None
    given = column.generated or column.default
    if takes is None and given is not None:
        at = column_pointer(provider.name, column.name)
        reason = f"it is new, and contractctl cannot tell whether every row can have its value, {given.text}"
        yield Undecided(f"{client.written}.{column.written}", reason, giver_at=at)
    elif takes is False and given is not None:
        facts = {"default": given.text, "type": column.type.text}
        yield about_column("sql-default-refused", Effect.FAILS, client, column, **facts)


def about_column(rule: str, effect: Effect, table: Table, column: Column, **facts: str) -> Incompatibility:
    at = column_pointer(table.name, column.name)
    known = {"table": table.written, "column": column.written}
    return Incompatibility(rule, effect, f"{table.written}.{column.written}", known | facts, at, at)


def removed(client: Table, provider: Table, column: Column) -> Incompatibility:
    """SELECT and INSERT name it. The one new column of the same type, or of like name, is likely its new name.

    Which of the two is the old name, the client's or the provider's, is the judge's to say.
    """
    facts = _likely_rename(column, provider, client, client_names_it=True)
    return about_column("sql-column-removed", Effect.FAILS, client, column, **facts)


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
            yield about_column(rule, effect, table, client, **types)
    if dialect == "sqlite" and not table.strict and provider.counted and not client.counted:
        # the number of a row is a whole number, also where the client's column takes anything
        yield about_column("sql-type-refused", Effect.FAILS, table, client, **types)
    yield from _symbols(table, client, provider)
    loose = dialect == "sqlite" and (not table.strict or client.type.affinity == "ANY")
    holds_text = client.type.family in {Family.TEXT, Family.ENUM} or loose
    if client.collation != provider.collation and holds_text:
        names = {"before": client.collation or "the default", "after": provider.collation or "the default"}
        yield about_column("sql-collation-changed", Effect.MISREADS, table, client, **names)


def changed(table: Table, client: Column, provider: Column, dialect: str) -> Iterator[Found]:
    yield from values(table, client, provider, dialect)
    yield from _nulls(table, client, provider)
    yield from _left_out(table, client, provider)
    yield from _counters(table, client, provider)
    if provider.always and not client.always and client.generated is None:
        yield about_column("sql-column-generated", Effect.FAILS, table, client)


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
            yield about_column("sql-enum-value-removed", Effect.FAILS, table, client, value=symbol)
    for symbol in given:
        if symbol not in known:
            yield about_column("sql-enum-value-added", Effect.MISREADS, table, client, value=symbol)
    both = [symbol for symbol in known if symbol in given]
    order = [symbol for symbol in given if symbol in known]
    if both != order:
        words = {"before": ", ".join(both), "after": ", ".join(order)}
        yield about_column("sql-enum-reordered", Effect.MISREADS, table, client, **words)


def _nulls(table: Table, client: Column, provider: Column) -> Iterator[Incompatibility]:
    """The client may write NULL where it is allowed to, and expects none where it is not."""
    written = client.generated is None and provider.generated is None
    if client.nullable and not provider.nullable and written:
        yield about_column("sql-null-refused", Effect.FAILS, table, client)
    if not client.nullable and provider.nullable and not provider.filled and not provider.counted:
        yield about_column("sql-null-unexpected", Effect.MISREADS, table, client)


def _left_out(table: Table, client: Column, provider: Column) -> Iterator[Incompatibility]:
    """What the database fills in where the client leaves the column out."""
    if provider.generated is not None and client.generated is None:
        yield about_column("sql-column-generated", Effect.FAILS, table, client)
        return
    before, after = _filling(client, client.type), _filling(provider, client.type)
    if not client.omittable or provider.filled or before == after:
        return
    words = {"before": before, "after": after}
    if not provider.omittable:
        if client.default or client.counted or client.generated or client.first_symbol is not None:
            yield about_column("sql-default-removed", Effect.FAILS, table, client, **words)
    elif client.generated is not None:
        yield about_column("sql-generation-changed", Effect.MISREADS, table, client, **words)
    elif not (client.counted and provider.counted):
        yield about_column("sql-default-changed", Effect.MISREADS, table, client, **words)


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
