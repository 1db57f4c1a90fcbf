"""How is a table written? Values back to DDL that people like to read."""

from collections.abc import Iterator

from sqlglot import TokenType, exp

from contractctl.formats.sql.schema import Check, Column, Family, ForeignKey, Table, Type, Unique
from contractctl.formats.sql.statements import sqlglot_dialect

_RESERVED = frozenset(
    """
    all alter analyse analyze and any array as asc asymmetric authorization between both by case cast check
    collate column commit concurrently condition constraint create cross current_date current_time
    current_timestamp current_user database default deferrable deferred delete desc describe distinct div do drop
    else end escape except exists explain false fetch for force foreign freeze from full function generated grant
    group groups having if ignore ilike in index initially inner insert intersect interval into is isnull join key
    keys kill lateral leading leave left like limit localtime localtimestamp lock loop match mod natural not
    nothing notnull null of offset on only option or order out outer over overlaps partition placing primary
    procedure range rank read references rename repeat replace returning revoke right row rows schema select
    session_user set show similar some symmetric system table tables then to trailing transaction trigger true
    union unique unlock update usage use user using values variadic verbose when where window with write xor
    """.split()  # noqa: SIM905 - a hundred words read better in a row
)
"""Words that one of the three dialects does not take for a name."""

_KINDS_OF_TABLE = frozenset({"UNLOGGED", "TEMPORARY"})
_CONSTRAINTS = frozenset({"EXCLUDE", "LIKE", "UNIQUE", "PRIMARY", "FOREIGN", "CONSTRAINT", "PERIOD"})
"""Words with which a clause within the parentheses begins."""
_KEY = "PRIMARY KEY"
NUMBERED = "("
"""How what an identity says of its numbers begins, which is kept as text; nothing else of a column does so."""
CHARACTERS = "CHARACTER SET"
"""It stands right behind the type."""


def identifier(name: str, dialect: str, *, quoted: bool | None = None) -> str:
    """A name as SQL; quoted where it must be, or where that is asked for."""
    if quoted is None:
        words = sqlglot_dialect(dialect).tokenize(name) if name.replace("_", "a").isalnum() and name.isascii() else []
        plain = len(words) == 1 and words[0].token_type is TokenType.VAR
        quoted = not plain or name.lower() in _RESERVED or _folds_away(name, dialect)
    return exp.to_identifier(name, quoted=quoted).sql(dialect=sqlglot_dialect(dialect))


def table_identifier(name: str, dialect: str) -> str:
    """A table's name as SQL, its schema before it where it has one."""
    return ".".join(identifier(part, dialect) for part in name.split("."))


def column_name(column: Column, dialect: str) -> str:
    """The name to write: what is compared in PostgreSQL, the user's own spelling elsewhere."""
    return column.name if dialect == "postgresql" else column.written


def create_table(table: Table, dialect: str, indexes: tuple[str, ...] = ()) -> str:
    """CREATE TABLE, one line a column and a constraint, without a semicolon. indexes: clauses that stand within."""
    columns = [" ".join(_parts(table, column, dialect)) for column in table.columns]
    before, within, behind = _unjudged(table, dialect)
    lines = [*columns, *_constraints(table, dialect), *within, *indexes]
    name = table_identifier(table.name if dialect == "postgresql" else table.written, dialect)
    options = "".join(f" {option}" for option in (table.options, *behind) if option)
    body = ",\n  ".join(lines)
    return f"CREATE {before}TABLE {name} (\n  {body}\n){options}"


def column_definition(table: Table, column: Column, dialect: str) -> str:
    """What stands behind a column's name, but for PRIMARY KEY."""
    return " ".join(part for part in [*_parts(table, column, dialect)][1:] if not part.startswith(_KEY))


def clauses_of(table: Table, column: Column) -> tuple[str, ...]:
    """What is kept as text of one column."""
    parts = (clause.partition(": ") for clause in table.unjudged)
    return tuple(text for name, _, text in parts if text and name in {column.written, column.name})


def charset_of(table: Table, column: Column) -> str:
    """The character set that the column says beside its type, as its clause; empty where it says none."""
    return next((clause for clause in clauses_of(table, column) if clause.startswith(CHARACTERS)), "")


def _unjudged(table: Table, dialect: str) -> tuple[str, list[str], list[str]]:
    """What is kept as text of the whole table: before the word TABLE, within its parentheses, behind them."""
    names = {name for column in table.columns for name in (column.written, column.name)}
    left = [clause for clause in table.unjudged if ": " not in clause or clause.partition(": ")[0] not in names]
    before = [clause for clause in left if clause.upper() in _KINDS_OF_TABLE]
    within = [clause for clause in left if clause.split(maxsplit=1)[0].upper() in _CONSTRAINTS]
    behind = [clause for clause in left if clause not in (*before, *within) and dialect != "mysql"]
    return "".join(f"{clause} " for clause in before), within, behind


def _folds_away(name: str, dialect: str) -> bool:
    return dialect == "postgresql" and name != name.lower()


def _parts(table: Table, column: Column, dialect: str) -> Iterator[str]:
    yield identifier(column_name(column, dialect), dialect)
    if column.type.text:
        yield _type(column.type, dialect)
    others = clauses_of(table, column)
    if charset := charset_of(table, column):
        yield charset
    if column.counted:
        yield from _counted(table, column, dialect)
    elif not column.nullable and not _alone_in_key(table, column):
        yield "NOT NULL"
    if column.collation is not None:
        yield f"COLLATE {identifier(column.collation, dialect, quoted=dialect == 'postgresql')}"
    if column.default is not None:
        simple = isinstance(column.default.tree, exp.Literal | exp.Neg | exp.Boolean | exp.CurrentTimestamp)
        bare = simple or dialect == "postgresql"
        yield f"DEFAULT {column.default.written}" if bare else f"DEFAULT ({_bare(column.default.written)})"
    if column.generated is not None:
        kind = "STORED" if column.stored else "VIRTUAL"
        yield f"GENERATED ALWAYS AS ({_bare(column.generated.written)}) {kind}"
    yield from (clause for clause in others if not clause.startswith(CHARACTERS))
    if _alone_in_key(table, column):
        yield _KEY if table.reuses or dialect != "sqlite" else f"{_KEY} AUTOINCREMENT"


def _type(type_: Type, dialect: str) -> str:
    if dialect == "postgresql" and type_.family is Family.ENUM and type_.text == type_.name:
        return table_identifier(type_.name, dialect)
    kept = dialect == "sqlite" or type_.family in {Family.ENUM, Family.OTHER}
    return type_.text if kept else type_.text.upper()


def _counted(table: Table, column: Column, dialect: str) -> Iterator[str]:
    if dialect == "mysql":
        yield "NOT NULL AUTO_INCREMENT"
    elif dialect == "postgresql":
        yield f"GENERATED {'ALWAYS' if column.always else 'BY DEFAULT'} AS IDENTITY"
    elif not _alone_in_key(table, column):
        yield "NOT NULL"


def _alone_in_key(table: Table, column: Column) -> bool:
    """Whether PRIMARY KEY stands behind the column; SQLite counts up in no other spelling."""
    return table.primary_key == (column.name,)


def _bare(text: str) -> str:
    return text[1:-1] if text.startswith("(") and text.endswith(")") and text.count("(") == 1 else text


def _constraints(table: Table, dialect: str) -> Iterator[str]:
    for unique in table.uniques:
        if not unique.written and not (unique.primary and len(unique.columns) == 1):
            yield _named(unique.name, _unique(table, unique, dialect), dialect)
    for key in table.foreign_keys:
        yield _named(key.name, _foreign_key(table, key, dialect), dialect)
    for check in table.checks:
        yield _named(check.name, _check(check), dialect)


def _named(name: str | None, clause: str, dialect: str) -> str:
    return f"CONSTRAINT {identifier(name, dialect)} {clause}" if name else clause


def _names(table: Table, names: tuple[str, ...], dialect: str) -> str:
    columns = [table.column(name) for name in names]
    return ", ".join(identifier(column_name(column, dialect), dialect) for column in columns if column is not None)


def _unique(table: Table, unique: Unique, dialect: str) -> str:
    word = "PRIMARY KEY" if unique.primary else "UNIQUE"
    nulls = " NULLS NOT DISTINCT" if unique.nulls_alike else ""
    return f"{word}{nulls} ({_names(table, unique.columns, dialect)})"


def foreign_key(table: Table, name: str, key: ForeignKey, dialect: str) -> str:
    """The clause of a foreign key with that name."""
    return _named(name, _foreign_key(table, key, dialect), dialect)


def _foreign_key(table: Table, key: ForeignKey, dialect: str) -> str:
    referred = f" ({', '.join(identifier(name, dialect) for name in key.referred)})" if key.referred else ""
    actions = "".join(f" {action}" for action in (*key.actions, *key.timing))
    return (
        f"FOREIGN KEY ({_names(table, key.columns, dialect)}) "
        f"REFERENCES {table_identifier(key.table, dialect)}{referred}{actions}"
    )


def _check(check: Check) -> str:
    return f"CHECK ({check.condition.written})"
