"""What are a key and an index made of? Their parts, each in words of which there is only one choice."""

import re
from collections.abc import Iterable, Iterator, Sequence

from sqlglot import exp

from contractctl.formats.sql.expressions import expression, fold
from contractctl.formats.sql.schema import Expression, Table, Unique
from contractctl.formats.sql.statements import sqlglot_dialect

_BEGINNING = re.compile(r"`?(\w+)`?\((\d+)\)")
"""MySQL: the first characters of a column. It looks like a function's call."""


def unique_of(
    parts: Iterable[exp.Expr], table: Table, dialect: str, name: str | None, *, primary: bool = False
) -> Unique:
    """A key over these parts of a table."""
    columns, others = [], []
    for part in parts:
        column, text = _part(part.this if isinstance(part, exp.Ordered) else part, table, dialect)
        if column is not None:
            columns.append(column)
        else:
            others.append(text)
    return Unique(tuple(columns), tuple(others), primary=primary, name=name)


def index_meaning(  # noqa: PLR0913 - what an index can say
    parts: Iterable[exp.Expr],
    table: Table | None,
    dialect: str,
    *,
    kind: str = "",
    includes: Sequence[str] = (),
    where: exp.Expr | None = None,
) -> str:
    """An index without its name and what holds anyway. kind: unique, fulltext, the method where it is not btree."""
    words = [kind, f"({', '.join(_indexed(part, table, dialect) for part in parts)})"]
    if includes:
        words.append(f"include ({', '.join(includes)})")
    if where is not None:
        words.append(f"where {expression(where.this, dialect, table).text}")
    return " ".join(filter(None, words))


def _indexed(part: exp.Expr, table: Table | None, dialect: str) -> str:
    """One part of an index: what it orders by, and which way round."""
    if not isinstance(part, exp.Ordered):
        return _part(part, table, dialect)[1]
    words = [_part(part.this, table, dialect)[1]]
    down, first = bool(part.args.get("desc")), bool(part.args.get("nulls_first"))
    words += ["DESC"] if down else []
    if dialect == "postgresql" and first != down:
        words.append("NULLS FIRST" if first else "NULLS LAST")
    return " ".join(words)


def _part(part: exp.Expr, table: Table | None, dialect: str) -> tuple[str | None, str]:
    """The column, where it is one as a whole, and how the part is written."""
    bare = part.this if isinstance(part, exp.Column) else part
    if isinstance(bare, exp.Identifier):
        return fold(bare, dialect), fold(bare, dialect)
    if dialect == "mysql" and (match := _BEGINNING.fullmatch(bare.sql(dialect=sqlglot_dialect(dialect)))):
        name = match[1].lower()
        column = table.column(name) if table is not None else None
        if column is not None:
            whole = column.type.size is not None and not column.type.octets and int(match[2]) >= column.type.size
            return (name, name) if whole else (None, f"{name}({match[2]})")
    return None, expression(bare, dialect, table).text


def index_computes(
    parts: Iterable[exp.Expr], table: Table, dialect: str, where: exp.Expr | None = None
) -> Iterator[Expression]:
    """What is computed of each row for an index over these parts."""
    for part in parts:
        bare = part.this if isinstance(part, exp.Ordered) else part
        bare = bare.this if isinstance(bare, exp.Opclass) else bare
        if not isinstance(bare, exp.Column | exp.Identifier):
            if dialect != "mysql" or isinstance(bare, exp.Paren):  # a(5) is the beginning of a column
                yield expression(bare, dialect, table)
            continue
        column = table.column(fold(bare.this if isinstance(bare, exp.Column) else bare, dialect))
        if column is not None and column.generated is not None and not column.stored:
            yield column.generated
    if where is not None:
        yield expression(where.this, dialect, table)
