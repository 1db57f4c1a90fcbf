"""What holds in a database where a table does not say so? Default collations, and tables without what holds anyway."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from contractctl.formats.sql.parsing.table_options import charset_name
from contractctl.formats.sql.schema import Column, Family, Table, Type, Unique

_CHARSET = re.compile(r"(?:^|: )CHARACTER SET[= ]\w+$|: BINARY$")
_OPTION = re.compile(r"\bCHARACTER SET[= ]'?(\w+)", re.IGNORECASE)
_STORAGE = re.compile(
    r"(?:avg_row_length|checksum|delay_key_write|encrypted|encryption_key_id|key_block_size|max_rows|min_rows|pack_keys"
    r"|page_checksum|page_compressed|page_compression_level|stats_\w+|transactional"
    r"|oids|fillfactor|autovacuum_\w+|log_autovacuum\w*|parallel_workers|toast\w*|vacuum_\w+)[=.]",
    re.IGNORECASE,
)
"""How MariaDB and PostgreSQL keep rows, which is not a promise."""
_TEXTS = frozenset({Family.TEXT, Family.ENUM})


@dataclass(frozen=True, slots=True)
class DatabaseDefaults:
    """What a column has that does not name it."""

    collation: str | None = None
    """Of a column that names none."""
    collations: Mapping[str, str] = field(default_factory=dict)
    """Of a column that names a character set only; empty where columns have none."""


PLAIN = DatabaseDefaults()


def without_defaults(table: Table, defaults: DatabaseDefaults) -> Table:
    """The table without what holds anyway, what its primary key says already, and how rows are kept."""
    table = _with_json(table) if defaults.collations else table
    own = dict(_column_charsets(table))
    option = _OPTION.search(table.options)
    of_table = charset_name(option[1]) if option else None
    binary = {clause.removesuffix(": BINARY").lower() for clause in table.unjudged if clause.endswith(": BINARY")}
    columns = tuple(
        _without_default(column, own.get(column.name, of_table), defaults, binary=column.name in binary)
        for column in table.columns
    )
    clauses = tuple(one for one in table.unjudged if not _STORAGE.match(one))
    if defaults.collations:  # they say of a column what its character set would
        clauses = tuple(one for one in clauses if not _CHARSET.search(one))
    uniques = tuple(one for one in table.uniques if one.primary or one.columns != table.primary_key or _partial(one))
    return replace(table, columns=columns, uniques=uniques, unjudged=clauses)


def _with_json(table: Table) -> Table:
    """MariaDB's type JSON is a text with a CHECK that it be JSON, or any other: https://mariadb.com/kb/en/json/."""
    asked = {next(iter(check.columns)) for check in table.checks if len(check.columns) == 1}
    names = {column.name for column in table.columns if column.name in asked and _may_be_json(column)}
    json = Type(Family.OTHER, "json", name="json")
    valid = {f"JSON_VALID({name})" for name in names}
    return replace(
        table,
        columns=tuple(replace(c, type=json, collation=None) if c.name in names else c for c in table.columns),
        checks=tuple(check for check in table.checks if check.condition.text not in valid),
    )


def _may_be_json(column: Column) -> bool:
    return column.type.name == "json" or (column.type.text, column.collation) == ("longtext", "utf8mb4_bin")


def _partial(unique: Unique) -> bool:
    return bool(unique.expressions or unique.where)


def _without_default(column: Column, charset: str | None, defaults: DatabaseDefaults, *, binary: bool) -> Column:
    collation = column.collation or defaults.collations.get(charset or "") or defaults.collation
    if binary and collation is not None:
        collation = f"{collation.partition('_')[0]}_bin"
    is_default = column.type.family not in _TEXTS or collation == defaults.collation
    return replace(column, collation=None if is_default else collation)


def _column_charsets(table: Table) -> Iterator[tuple[str, str]]:
    for clause in table.unjudged:
        name, is_charset, charset = clause.partition(": CHARACTER SET ")
        if is_charset:
            yield name, charset
