"""Do two connections lead to the same place: one server, one database, one schema? For any driver's connection."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

_ASK: Mapping[str, str] = {
    "postgresql": (
        "SELECT current_database(), array_to_string(current_schemas(false), ', '),"
        " CAST(pg_postmaster_start_time() AS text), inet_server_port()"
    ),
    "mysql": "SELECT database(), '', concat(@@hostname, ' ', @@datadir), @@port",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a connection leads to."""

    engine: str
    database: str
    schemas: str
    """The schema in which names without one are looked up."""
    server: str
    """What identifies the server."""

    def __str__(self) -> str:
        schemas = f" (schema {self.schemas})" if self.schemas else ""
        return f"{self.engine} database '{self.database}'{schemas}"


def place(connection: Connection) -> Place:
    """Where the connection leads to. An open transaction stays open; no new one is left behind."""
    idle = not connection.in_transaction()
    try:
        return _place(connection)
    finally:
        if idle:
            connection.rollback()


def _place(connection: Connection) -> Place:
    name = "mysql" if connection.dialect.name == "mariadb" else connection.dialect.name
    if name == "sqlite":
        rows = connection.exec_driver_sql("PRAGMA database_list").all()
        file = next((str(row[2]) for row in rows if row[1] == "main"), "")
        return Place(name, os.path.realpath(file) if file else "", "", "" if file else str(id(connection.connection)))
    ask = _ASK.get(name)
    if ask is None:
        return Place(name, str(connection.engine.url.database), "", str(connection.engine.url.host))
    database, schemas, server, port = connection.exec_driver_sql(ask).one()
    return Place(name, str(database), str(schemas), f"{server} {port}")
