"""Which constraints and indexes come and go with the columns, and from when on does each of them hold?

Old applications write until the plan is contracted. What refuses rows that they may write holds only then. What speaks
of a new column alone, or says of it what holds of the old one, holds as soon as the column is filled: its stage is
`verify`. An index refuses nothing: it is made at once. What refers to a table that goes over to a copy holds from
`quiesce` on, when the copy has its name, under the names that columns have then; until then the old one holds for both.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from sqlglot import exp

from contractctl.formats.sql.fragments import renamed
from contractctl.formats.sql.indexes import IndexText, index_of, plain_columns, with_columns
from contractctl.formats.sql.schema import Check, ForeignKey, Index, Schema, Table, Unique
from contractctl.formats.sql.staging.names import automatic_name, demand_plain, side_name
from contractctl.formats.sql.staging.refusals import refused
from contractctl.formats.sql.statements import sqlglot_dialect
from contractctl.formats.sql.writing import identifier
from contractctl.model.plan import Stage

Names = Mapping[str, Mapping[str, str]]
"""Table → folded name of a column → another one of it."""
_ADDS = {"unique": "add-unique", "check": "add-check", "foreign-key": "add-foreign-key", "index": "create-index"}
_DROPS = {"unique": "drop-unique", "check": "drop-check", "foreign-key": "drop-foreign-key", "index": "drop-index"}

BESIDE = (Stage.EXPAND, Stage.VERIFY)
"""From these on it stands beside what it will replace, and so do its columns."""


@dataclass(frozen=True, slots=True)
class Part:
    """A constraint or an index of one table."""

    sort: str
    """unique, check, foreign-key, index."""
    table: str
    name: str
    """As the contract has it; else as the database would."""
    named: bool
    columns: tuple[str, ...]
    """Of its own table; folded."""
    value: Unique | Check | ForeignKey | IndexText

    @property
    def referred(self) -> tuple[str, tuple[str, ...]]:
        """The other table and its columns."""
        return (self.value.table, self.value.referred) if isinstance(self.value, ForeignKey) else ("", ())

    @property
    def refuses(self) -> bool:
        """Whether it refuses any row."""
        return not isinstance(self.value, IndexText) or self.value.unique


@dataclass(frozen=True, slots=True)
class PartStep:
    """What happens to one of them."""

    kind: str
    part: Part
    """As it is made, over the columns that are there then; or as it was, where it goes."""
    stands: Stage
    """From when on it holds, or until when."""
    becomes: str | None = None
    """The name that it takes over once the old one is gone."""
    along: Part | None = None
    """The part of the other version that says the same of its columns, and comes or goes in the same plan."""
    loosens: bool = False
    """It goes, and all that it speaks of stays."""

    @property
    def goes(self) -> bool:
        return self.kind.startswith("drop-")


@dataclass(frozen=True, slots=True)
class Columns:
    """What the plan does to columns, as far as constraints and indexes care."""

    leaving: Mapping[str, frozenset[str]]
    """Table → old columns that do not stay what and where they are."""
    twins: Names
    """Old column → the one new column that holds the same in other words."""
    kept: Mapping[str, frozenset[str]]
    """Old columns whose twins hold the very same values."""
    places: Names
    """New column → its name while both versions are served."""
    unfed: Mapping[str, frozenset[str]]
    """New columns that nothing is written into but by applications that know them."""
    tables: Mapping[str, str]
    """Old name → new name of tables that are renamed."""
    copied: frozenset[str] = frozenset()
    """Tables that go over to a copy."""


def parts_of(schema: Schema, table: Table) -> tuple[Part, ...]:
    """Every constraint and index of a table but its primary key, each with a name."""
    taken: set[str] = {part.name for part in _parts(schema, table) if part.name}
    found = []
    for part in _parts(schema, table):
        named = part
        if not part.named:
            name = automatic_name(part.sort, table.name, part.columns, taken, schema.dialect)
            named = replace(part, name=name)
        taken.add(named.name)
        found.append(named)
    return tuple(found)


def part_steps(before: Schema, after: Schema, columns: Columns) -> tuple[PartStep, ...]:
    """What happens to the constraints and indexes of all tables that both versions have."""
    standing = {_compared(name, before.dialect) for name in _names(before)}
    found: list[PartStep] = []
    for name, table in before.tables.items():
        new = after.tables.get(columns.tables.get(name, name))
        if new is not None and not _all_the_same(before, after, table, new, columns):
            found += _of_table(_Sides(before, after, table, new, columns, frozenset(standing)))
    return tuple(found)


def _all_the_same(before: Schema, after: Schema, old: Table, new: Table, columns: Columns) -> bool:
    """Whether nothing of the table changes, nor of those that it refers to: most tables of most drafts."""
    indexes = [
        [(i.name, i.text) for i in schema.indexes if i.table == table.name]
        for schema, table in ((before, old), (after, new))
    ]
    others = {old.name, *(key.table for key in old.foreign_keys)}
    return old == new and indexes[0] == indexes[1] and not others & {*columns.leaving, *columns.tables}


def _names(schema: Schema) -> Iterator[str]:
    """Every name that a constraint or an index has already."""
    for table in schema.tables.values():
        names = [
            *(unique.name for unique in table.uniques if not unique.primary),
            *(key.name for key in table.foreign_keys),
            *(check.name for check in table.checks),
        ]
        yield from filter(None, names if all(names) else (part.name for part in parts_of(schema, table)))
    yield from (index.name for index in schema.indexes if index.name)


@dataclass(frozen=True, slots=True)
class _Sides:
    """One table in both versions."""

    before: Schema
    after: Schema
    old: Table
    new: Table
    columns: Columns
    standing: frozenset[str]


def _of_table(sides: _Sides) -> Iterator[PartStep]:
    left = list(parts_of(sides.after, sides.new))
    dialect = sides.before.dialect
    for part in parts_of(sides.before, sides.old):
        image = _image(part, sides)
        same = next((new for new in left if image is not None and _says(new, dialect) == image), None)
        if same is not None:
            left.remove(same)
        touched = _touched(part, sides.columns)
        if same is not None and touched:
            step = _coming(same, sides, part)
            yield from (PartStep(_DROPS[part.sort], part, Stage.CONTRACT, along=step.part), step)
        elif same is None:
            yield PartStep(_DROPS[part.sort], part, Stage.CONTRACT, loosens=part.refuses and not touched)
    for part in left:
        yield _coming(part, sides, None)


def _coming(part: Part, sides: _Sides, along: Part | None) -> PartStep:
    demand_plain(part.name, f"of '{sides.new.written}' the {part.sort.replace('-', ' ')}")
    stands = _stands(part, sides.columns, along)
    made = part
    if stands in BESIDE:
        made = _placed(part, sides)
    becomes = None
    if stands is not Stage.CONTRACT and _compared(part.name, sides.after.dialect) in sides.standing:
        made = replace(made, name=side_name(part.name, sides.after.dialect))
        becomes = part.name
        if _compared(made.name, sides.after.dialect) in sides.standing:
            reason = f"'{part.name}' of '{part.table}' is recreated, and so is '{made.name}'"
            raise refused(sides.after, part.table, reason, hint=f"give '{part.name}' another name in the draft")
    return PartStep(_ADDS[part.sort], made, stands, becomes, along)


def _compared(name: str, dialect: str) -> str:
    return name if dialect == "postgresql" else name.lower()


def _stands(part: Part, columns: Columns, along: Part | None) -> Stage:
    if not part.refuses:
        return Stage.EXPAND
    if along is not None and _keeps(along, columns):
        return Stage.QUIESCE if part.referred[0] in columns.copied else Stage.VERIFY
    unfed = columns.unfed.get(part.table, frozenset())
    if along is None and part.columns and unfed.issuperset(part.columns):
        return Stage.VERIFY
    return Stage.CONTRACT


def _touched(part: Part, columns: Columns) -> bool:
    other, referred = part.referred
    mine = columns.leaving.get(part.table, frozenset()).intersection(part.columns)
    return bool(mine or columns.leaving.get(other, frozenset()).intersection(referred))


def _keeps(part: Part, columns: Columns) -> bool:
    """Whether the new part holds of the new columns because the old one holds of the old columns."""
    other, referred = part.referred
    pairs = ((part.table, part.columns), (other, referred))
    return all(
        columns.leaving.get(table, frozenset()).intersection(names) <= columns.kept.get(table, frozenset())
        for table, names in pairs
    )


def _image(part: Part, sides: _Sides) -> object | None:
    """What the part would say in the new version; None where one of its columns has no twin there."""
    columns, dialect = sides.columns, sides.before.dialect
    other, referred = part.referred
    for table, names in ((part.table, part.columns), (other, referred)):
        leaving = columns.leaving.get(table, frozenset()).intersection(names)
        if not leaving <= set(columns.twins.get(table, {})):
            return None
    return _says(with_names(part, columns.twins, dialect, columns.tables), dialect)


def _placed(part: Part, sides: _Sides) -> Part:
    """The part over the columns that hold the new values while both versions are served."""
    made = with_names(part, sides.columns.places, sides.after.dialect)
    if made is None:
        reason = f"'{part.name}' of '{part.table}' cannot be written over a column of another name"
        raise refused(sides.after, part.table, reason, hint="change it in a separate version first")
    return made


def with_names(part: Part, names: Names, dialect: str, tables: Mapping[str, str] | None = None) -> Part | None:
    """The same part over columns (and tables) of other names. None where it cannot be written so."""
    mine, tables = names.get(part.table, {}), tables or {}
    value: Unique | Check | ForeignKey | IndexText
    match part.value:
        case IndexText():
            quoted = {old: identifier(new, dialect) for old, new in mine.items()}
            index = with_columns(part.value, quoted, dialect) if quoted else part.value
            if index is None:
                return None
            value = index
        case ForeignKey():
            other = names.get(part.value.table, {})
            value = replace(
                part.value,
                columns=_swapped(part.value.columns, mine),
                table=tables.get(part.value.table, part.value.table),
                referred=_swapped(part.value.referred, other),
            )
        case Check():
            value = _check_with(part.value, mine, dialect)
        case Unique():
            value = replace(part.value, columns=_swapped(part.value.columns, mine))
    return replace(part, value=value, columns=_swapped(part.columns, mine), table=tables.get(part.table, part.table))


def _swapped(names: tuple[str, ...], swap: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(swap.get(name, name) for name in names)


def _check_with(check: Check, names: Mapping[str, str], dialect: str) -> Check:
    def step(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name in names:
            return exp.column(exp.to_identifier(names[node.name]))
        return node

    tree = check.condition.tree.copy().transform(step, copy=False)
    text = tree.sql(dialect=sqlglot_dialect(dialect), comments=False)
    written = renamed(check.condition.written, dialect, {old: identifier(new, dialect) for old, new in names.items()})
    condition = replace(check.condition, text=text, tree=tree, written=written)
    return replace(check, condition=condition, columns=frozenset(_swapped(tuple(check.columns), names)))


def _says(part: Part | None, dialect: str) -> object:
    """Two parts of one table are the same where this is: names are not part of it, but those of plain indexes."""
    if part is None:
        return None
    match part.value:
        case IndexText():
            said = part.value.says(dialect)
            if part.value.unique and plain_columns(part.value, dialect) and not any((*said[1:3], *said[4:])):
                return "unique", part.columns, False  # the same as a constraint
            return "index", None if part.value.unique else part.name, said
        case Unique():
            return "unique", part.value.columns, part.value.nulls_alike
        case Check():
            return "check", part.value.condition.text
        case ForeignKey():
            return "foreign-key", replace(part.value, name=None)


def _parts(schema: Schema, table: Table) -> Iterator[Part]:
    def part(sort: str, name: str | None, columns: tuple[str, ...], value: Unique | Check | ForeignKey) -> Part:
        return Part(sort, table.name, name or "", bool(name), columns, value)

    for unique in table.uniques:
        if unique.written:
            yield _index_part(schema, table, unique)
        elif not unique.primary:
            yield part("unique", unique.name, unique.columns, unique)
    for key in table.foreign_keys:
        yield part("foreign-key", key.name, key.columns, key)
    for check in table.checks:
        if check.of_domain:
            continue
        yield part("check", check.name, tuple(sorted(check.columns)), check)
    for index in schema.indexes:
        if index.table == table.name:
            yield _index_part(schema, table, index)


def _index_part(schema: Schema, table: Table, index: Index | Unique) -> Part:
    text = index_of(schema, index, table.name)
    if text is None:
        raise refused(schema, table.name, f"an index of '{table.written}' cannot be taken apart")
    plain = plain_columns(text, schema.dialect)
    reads = plain or tuple(column.name for column in table.columns if column.name in text.reads)
    return Part("index", table.name, text.name, bool(text.name), reads, text)
