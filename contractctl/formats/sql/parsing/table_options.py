"""What follows the columns of a CREATE TABLE: what of it changes what the table does, and which collations?"""

import re
from collections.abc import Iterator
from dataclasses import replace

from sqlglot import exp

from contractctl.formats.sql.expressions import fold
from contractctl.formats.sql.parsing.defined import name_of
from contractctl.formats.sql.schema import Table
from contractctl.formats.sql.statements import sqlglot_dialect


def properties(tree: exp.Create, dialect: str) -> Iterator[str]:
    """What follows the columns and changes what the table does. Details of storage do not."""
    for part in properties_of(tree):
        if not isinstance(
            part,
            exp.CollateProperty
            | exp.AutoIncrementProperty
            | exp.SchemaCommentProperty
            | exp.RowFormatProperty
            | exp.StrictProperty,
        ) and not _is_usual(part):
            if isinstance(part, exp.CharacterSetProperty):
                yield f"CHARACTER SET={charset_name(part.this.name)}"
            elif isinstance(part, exp.InheritsProperty):
                yield f"INHERITS ({', '.join(name_of(parent, dialect) for parent in part.expressions)})"
            else:
                yield option_text(part, dialect)


def option_text(part: exp.Expr, dialect: str) -> str:
    """PostgreSQL prints the option fillfactor=70 as fillfactor='70', and TRUE as 'true'."""
    value = part.args.get("value") if type(part) is exp.Property else None
    if isinstance(value, exp.Boolean):
        return f"{part.name}={str(value.this).lower()}"
    return f"{part.name}={value.name}" if value is not None else part.sql(dialect=sqlglot_dialect(dialect))


def properties_of(tree: exp.Create) -> list[exp.Expr]:
    """All that follows the columns."""
    properties = tree.args.get("properties")
    return list(properties.expressions) if properties else []


def is_counter(part: exp.Expr) -> bool:
    """Whether it is where AUTO_INCREMENT has come to: it moves with every row."""
    return isinstance(part, exp.AutoIncrementProperty)


def _is_usual(part: exp.Expr) -> bool:
    """Whether a table's engine or character set is the one that it has without saying so."""
    if isinstance(part, exp.EngineProperty):
        return bool(part.this.name.lower() == "innodb")
    return isinstance(part, exp.CharacterSetProperty) and is_usual_charset(part)


def is_usual_charset(part: exp.Expr) -> bool:
    """Whether it is the character set that holds every character, MySQL's default since 8.0."""
    return bool(part.this.name.lower() == "utf8mb4")


def is_of_another(table: Table) -> bool:
    """Whether the table names a character set in which not every character has its place."""
    named = re.search(r"\b(?:CHARACTER SET|COLLATE)[= ]'?(\w+)", table.options, re.IGNORECASE)
    return named is not None and not named[1].lower().startswith("utf8mb4")


def charset_name(name: str) -> str:
    """A character set or collation as it is called now: MySQL's `utf8` is no longer all of Unicode."""
    return re.sub(r"^utf8(?=_|$)", "utf8mb3", name.lower())


def collated_by_default(table: Table, collation: str, but: frozenset[str]) -> Table:
    """The table's own collation, in each text column that names none."""
    columns = tuple(
        replace(c, collation=c.collation or collation)
        if c.type.family.value in {"text", "enum"} and c.name not in but
        else c
        for c in table.columns
    )
    return replace(table, columns=columns)


def collated_later(table: Table, added: exp.ColumnDef, dialect: str) -> Table:
    """MySQL's tables hand their own collation down to columns that are added or redefined later, too."""
    own = re.search(r"\bCOLLATE[= ]'?(\w+)", table.options, re.IGNORECASE) if dialect == "mysql" else None
    if own is None or _names_charset(added, dialect):
        return table
    others = frozenset(column.name for column in table.columns) - {fold(added.this, dialect)}
    return collated_by_default(table, charset_name(own[1]), others)


def with_charsets(tree: exp.Create, dialect: str) -> frozenset[str]:
    """Columns that name a character set: they have the usual collation of that."""
    return frozenset(
        fold(column.this, dialect) for column in tree.this.find_all(exp.ColumnDef) if _names_charset(column, dialect)
    )


def _names_charset(column: exp.ColumnDef, dialect: str) -> bool:
    return bool(column.find(exp.CharacterSetColumnConstraint)) or is_national(column.args.get("kind"), dialect)


def is_national(kind: exp.Expr | None, dialect: str) -> bool:
    """Whether the type itself names a character set, MySQL's utf8: NCHAR and its kin."""
    return dialect == "mysql" and isinstance(kind, exp.DataType) and str(kind.this.name) in {"NCHAR", "NVARCHAR"}
