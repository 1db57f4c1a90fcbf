"""What may have become of columns and tables, that only a person can say? Names and types that look like it."""

from collections.abc import Iterator
from dataclasses import dataclass

from contractctl.formats.sql.parsing import agreed
from contractctl.formats.sql.schema import Column, Family, Schema, Table
from contractctl.formats.sql.staging.bonds import only

_ALIKE = 0.6
"""Share of its columns that a table must have in common with another to be worth asking about."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What may be, as the option of `contractctl plan` says it."""

    kind: str
    """rename-table, split, merge, move, extract."""
    path: str
    """The table that it is about."""
    olds: tuple[str, ...]
    news: tuple[str, ...]
    on: str = ""
    """Which rows belong together, as far as a foreign key says it."""


def guesses(before: Schema, after: Schema) -> Iterator[Guess]:
    """Each of them once; the likeliest of several."""
    before, after = agreed(before, after)
    yield from _tables(before, after)
    yield from _extractions(before, after)
    for old in before.tables.values():
        if old.name in after.tables:
            yield from _regroupings(old, after.tables[old.name])
            yield from _moves(before, after, old)


def _tables(before: Schema, after: Schema) -> Iterator[Guess]:
    gone = [table for table in before.tables.values() if table.name not in after.tables]
    came = [table for table in after.tables.values() if table.name not in before.tables]
    pairs = sorted(((_in_common(one, other), one, other) for one in gone for other in came), key=lambda p: -p[0])
    taken = set[str]()
    for share, one, other in pairs:
        if share >= _ALIKE and not {one.name, other.name} & taken:
            taken |= {one.name, other.name}
            yield Guess("rename-table", one.written, (one.written,), (other.written,))


def _in_common(one: Table, other: Table) -> float:
    both = sum(1 for column in one.columns if _twin(column, other) is not None)
    return both / max(len(one.columns), len(other.columns), 1)


def _twin(column: Column, table: Table) -> Column | None:
    """The column of the same name and type."""
    found = table.column(column.name)
    return found if found is not None and found.type == column.type else None


def _extractions(before: Schema, after: Schema) -> Iterator[Guess]:
    for table in after.tables.values():
        if table.name in before.tables:
            continue
        for old in before.tables.values():
            went = [c for c in only(old, after.tables.get(old.name)) if _twin(c, table) is not None]
            key = next((key for key in table.foreign_keys if key.table == old.name), None)
            if went and key is not None:
                on = ",".join(f"{there}={here}" for here, there in zip(key.columns, key.referred, strict=False))
                yield Guess("extract", old.written, _qualified(old, went), (table.written,), on)


def _regroupings(old: Table, new: Table) -> Iterator[Guess]:
    gone = [column for column in only(old, new) if _is_text(column)]
    came = [column for column in only(new, old) if _is_text(column)]
    for one in gone:
        parts = [column for column in came if _words(column) & _words(one)]
        if len(parts) > 1:
            yield Guess("split", old.written, (one.written,), tuple(column.written for column in parts))
    for one in came:
        parts = [column for column in gone if _words(column) & _words(one)]
        if len(parts) > 1:
            yield Guess("merge", old.written, tuple(column.written for column in parts), (one.written,))


def _moves(before: Schema, after: Schema, old: Table) -> Iterator[Guess]:
    for column in only(old, after.tables[old.name]):
        for table in after.tables.values():
            known = before.tables.get(table.name)
            if table.name == old.name or known is None or known.column(column.name) is not None:
                continue
            if _twin(column, table) is not None:
                names = f"{old.written}.{column.written}", f"{table.written}.{column.written}"
                yield Guess("move", old.written, names[:1], names[1:], _on(old, table))


def _on(old: Table, new: Table) -> str:
    for one, other, swapped in ((old, new, False), (new, old, True)):
        key = next((key for key in one.foreign_keys if key.table == other.name), None)
        if key is not None:
            pairs = zip(key.columns, key.referred, strict=False)
            return ",".join(f"{there}={here}" if swapped else f"{here}={there}" for here, there in pairs)
    return ""


def _qualified(table: Table, columns: list[Column]) -> tuple[str, ...]:
    return tuple(f"{table.written}.{column.written}" for column in columns)


def _is_text(column: Column) -> bool:
    return column.type.family is Family.TEXT


def _words(column: Column) -> set[str]:
    return {word for word in column.name.lower().split("_") if word}
