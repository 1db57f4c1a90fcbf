"""Which columns and tables become which? What was declared, found in the two versions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from contractctl.errors import ContractctlError
from contractctl.formats.sql.schema import Column, Schema, Table
from contractctl.model.declared import Declared, Extraction, Move, On

_HINT = "write OLD=NEW with the table's names in both versions, or table.old=new"


@dataclass(frozen=True, slots=True)
class Bond:
    """Old columns and the new ones that hold the same in other words. Names are folded."""

    kind: str
    """rename, split, merge, move, extract."""
    table: str
    olds: tuple[str, ...]
    to: str
    """The table of the new columns."""
    news: tuple[str, ...]
    on: On = ()
    """Column of the old ones' table, column of the new ones' that holds the same, where these are two tables."""

    @property
    def words(self) -> str:
        """As it was declared."""
        return f"the {self.kind} '{', '.join(self.olds)}={', '.join(self.news)}'"


def bonds(before: Schema, after: Schema, declared: Declared) -> tuple[Bond, ...]:
    """Every declared bond of columns. Raise ContractctlError for one that fits the two versions not at all or twice."""
    found = tuple(_all(before, after, declared))
    for sides in (
        [(bond.table, name, bond) for bond in found for name in bond.olds],
        [(bond.to, name, bond) for bond in found for name in bond.news],
    ):
        taken: dict[tuple[str, str], Bond] = {}
        for table, name, bond in sides:
            if (table, name) in taken:
                raise ContractctlError(
                    f"'{table}.{name}' is in both {taken[table, name].words} and {bond.words}",
                    hint="name each column once",
                )
            taken[table, name] = bond
    return found


def renamed_tables(before: Schema, after: Schema, declared: Declared) -> Mapping[str, str]:
    """Old name → new name of each table that was declared to be renamed."""
    found: dict[str, str] = {}
    for old, new in declared.tables.items():
        gone = [t.name for t in before.tables.values() if old in {t.name, t.written} and t.name not in after.tables]
        came = [t.name for t in after.tables.values() if new in {t.name, t.written} and t.name not in before.tables]
        if len(gone) != 1 or len(came) != 1 or came[0] in found.values():
            raise ContractctlError(
                f"the rename of the table '{old}={new}' does not name a removed table and a new one",
                hint="write OLD=NEW with the table's names in both versions",
            )
        found[gone[0]] = came[0]
    return found


def _all(before: Schema, after: Schema, declared: Declared) -> Iterator[Bond]:
    for old, new in declared.renames.items():
        yield _within("rename", (old,), (new,), before, after)
    for old, news in declared.splits.items():
        yield _within("split", (old,), news, before, after)
    for new, olds in declared.merges.items():
        yield _within("merge", olds, (new,), before, after)
    for move in declared.moves:
        yield _move(move, before, after)
    for extraction in declared.extractions:
        yield _extraction(extraction, before, after)


def _within(kind: str, olds: tuple[str, ...], news: tuple[str, ...], before: Schema, after: Schema) -> Bond:
    """A bond inside of one table: the one in which all of the old names went and all of the new ones came."""
    places = []
    for table in before.tables.values():
        new = after.tables.get(table.name)
        went = [_named(old, table, only(table, new)) for old in olds]
        came = [_named(name, table, only(new, table), qualified=False) for name in news]
        if all(went) and all(came):
            places.append(Bond(kind, table.name, _names(went), table.name, _names(came)))
    if len(places) != 1:
        said = f"the {kind} '{','.join(olds)}={','.join(news)}'"
        if places:
            raise ContractctlError(f"{said} fits several tables", hint=_HINT)
        parts = "a removed column and a new one" if kind == "rename" else "removed columns and new ones"
        raise ContractctlError(f"{said} does not name {parts}", hint=_HINT)
    return places[0]


def _move(move: Move, before: Schema, after: Schema) -> Bond:
    words = f"the move '{move.source}={move.target}'"
    hint = "write orders.address=customers.address, with the names of both versions"
    source, old = _qualified(move.source, before, words, hint)
    target, new = _qualified(move.target, after, words, hint)
    went = only(source, after.tables.get(source.name))
    came = only(target, before.tables.get(target.name))
    if target.name not in before.tables:
        raise ContractctlError(
            f"{words}: the table '{target.written}' is new",
            hint=f"to move columns into a new table, extract it: --extract {move.source}={target.written}",
        )
    if old not in {c.name for c in went} or new not in {c.name for c in came} or source.name == target.name:
        raise ContractctlError(
            f"{words} does not name a column removed from one table and added to the other", hint=hint
        )
    return Bond("move", source.name, (old,), target.name, (new,), _on(move.on, source, target, words))


def _extraction(extraction: Extraction, before: Schema, after: Schema) -> Bond:
    words = f"the extraction '{','.join(extraction.sources)}={extraction.target}'"
    hint = "write orders.street,orders.city=addresses, with the names of both versions"
    found = [_qualified(source, before, words, hint) for source in extraction.sources]
    table, names = _target(extraction, after, words, hint)
    (source, *others), olds = [t for t, _ in found], tuple(name for _, name in found)
    went = {column.name for column in only(source, after.tables.get(source.name))}
    if table.name in before.tables or any(other != source for other in others) or not went.issuperset(olds):
        raise ContractctlError(f"{words} does not name removed columns of one table, and a new table", hint=hint)
    news = names or olds
    missing = [name for name in news if table.column(name) is None]
    if missing or len(news) != len(olds):
        raise ContractctlError(
            f"{words}: '{table.written}' has no column '{missing[0]}'"
            if missing
            else f"{words} does not name as many new columns as old ones",
            hint=f"name the columns there: {','.join(extraction.sources)}={table.written}.NAME,…",
        )
    return Bond("extract", source.name, olds, table.name, news, _on(extraction.on, source, table, words))


def _target(extraction: Extraction, after: Schema, words: str, hint: str) -> tuple[Table, tuple[str, ...]]:
    """The new table; and the names of the columns there, where they are said."""
    for table in after.tables.values():
        if extraction.target in {table.name, table.written}:
            return table, ()
    found = [_qualified(name, after, words, hint) for name in extraction.target.split(",")]
    if any(table != found[0][0] for table, _ in found):
        raise ContractctlError(f"{words} names columns of several tables", hint=hint)
    return found[0][0], tuple(name for _, name in found)


def _on(on: On, source: Table, target: Table, words: str) -> On:
    found = []
    for here, there in on:
        pair = _named_in(here, source), _named_in(there, target)
        if None in pair and "." in here:
            pair = _named_in(there, source), _named_in(here, target)
        if pair[0] is None or pair[1] is None:
            raise ContractctlError(
                f"{words}: '{here}={there}' is not a column of '{source.written}' and one of '{target.written}'",
                hint=f'say which rows match: --on "COLUMN of {source.written}=COLUMN of {target.written}"',
            )
        found.append((pair[0], pair[1]))
    if not found:
        raise ContractctlError(
            f"{words}: no --on says which row of '{target.written}' matches a row of '{source.written}'",
            hint=f'name it: --on "COLUMN of {source.written}=COLUMN of {target.written}"',
        )
    return tuple(found)


def _qualified(reference: str, schema: Schema, words: str, hint: str) -> tuple[Table, str]:
    place, _, name = reference.strip().rpartition(".")
    for table in schema.tables.values():
        if place in {table.name, table.written} and (column := _by_name(name, table.columns)) is not None:
            return table, column.name
    raise ContractctlError(f"{words}: there is no column '{reference.strip()}'", hint=hint)


def _named(reference: str, table: Table, columns: Iterable[Column], *, qualified: bool = True) -> Column | None:
    """The column that a reference means, if it means this table at all."""
    place, _, name = reference.strip().rpartition(".")
    if qualified and place and place not in {table.name, table.written}:
        return None
    return _by_name(name, columns)


def _named_in(reference: str, table: Table) -> str | None:
    column = _named(reference, table, table.columns)
    return column.name if column is not None else None


def _by_name(name: str, columns: Iterable[Column]) -> Column | None:
    return next((column for column in columns if name in {column.name, column.written}), None)


def _names(columns: list[Column | None]) -> tuple[str, ...]:
    return tuple(column.name for column in columns if column is not None)


def only(here: Table | None, there: Table | None) -> tuple[Column, ...]:
    """The columns that stand in the one table and not in the other."""
    if here is None or there is None:
        return ()
    return tuple(column for column in here.columns if there.column(column.name) is None)
