"""What does ALTER TABLE change? As dumps use it, and hand-written files after them."""

import re
from dataclasses import replace

from sqlglot import exp

from contractctl.formats.sql.demands import not_null_columns
from contractctl.formats.sql.expressions import fold
from contractctl.formats.sql.parsing.column_definitions import collated, numbers_of, with_default
from contractctl.formats.sql.parsing.defined import Defined, NotUnderstoodError, changed, label_of, name_of
from contractctl.formats.sql.parsing.definitions import add_part, settled
from contractctl.formats.sql.parsing.table_options import collated_later
from contractctl.formats.sql.parsing.types import type_of
from contractctl.formats.sql.schema import Check, ForeignKey, Table, Unique
from contractctl.formats.sql.statements import sqlglot_dialect

_OF_NO_MEANING = (exp.AutoIncrementProperty, exp.RowFormatProperty, exp.SchemaCommentProperty)
"""Options of a table that change no promise."""
_NUMBER = re.compile(r"\b(?<!NO )(INCREMENT|MINVALUE|MAXVALUE) (?:BY )?(-? ?\d+)", re.IGNORECASE)
_CYCLE = re.compile(r"(?<!NO )\bCYCLE\b", re.IGNORECASE)


def alter(defined: Defined, tree: exp.Alter) -> str:
    """Take in one ALTER TABLE; all of its actions or none. Raise NotUnderstoodError."""
    name = name_of(tree.this, defined.dialect)
    if tree.args.get("kind") != "TABLE" or name not in defined.tables:
        raise NotUnderstoodError(f"ALTER {tree.args.get('kind')} '{name}' is about something that was not understood")
    table = defined.tables[name]
    for option in tree.args.get("options") or ():
        if not isinstance(option, _OF_NO_MEANING):
            raise NotUnderstoodError(f"'{option.sql(dialect=sqlglot_dialect(defined.dialect))}' is not judged")
    for action in tree.args.get("actions") or ():
        table = _act(defined, table, action)
    defined.tables.pop(name)
    defined.tables[table.name] = table if defined.dialect == "sqlite" else settled(table)
    return table.name


def count_up(defined: Defined, table: str, column: str, options: str, *, always: bool) -> None:
    """ALTER COLUMN … ADD GENERATED … AS IDENTITY, which pg_dump writes and sqlglot does not know."""
    known = defined.tables[table].column(column) if table in defined.tables else None
    if known is None:
        raise NotUnderstoodError(f"the identity is for a column '{table}.{column}' that is not understood")
    said = {match[1].lower(): match[2].replace(" ", "") for match in _NUMBER.finditer(options)}
    said |= {"cycle": "True"} if _CYCLE.search(options) else {}
    counted = changed(defined.tables[table], column, counted=True, identity=True, always=always)
    defined.tables[table] = replace(counted, unjudged=(*counted.unjudged, *numbers_of(said, known)))


def _act(defined: Defined, table: Table, action: exp.Expr) -> Table:
    dialect = defined.dialect
    match action:
        case exp.ColumnDef():
            return collated_later(add_part(defined, table, action), action, dialect)
        case exp.AddConstraint():
            for part in action.expressions:
                table = add_part(defined, table, part)
            return table
        case exp.RenameColumn() if not table.unjudged:
            return _rename(table, fold(action.this.this, dialect), action.args["to"].this, dialect)
        case exp.AlterRename():
            return replace(table, name=name_of(action.this, dialect), written=action.this.name)
        case exp.AlterColumn():
            return _alter_column(defined, table, action)
        case exp.ModifyColumn():
            return _modify_column(defined, table, action)
        case exp.Drop() if action.args.get("kind") == "COLUMN":
            return _drop_column(table, fold(action.args["tables"][0].this, dialect))
        case exp.Drop() if action.args.get("kind") == "CONSTRAINT":
            return _drop_constraint(table, label_of(action.args["tables"][0].this, dialect))
        case _:
            raise NotUnderstoodError(f"'{action.sql()}' is a change of a table that is not judged")


def _known(table: Table, name: str) -> str:
    if table.column(name) is None:
        raise NotUnderstoodError(f"there is no column '{name}' in '{table.written}'")
    return name


def _alter_column(defined: Defined, table: Table, action: exp.AlterColumn) -> Table:
    dialect = defined.dialect
    name = _known(table, fold(action.this, dialect))
    if action.args.get("dtype") is not None:
        typed = changed(table, name, type=type_of(action.args["dtype"], dialect, defined.enums), collation=None)
        collate = action.args.get("collate")
        return collated(typed, name, collate.name, dialect) if collate else typed
    if action.args.get("default") is not None:
        return with_default(_uncounted(table, name, dialect), name, action.args["default"], dialect)
    if action.args.get("allow_null") is not None:
        return changed(table, name, nullable=bool(action.args["allow_null"]))
    if action.args.get("drop"):
        return changed(_uncounted(table, name, dialect), name, default=None)
    raise NotUnderstoodError(f"'{action.sql()}' is a change of a column that is not judged")


def _uncounted(table: Table, name: str, dialect: str) -> Table:
    """PostgreSQL counts a serial up by a default that can be replaced; AUTO_INCREMENT is none."""
    return changed(table, name, counted=False, counter=None) if dialect == "postgresql" else table


def _modify_column(defined: Defined, table: Table, action: exp.ModifyColumn) -> Table:
    """MODIFY and CHANGE say all of a column anew; its keys stay: https://mariadb.com/kb/en/alter-table/#modify-column."""
    new, old = action.this.this, action.args.get("rename_from")
    if old is not None:
        table = _rename(table, fold(old, defined.dialect), new, defined.dialect)
    name = _known(table, fold(new, defined.dialect))
    if any(name in check.columns for check in table.checks) or table.unjudged:
        raise NotUnderstoodError(f"'{name}' is redefined: whether its conditions stay is unknown")
    place = next(at for at, column in enumerate(table.columns) if column.name == name)
    others = table.columns[:place] + table.columns[place + 1 :]
    table = add_part(defined, replace(table, columns=others), action.this)
    table = collated_later(table, action.this, defined.dialect)
    return replace(table, columns=(*others[:place], table.columns[-1], *others[place:]))


def _drop_column(table: Table, name: str) -> Table:
    """The column goes, and with it what is about it alone."""
    _known(table, name)
    return replace(
        table,
        columns=tuple(c for c in table.columns if c.name != name),
        uniques=tuple(u for u in table.uniques if name not in u.columns),
        foreign_keys=tuple(k for k in table.foreign_keys if name not in k.columns),
        checks=tuple(c for c in table.checks if name not in c.columns),
    )


def _drop_constraint(table: Table, name: str) -> Table:
    parts: tuple[Unique | ForeignKey | Check, ...] = (*table.uniques, *table.foreign_keys, *table.checks)
    gone = [part for part in parts if name in (part.name, _usual_name(table, part) if part.name is None else None)]
    if not gone:
        raise NotUnderstoodError(f"there is no constraint '{name}' in '{table.written}'")
    if any(isinstance(part, Check) and not_null_columns(part) for part in gone):
        raise NotUnderstoodError(f"the constraint '{name}' forbids NULL and is dropped later")
    return replace(
        table,
        uniques=tuple(u for u in table.uniques if u not in gone),
        foreign_keys=tuple(k for k in table.foreign_keys if k not in gone),
        checks=tuple(c for c in table.checks if c not in gone),
    )


def _usual_name(table: Table, part: Unique | ForeignKey | Check) -> str:
    """What PostgreSQL calls a constraint that nobody has named."""
    ends: tuple[str, ...]
    match part:
        case Unique(primary=True):
            ends = ("pkey",)
        case Unique():
            ends = (*part.columns, "key")
        case ForeignKey():
            ends = (*part.columns, "fkey")
        case Check():
            ends = (*(part.columns if len(part.columns) == 1 else ()), "check")
    return "_".join((table.name.rpartition(".")[2], *ends))


def _rename(table: Table, old: str, new: exp.Identifier, dialect: str) -> Table:
    """Only where nothing else speaks of the column: what does is text here."""
    name = fold(new, dialect)
    _known(table, old)
    if any(old in check.columns for check in table.checks) or any(c.generated for c in table.columns):
        raise NotUnderstoodError(f"'{old}' is renamed and used in a condition or a generated column")

    def swap(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name if each == old else each for each in names)

    return replace(
        replace(
            table, columns=tuple(replace(c, name=name, written=new.name) if c.name == old else c for c in table.columns)
        ),
        uniques=tuple(replace(u, columns=swap(u.columns)) for u in table.uniques),
        foreign_keys=tuple(replace(k, columns=swap(k.columns)) for k in table.foreign_keys),
    )
