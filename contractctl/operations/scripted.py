"""What do a plan's pairs themselves say about their tables? For a script, which cannot query a database."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from contractctl.databases import Column, Database
from contractctl.databases.catalog import Catalog, Told
from contractctl.operations.pairs import Crossing, Pair, Whole

_SOME_CONSTRAINT = "CHECK (…)"
"""Which one matters only where both sides have some."""


def told(database: Database, table: str, pairs: tuple[Pair, ...]) -> Catalog:
    """What the pairs themselves say about their table, or both tables, while both sides have their names."""
    if pairs and isinstance(pairs[0], Crossing):
        return _told_across(database, pairs[0])
    if pairs and isinstance(pairs[0], Whole):
        return told_of_copied(database, pairs[0].source)
    columns: dict[str, Column] = {}
    for pair in pairs:
        for name in (*pair.old, *(pair.via or new for new in pair.new)):
            guards = (_SOME_CONSTRAINT,) if name in pair.guarded else ()
            column = Column(name, pair.types.get(name, ""), default=pair.defaults.get(name), guards=guards)
            counted = pair.counted and name in pair.old
            columns[name] = replace(database.as_shown(column, counted=counted), not_null=counted, never_null=counted)
        for place, (name, type_) in enumerate(pair.key.items(), 1):
            column = columns.get(name) or database.as_shown(Column(name, type_), counted=False)
            columns[name] = replace(column, not_null=True, key_place=place, never_null=True)
    return Told(database, {table: tuple(columns.values())})


def told_of_copied(database: Database, table: str) -> Catalog:
    """Nothing: a plan knows the columns of its contract, and what else the table has would be lost with it."""
    return Told(
        database,
        why=f"this revision copies '{table}' as it stands, with every column and foreign key, and a plan knows only"
        " those of its contract",
    )


def _told_across(database: Database, pair: Crossing) -> Catalog:
    """Both tables. What keeps its value keeps its type, and so do the columns by which rows belong together."""
    olds, news = (
        pair.types,
        {new: pair.types[old] for old, new in zip(pair.old, pair.new, strict=True) if old in pair.types},
    )
    here = {one: pair.there[two] for one, two in pair.on.items() if two in pair.there}
    there = {two: pair.key[one] for one, two in pair.on.items() if one in pair.key}
    sides = {pair.source: ({**olds, **here}, pair.key), pair.to: ({**news, **there}, pair.there)}
    return Told(database, {table: tuple(_told_columns(database, *side)) for table, side in sides.items()})


def _told_columns(database: Database, types: Mapping[str, str], key: Mapping[str, str]) -> Iterator[Column]:
    places = {name: place for place, name in enumerate(key, 1)}
    for name, type_ in {**types, **key}.items():
        column = database.as_shown(Column(name, type_), counted=False)
        keyed = name in places
        yield replace(column, not_null=keyed, key_place=places.get(name, 0), never_null=keyed)
