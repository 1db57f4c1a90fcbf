"""How did the user write it? A column's type and default and a CHECK's condition, cut out of the statement itself.

What is cut out is used where it means, read again, just what is known; otherwise the normal form takes its place.
"""

from collections.abc import Iterator

from sqlglot import Token, exp
from sqlglot.errors import SqlglotError

from contractctl.formats.sql.expressions import expression, fold
from contractctl.formats.sql.fragments import read
from contractctl.formats.sql.parsing.types import counts, type_of
from contractctl.formats.sql.schema import Check, Column, Expression, Schema, Table
from contractctl.formats.sql.statements import parse_tree, sqlglot_dialect

_CLAUSES = frozenset(
    """
    AS AUTOINCREMENT AUTO_INCREMENT CHARACTER CHECK COLLATE COMMENT COMPRESSED COMPRESSION CONSTRAINT DEFAULT GENERATED
    INVISIBLE KEY NOT NULL ON PERSISTENT PRIMARY REFERENCES STORAGE STORED UNIQUE VIRTUAL VISIBLE
    """.split()  # noqa: SIM905 - words read better in a row
)
"""Words with which the next clause of a column begins."""


def type_text(schema: Schema, table: Table, column: Column) -> str:
    """The column's type, as it was written."""
    if schema.dialect == "sqlite":
        return column.type.text
    for text in _types(schema, table, column):
        if _means(text, schema, column):
            return text
    return column.type.text


def default_text(schema: Schema, table: Table, column: Column) -> str | None:
    """The column's default, as it was written; None where it has none."""
    return None if column.default is None else _same(_defaults(schema, table), column.default, schema, table)


def condition_text(schema: Schema, table: str, check: Check) -> str:
    """The condition of a CHECK, as it was written."""
    return _same(_conditions(schema, table), check.condition, schema, schema.tables.get(table))


def _same(texts: Iterator[str], known: Expression, schema: Schema, table: Table | None) -> str:
    """The text that means what is known; else the known one."""
    for text in texts:
        tree = read(text, schema.dialect)
        if tree is not None and expression(tree, schema.dialect, table).text == known.text:
            return text
    return known.written or known.text


def _means(text: str, schema: Schema, column: Column) -> bool:
    whole = f"CREATE TABLE t (x {text})"
    try:
        tree = parse_tree(tuple(sqlglot_dialect(schema.dialect).tokenize(whole)), whole, schema.dialect)
    except (SqlglotError, AttributeError, IndexError, KeyError):
        return False
    kind = tree.find(exp.ColumnDef) if tree is not None else None
    if kind is None or not isinstance(kind.args.get("kind"), exp.DataType) or counts(kind.args["kind"], schema.dialect):
        return False
    return not kind.args.get("constraints") and type_of(kind.args["kind"], schema.dialect, schema.enums) == column.type


def _statements(schema: Schema, table: str) -> Iterator[tuple[str, list[Token]]]:
    for statement in schema.statements:
        if statement.subject == table:
            yield statement.text, sqlglot_dialect(schema.dialect).tokenize(statement.text)


def _types(schema: Schema, table: Table, column: Column) -> Iterator[str]:
    for text, tokens in _statements(schema, table.name):
        for at in range(1, len(tokens) - 1):
            before = tokens[at - 1].text.upper()
            named = fold(tokens[at].text, schema.dialect) == column.name.lower() or tokens[at].text == column.name
            if named and before in {"(", ",", "COLUMN", "ADD", "EXISTS", "TYPE"}:
                yield _cut(text, tokens, at + 1)


def _defaults(schema: Schema, table: Table) -> Iterator[str]:
    for text, tokens in _statements(schema, table.name):
        for at, token in enumerate(tokens[:-1]):
            if token.text.upper() == "DEFAULT":
                yield _cut(text, tokens, at + 1)


def _conditions(schema: Schema, table: str) -> Iterator[str]:
    for text, tokens in _statements(schema, table):
        for at, token in enumerate(tokens[:-2]):
            if token.text.upper() == "CHECK" and tokens[at + 1].text == "(":
                yield _cut(text, tokens, at + 2)


def _cut(text: str, tokens: list[Token], start: int) -> str:
    """From there to where the clause ends: a comma or a parenthesis of its own depth, or the next clause."""
    depth, at = 0, start
    while at < len(tokens):
        word = tokens[at].text
        if depth == 0 and (
            word in {",", ")"} or (at > start and word.upper() in _CLAUSES and tokens[start - 1].text != "(")
        ):
            break
        depth += (word in {"(", "["}) - (word in {")", "]"})
        at += 1
    return text[tokens[start].start : tokens[at - 1].end + 1] if at > start else ""
