"""What must people know about the Alembic history that plans become part of?"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contractctl.errors import ContractctlError
from contractctl.loose import FOREIGN
from contractctl.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

_HOOK = "contractctl.alembic"
_VERSIONS = "alembic_version"
"""Alembic's own table, in which it keeps where a database is."""
_INI = "alembic.ini"


def notes(found: Settings, database: str) -> Iterator[str]:
    """Where revisions are written if that is not contractctl's own environment, and what its env.py lacks."""
    from contractctl.cli.case import environment

    where = environment(found, database)
    if where.settings is None or where.settings.parent == where.own:
        unknown = found.database(database) is not None and not where.is_there()
        for ini in _elsewhere(found) if unknown else ():
            yield (
                f"plans will have an Alembic history of their own; if {ini} is that of the database,"
                f" {_named(found, database, ini)}"
            )
        return
    yield f"plans go into the Alembic history of {where.settings.relative_to(found.root)}"
    with where.entered() as directory:
        env = directory.env_py_location
        text = (where.base / env).read_text(encoding="utf-8")
    if _HOOK not in text:
        yield (
            f"branches of plans will block 'alembic upgrade head' and autogenerate: write into {env}"
            f" 'from {_HOOK} import configure', and there configure(…) instead of context.configure(…)"
        )


def demand(found: Settings, database: str, connection: "Connection") -> None:
    """Raise ContractctlError if the database follows an Alembic history that is not where contractctl looks for it.

    With a second history the two would meet in `alembic_version`, and neither would know the other's revisions.
    """
    from sqlalchemy import inspect, text

    from contractctl.cli.case import environment

    if environment(found, database).is_there() or not inspect(connection).has_table(_VERSIONS):
        return
    heads = connection.execute(text(f"SELECT version_num FROM {_VERSIONS}")).scalars().all()
    if heads:
        ini = next(_elsewhere(found), "path/to/alembic.ini")
        raise ContractctlError(
            f"the database is at revision '{heads[0]}' of an Alembic history, and its alembic.ini is neither in"
            f" {found.root} nor in {found.migrations}",
            hint=_named(found, database, ini),
        )


def _named(found: Settings, database: str, ini: str) -> str:
    table = f"databases.{database}" if database in found.databases and database else "database"
    return f'write into contractctl.toml, under [{table}]: alembic = "{ini}"'


def _elsewhere(found: Settings) -> Iterator[str]:
    """Every alembic.ini below the repository's root, relative to it."""
    for folder, inside, files in os.walk(found.root):
        inside[:] = sorted(name for name in inside if name not in FOREIGN and not name.startswith("."))
        if _INI in files:
            yield (Path(folder) / _INI).relative_to(found.root).as_posix()


def remarks(found: Settings, database: str) -> Iterator[str]:
    """The same where no plan is made: here an unreadable history is a remark as well, not an error."""
    try:
        yield from notes(found, database)
    except ContractctlError as error:
        yield f"{error.message}; {error.hint}"


def convention(found: Settings, database: str) -> Mapping[Any, Any]:
    """How the application's models name constraints; empty where env.py cannot be run: `refusals` says why."""
    from sqlalchemy.exc import DBAPIError

    from contractctl import databases
    from contractctl.cli.case import environment, is_there
    from contractctl.migration import schema_changes

    named, where = found.database(database), environment(found, database)
    if named is None or not is_there(found, database) or not where.is_there():
        return {}
    with databases.opened(named.url) as engine:
        try:
            with engine.connect() as connection:
                return schema_changes.naming_convention(connection, where)
        except (ContractctlError, DBAPIError):
            return {}


def refusals(found: Settings, database: str, connection: "Connection") -> Iterator[str]:
    """Why the stages of a plan could not be run through env.py."""
    from contractctl.cli.case import environment
    from contractctl.migration import schema_changes

    where = environment(found, database)
    if not where.is_there():
        return
    try:
        schema_changes.applied(connection, where)
    except ContractctlError as error:
        yield f"{error.message}; {error.hint}"
