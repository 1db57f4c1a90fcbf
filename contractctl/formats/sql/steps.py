"""Which steps lead from one version of a table to the next, column by column? And what cannot be staged, with why."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from contractctl.errors import ContractctlError
from contractctl.formats.sql import unstaged
from contractctl.formats.sql.bonds import Bond, only
from contractctl.formats.sql.schema import Column, Family, Schema, Table, column_pointer, locate
from contractctl.formats.sql.values import holds_all
from contractctl.formats.sql.writing import CHARACTERS, NUMBERED, charset_of
from contractctl.model.declared import On

_CLOCK = ": ON UPDATE "
OWN_REVISION = "make that change in a revision and a version of its own, and plan the rest"
_KINDS = {
    "rename": "rename-column",
    "split": "split-column",
    "merge": "merge-columns",
    "move": "move-column",
    "extract": "extract-table",
}


COPIED_ALONG = "copied-along"
"""The kind of a step that comes about by another column's copy-table: it refers to that one, in its own table."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to columns of one table. olds: before; news: after."""

    kind: str
    table: str
    olds: tuple[Column, ...]
    news: tuple[Column, ...]
    to: str
    """The table of the new columns."""
    on: On = ()
    """Which rows of two tables belong together: column of the olds' table, column of the news'."""

    @property
    def old(self) -> Column | None:
        """The one column before, if it is one."""
        return self.olds[0] if len(self.olds) == 1 else None

    @property
    def new(self) -> Column | None:
        """The one column after, if it is one."""
        return self.news[0] if len(self.news) == 1 else None

    @property
    def stays(self) -> bool:
        """Whether it is about one column that keeps its place, and has no second one beside it."""
        return self.kind in {"set-not-null", "drop-not-null", "change-default", "copy-table", COPIED_ALONG}

    @property
    def is_harmless_default(self) -> bool:
        """Whether a default comes to a column that old applications must give: none of them ever meets it."""
        return self.kind == "change-default" and not self.olds[0].omittable and self.news[0].default is not None

    @property
    def beside(self) -> bool:
        """Whether the new values wait in a column with a name of its own, as the name stays and the type does not."""
        return self.kind in {"change-type", "change-key-type"} and self.olds[0].name == self.news[0].name


def filling(table: Table, column: Column, fills: Mapping[str, str]) -> str | None:
    """What was declared to take the place of NULL."""
    names = (f"{table.written}.{column.written}", f"{table.name}.{column.name}", column.written, column.name)
    return next((fills[name] for name in names if name in fills), None)


def changes(before: Schema, after: Schema, bonds: tuple[Bond, ...], fills: Mapping[str, str]) -> tuple[Step, ...]:
    """Steps of the columns of all tables that both versions have. Raise ContractctlError where one is not staged."""
    found: list[Step] = []
    for name, table in before.tables.items():
        if name in after.tables:
            new = after.tables[name]
            steps = _with_what_goes_along(table, new, tuple(_steps(before, after, table, bonds, fills)))
            found += steps
            _nothing_else(after, _rekeyed(_with_clauses(table, new, steps), steps), new)
    for step in found:
        _free(before, after, step)
        _demand_no_moment(after, step, fills)
    return tuple(found)


def _steps(
    before: Schema, after: Schema, old: Table, bonds: tuple[Bond, ...], fills: Mapping[str, str]
) -> Iterator[Step]:
    new = after.tables[old.name]
    leaving = {(bond.table, name): bond for bond in bonds for name in bond.olds}
    arriving = {(bond.to, name) for bond in bonds for name in bond.news}
    for column in old.columns:
        bond, given = leaving.get((old.name, column.name)), new.column(column.name)
        if bond is not None and bond.olds[0] != column.name:
            continue  # it goes with the first one
        if bond is not None:
            yield _bound_step(before, after, bond)
        elif given is None:
            yield Step("drop-column", old.name, (column,), (), old.name)
        elif column != given:
            yield from _changed(after, new, column, given)
    for column in only(new, old):
        if (new.name, column.name) not in arriving:
            yield _added(after, new, column, fills)


def _with_what_goes_along(old: Table, new: Table, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps, where a table goes over to a copy with what refers to its counted column within the table."""
    copied = next((step for step in steps if step.kind == "copy-table"), None)
    if copied is None or old.primary_key != (copied.olds[0].name,):
        return steps
    along = {
        name
        for name in unstaged.within(old, copied.olds[0].name) & unstaged.within(new, copied.news[0].name)
        if (column := old.column(name)) and replace(column, type=copied.news[0].type) == new.column(name)
    }
    return tuple(
        replace(step, kind=COPIED_ALONG) if step.olds and step.olds[0].name in along else step for step in steps
    )


def _added(after: Schema, table: Table, column: Column, fills: Mapping[str, str]) -> Step:
    if not column.omittable and filling(table, column, fills) is None:
        reason = f"'{column.written}' is NOT NULL, new and without a default: old applications do not write it"
        hint = f'give it a default, or say what to fill in: --fill "{column.written}=SQL"'
        raise refused(after, table.name, reason, column, hint=hint)
    if column.counted:
        reason = f"'{column.written}' is new and numbered by the database, which would rewrite every row"
        raise refused(after, table.name, reason, column)
    return Step("add-column", table.name, (), (column,), table.name)


def _changed(after: Schema, table: Table, old: Column, new: Column) -> Iterator[Step]:
    """The steps that make the one column of the other. Raise ContractctlError where none do."""

    def step(kind: str) -> Step:
        return Step(kind, table.name, (old,), (new,), table.name)

    if new.generated != old.generated or new.stored != old.stored:
        reason = f"how '{new.written}' is generated changes, and generated columns are not staged"
        raise refused(after, table.name, reason, new)
    _same_counting(after, table, old, new)
    if _goes_over_to_a_copy(after, old, new):
        _same_promise(after, table, old, new)
        yield step("copy-table")
        return
    if (new.type, new.collation) != (old.type, old.collation):
        _demand_not_counted(after, table, old, new)
        _demand_no_clause(after, table, new)
        _same_promise(after, table, old, new)
        yield step("change-key-type" if new.name in table.primary_key else "change-type")
        return
    if old.nullable and not new.nullable:
        yield step("set-not-null")
    if new.nullable and not old.nullable:
        yield step("drop-not-null")
    if new.default != old.default and (new.nullable or not old.nullable or new.default is None):
        yield step("change-default")  # set-not-null brings a new default along


def _same_counting(after: Schema, table: Table, old: Column, new: Column) -> None:
    if (new.counted, new.always) != (old.counted, old.always):
        reason = f"whether the database numbers '{new.written}' changes, which is not staged"
        raise refused(after, table.name, reason, new)


def _same_charset(after: Schema, old: tuple[Table, Column], new: tuple[Table, Column]) -> None:
    """Whether a text fits into another character set, no trigger can tell before it is there."""
    charsets = [charset_of(*old), charset_of(*new)]
    if charsets[0] == charsets[1]:
        return
    shown = [charset.removeprefix(CHARACTERS).strip() or "its table's" for charset in charsets]
    reason = (
        f"'{old[1].written}' becomes '{new[1].written}' and changes its character set ({shown[0]} to {shown[1]}), which"
        " is not staged"
    )
    hint = "rename it now, in the character set that it has, and change that in a revision and a version of its own"
    raise refused(after, new[0].name, reason, new[1], hint=hint)


def _goes_over_to_a_copy(after: Schema, old: Column, new: Column) -> bool:
    """Whether no second column can stand for it until it has its new type, and a copy of the table can."""
    whole = old.type.family is new.type.family is Family.INTEGER
    return after.dialect == "mysql" and new.counted and whole and holds_all(new.type, old.type)


def _demand_not_counted(after: Schema, table: Table, old: Column, new: Column) -> None:
    """MariaDB stages neither another type nor another name of a column that it counts up."""
    if after.dialect != "mysql" or not new.counted:
        return
    retyped = (new.type, new.collation) != (old.type, old.collation)
    reason, hint = unstaged.retyped(after, table, old, new) if retyped else unstaged.renamed(table, old, new)
    raise refused(after, table.name, reason, new, hint=hint)


def _same_promise(after: Schema, table: Table, old: Column, new: Column) -> None:
    """What goes on elsewhere must be as NOT NULL there as it is here."""
    if old.nullable == new.nullable:
        return
    reader = "old applications would read NULL" if new.nullable else "new applications would read NULL"
    names = f"'{old.written}' becomes '{new.written}' and" if old.name != new.name else f"the type of '{new.written}'"
    reason = f"{names} changes{'' if old.name != new.name else ' together with'} NOT NULL: {reader}"
    first = "rename it" if old.name != new.name else "change the type"
    raise refused(after, table.name, reason, new, hint=f"{first} now, and change NOT NULL in a later version")


def _bound_step(before: Schema, after: Schema, bond: Bond) -> Step:
    old, new = before.tables[bond.table], after.tables[bond.to]
    olds = tuple(column for name in bond.olds if (column := old.column(name)) is not None)
    news = tuple(column for name in bond.news if (column := new.column(name)) is not None)
    kind = _KINDS[bond.kind]
    if bond.kind == "rename":
        _same_promise(after, new, olds[0], news[0])
        _same_counting(after, new, olds[0], news[0])
        _same_charset(after, (old, olds[0]), (new, news[0]))
        _demand_not_counted(after, new, olds[0], news[0])
        if _in_key(before.dialect, old, olds[0]) and _in_key(after.dialect, new, news[0]):
            kind = "change-key-type"
        elif (olds[0].type, olds[0].collation) != (news[0].type, news[0].collation):
            kind = "change-type"
    return Step(kind, old.name, olds, news, new.name, bond.on)


def _in_key(dialect: str, table: Table, column: Column) -> bool:
    """Whether it is in a table's key, and in one that can go over to another column."""
    return dialect in {"postgresql", "mysql"} and column.name in table.primary_key


def _free(before: Schema, after: Schema, step: Step) -> None:
    """No key, view, counter or generated column may hang on a column that goes or comes."""
    if step.stays:
        return
    for columns, schema, name in ((step.olds, before, step.table), (step.news, after, step.to)):
        table = schema.tables[name]
        for column in columns:
            if bound := next(_bound(schema, table, column, step), None):
                reason = f"'{column.written}' of '{table.written}' is used in {bound}, which is not staged"
                hint = f"take it out of {bound} first, in a version of its own"
                raise refused(schema, table.name, reason, column, hint=hint)
            if column.counted and not _goes_on_counting(before, step):
                reason = f"'{column.written}' of '{table.written}' is numbered by the database, which is not staged"
                raise refused(schema, table.name, reason, column)


def _demand_no_moment(after: Schema, step: Step, fills: Mapping[str, str]) -> None:
    """What waits to become NOT NULL is not a TIMESTAMP of MariaDB."""
    spared = {"drop-not-null", "change-default", "move-column", "extract-table", "copy-table"}
    if after.dialect != "mysql" or step.kind in spared:
        return
    table = after.tables[step.to]
    for column in step.news:
        moment = column.type.family is Family.TIMESTAMP and column.type.zoned and not column.nullable
        if moment and not (step.kind == "add-column" and filling(table, column, fills) is None):
            reason, hint = unstaged.moment(table, column)
            raise refused(after, table.name, reason, column, hint=hint)


def _goes_on_counting(before: Schema, step: Step) -> bool:
    """Whether what counts the old column up can go over to the new one, or goes with it."""
    return step.kind in {"drop-column", "change-key-type"} or (
        step.kind == "rename-column" and before.dialect == "postgresql"
    )


def _bound(schema: Schema, table: Table, column: Column, step: Step) -> Iterator[str]:
    along = step.kind == "change-key-type" or (step.kind == "extract-table" and column in step.news)
    if column.name in table.primary_key and not along:
        yield "the primary key"
    if column.generated is not None or any(_reads(other, column.name) for other in table.columns):
        yield "a generated column"
    if step.kind == "add-column":
        return
    for view in schema.views.values():
        hidden = view.outputs is None and table.name in view.tables
        if (table.name, column.name) in view.reads or hidden:
            yield f"the view '{view.written}'"


def _reads(generated: Column, name: str) -> bool:
    spoken = generated.generated.text if generated.generated is not None else ""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", spoken) is not None


def _with_clauses(table: Table, new: Table, steps: tuple[Step, ...]) -> Table:
    """The table with what is kept as text of its columns as the steps leave it.

    It goes with a column that goes, and a character set comes with one that comes. With a column that only gets another
    name these stay, and so does a sequence.
    """
    gone, come, names = set[str](), list[str](), dict[str, str]()
    for step in steps:
        if step.kind == "drop-column":
            names_gone = {name for column in step.olds for name in (column.written, column.name)}
            gone |= {clause for clause in table.unjudged if clause.partition(": ")[0] in names_gone}
        elif len(step.olds) == len(step.news) == 1 and step.table == step.to:
            names[f"{step.olds[0].written}: {NUMBERED}"] = f"{step.news[0].written}: {NUMBERED}"
            names[f"{step.olds[0].name}: {CHARACTERS}"] = f"{step.news[0].name}: {CHARACTERS}"
        else:
            gone |= {f"{column.name}: {charset_of(table, column)}" for column in step.olds}
            come += [f"{column.name}: {charset_of(new, column)}" for column in step.news if charset_of(new, column)]
    left = (clause for clause in table.unjudged if clause not in gone)
    return replace(table, unjudged=(*(_under_new_name(clause, names) for clause in left), *come))


def _under_new_name(clause: str, names: Mapping[str, str]) -> str:
    old = next((old for old in names if clause.startswith(old)), "")
    return names.get(old, "") + clause.removeprefix(old)


def _rekeyed(table: Table, steps: tuple[Step, ...]) -> Table:
    """The table with its key under the name that it gets."""
    names = {step.olds[0].name: step.news[0].name for step in steps if step.kind == "change-key-type"}
    return replace(
        table,
        uniques=tuple(
            replace(u, columns=tuple(names.get(name, name) for name in u.columns)) if u.primary else u
            for u in table.uniques
        ),
    )


def _nothing_else(after: Schema, old: Table, new: Table) -> None:
    _same_clocks(after, old, new)
    for what, word in (("strict", "whether it is STRICT"), ("rowid", "whether it has a rowid")):
        if getattr(old, what) != getattr(new, what):
            raise refused(after, new.name, f"of '{new.written}' changes {word}, which is not staged")
    if said := sorted(set(old.unjudged) ^ set(new.unjudged)):
        reason = (
            f"of '{new.written}' changes a clause that contractctl keeps as text ('{said[0]}'), which is not staged"
        )
        raise refused(after, new.name, reason)
    keys = [next((replace(u, written="") for u in table.uniques if u.primary), None) for table in (old, new)]
    if keys[0] != keys[1]:
        raise refused(after, new.name, f"the primary key of '{new.written}' changes, which is not staged")


def _same_clocks(after: Schema, old: Table, new: Table) -> None:
    gone, come = (
        sorted(clause for clause in set(one.unjudged) - set(other.unjudged) if _CLOCK in clause)
        for one, other in ((old, new), (new, old))
    )
    if gone and come:
        what = f"of '{new.written}' another column becomes a moment by itself ('{gone[0]}', '{come[0]}')"
        raise _clock_refused(after, new, what)


def _demand_no_clause(after: Schema, table: Table, column: Column) -> None:
    """What is kept as text of a column is not part of the one that takes its place; its character set is."""
    for clause in table.unjudged:
        if not clause.startswith((f"{column.name}: ", f"{column.written}: ")) or ": CHARACTER SET " in clause:
            continue
        if _CLOCK in clause:
            raise _clock_refused(
                after, table, f"'{column.written}' gets another type, and becomes a moment by itself", column
            )
        reason = f"'{column.written}' gets another type, and its new column would not have '{clause}'"
        raise refused(after, table.name, reason, column)


def _clock_refused(after: Schema, table: Table, what: str, column: Column | None = None) -> ContractctlError:
    """Triggers see values alone, and not who names a column so that the server leaves it as it is."""
    reason = f"{what}: while two columns stand for one moment, nobody could keep it by naming the new one"
    hint = (
        "take ON UPDATE away in a revision of your own (MODIFY COLUMN …, ALGORITHM=INSTANT) and release the contract"
        " without it, while applications write the moment themselves; plan the rest; then give it back in the same way"
    )
    return refused(after, table.name, reason, column, hint=hint)


def refused(
    schema: Schema, table: str, reason: str, column: Column | None = None, *, hint: str | None = None
) -> ContractctlError:
    """The error for what is not staged, with its place."""
    place = locate(schema, column_pointer(table, column.name if column else ""))
    where = f"{place[0]}:{place[1]}: " if place else ""
    return ContractctlError(f"{where}{reason}", hint=hint or OWN_REVISION)
