"""What must people know about the Alembic history that plans become part of?"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from contractctl.errors import ContractctlError
from contractctl.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

_HOOK = "contractctl.alembic"


def notes(found: Settings, database: str) -> Iterator[str]:
    """Where revisions are written if that is not contractctl's own environment, and what its env.py lacks."""
    from contractctl.cli.case import environment

    where = environment(found, database)
    if where.settings is None or where.settings.parent == where.own:
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


def remarks(found: Settings, database: str) -> Iterator[str]:
    """The same where no plan is made: here an unreadable history is a remark, too."""
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
