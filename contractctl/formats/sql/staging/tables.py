"""Which tables come, go, or have another name? And in which order can they be made?"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from contractctl.formats.sql.indexes import makes_index
from contractctl.formats.sql.schema import ForeignKey, Schema, Table
from contractctl.formats.sql.staging.parts import Columns, Part, PartStep, parts_of, with_names
from contractctl.formats.sql.staging.refusals import refused
from contractctl.formats.sql.writing import create_table
from contractctl.model.plan import Stage

_EXISTS = re.compile(r"^(\s*CREATE\s+TABLE\s+)IF\s+NOT\s+EXISTS\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Created:
    """A table that comes."""

    table: Table
    """Without the foreign keys that wait."""
    text: str
    """CREATE TABLE, as it was written where that is possible."""
    parts: tuple[PartStep, ...]
    """Its indexes, and the foreign keys that wait for what they refer to."""


def created(before: Schema, after: Schema, names: tuple[str, ...], columns: Columns) -> tuple[Created, ...]:
    """The new tables of these names, each after those that it refers to."""
    left, done, found = list(names), set[str](), []
    while left:
        ready = [name for name in left if not _needs(after.tables[name]) & set(left) - {name}]
        name = (ready or left)[0]
        there = done | {name} | (set(left) if after.dialect == "sqlite" else set())
        found.append(_created(before, after, after.tables[name], _Around(there, columns)))
        done.add(name)
        left.remove(name)
    return tuple(found)


def dropped_in_order(before: Schema, names: tuple[str, ...]) -> tuple[tuple[Table, ...], tuple[PartStep, ...]]:
    """The tables that go, each before those that it refers to; and foreign keys that go first, as they make a ring."""
    left, tables, keys = list(names), [], list[PartStep]()
    while left:
        held = {
            name: {other for other in left if other != name and name in _needs(before.tables[other])} for name in left
        }
        free = [name for name in left if not held[name]]
        name = (free or left)[0]
        for other in held[name]:
            table = before.tables[other]
            for part in parts_of(before, table):
                step = PartStep("drop-foreign-key", part, Stage.CONTRACT)
                if part.referred[0] == name and step not in keys:
                    keys.append(step)
        tables.append(before.tables[name])
        left.remove(name)
    return tuple(tables), tuple(keys)


def demand_the_same(before: Schema, after: Schema, old: str, new: str, tables: Mapping[str, str]) -> None:
    """Raise ContractctlError where a table that is renamed changes in something else, too."""
    here, there = before.tables[old], after.tables[new]
    keys = tuple(replace(key, table=tables.get(key.table, key.table)) for key in here.foreign_keys)
    if bare(replace(here, name=new, foreign_keys=keys)) != bare(there):
        reason = f"the table '{here.written}' is renamed and changes in something else, too"
        raise refused(after, new, reason, hint="rename it in a separate plan, and plan the rest afterwards")


def bare(table: Table) -> Table:
    """The table with its constraints in an order of their own: in which they were written says nothing."""
    return replace(
        table,
        uniques=tuple(sorted((replace(u, written="") for u in table.uniques), key=repr)),
        foreign_keys=tuple(sorted(table.foreign_keys, key=lambda key: repr(replace(key, name=None)))),
        checks=tuple(sorted(table.checks, key=lambda check: check.condition.text)),
        unjudged=tuple(sorted(table.unjudged)),
    )


@dataclass(frozen=True, slots=True)
class _Around:
    """What is there when a table is made."""

    there: set[str]
    """New tables."""
    columns: Columns


def _needs(table: Table) -> set[str]:
    return {key.table for key in table.foreign_keys}


def _created(before: Schema, after: Schema, table: Table, around: _Around) -> Created:
    waiting = {key: stage for key in table.foreign_keys if (stage := _waits(before, key, around)) is not None}
    short = replace(table, foreign_keys=tuple(key for key in table.foreign_keys if key not in waiting))
    text = None if waiting else _as_written(after, table)
    if text is None:
        text = create_table(
            short, after.dialect, tuple(i.text for i in after.indexes if _within(i.table, i.text, table))
        )
    steps = []
    for part in parts_of(after, table):
        if isinstance(part.value, ForeignKey) and part.value in waiting:
            steps.append(_later(part, waiting[part.value], around, after))
        elif part.sort == "index" and not any(
            _within(i.table, i.text, table) and i.name == part.name for i in after.indexes
        ):
            steps.append(PartStep("create-index", part, Stage.EXPAND))
    return Created(short, text, tuple(steps))


def _within(owner: str, index: str, table: Table) -> bool:
    """Whether the index stands inside of the table's statement, as MySQL has it."""
    return owner == table.name and not index.startswith("CREATE")


def _as_written(schema: Schema, table: Table) -> str | None:
    """The one statement that makes the table, if it is one."""
    texts = [s.text for s in schema.statements if s.subject == table.name and not makes_index(s.text)]
    return _EXISTS.sub(r"\1", texts[0]) if len(texts) == 1 else None


def _waits(before: Schema, key: ForeignKey, around: _Around) -> Stage | None:
    """From when on a new table's foreign key can hold; None where from the start."""
    if key.table in around.there:
        return None
    other = before.tables.get(key.table)
    columns = around.columns
    if other is None:
        renamed = key.table in columns.tables.values()
        return Stage.CONTRACT if renamed else Stage.EXPAND
    leaving = columns.leaving.get(key.table, frozenset()).intersection(key.referred)
    if (
        leaving
        and leaving <= columns.kept.get(key.table, frozenset())
        and leaving <= set(columns.places.get(key.table, {}))
    ):
        return Stage.VERIFY
    if leaving or any(other.column(name) is None for name in key.referred):
        return Stage.CONTRACT
    known = not key.referred or any(set(u.columns) == set(key.referred) and not u.where for u in other.uniques)
    return None if known else Stage.CONTRACT


def _later(part: Part, stands: Stage, around: _Around, schema: Schema) -> PartStep:
    placed = with_names(part, around.columns.places, schema.dialect) if stands is Stage.VERIFY else part
    return PartStep("add-foreign-key", placed or part, stands)
