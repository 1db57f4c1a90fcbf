"""Which contracts are compared with which database? Each is compared with the one that it names."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from contractctl import databases, journal, settings
from contractctl.check.live import check_live
from contractctl.cli import unread
from contractctl.cli.address import Address, address, named
from contractctl.errors import ContractctlError
from contractctl.model.contract import Contract
from contractctl.planner import read_plans
from contractctl.report.drift import Checked
from contractctl.settings import Settings
from contractctl.store import Unreadable, parted


def check(
    targets: Sequence[str], word: str | None, *, extra: bool
) -> tuple[tuple[Checked, ...], tuple[Unreadable, ...]]:
    """Every contract of tables, or those with these names; and the contracts that cannot be read.

    word: the only database to use, where it is given. extra: tables without a contract are asked for; where one of the
    contracts cannot be read, nobody can tell.
    """
    found = settings.load(Path.cwd())
    contracts, broken = _contracts(found, targets)
    if extra and targets:
        raise ContractctlError(
            "--all-tables goes with all contracts", hint="leave the names out: contractctl check --live --all-tables"
        )
    plans = read_plans(found.migrations)
    checked = []
    for place, held in _places(found, contracts, word):
        with databases.opened(place.url) as engine, journal.reading(engine) as connection:
            seen = check_live(connection, held, plans, extra=extra and not broken)
            checked.append(Checked(place.title, seen))
    return tuple(checked), (*broken, *(one for each in checked for one in each.found.unreadable))


def _contracts(found: Settings, targets: Sequence[str]) -> tuple[tuple[Contract, ...], tuple[Unreadable, ...]]:
    given, broken = parted(unread.contracts(found.contracts, targets))
    for contract in given:
        if targets and contract.format != "sql":
            raise ContractctlError(
                f"'{contract.name}' is a contract of the format {contract.format}, which is not kept in a database",
                hint="name contracts of tables, or none at all: contractctl check --live",
            )
    tables = tuple(contract for contract in given if contract.format == "sql")
    if not tables and not broken:
        raise ContractctlError(
            f"there are no contracts of tables in {found.contracts}",
            hint="create some: contractctl init --from-database env:DATABASE_URL",
        )
    return tables, broken


def _places(
    found: Settings, contracts: Sequence[Contract], word: str | None
) -> Iterator[tuple[Address, tuple[Contract, ...]]]:
    names = sorted({contract.database for contract in contracts})
    if word is None:
        for name in names:
            yield named(found, name), tuple(one for one in contracts if one.database == name)
        return
    place = address(found, word)
    held = tuple(one for one in contracts if one.database == place.name)
    if not held and len(names) == 1:
        held = tuple(contracts)
    if not held:
        raise ContractctlError(
            f"none of the contracts is in {place.title}", hint='set it in their contract.toml: database = "NAME"'
        )
    yield place, held
