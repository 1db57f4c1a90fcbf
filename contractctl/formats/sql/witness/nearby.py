"""What must be there for a table or a view to be asked? What it refers to, and what that refers to; nothing else."""

from collections.abc import Iterator
from dataclasses import replace

from contractctl.formats.sql.schema import Schema, Table, View


def nearby(written: str, client: Schema, provider: Schema) -> tuple[Schema, Schema]:
    """Both versions with nothing but the table or view of that spelling, and what either of them needs for it.

    Real schemas hold hundreds of tables, and one that the engine cannot hold would keep all others from being shown.
    """
    sides = client, provider
    found = {name for side in sides for name, one in _all(side) if one.written == written}
    left = [*found]
    while left:
        needed = _needed(left.pop(), sides) - found
        left += needed
        found |= needed
    return _only(client, found), _only(provider, found)


def _all(schema: Schema) -> Iterator[tuple[str, Table | View]]:
    yield from schema.tables.items()
    yield from schema.views.items()


def _needed(name: str, sides: tuple[Schema, Schema]) -> set[str]:
    ones = (one for side in sides for one in (side.tables.get(name), side.views.get(name)) if one is not None)
    return {other for one in ones for other in _needs(one)}


def _needs(one: Table | View) -> set[str]:
    return set(one.tables) if isinstance(one, View) else {key.table for key in one.foreign_keys}


def _only(schema: Schema, names: set[str]) -> Schema:
    others = {*schema.tables, *schema.views} - names
    return replace(
        schema,
        tables={name: table for name, table in schema.tables.items() if name in names},
        views={name: view for name, view in schema.views.items() if name in names},
        statements=tuple(each for each in schema.statements if each.subject not in others),
    )
