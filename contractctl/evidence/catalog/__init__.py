"""What in the database itself depends on the column? Its catalog says, and on request a DROP that is rolled back."""

from functools import partial
from typing import TYPE_CHECKING

from contractctl import databases
from contractctl.databases.temporary_names import quiesced_table
from contractctl.errors import ContractctlError
from contractctl.evidence.catalog import mariadb, postgresql
from contractctl.evidence.observations import Observations, Read
from contractctl.evidence.questions import Field
from contractctl.evidence.records import records
from contractctl.evidence.servers import answer, known_options
from contractctl.evidence.sources import Given
from contractctl.model.evidence import Record

if TYPE_CHECKING:
    from sqlalchemy import Connection

NAME = "catalog"
_LIMITS = {"postgresql": "SET LOCAL statement_timeout = '10s'", "mysql": "SET SESSION max_statement_time = 10"}
_DIALECTS = {"postgres": "postgresql", "postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql"}
_PATIENCE = "SET LOCAL lock_timeout = '500ms'"


def collect(given: Given) -> tuple[Record, ...]:
    """Each object that depends on a field reads it, as of now. `probe = "drop"` asks PostgreSQL itself, too."""
    location, options, question = given.location, given.options, given.question
    known_options(options, ("probe",))
    if options.get("probe", "drop") != "drop":
        raise ContractctlError(
            f"[[evidence]] catalog: probe = '{options['probe']}' is not known",
            hint='write probe = "drop", or leave it out',
        )
    seen = Observations(NAME, "what depends on the column, according to the catalog")
    dialect = _DIALECTS.get(location.partition(":")[0].partition("+")[0])
    if dialect is None:
        seen.spoiled("missing source: only the catalogs of PostgreSQL and MariaDB are supported")
        return records(seen, question)
    for field in question.columns:
        found = answer(seen, location, _LIMITS[dialect], partial(_names, field))
        if found is not None and "probe" in options:
            found += _probed(seen, location, field, dialect)
        for one in found or ():
            seen.reads.append(Read(field.contract, field.path, one, "", question.now, question.now, 1.0, "catalog"))
        if found == []:
            seen.reads.append(Read(field.contract, field.path, NAME, "", question.now, question.now, 0.0, "catalog"))
    seen.answered(repr(seen.reads).encode())
    return records(seen, question)


def _names(field: Field, connection: "Connection") -> list[str]:
    if connection.dialect.name == "postgresql":
        it = postgresql.reached(connection, field)
        return [*(f"view {name}" for name in it.views), *it.others]
    return list(mariadb.reached(connection, field).names)


def _probed(seen: Observations, location: str, field: Field, dialect: str) -> list[str]:
    """DROP … RESTRICT in a transaction that is rolled back: the server names what the catalog tables may not."""
    from sqlalchemy.exc import DBAPIError

    if dialect != "postgresql":
        raise ContractctlError(
            "[[evidence]] catalog: probe tries a DROP, and MariaDB cannot take one back", hint="leave probe out"
        )
    if field.becomes:
        return []  # a table may get another name whatever depends on it
    engine = databases.create_engine(location)
    found: list[str] = []
    try:
        with engine.connect() as connection:
            databases.run(connection, _PATIENCE)
            databases.run(connection, _drop(databases.of(engine), field))
            connection.rollback()
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        if state == "2BP01":  # dependent_objects_still_exist
            found.append(f"what {'DROP TABLE' if field.is_whole else 'DROP COLUMN'} names: " + _detail(error))
        else:
            seen.spoiled(f"source error: the probe failed ({state})")
    finally:
        engine.dispose()
    return found


def _drop(database: databases.Database, field: Field) -> str:
    if field.is_whole:  # in a brown-out it has another name
        names = (database.table(name) for name in (field.table, quiesced_table(field.table)))
        return f"DROP TABLE IF EXISTS {', '.join(names)} RESTRICT"
    return f"ALTER TABLE {database.table(field.table)} DROP COLUMN {database.quote(field.column)} RESTRICT"


def _detail(error: Exception) -> str:
    detail = getattr(getattr(getattr(error, "orig", None), "diag", None), "message_detail", None) or "it did not say"
    return str(detail).splitlines()[0]
