"""Which two columns belong together, in a plan's words, and where do they stand in the database right now?"""

from dataclasses import dataclass

from sqlalchemy import Connection

from contractctl.databases import QUIESCED, Synced, Synchronisation
from contractctl.databases.sqlite import expressions, key_columns, literal, quote, tables
from contractctl.databases.sqlite.tokens import Sort, spoken
from contractctl.errors import ContractctlError
from contractctl.model.plan import Transform


@dataclass(frozen=True, slots=True)
class Pair:
    """What a revision file writes of a pair: names as the contract has them, expressions over those names."""

    old: str
    new: str
    """The same as old where one column is only kept filled."""
    up: str
    """SQL over the old column: the new value."""
    down: str
    """SQL over the new column, under the name `via` where it has one for the time being: the old value."""
    lossy: bool = False
    required: bool = False
    """Both sides promise NOT NULL."""
    via: str | None = None
    """The column that holds the new values for the time being, where old and new have one name."""


def quiesced_name(column: str) -> str:
    """The column's name while it is browned out."""
    return column + QUIESCED


def synchronisation(connection: Connection, plan: str, table: str, pairs: tuple[Pair, ...]) -> Synchronisation:
    """The pairs as they stand in the database now. Raise ContractctlError where one of their columns is missing."""
    key = key_columns(connection, table)
    columns = {column.name.lower(): column for column in tables.columns(connection, table)}
    strict = tables.strict(connection, table)
    synced = []
    for pair in pairs:
        check(table, pair, tuple(column.name for column in columns.values()))
        old, new = _places(pair, set(columns))
        missing = [name for name in (old, new) if name.lower() not in columns]
        if missing:
            raise ContractctlError(
                f"table '{table}' has no column '{missing[0]}', which plan '{plan}' keeps in step",
                hint=f"see where it stands: contractctl migrate status {plan}",
            )
        synced.append(_synced(pair, columns[old.lower()], columns[new.lower()], strict=strict))
    return Synchronisation(plan, table, key, tuple(synced))


def _places(pair: Pair, columns: set[str]) -> tuple[str, str]:
    """The names of both sides in the database, quiesced or not."""
    quiesced = quiesced_name(pair.old)
    is_quiesced = quiesced.lower() in columns
    if pair.old == pair.new and pair.via is None:
        place = quiesced if is_quiesced else pair.new
        return place, place
    if pair.via is not None:
        return (quiesced, pair.new) if is_quiesced else (pair.old, pair.via)
    return (quiesced if is_quiesced and pair.old.lower() not in columns else pair.old, pair.new)


def _synced(pair: Pair, old: tables.Column, new: tables.Column, *, strict: bool) -> Synced:
    if pair.old == pair.new and pair.via is None:
        up = f"coalesce({quote(new.name)}, ({pair.up}))"
        return Synced(new.name, new.name, Transform(up, quote(new.name), lossy=True), None, label=pair.new)
    up = expressions.renamed(pair.up, pair.old, old.name)
    down = expressions.renamed(pair.down, pair.via or pair.new, new.name)
    if strict and old.type.upper() != new.type.upper():
        # a STRICT table refuses a value of another type, and the writer's statement with it
        up, down = f"CAST(({up}) AS {new.type})", f"CAST(({down}) AS {old.type})"
    elif old.type.upper() != new.type.upper():
        # the column turns values into its own type: even the bare name is a conversion that can lose something
        up, down = expressions.stored(up, new.type), expressions.stored(down, old.type)
    return Synced(old.name, new.name, Transform(up, down, pair.lossy), _default(old), pair.required, pair.new)


def _default(column: tables.Column) -> str | None:
    """The default as an expression that means the same outside of CREATE TABLE, where "x" is a text."""
    if column.default is None:
        return None
    said = spoken(column.default)
    if len(said) == 1 and said[0].sort is Sort.QUOTED:
        return literal(said[0].name)
    return column.default


def check(table: str, pair: Pair, columns: tuple[str, ...]) -> None:
    """Raise ContractctlError for an expression that is none, or not always the same. columns: the table's."""
    if pair.old == pair.new and pair.via is None:
        expressions.check(pair.up, columns, f"the value that fills '{table}.{pair.new}'")
        return
    expressions.check(pair.up, (pair.old,), f"up of '{table}.{pair.new}'")
    expressions.check(pair.down, (pair.via or pair.new,), f"down of '{table}.{pair.old}'")
