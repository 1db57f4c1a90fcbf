"""Where are the columns of a plan's pairs in the database right now, and does the database trust their expressions?"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from contractctl import databases
from contractctl.databases import Across, Column, Crossed, Database, Follower, Held, Synced, Synchronisation
from contractctl.databases.catalog import Catalog, Live, unwritable
from contractctl.databases.temporary_names import copied_table, quiesced, quiesced_table
from contractctl.errors import ContractctlError
from contractctl.operations.pairs import Crossing, Pair, Whole, check, copied, leaving_name, written_out


def synchronisation(connection: Connection, plan: str, table: str, pairs: tuple[Pair, ...]) -> Synchronisation:
    """The pairs as they are in the database now. Raise ContractctlError where one of their columns is missing."""
    database = databases.of(connection)
    return seen(database, Live(database, connection), plan, table, pairs)


def seen(database: Database, catalog: Catalog, plan: str, table: str, pairs: tuple[Pair, ...]) -> Synchronisation:
    """The pairs as a catalog has them: the database's own, or what a script knows."""
    if pairs and isinstance(pairs[0], Crossing):
        return _crossing(database, catalog, plan, pairs[0])
    if pairs and isinstance(pairs[0], Whole):
        return _whole(database, catalog, plan, pairs[0])
    key = catalog.key(table)
    stands = _Seen(database, plan, table, catalog.columns(table), catalog.storing(table), catalog.live)
    return Synchronisation(
        plan,
        table,
        tuple(column.name for column in key),
        tuple(_synced(stands, written_out(database, pair)) for pair in pairs),
        tuple(column.type for column in key),
        by_itself=tuple(column.name for column in stands.columns if column.on_update is not None),
    )


def _crossing(database: Database, catalog: Catalog, plan: str, pair: Crossing) -> Synchronisation:
    """Both tables' columns under the names that they have now."""
    here, there = (
        _Seen(database, plan, table, catalog.columns(table), catalog.storing(table), catalog.live)
        for table in (pair.source, pair.to)
    )
    check(database, pair.source, pair, ())
    columns = []
    for old, new in zip(pair.old, pair.new, strict=True):
        column = here.column(_now(here, old, quiesced(old)))
        place = there.column(_now(there, new, leaving_name(new)))
        _demand_alike(database, here, there, column, place)
        columns.append(Crossed(column.name, place.name, column.type, pair.absent.get(old, "NULL")))
    for one, two in pair.on.items():
        _demand_alike(database, here, there, here.column(one), there.column(two))
    key = catalog.key(pair.source)
    across = Across(
        pair.to,
        tuple(here.column(name).name for name in pair.on),
        tuple(there.column(name).name for name in pair.on.values()),
        tuple(here.column(name).type for name in pair.on),
        tuple(columns),
        pair.makes_rows,
        pair.shared,
    )
    types = tuple(column.type for column in key)
    return Synchronisation(plan, pair.source, tuple(column.name for column in key), (), types, across)


def _whole(database: Database, catalog: Catalog, plan: str, pair: Whole) -> Synchronisation:
    """The table that applications write, and the one that follows it."""
    copy, old = copied_table(pair.source), quiesced_table(pair.source)
    there = [isinstance(catalog, Live) and database.exists(catalog.connection, name) for name in (copy, old)]
    if catalog.live and not any(there):
        raise ContractctlError(
            f"the database has no table '{copy}', the copy of '{pair.source}' which plan '{plan}' keeps in step",
            hint=f"see where it stands: contractctl migrate status {plan}",
        )
    key = catalog.key(pair.source)
    names, types = tuple(column.name for column in key), tuple(column.type for column in key)
    columns = tuple(column for column in catalog.columns(pair.source) if not column.generated)
    told = copied(pair)
    followers = tuple(_with_clocks(catalog, one) for one in told.followers)
    across = Across(
        old if there[1] else copy,
        names,
        names,
        types,
        tuple(Crossed(column.name, column.name, column.type) for column in columns),
        copied=replace(told, followers=followers, swapped=there[1]),
    )
    return Synchronisation(plan, pair.source, names, (), types, across)


def _with_clocks(catalog: Catalog, follower: Follower) -> Follower:
    columns = catalog.columns(follower.table)
    return replace(follower, by_itself=tuple(column.name for column in columns if column.on_update is not None))


def _demand_alike(database: Database, here: "_Seen", there: "_Seen", one: Column, two: Column) -> None:
    """What is one type and what another would not be the same value on both sides.

    Of a script a plan has seen to that, and may write one type in two ways.
    """
    alike = database.same(one.type, two.type) and one.collation == two.collation
    if alike or not (here.live and there.live):
        return
    shown = [f"{column.type}{f' COLLATE {column.collation}' if column.collation else ''}" for column in (one, two)]
    raise ContractctlError(
        f"'{here.table}.{one.name}' is {shown[0]} and '{there.table}.{two.name}' {shown[1]}: what is kept in step"
        " between two tables must be of one type",
        hint="give the new table the same types, and change them in a later plan",
    )


def _now(catalog: "_Seen", name: str, other: str) -> str:
    return other if catalog.has(other) else name


@dataclass(frozen=True, slots=True)
class _Seen:
    """A table as it stands."""

    database: Database
    plan: str
    table: str
    columns: tuple[Column, ...]
    storing: Callable[[str, Column, Iterable[Column]], str]
    live: bool

    def has(self, name: str) -> bool:
        return any(self.database.same(column.name, name) for column in self.columns)

    def column(self, name: str) -> Column:
        found = next((column for column in self.columns if self.database.same(column.name, name)), None)
        if found is None and not self.live:
            raise unwritable()
        if found is None:
            raise ContractctlError(
                f"table '{self.table}' has no column '{name}', which plan '{self.plan}' keeps in step",
                hint=f"to see its state: contractctl migrate status {self.plan}",
            )
        return found


def _synced(catalog: _Seen, pair: Pair) -> Synced:
    try:
        if catalog.live or not pair.old:
            check(catalog.database, catalog.table, pair, tuple(column.name for column in catalog.columns))
    except ContractctlError as error:
        if catalog.live:
            raise
        raise unwritable() from error  # it reads columns of which the revision says nothing
    olds = {name: catalog.column(_old_place(catalog, pair, name)) for name in pair.old}
    news = {name: catalog.column(_new_place(catalog, pair, name)) for name in pair.new}
    if not pair.old:
        ((name, value),) = pair.new.items()
        column = news[name]
        filled = f"coalesce({catalog.database.quote(column.name)}, ({value}))"
        held = Held(column.name, column.type, filled, column=column)
        return Synced((), (held,), lossy=True, label=name, reads=catalog.columns)
    written_news = {pair.via or name: column for name, column in news.items()}
    return Synced(
        tuple(_held(catalog, olds[name], value, written_news) for name, value in pair.old.items()),
        tuple(_held(catalog, news[name], value, olds) for name, value in pair.new.items()),
        pair.lossy,
        pair.required,
        _is_plain(catalog, pair, olds, news),
        next(iter(pair.new)),
        counted=pair.counted,
    )


def _held(catalog: _Seen, column: Column, value: str, others: Mapping[str, Column]) -> Held:
    """A column, and its value over the others under the names that these have now."""
    database = catalog.database
    moved = {name: other for name, other in others.items() if not database.same(name, other.name)}
    if moved:
        name, other = next(iter(moved.items()))
        if len(others) == 1 and database.is_name(value, name):
            value = database.quote(other.name)
        else:
            value = database.bind(value, {name: database.quote(other.name) for name, other in others.items()})
    default = None if column.default is None else database.outside(column.default)
    return Held(column.name, column.type, catalog.storing(value, column, others.values()), default, column)


def _is_plain(catalog: _Seen, pair: Pair, olds: Mapping[str, Column], news: Mapping[str, Column]) -> bool:
    """Whether one column of each side, of one type, holds the other's very value."""
    if len(olds) != 1 or len(news) != 1:
        return False
    ((old, down),), ((new, up),) = pair.old.items(), pair.new.items()
    bare = catalog.database.is_name(up, old) and catalog.database.is_name(down, pair.via or new)
    return bare and olds[old].type.upper() == news[new].type.upper()


def _old_place(catalog: _Seen, pair: Pair, name: str) -> str:
    """An old column's name in the database, whether quiesced or not."""
    gone = quiesced(name)
    if not catalog.has(gone):
        return name
    return gone if pair.via is not None or not catalog.has(name) else name


def _new_place(catalog: _Seen, pair: Pair, name: str) -> str:
    """A new column's: beside the old one, or under its own name once the old one is quiesced."""
    leaving = leaving_name(pair.via or name)
    if catalog.has(leaving):
        return leaving
    gone = quiesced(name)
    if not pair.old:
        return gone if catalog.has(gone) else name
    return pair.via if pair.via is not None and not catalog.has(gone) else name


def demand_trust(database: Database, connection: Connection, sync: Synchronisation) -> None:
    """Raise ContractctlError for an expression that the database rejects, with the columns as they are now."""
    for pair in sync.columns:
        olds, news = ([one.column for one in side if one.column is not None] for side in (pair.old, pair.new))
        for way, side, others in (("up", pair.new, pair.reads or olds), ("down", pair.old, news)):
            for one in () if pair.plain else side:
                refusal = database.refusal(connection, sync.table, one.value, others)
                if refusal is not None:
                    raise ContractctlError(
                        f"{way} of '{sync.table}.{one.name}' {refusal}", hint=f"it is computed as: {one.value}"
                    )
