"""What of a table's columns and clauses is not staged? The error says why, where that is, and what to do instead."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from contractctl.errors import ContractctlError
from contractctl.formats.sql.schema import Column, Family, Schema, Table, column_pointer, locate
from contractctl.formats.sql.staging import unstaged
from contractctl.formats.sql.staging.steps import Step, filling
from contractctl.formats.sql.writing import CHARACTERS, NUMBERED, charset_of

_CLOCK = ": ON UPDATE "
OWN_REVISION = "make that change in a revision and a version of its own, and plan the rest"


def demand_same_counting(after: Schema, table: Table, old: Column, new: Column) -> None:
    if (new.counted, new.always) != (old.counted, old.always):
        reason = f"whether the database numbers '{new.written}' changes, which is not staged"
        raise refused(after, table.name, reason, new)


def demand_same_charset(after: Schema, old: tuple[Table, Column], new: tuple[Table, Column]) -> None:
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


def demand_not_counted(after: Schema, table: Table, old: Column, new: Column) -> None:
    """MariaDB stages neither another type nor another name of a column that it counts up."""
    if after.dialect != "mysql" or not new.counted:
        return
    retyped = (new.type, new.collation) != (old.type, old.collation)
    reason, hint = unstaged.retyped(after, table, old, new) if retyped else unstaged.renamed(table, old, new)
    raise refused(after, table.name, reason, new, hint=hint)


def demand_same_promise(after: Schema, table: Table, old: Column, new: Column) -> None:
    """What moves elsewhere must be as NOT NULL there as it is here."""
    if old.nullable == new.nullable:
        return
    reader = "old applications would read NULL" if new.nullable else "new applications would read NULL"
    names = f"'{old.written}' becomes '{new.written}' and" if old.name != new.name else f"the type of '{new.written}'"
    reason = f"{names} changes{'' if old.name != new.name else ' together with'} NOT NULL: {reader}"
    first = "rename it" if old.name != new.name else "change the type"
    raise refused(after, table.name, reason, new, hint=f"{first} now, and change NOT NULL in a later version")


def demand_free(before: Schema, after: Schema, step: Step) -> None:
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


def demand_no_moment(after: Schema, step: Step, fills: Mapping[str, str]) -> None:
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


def demand_nothing_else(after: Schema, table: Table, new: Table, steps: tuple[Step, ...]) -> None:
    """Besides its columns and what goes with them, nothing of a table may change."""
    old = _rekeyed(_with_clauses(table, new, steps), steps)
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
        what = f"of '{new.written}' another column is set to the current time by itself ('{gone[0]}', '{come[0]}')"
        raise _clock_refused(after, new, what)


def demand_no_clause(after: Schema, table: Table, column: Column) -> None:
    """What is kept as text of a column is not part of the one that takes its place; its character set is."""
    for clause in table.unjudged:
        if not clause.startswith((f"{column.name}: ", f"{column.written}: ")) or ": CHARACTER SET " in clause:
            continue
        if _CLOCK in clause:
            raise _clock_refused(
                after, table, f"'{column.written}' gets another type, and is set to the current time by itself", column
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
