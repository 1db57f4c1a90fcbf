"""Which rows does an expression raise on? A function of ours tries it: a SELECT by itself raises, or only warns."""

from collections.abc import Iterator, Mapping

from contractctl.databases import Column, Held, Synced, Synchronisation
from contractctl.databases.mysql.engine import SQL_MODE
from contractctl.databases.mysql.expressions import bind
from contractctl.databases.mysql.names import entity_name, literal, qualified, quote, same
from contractctl.databases.mysql.triggers.bodies import begin, handler, when

_PAIR, _SAID, _COUNT = "contractctl_pair", "contractctl_said", "contractctl_count"
_LENGTH = 500


def create_functions(sync: Synchronisation) -> Iterator[str]:
    """The statement that creates it, in the place of one that is there; none where all pairs copy their values."""
    tried = _tried(sync)
    if not tried:
        return
    taken = _taken(sync)
    arguments = ", ".join([f"{_PAIR} INT", *(f"{_argument(at)} {_type(column)}" for at, column in enumerate(taken))])
    values = {column.name: _argument(at) for at, column in enumerate(taken)}
    parts = [when(f"{_PAIR} = {place}", [_try(pair, values)]) for place, pair in tried.items()]
    yield (
        f"SET STATEMENT sql_mode = {literal(SQL_MODE)} FOR CREATE OR REPLACE FUNCTION {_name(sync)} ({arguments})"
        f" RETURNS VARCHAR({_LENGTH}) CHARACTER SET utf8mb4 DETERMINISTIC NO SQL SQL SECURITY INVOKER\n"
        f"{begin([f'DECLARE {_SAID} TEXT CHARACTER SET utf8mb4', *parts, f'RETURN {_SAID}'])}"
    )


def drop_functions(sync: Synchronisation) -> Iterator[str]:
    """The statement that drops it, whether or not it is there."""
    yield f"DROP FUNCTION IF EXISTS {_name(sync)}"


def problem(sync: Synchronisation, pair: Synced) -> str | None:
    """SQL over a row: what is said where the old side's expressions raise, or give what cannot be stored; else NULL."""
    place = next((place for place, other in _tried(sync).items() if other == pair), None)
    if place is None:
        return None
    return f"{_name(sync)}({', '.join([str(place), *(quote(column.name) for column in _taken(sync))])})"


def _tried(sync: Synchronisation) -> dict[int, Synced]:
    """The pairs that can raise at all, by their places."""
    return {place: pair for place, pair in enumerate(sync.columns) if not pair.plain}


def _taken(sync: Synchronisation) -> tuple[Column, ...]:
    """The columns that their values are made of, each once."""
    found: list[Column] = []
    for pair in _tried(sync).values():
        for column in pair.reads if pair.one_sided else map(_column, pair.old):
            if not any(same(column.name, other.name) for other in found):
                found.append(column)
    return tuple(found)


def _name(sync: Synchronisation) -> str:
    return qualified(sync.table, entity_name(sync.plan, sync.table, "try"))


def _try(pair: Synced, values: Mapping[str, str]) -> str:
    """Make the new side's values and, where these must come back, the old side's of them, as the columns store them."""
    made = {one.name: f"contractctl_new_{at}" for at, one in enumerate(pair.new)}
    back = {one.name: f"contractctl_old_{at}" for at, one in enumerate(pair.old if pair.exact else ())}
    declared = [f"DECLARE {made[one.name]} {stored_type(one)}" for one in pair.new]
    declared += [f"DECLARE {back[one.name]} {stored_type(one)}" for one in pair.old if one.name in back]
    last = [f"GET DIAGNOSTICS {_COUNT} = NUMBER", f"GET DIAGNOSTICS CONDITION {_COUNT} {_SAID} = MESSAGE_TEXT"]
    tell = begin([f"DECLARE {_COUNT} INT", *last, f"SET {_SAID} = LEFT({_SAID}, {_LENGTH})"])
    steps = [f"SET {made[one.name]} = {bind(one.value, values)}" for one in pair.new]
    steps += [f"SET {back[one.name]} = {bind(one.value, made)}" for one in pair.old if one.name in back]
    return begin([*declared, handler(tell), *steps])


def _argument(at: int) -> str:
    return f"contractctl_{at}"


def _column(one: Held) -> Column:
    return one.column or Column(one.name, one.type)


def stored_type(one: Held) -> str:
    """The type of a variable that takes what the column takes."""
    return _type(one.column or Column(one.name, one.type))


def _type(column: Column) -> str:
    """The column's type and collation; of a column that can be NULL."""
    return f"{column.type} COLLATE {column.collation}" if column.collation else column.type
