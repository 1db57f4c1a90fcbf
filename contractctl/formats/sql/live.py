"""What does a database hold, as a version of a contract would say it?"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contractctl import databases
from contractctl.databases import Definition
from contractctl.databases.definitions import files
from contractctl.formats.sql.database_defaults import DatabaseDefaults
from contractctl.formats.sql.parsing import parse_database
from contractctl.formats.sql.schema import Schema
from contractctl.model.contract import File, Source

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Live:
    """A database's tables and views."""

    definitions: tuple[Definition, ...]
    schema: Schema
    defaults: DatabaseDefaults


def read(connection: "Connection", schemas: Iterable[str] = (), spoken: Iterable[str] = ()) -> Live:
    """Everything in these schemas, as `Database.definitions` has it, under the names that are `spoken`. Reads only."""
    database = databases.of(connection)
    found = database.definitions(connection, schemas, spoken)
    hidden = (File(one.name, one.head) for one in found if one.refused)
    source = Source((*(File(name, text) for name, text in files(found)), *hidden))
    collation, collations = database.collations(connection)
    return Live(found, parse_database(source, dialect(connection)), DatabaseDefaults(collation, collations))


def dialect(connection: "Connection") -> str:
    """The SQL of a database, as contract.toml names it."""
    name = connection.dialect.name
    return "mysql" if name == "mariadb" else name
