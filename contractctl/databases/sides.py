"""What does one side require of the other, as SQL? It is the same on every engine but for the engine's syntax."""

from collections.abc import Iterable

from contractctl.databases import Database, Held, Synced, Synchronisation

UNSTORABLE = "the value cannot be converted to the other side and back, or a constraint refuses it"
"""Why a trigger sets a row aside."""
_FALSE, _TRUE = "(1 = 0)", "(1 = 1)"


def up(database: Database, pair: Synced) -> tuple[str, ...]:
    """What each new column should hold, over a row's columns: NULL where the old values cannot be converted."""
    if pair.plain:
        return (database.quote(pair.old[0].name),)
    return _guarded(pair.new, up_possible(database, pair) if pair.exact else None)


def down(database: Database, pair: Synced) -> tuple[str, ...]:
    """What each old column should hold, over a row's columns: NULL where the new values cannot be converted."""
    if pair.plain:
        return (database.quote(pair.new[0].name),)
    return _guarded(pair.old, down_possible(database, pair) if pair.exact else None)


def up_possible(database: Database, pair: Synced) -> str:
    """Whether the old values come back from the new ones: down(up(x)) is x."""
    return _comes_back(database, pair.old, pair.new) if pair.exact else _TRUE


def down_possible(database: Database, pair: Synced) -> str:
    """Whether the new values come back from the old ones: up(down(x)) is x."""
    return _comes_back(database, pair.new, pair.old) if pair.exact else _TRUE


def survives(database: Database, pair: Synced) -> str:
    """Whether the new values are what the old side would ask for after taking them over."""
    if pair.plain:
        return _TRUE
    olds = dict(zip((one.name for one in pair.old), down(database, pair), strict=True))
    return alike(database, pair.new, (database.bind(value, olds) for value in up(database, pair)))


def in_step(database: Database, pair: Synced) -> str:
    """Whether the new side holds what the old one asks for."""
    return alike(database, pair.new, up(database, pair))


def out_of_step(database: Database, pair: Synced) -> str:
    """Whether it does not."""
    return unlike(database, pair.new, up(database, pair))


def alike(database: Database, side: Iterable[Held], values: Iterable[str], row: str = "") -> str:
    """Whether every column of a side holds its value; `row` is NEW or OLD inside a trigger."""
    found = [
        database.agrees(_of_row(database, one, row), value, one.type) for one, value in zip(side, values, strict=True)
    ]
    return f"({' AND '.join(found)})"


def unlike(database: Database, side: Iterable[Held], values: Iterable[str], row: str = "") -> str:
    """Whether any column does not."""
    found = [
        database.differs(_of_row(database, one, row), value, one.type) for one, value in zip(side, values, strict=True)
    ]
    return f"({' OR '.join(found)})"


def all_null(database: Database, side: Iterable[Held], row: str = "") -> str:
    """Whether every column of a side is NULL."""
    return f"({' AND '.join(f'{_of_row(database, one, row)} IS NULL' for one in side)})"


def any_null(database: Database, side: Iterable[Held], row: str = "") -> str:
    """Whether any column of a side is NULL."""
    return f"({' OR '.join(f'{_of_row(database, one, row)} IS NULL' for one in side)})"


def or_raising(database: Database, sync: Synchronisation, pair: Synced, condition: str) -> str:
    """The condition; true where the old side's expressions raise, as far as the engine can catch that."""
    problem = database.problem(sync, pair)
    return condition if problem is None else f"CASE WHEN {problem} IS NOT NULL THEN {_TRUE} ELSE {condition} END"


def unconverted(database: Database, pair: Synced) -> str:
    """Whether the new side is NULL because the old values cannot be converted."""
    return f"({all_null(database, pair.new)} AND NOT ({up_possible(database, pair)}))"


def key_json(database: Database, sync: Synchronisation, row: str = "") -> str:
    """A row's key as `key_text` writes it; `row` is a table, its alias, or NEW or OLD inside a trigger."""
    prefix = f"{row}." if row else ""
    types = sync.key_types or ("",) * len(sync.key)
    parts = ((prefix + database.quote(name), type_) for name, type_ in zip(sync.key, types, strict=True))
    return database.json_array(parts)


def shown(database: Database, side: tuple[Held, ...]) -> str:
    """A side's values as one text, for people: the value itself where it is one."""
    if len(side) == 1:
        return database.quote(side[0].name)
    return database.json_array((database.quote(one.name), one.type) for one in side)


def of_plan(database: Database, sync: Synchronisation) -> str:
    """The side tables' rows that belong to the plan and table."""
    return f"plan = {database.literal(sync.plan)} AND table_name = {database.literal(sync.table)}"


def of_pair(database: Database, sync: Synchronisation, pair: Synced) -> str:
    """The side tables' rows that belong to this pair."""
    return f"{of_plan(database, sync)} AND column_name = {database.literal(pair.name)}"


def mark(database: Database, sync: Synchronisation, pair: Synced) -> str:
    """A row's mark in every side table: plan, table, key, pair; for a SELECT from the table itself."""
    key = key_json(database, sync)
    return f"{database.literal(sync.plan)}, {database.literal(sync.table)}, {key}, {database.literal(pair.name)}"


def marked(database: Database, table: str, sync: Synchronisation, pair: Synced, row: str = "") -> str:
    """Whether the row is in one of contractctl's side tables for this pair.

    The key's columns are qualified with the table's name, or `row`: the side tables may have columns of that name.
    """
    key = key_json(database, sync, row or database.table(sync.table))
    marks = database.quote(table)
    return f"EXISTS (SELECT 1 FROM {marks} WHERE {of_pair(database, sync, pair)} AND {marks}.{_key(database)} = {key})"


def is_kept(database: Database, sync: Synchronisation, pair: Synced, row: str = "") -> str:
    """Whether the row holds a new-side value and the old value made from it: then the old side did not write."""
    agreed = alike(database, pair.old, down(database, pair))
    return f"({marked(database, 'contractctl_kept', sync, pair, row)} AND {agreed})"


def names(database: Database, columns: Iterable[str], row: str = "") -> str:
    """Identifiers as a comma-separated list."""
    prefix = f"{row}." if row else ""
    return ", ".join(prefix + database.quote(name) for name in columns)


def _guarded(side: tuple[Held, ...], possible: str | None) -> tuple[str, ...]:
    if possible is None:
        return tuple(f"({one.value})" for one in side)
    return tuple(f"CASE WHEN {possible} THEN ({one.value}) END" for one in side)


def _comes_back(database: Database, here: tuple[Held, ...], there: tuple[Held, ...]) -> str:
    values = {one.name: one.value for one in there}
    return alike(database, here, (database.bind(one.value, values) for one in here))


def _of_row(database: Database, one: Held, row: str) -> str:
    return f"{row}.{database.quote(one.name)}" if row else database.quote(one.name)


def _key(database: Database) -> str:
    return database.quote("key")
