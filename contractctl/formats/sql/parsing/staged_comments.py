"""What does a staged version say of its tables in comments, as no SQL says it?"""

import re
from dataclasses import replace

from contractctl.formats.sql.parsing.defined import Defined, changed
from contractctl.model.contract import Source

_FILLED = re.compile(r"^-- contractctl: triggers fill (.+?)(?:, nobody reads NULL from it)?$", re.MULTILINE)
"""How a staged version says that NULL is never read from a column that may be left out."""
_CALLED = re.compile(r"^-- contractctl: (.+) is called (.+), too$", re.MULTILINE)
"""How a staged version says that a table has two names."""


def called_comment(table: str, other: str) -> str:
    """The line that says so; what parse() understands."""
    return f"-- contractctl: {table} is called {other}, too"


def filled_comment(table: str, column: str) -> str:
    """The line that says so; what parse() understands."""
    return f"-- contractctl: triggers fill {table}.{column}, nobody reads NULL from it"


def mark_filled(defined: Defined, source: Source) -> None:
    for file in source.files:
        said = frozenset(_FILLED.findall(file.text))
        for name, table in [*defined.tables.items()] if said else ():
            for column in table.columns:  # any sign may stand in a name
                if f"{name}.{column.name}" in said:
                    defined.tables[name] = changed(defined.tables[name], column.name, filled=True)


def call_too(defined: Defined, source: Source) -> None:
    """A table under a second name is the same table, and whoever refers to the one refers to the other."""
    for file in source.files:
        for name, other in _CALLED.findall(file.text):
            if name not in defined.tables or other in defined.tables:
                continue
            defined.tables[other] = replace(defined.tables[name], name=other, written=other)
            for owner, table in defined.tables.items():
                more = tuple(replace(key, table=other) for key in table.foreign_keys if key.table == name)
                defined.tables[owner] = replace(table, foreign_keys=(*table.foreign_keys, *more))
