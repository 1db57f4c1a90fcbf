"""What does a contract call a table, where the server ignores case?

With lower_case_table_names = 1 MariaDB keeps the names of tables and views in small letters, with 2 as they were made,
and compares them in small letters. So what it shows is given back under the names that the contracts say.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from sqlalchemy import Connection

from contractctl.databases import Definition, rows
from contractctl.databases.mysql.names import quote

_NAME = r"`(?:[^`]|``)*`"
_MADE = re.compile(rf"((?:CREATE|ALTER) TABLE |REFERENCES )({_NAME})(?!\.)")
_READ = re.compile(rf"'(?:[^'\\]|''|\\.)*'|((?:\.|AS )?)({_NAME})", re.DOTALL)
"""A string; or in a query a name, with what stands before that of a column."""


def spelled(connection: Connection, names: Iterable[str]) -> Mapping[str, str]:
    """Each name in small letters → as it is given here. Empty where the server tells capitals apart."""
    ((kept,),) = rows(connection, "SELECT @@lower_case_table_names")
    return {name.lower(): name for name in names} if kept else {}


def respelled(one: Definition, called: Mapping[str, str]) -> Definition:
    """The definition under the names that `called` gives."""

    def name(text: str) -> str:
        return called.get(text.lower(), text)

    def quoted(text: str) -> str:
        return quote(name(text[1:-1].replace("``", "`")))

    def made(text: str) -> str:
        return _MADE.sub(lambda match: f"{match[1]}{quoted(match[2])}", text)

    def read(match: re.Match[str]) -> str:
        return quoted(match[2]) if match[2] and not match[1] else match[0]

    return replace(
        one,
        name=name(one.name),
        shown=quoted(one.shown),
        head=_READ.sub(read, one.head) if one.view else made(one.head),
        after=tuple(map(made, one.after)),
        references=tuple(replace(each, to=name(each.to), clause=made(each.clause)) for each in one.references),
    )
