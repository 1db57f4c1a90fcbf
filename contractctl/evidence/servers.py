"""How is a database server asked for evidence? Read-only, with a time limit, and without secrets in messages."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from contractctl import databases
from contractctl.databases.temporary_names import quiesced
from contractctl.errors import ContractctlError
from contractctl.evidence.observations import Observations
from contractctl.evidence.questions import Field, Question
from contractctl.model.amounts import counted

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")


class UnusableError(Exception):
    """Why nothing that was answered can be relied on: one of the closed list of reasons, then words."""


def answer(seen: Observations, location: str, limit: str, ask: "Callable[[Connection], T]") -> T | None:
    """What a server answers in a session that cannot write; `limit` is the SQL that limits its statements' time.

    None where something goes wrong: it spoils what was seen, and the words for it hold no address.
    """
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with databases.opened(location) as engine, databases.of(engine).reading(engine).connect() as connection:
            databases.run(connection, limit)
            return ask(connection)
    except UnusableError as error:
        seen.spoiled(str(error))
    except ContractctlError as error:
        seen.spoiled(f"source error: {error.message}")
    except SQLAlchemyError as error:
        seen.spoiled(f"source error: {_plain(error, location)}")
    return None


def state(folder: Path, question: Question, source: str, location: str) -> Path:
    """The file with the snapshots of one server, for one plan: `<plan>.<source>-<digest of the address>.json`."""
    return folder / f"{question.plan.name}.{source}-{sha256(location.encode()).hexdigest()[:12]}.json"


def accounts(options: Mapping[str, str]) -> Mapping[str, str]:
    """`roles = "app_reporting=reporting, …"`: whose reads those of an account are."""
    pairs = [one.partition("=") for one in options.get("roles", "").split(",") if one.strip()]
    if any(not (account.strip() and name.strip()) for account, _, name in pairs):
        raise ContractctlError(
            "[[evidence]] roles is not a list of ACCOUNT=CONSUMER", hint='write roles = "app_reporting=reporting, …"'
        )
    return {account.strip(): name.strip() for account, _, name in pairs}


def known_options(options: Mapping[str, str], known: tuple[str, ...]) -> None:
    """Raise ContractctlError for an unknown option."""
    for key in options:
        if key not in known:
            raise ContractctlError(f"[[evidence]] '{key}' is not a known option", hint=f"known: {', '.join(known)}")


def demand_replicas(options: Mapping[str, str], found: int) -> None:
    """What is read from a replica is counted there. Raise UnusableError where nobody has said that it is looked at."""
    said = options.get("replicas", "0")
    if not said.isdecimal():
        raise ContractctlError(
            f"[[evidence]] replicas = '{said}' is not a number",
            hint="write how many replicas are configured as sources",
        )
    if found > int(said):
        raise UnusableError(
            f"missing source: {counted(found, 'replica counts by itself', 'replicas count by themselves')};"
            f" configure each as a source, and write replicas = {found}"
        )


def table_names(field: Field) -> list[str]:
    """What a field's table may be called, in lower case; for a whole table also from its brown-out on."""
    table = field.table.rpartition(".")[2].casefold()
    if not field.is_whole:
        return [table]
    return [
        table,
        quiesced(field.table.rpartition(".")[2]).casefold(),
        *filter(None, [field.becomes.rpartition(".")[2].casefold()]),
    ]


def _plain(error: Exception, location: str) -> str:
    from sqlalchemy.exc import DBAPIError

    words = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()
    return (words[0] if words else type(error).__name__).replace(location, "…")
