"""What is a thing called? As the database names it by itself, beside another of its name, and within its limits."""

from collections.abc import Collection

from contractctl.errors import ContractctlError

SIDE = "__new"
"""What follows the name of what stands beside another of that name, until it takes the name over."""
_LONGEST = {"postgresql": 63, "mysql": 64, "sqlite": 255}
"""Bytes of a name in PostgreSQL, characters in MariaDB; SQLite has no limit."""
_LABELS = {"unique": "key", "foreign-key": "fkey", "check": "check", "index": "idx"}
_NOT_IN_A_PLAN = ",.="


def side_name(name: str, dialect: str) -> str:
    """The name of what stands beside."""
    return _cut(name, _LONGEST[dialect] - len(SIDE), dialect) + SIDE


def automatic_name(sort: str, table: str, columns: tuple[str, ...], taken: Collection[str], dialect: str) -> str:
    """The name that the database gives to a constraint or an index for which the contract has none.

    sort: unique, foreign-key, check, index. columns: those that it is about. SQLite gives none: the one here is as in
    PostgreSQL (https://www.postgresql.org/docs/current/sql-createtable.html).
    """
    if dialect == "mysql":
        return _automatic_in_mysql(sort, table, columns, taken)
    about = columns if sort != "check" or len(columns) == 1 else ()
    bare, label = table.rpartition(".")[2], _LABELS[sort]
    numbered = (f"{label}{number or ''}" for number in range(len(taken) + 1))
    names = (_joined(bare, "_".join(about), each, dialect) for each in numbered)
    return next(name for name in names if name not in taken)


def demand_plain(name: str, what: str) -> None:
    """Raise ContractctlError for a name that a plan cannot write into a list."""
    if any(sign in name for sign in _NOT_IN_A_PLAN):
        raise ContractctlError(
            f"{what} '{name}' has a comma, a dot or an equals sign in its name, which a plan cannot write",
            hint="change it in a revision of its own",
        )


def _automatic_in_mysql(sort: str, table: str, columns: tuple[str, ...], taken: Collection[str]) -> str:
    low = {name.lower() for name in taken}
    if sort == "foreign-key":
        names = (f"{table}_ibfk_{number}" for number in range(1, len(low) + 2))
    elif sort == "check":
        names = (f"CONSTRAINT_{number}" for number in range(1, len(low) + 2))
    else:
        first = columns[0] if columns else "functional_index"
        names = (first if number == 1 else f"{first}_{number}" for number in range(1, len(low) + 2))
    return next(name for name in names if name.lower() not in low)


def _joined(table: str, columns: str, label: str, dialect: str) -> str:
    """The longer of the two is cut first, as PostgreSQL does it."""
    room = _LONGEST[dialect] - len(label) - 1 - bool(columns)
    while _size(table, dialect) + _size(columns, dialect) > room:
        if _size(table, dialect) > _size(columns, dialect):
            table = table[:-1]
        else:
            columns = columns[:-1]
    return "_".join(part for part in (table, columns, label) if part)


def _cut(name: str, longest: int, dialect: str) -> str:
    while _size(name, dialect) > longest:
        name = name[:-1]
    return name


def _size(name: str, dialect: str) -> int:
    return len(name.encode()) if dialect == "postgresql" else len(name)
